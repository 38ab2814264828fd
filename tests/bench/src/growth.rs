//! How the time of one operation grows with the registry.

use std::time::Instant;

use feast_registry_core::{Freshness, Key, Kind, Registry};

use crate::measure::median;
use crate::sample;
use crate::work::{apply, at};

const PROJECT: &str = "growth";
const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];
/// How many views one transaction of the filling writes.
const CHUNK: usize = 5_000;
const CALLS: usize = 100;

const WORK: [&str; 6] = [
    "get a view, uncached",
    "get a view, cached",
    "apply a changed view",
    "apply a new version of a view",
    "materialise a view",
    "refresh the cache, nothing changed",
];

pub(crate) async fn all(name: &str, registry: &Registry) {
    let title = format!("Growth on {name}, {} views: 1", SIZES[0]);
    let [_, sizes @ ..] = SIZES.map(|size| format!("{size:>9}"));
    println!("\n{title:<52} {}", sizes.join(" "));
    let mut times: [Vec<f64>; WORK.len()] = Default::default();
    let mut filled = 0;
    for size in SIZES {
        fill(registry, filled, size).await;
        filled = size;
        registry.refresh().await.unwrap();
        for (work, times) in times.iter_mut().enumerate() {
            let mut calls = Vec::new();
            for call in 0..CALLS {
                let index = call * 7_919 % size;
                let begun = Instant::now();
                once(registry, work, index, size + call).await;
                calls.push(begun.elapsed().as_secs_f64());
            }
            times.push(median(calls));
        }
    }
    for (work, times) in WORK.iter().zip(times) {
        let ratios: Vec<String> = times[1..]
            .iter()
            .map(|time| format!("{:>9.2}", time / times[0]))
            .collect();
        println!("{work:<52} {}", ratios.join(" "));
    }
}

async fn fill(registry: &Registry, from: usize, to: usize) {
    for begin in (from..to).step_by(CHUNK) {
        let views = (begin..to.min(begin + CHUNK))
            .map(|index| apply(PROJECT, &sample::name(index), sample::view(index, 0)));
        registry.commit(views.collect()).await.unwrap();
    }
}

/// `edition` is another one in every call.
async fn once(registry: &Registry, work: usize, index: usize, edition: usize) {
    let name = sample::name(index);
    let number = u32::try_from(edition).unwrap();
    let get = async |freshness| {
        let key = Key::new(Kind::FeatureView, PROJECT, name.clone());
        registry.get(&key, freshness).await.unwrap();
    };
    let commit = async |body| {
        let change = apply(PROJECT, &name, body);
        registry.commit(vec![change]).await.unwrap();
    };
    match work {
        0 => get(Freshness::Store).await,
        1 => get(Freshness::Cache).await,
        2 => commit(sample::described(index, number)).await,
        3 => commit(sample::view(index, number)).await,
        4 => {
            let second = 1_800_000_000 + i64::from(number);
            let applied =
                registry.apply_materialization(PROJECT, &name, at(second), at(second + 1));
            applied.await.unwrap();
        }
        _ => registry.refresh().await.unwrap(),
    }
}
