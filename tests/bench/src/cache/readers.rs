//! How long cached reads take, alone and while others write and the cache is refreshed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use feast_registry_core::{Key, Kind, Registry};
use tokio::time::MissedTickBehavior;

use super::{FIRST, PROJECT, VIEWS, edit, read};
use crate::sample;

/// How long each of the two is measured.
const TIME: Duration = Duration::from_secs(5);
const WRITES_PER_SECOND: u32 = 1_000;
/// How many writes are one transaction, so that a disk can follow.
const TOGETHER: u32 = 20;
const REFRESH_EVERY: Duration = Duration::from_millis(100);

/// `theirs` writes; what is read is the cache of `ours`.
pub(super) async fn all(theirs: &Registry, ours: &Registry) {
    let alone = measured(ours, async {
        tokio::time::sleep(TIME).await;
        (0, 0)
    });
    let (mut alone, _) = alone.await;
    let busy = measured(ours, async {
        let (written, refreshed) = tokio::join!(write(theirs), refresh(ours));
        (written, refreshed)
    });
    let (mut busy, (written, refreshed)) = busy.await;
    println!(
        "cached reads: alone / during {written} writes and {refreshed} refreshes in {TIME:.0?}"
    );
    alone.sort_unstable();
    busy.sort_unstable();
    for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
        println!(
            "{:<52} {:>12} {:>12}",
            format!("  {name}"),
            format!("{:.1?}", at(&alone, share)),
            format!("{:.1?}", at(&busy, share)),
        );
    }
}

fn at(sorted: &[Duration], share: f64) -> Duration {
    let last = sorted.len() - 1;
    sorted[(last as f64 * share) as usize]
}

/// The times of the reads that a thread makes, one every 20 µs or so, while the work goes on.
async fn measured<T>(registry: &Registry, work: impl Future<Output = T>) -> (Vec<Duration>, T) {
    let done = Arc::new(AtomicBool::new(false));
    let (registry, stop) = (registry.clone(), Arc::clone(&done));
    let reader = std::thread::spawn(move || {
        let mut times = Vec::with_capacity(1 << 20);
        let mut index = 0;
        while !stop.load(Ordering::Relaxed) {
            index = (index + 7_919) % VIEWS;
            let key = Key::new(Kind::FeatureView, PROJECT, sample::name(FIRST + index));
            let start = Instant::now();
            assert!(read(&registry, &key));
            times.push(start.elapsed());
            std::thread::sleep(Duration::from_micros(20));
        }
        times
    });
    let answer = work.await;
    done.store(true, Ordering::Relaxed);
    (reader.join().unwrap(), answer)
}

async fn write(registry: &Registry) -> u32 {
    let start = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_secs(1) * TOGETHER / WRITES_PER_SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut written = 0;
    while start.elapsed() < TIME {
        ticks.tick().await;
        let views = (0..TOGETHER).map(|view| FIRST + (written + view) as usize % VIEWS);
        registry.commit(views.map(edit).collect()).await.unwrap();
        written += TOGETHER;
    }
    written
}

async fn refresh(registry: &Registry) -> u32 {
    let start = Instant::now();
    let mut ticks = tokio::time::interval(REFRESH_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut refreshed = 0;
    while start.elapsed() < TIME {
        ticks.tick().await;
        registry.refresh().await.unwrap();
        refreshed += 1;
    }
    refreshed
}
