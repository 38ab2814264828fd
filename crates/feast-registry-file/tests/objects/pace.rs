//! A store that takes few writes of one object is not stormed.

use std::time::Duration;

use feast_registry_file::{FileOptions, Pace};
use hyper::Method;

use crate::fake::{Fake, Kind};
use crate::registry::{KEY, apply, names, open_at};

/// As long as GCS wants, but for the unit.
const INTERVAL: Duration = Duration::from_millis(200);

fn fake() -> Fake {
    let mut fake = Fake::start(Kind::Gcs);
    fake.control().interval = INTERVAL;
    fake.pace = Some(Pace {
        between: INTERVAL,
        pause: INTERVAL / 5,
        patience: INTERVAL * 120,
    });
    fake
}

/// How often the registry was put, and how often that was answered with this.
fn puts(fake: &Fake, wanted: Option<u16>) -> usize {
    let control = fake.control();
    let is_put = |(method, key, status): &&(Method, String, u16)| {
        (method, key.as_str()) == (&Method::PUT, KEY)
            && wanted.is_none_or(|wanted| *status == wanted)
    };
    control.seen.iter().filter(is_put).count()
}

#[tokio::test]
async fn one_process_keeps_the_pace_and_writes_together_what_comes_meanwhile() {
    const ROUNDS: usize = 4;
    const TASKS: usize = 10;
    let fake = fake();
    let registry = open_at(fake.blob(KEY), FileOptions::default()).await;
    let registry = &registry.expect("a registry");
    for round in 0..ROUNDS {
        let change = |task| async move {
            let name = format!("entity_{round}_{task}");
            apply(registry, &name).await
        };
        for applied in futures::future::join_all((0..TASKS).map(change)).await {
            applied.expect("applied");
        }
    }
    assert_eq!(names(&fake).await.len(), ROUNDS * TASKS);
    assert_eq!(puts(&fake, Some(429)), 0, "{:?}", fake.control().seen);
    let all = puts(&fake, None);
    assert!(all <= 2 * ROUNDS, "{:?}", fake.control().seen);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_lose_nothing_and_do_not_storm() {
    const WRITERS: usize = 12;
    const EACH: usize = 2;
    let fake = fake();
    let writers = (0..WRITERS).map(|writer| {
        let fake = fake.clone();
        tokio::spawn(async move {
            let registry = open_at(fake.blob(KEY), FileOptions::default()).await;
            let registry = registry.expect("a registry");
            for number in 0..EACH {
                let name = format!("entity_{writer}_{number}");
                apply(&registry, &name).await.expect("applied");
            }
        })
    });
    for writer in futures::future::join_all(writers).await {
        writer.expect("a writer");
    }
    assert_eq!(names(&fake).await.len(), WRITERS * EACH);
    let (all, done, early) = (
        puts(&fake, None),
        puts(&fake, Some(200)),
        puts(&fake, Some(429)),
    );
    // Each of them has to try, but not all the time.
    assert!(
        all <= 8 * done,
        "{all} puts, {done} done, {early} too early"
    );
}
