//! A registry on a store that has bad days: what was acknowledged is there, once, and nothing that
//! goes wrong makes an empty registry of one that has objects.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use feast_registry_core::{ErrorKind, Freshness, Registry, RegistryOptions, Result};
use feast_registry_file::{Blob, FileOptions, FileStore};
use feast_registry_proto::core::{Entity, EntitySpecV2};
use hyper::Method;

use crate::create;
use crate::fake::{Fake, Fault, KINDS, SOON};

pub(crate) const KEY: &str = "registry.pb";
const PROJECT: &str = "rides";

/// A registry as another process would have it.
pub(crate) async fn open(fake: &Fake) -> Result<Registry> {
    open_at(fake.blob(KEY), FileOptions::default()).await
}

pub(crate) async fn open_at(blob: Arc<dyn Blob>, options: FileOptions) -> Result<Registry> {
    let store = FileStore::new(blob, options);
    Registry::open(Arc::new(store), RegistryOptions::default()).await
}

pub(crate) async fn apply(registry: &Registry, name: &str) -> Result<()> {
    let spec = EntitySpecV2 {
        name: name.to_owned(),
        join_key: format!("{name}_id"),
        ..EntitySpecV2::default()
    };
    let entity = Entity {
        spec: Some(spec),
        meta: None,
    };
    registry.apply_object(PROJECT, &entity).await.map(drop)
}

/// The names of all entities, as a process reads them that has just started.
pub(crate) async fn names(fake: &Fake) -> BTreeSet<String> {
    names_in(&open(fake).await.expect("a registry")).await
}

pub(crate) async fn names_in(registry: &Registry) -> BTreeSet<String> {
    let entities = registry
        .list_objects::<Entity>(PROJECT, Freshness::Store)
        .await
        .expect("entities");
    let names = entities.into_iter().filter_map(|entity| entity.spec);
    names.map(|spec| spec.name).collect()
}

#[tokio::test]
async fn opening_and_reading_write_nothing() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        assert!(names(&fake).await.is_empty());
        assert_eq!(fake.count(&Method::PUT), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn an_empty_object_is_a_new_registry() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        create(&*fake.blob(KEY), "").await;
        apply(&open(&fake).await.expect("a registry"), "first")
            .await
            .expect("applied");
        assert_eq!(names(&fake).await.len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_after_storing_is_resolved() {
    for kind in KINDS {
        for fault in [
            Fault::CutAfter,
            Fault::BreakAfter,
            Fault::CutBefore,
            Fault::StallAfter,
        ] {
            let mut fake = Fake::start(kind);
            fake.answer = SOON;
            let registry = open(&fake).await.expect("a registry");
            apply(&registry, "first").await.expect("applied");
            fake.fail(Method::PUT, [fault]);
            apply(&registry, "second").await.expect("applied");
            assert_eq!(names(&fake).await.len(), 2, "{kind:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_storm_of_conflicts_ends_with_the_write() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let registry = open(&fake).await.expect("a registry");
        apply(&registry, "first").await.expect("applied");
        fake.fail(Method::PUT, [Fault::Refuse(412, "PreconditionFailed"); 8]);
        apply(&registry, "second").await.expect("applied");
        assert_eq!(names(&fake).await.len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn what_was_tried_is_counted() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let registry = open(&fake).await.expect("a registry");
        apply(&registry, "first").await.expect("applied");
        let before = registry.store().activity();
        fake.fail(Method::PUT, [Fault::Refuse(412, "PreconditionFailed"); 3]);
        apply(&registry, "second").await.expect("applied");
        let after = registry.store().activity();
        assert_eq!(after.conflicts - before.conflicts, 3, "{kind:?}");
        assert_eq!(after.retries - before.retries, 3, "{kind:?}");
        // A load and a put for each attempt.
        assert_eq!(after.statements - before.statements, 8, "{kind:?}");
        assert_eq!(after.failures, before.failures, "{kind:?}");
    }
}

#[tokio::test]
async fn a_registry_that_cannot_be_read_is_never_replaced_by_an_empty_one() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        apply(&open(&fake).await.expect("a registry"), "first")
            .await
            .expect("applied");
        let before = fake.content(KEY);
        for fault in [
            Fault::Refuse(403, "AccessDenied"),
            Fault::Refuse(404, "NoSuchBucket"),
            Fault::Refuse(404, ""),
            Fault::Refuse(500, "InternalError"),
            Fault::Truncate,
        ] {
            fake.fail(Method::GET, vec![fault; 60]);
            let applied = match open(&fake).await {
                Ok(registry) => apply(&registry, "second").await,
                Err(error) => Err(error),
            };
            assert!(applied.is_err(), "{kind:?} {fault:?}");
            assert_eq!(fake.content(KEY), before, "{kind:?} {fault:?}");
            fake.control().faults.clear();
        }
    }
}

/// What goes wrong, over and over: each of these has to be told apart from the others.
const BAD_DAY: [Fault; 10] = [
    Fault::Refuse(503, "SlowDown"),
    Fault::CutAfter,
    Fault::Refuse(412, "PreconditionFailed"),
    Fault::Refuse(409, "ConditionalRequestConflict"),
    Fault::CutBefore,
    Fault::Refuse(429, ""),
    Fault::BreakAfter,
    Fault::Refuse(500, "InternalError"),
    Fault::Refuse(503, ""),
    Fault::StallAfter,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_lose_nothing_on_a_bad_day_and_readers_see_whole_registries() {
    const WRITERS: usize = 4;
    const EACH: usize = 8;
    for kind in KINDS {
        let mut fake = Fake::start(kind);
        fake.answer = SOON;
        apply(&open(&fake).await.expect("a registry"), "first")
            .await
            .expect("applied");
        let done = Arc::new(AtomicBool::new(false));
        let reader = tokio::spawn(read_until(fake.clone(), Arc::clone(&done)));
        let writers = (0..WRITERS).map(|writer| tokio::spawn(write(fake.clone(), writer, EACH)));
        let mut acknowledged = BTreeSet::from(["first".to_owned()]);
        for writer in futures::future::join_all(writers).await {
            acknowledged.extend(writer.expect("a writer"));
        }
        done.store(true, Ordering::SeqCst);
        reader.await.expect("a reader");
        fake.control().faults.clear();
        let names = names(&fake).await;
        assert!(acknowledged.is_subset(&names), "{kind:?}");
        assert!(acknowledged.len() > WRITERS, "{kind:?} {acknowledged:?}");
    }
}

/// Applies entities while things go wrong; those that were acknowledged.
async fn write(fake: Fake, writer: usize, each: usize) -> Vec<String> {
    let registry = open(&fake).await.expect("a registry");
    let mut acknowledged = Vec::new();
    for number in 0..each {
        let fault = BAD_DAY[(writer * each + number) % BAD_DAY.len()];
        fake.fail(Method::PUT, [fault]);
        let name = format!("entity_{writer}_{number}");
        match apply(&registry, &name).await {
            Ok(()) => acknowledged.push(name),
            Err(error) => assert_eq!(error.kind(), ErrorKind::UnknownOutcome, "{error:?}"),
        }
    }
    acknowledged
}

async fn read_until(fake: Fake, done: Arc<AtomicBool>) {
    let mut most = 1;
    while !done.load(Ordering::SeqCst) {
        let found = names(&fake).await;
        assert!(found.len() >= most, "{} after {most}", found.len());
        most = found.len();
        tokio::task::yield_now().await;
    }
}
