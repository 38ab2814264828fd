//! Earlier versions in a bucket.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::store::Backups;
use feast_registry_core::{ErrorKind, Registry, Result};
use feast_registry_file::{Blob, FileOptions, Loaded, Pace, Replaced, Version};
use hyper::Method;

use crate::create;
use crate::fake::{Fake, Fault, KINDS, Kind, SOON};
use crate::registry::{KEY, apply, names, names_in, open_at};

const VERSIONS: u32 = 3;

async fn keeping(blob: Arc<dyn Blob>) -> Registry {
    let options = FileOptions::default().with_backup_versions(VERSIONS);
    open_at(blob, options).await.expect("a registry")
}

fn backups(registry: &Registry) -> &dyn Backups {
    registry.store().backups().expect("backups")
}

/// How many entities each of the backups has, the newest first.
async fn sizes(registry: &Registry, fake: &Fake) -> Vec<usize> {
    let mut sizes = Vec::new();
    for backup in backups(registry).list().await.expect("backups") {
        let blob = fake.blob(&format!("{KEY}.{}", backup.name));
        let there = open_at(blob, FileOptions::default()).await;
        sizes.push(names_in(&there.expect("a registry")).await.len());
    }
    sizes
}

/// What others do once.
type Others = Box<dyn FnOnce() -> futures::future::BoxFuture<'static, ()> + Send>;

/// An object that others write to, once, right after it was asked whether it has changed.
struct Overtaken {
    inner: Arc<dyn Blob>,
    others: Mutex<Option<Others>>,
}

impl std::fmt::Debug for Overtaken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Overtaken")
    }
}

#[async_trait]
impl Blob for Overtaken {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    async fn load(&self, known: Option<&Version>) -> Result<Loaded> {
        let loaded = self.inner.load(known).await;
        let others = match known {
            Some(_) => self.others.lock().expect("a lock").take(),
            None => None,
        };
        if let Some(others) = others {
            others().await;
        }
        loaded
    }

    async fn replace(&self, expected: Option<&Version>, bytes: Bytes) -> Result<Replaced> {
        self.inner.replace(expected, bytes).await
    }

    fn pace(&self) -> Pace {
        self.inner.pace()
    }

    async fn delete(&self) -> Result<()> {
        self.inner.delete().await
    }

    fn beside(&self, suffix: &str) -> Arc<dyn Blob> {
        self.inner.beside(suffix)
    }
}

#[tokio::test]
async fn the_last_versions_are_kept_and_each_can_be_restored() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let registry = keeping(fake.blob(KEY)).await;
        for name in ["one", "two", "three", "four", "five"] {
            apply(&registry, name).await.expect("applied");
        }
        assert_eq!(sizes(&registry, &fake).await, [4, 3, 2], "{kind:?}");
        let oldest = backups(&registry).list().await.expect("backups").pop();
        let oldest = oldest.expect("a backup").name;
        backups(&registry).restore(&oldest).await.expect("restored");
        let restored = BTreeSet::from(["one", "two"].map(str::to_owned));
        assert_eq!(names(&fake).await, restored, "{kind:?}");
        // What it took the place of is kept.
        assert_eq!(sizes(&registry, &fake).await[0], 5, "{kind:?}");
        assert_eq!(registry.store().undone_writes(), 0);
    }
}

#[tokio::test]
async fn a_writer_that_is_overtaken_leaves_the_versions_of_others_alone() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let overtaken = Arc::new(Overtaken {
            inner: fake.blob(KEY),
            others: Mutex::default(),
        });
        let registry = keeping(Arc::clone(&overtaken) as Arc<dyn Blob>).await;
        apply(&registry, "one").await.expect("applied");
        let faster = keeping(fake.blob(KEY)).await;
        let others = async move { apply(&faster, "two").await.expect("applied") };
        let others: Others = Box::new(|| Box::pin(others));
        *overtaken.others.lock().expect("a lock") = Some(others);
        apply(&registry, "three").await.expect("applied");
        assert_eq!(names(&fake).await.len(), 3, "{kind:?}");
        assert_eq!(sizes(&registry, &fake).await, [2, 1], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_at_once_keep_one_version_after_the_other() {
    const EACH: usize = 4;
    for kind in KINDS {
        let fake = Fake::start(kind);
        let registry = keeping(fake.blob(KEY)).await;
        apply(&registry, "first").await.expect("applied");
        let writers = (0..3).map(|writer| {
            let fake = fake.clone();
            tokio::spawn(async move {
                let registry = keeping(fake.blob(KEY)).await;
                for number in 0..EACH {
                    let name = format!("entity_{writer}_{number}");
                    apply(&registry, &name).await.expect("applied");
                }
            })
        });
        for writer in futures::future::join_all(writers).await {
            writer.expect("a writer");
        }
        assert_eq!(names(&fake).await.len(), 13, "{kind:?}");
        assert_eq!(sizes(&registry, &fake).await, [12, 11, 10], "{kind:?}");
    }
}

#[tokio::test]
async fn reading_and_writing_are_all_the_rights_that_backups_need() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        // Who may not list puts an empty object there first.
        create(&*fake.blob(KEY), "").await;
        fake.control().only = Some(KEY.to_owned());
        fake.control().absent_is_denied = true;
        let registry = keeping(fake.blob(KEY)).await;
        for name in ["one", "two", "three"] {
            apply(&registry, name).await.expect("applied");
        }
        // Those that are there are told, those that are not yet cannot be asked for.
        assert_eq!(sizes(&registry, &fake).await, [2, 1], "{kind:?}");
    }
}

#[tokio::test]
async fn a_backup_whose_answer_is_lost_is_kept_all_the_same() {
    for kind in KINDS {
        for fault in [Fault::CutAfter, Fault::CutBefore] {
            let fake = Fake::start(kind);
            let registry = keeping(fake.blob(KEY)).await;
            apply(&registry, "one").await.expect("applied");
            // The first thing that a write puts is the version before.
            fake.fail(Method::PUT, [fault]);
            apply(&registry, "two").await.expect("applied");
            assert_eq!(sizes(&registry, &fake).await, [1], "{kind:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_backup_that_is_never_answered_leaves_the_registry_as_it_was() {
    for kind in KINDS {
        let mut fake = Fake::start(kind);
        fake.answer = SOON;
        fake.pace = Some(Pace {
            patience: Duration::ZERO,
            ..Pace::default()
        });
        let registry = keeping(fake.blob(KEY)).await;
        apply(&registry, "one").await.expect("applied");
        fake.fail(Method::PUT, [Fault::Stall]);
        let error = apply(&registry, "two").await.expect_err("no answer");
        // Nobody needs to find out whether it was written.
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{kind:?} {error:?}");
        assert_eq!(names(&fake).await.len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_version_that_cannot_be_kept_is_not_replaced() {
    let fake = Fake::start(Kind::S3);
    let registry = keeping(fake.blob(KEY)).await;
    apply(&registry, "one").await.expect("applied");
    fake.fail(Method::PUT, [Fault::Refuse(403, "AccessDenied")]);
    let error = apply(&registry, "two").await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("backup-001"), "{error}");
    assert_eq!(names(&fake).await.len(), 1);
}

/// Beside the question and the put that every write takes: the version before is read, its place is
/// looked at, and it is put there. Its place is never read.
#[tokio::test]
async fn a_backup_takes_three_requests() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let registry = keeping(fake.blob(KEY)).await;
        for name in ["one", "two", "three", "four", "five"] {
            apply(&registry, name).await.expect("applied");
        }
        fake.control().seen.clear();
        apply(&registry, "six").await.expect("applied");
        let methods = [Method::GET, Method::HEAD, Method::PUT];
        let seen = methods.map(|method| fake.count(&method));
        assert_eq!(seen, [2, 1, 2], "{kind:?} {:?}", fake.control().seen);
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_and_what_is_empty_is_nothing() {
    for kind in KINDS {
        for damaged in [&b"\xff\xff"[..], b""] {
            let fake = Fake::start(kind);
            let registry = keeping(fake.blob(KEY)).await;
            for name in ["one", "two"] {
                apply(&registry, name).await.expect("applied");
            }
            fake.overwrite(KEY, damaged.to_vec());
            let newest = backups(&registry).list().await.expect("backups").remove(0);
            let restored = backups(&registry).restore(&newest.name).await;
            restored.expect("restored");
            assert_eq!(names(&fake).await.len(), 1, "{kind:?}");
            assert_eq!(sizes(&registry, &fake).await, [1], "{kind:?}");
            let aside = fake.content(&format!("{KEY}.unreadable"));
            let wanted = Some(damaged.to_vec()).filter(|damaged| !damaged.is_empty());
            assert_eq!(aside, wanted, "{kind:?}");
        }
    }
}
