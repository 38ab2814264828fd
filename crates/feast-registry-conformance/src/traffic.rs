//! What a refresh of the cache moves over the network.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use feast_registry_core::store::{Decision, ReadSet, StoreExt, Write};
use feast_registry_core::{Kind, Record, Registry, Result, Store};

use crate::proxy::Proxy;
use crate::samples::Sample;

/// How many views there are.
const VIEWS: usize = 1_000;
/// How many bytes a view has at least: many more than what else a refresh asks for.
pub const BODY: u64 = 10_000;
/// A second in which nobody wonders any more what happened.
const LONG_AGO: i64 = 1_700_000_000;
/// How long others may keep a server busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one refresh took.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Traffic {
    /// How often it waited for the server.
    pub round_trips: u64,
    /// What the server sent.
    pub bytes: u64,
}

impl Traffic {
    async fn of_refresh(registry: &Registry, proxy: &Proxy) -> Result<Traffic> {
        let (trips, bytes) = (proxy.round_trips(), proxy.answered_bytes());
        registry.refresh().await?;
        Ok(Traffic {
            round_trips: proxy.round_trips() - trips,
            bytes: proxy.answered_bytes() - bytes,
        })
    }

    /// How many views that can have been at most.
    pub fn views(&self) -> u64 {
        self.bytes / BODY
    }
}

/// What refreshes take of a registry of 1,000 views behind a proxy: one before which nothing changed, and
/// after changes of 1 and of 100 views by `others`, who use the same store by another way.
///
/// Some servers count what happens in other databases as a change of this one. So the first is
/// repeated, for a while, until it takes no more than `still` round trips.
///
/// # Errors
///
/// Those of the stores.
pub async fn of_refreshes(
    registry: &Registry,
    others: &dyn Store,
    proxy: &Proxy,
    still: u64,
) -> Result<[Traffic; 3]> {
    put(others, VIEWS, LONG_AGO, Write::Insert).await?;
    registry.refresh().await?;
    let mut nothing = Traffic::of_refresh(registry, proxy).await?;
    let begun = Instant::now();
    while nothing.round_trips > still && begun.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(50)).await;
        nothing = Traffic::of_refresh(registry, proxy).await?;
    }
    let mut traffic = [nothing; 3];
    for (traffic, changed) in traffic[1..].iter_mut().zip([1, 100]) {
        let update = |row: Record| Write::Update {
            key: row.key,
            body: row.body,
            stamp: row.stamp,
        };
        put(others, changed, now(), update).await?;
        let first = Traffic::of_refresh(registry, proxy).await?;
        // One in many refreshes reads everything, whatever changed. The next one does not.
        put(others, changed, now(), update).await?;
        let second = Traffic::of_refresh(registry, proxy).await?;
        *traffic = match first.bytes <= second.bytes {
            true => first,
            false => second,
        };
    }
    Ok(traffic)
}

/// Writes so many of the views.
async fn put(
    store: &dyn Store,
    count: usize,
    stamp: i64,
    write: impl Fn(Record) -> Write,
) -> Result<()> {
    let content = vec![0; usize::try_from(BODY).unwrap_or_default()];
    let view = |number| {
        let name = format!("view_{number}");
        let sample = Sample::new(Kind::FeatureView, "fahrten", &name).with_unknown(&content);
        write(Record::new(sample.key, sample.body, stamp))
    };
    let writes: Vec<Write> = (0..count).map(view).collect();
    let put = move |_: &_, _: &_| {
        Ok(Decision::Commit {
            writes: writes.clone(),
            answer: (),
        })
    };
    store.transact_typed(ReadSet::new(), put).await
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_secs()).unwrap_or(i64::MAX)
}
