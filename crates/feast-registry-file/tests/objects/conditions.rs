//! Writes happen on their condition only, and a store must keep to that.

use bytes::Bytes;
use feast_registry_core::ErrorKind;
use feast_registry_file::Replaced;
use feast_registry_file::object::Careless;
use hyper::Method;

use crate::fake::{BUCKET, Fake, Fault, KINDS};
use crate::{content, create};

#[tokio::test]
async fn a_write_happens_on_its_condition_only() {
    for kind in KINDS {
        let blob = Fake::start(kind).blob("team/registry.pb");
        let first = create(&*blob, "one").await;
        let again = blob.replace(None, Bytes::from("two")).await;
        assert_eq!(again.expect("an answer"), Replaced::Conflict, "{kind:?}");
        let second = blob.replace(Some(&first), Bytes::from("two")).await;
        assert!(
            matches!(second, Ok(Replaced::Done(_))),
            "{kind:?} {second:?}"
        );
        let stale = blob.replace(Some(&first), Bytes::from("three")).await;
        assert_eq!(stale.expect("an answer"), Replaced::Conflict, "{kind:?}");
        assert_eq!(content(&*blob).await, "two");
    }
}

#[tokio::test]
async fn what_was_deleted_meanwhile_is_a_conflict() {
    for kind in KINDS {
        let blob = Fake::start(kind).blob("registry.pb");
        let version = create(&*blob, "one").await;
        blob.delete().await.expect("deleted");
        blob.delete().await.expect("twice is no error");
        let gone = blob.replace(Some(&version), Bytes::from("two")).await;
        assert_eq!(gone.expect("an answer"), Replaced::Conflict, "{kind:?}");
    }
}

#[tokio::test]
async fn one_of_many_writers_wins() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let blob = fake.blob("registry.pb");
        let version = create(&*blob, "0").await;
        let writers = (1..=16).map(|writer| {
            let (blob, version) = (fake.blob("registry.pb"), version.clone());
            async move {
                blob.replace(Some(&version), Bytes::from(format!("{writer}")))
                    .await
            }
        });
        let outcomes = futures::future::join_all(writers).await;
        let won = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Ok(Replaced::Done(_))));
        assert_eq!(won.count(), 1, "{kind:?}");
        assert!(outcomes.iter().all(Result::is_ok), "{kind:?}");
    }
}

#[tokio::test]
async fn a_store_that_ignores_conditions_is_refused_before_the_first_write() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        fake.control().careless = true;
        let blob = fake.blob("registry.pb");
        let error = blob
            .replace(None, Bytes::from("one"))
            .await
            .expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{kind:?}");
        let hint = error.hint().unwrap_or_default();
        assert!(hint.contains("allow_lost_updates"), "{hint}");
        assert_eq!(fake.content("registry.pb"), None, "{kind:?}");
    }
}

#[tokio::test]
async fn a_store_that_does_not_know_conditions_is_refused_too() {
    let fake = Fake::start(crate::fake::Kind::S3);
    fake.fail(Method::PUT, [Fault::Refuse(501, "NotImplemented"); 3]);
    let error = fake
        .blob("registry.pb")
        .replace(None, Bytes::from("one"))
        .await;
    assert_eq!(error.expect_err("refused").kind(), ErrorKind::Unsupported);
    assert_eq!(fake.content("registry.pb"), None);
}

#[tokio::test]
async fn who_allows_lost_updates_writes_all_the_same() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        fake.control().careless = true;
        let bucket = fake.bucket_named(BUCKET, Careless::LoseUpdates, &[]);
        let blob = bucket.blob("registry.pb").expect("a blob");
        create(&*blob, "one").await;
        assert_eq!(content(&*blob).await, "one", "{kind:?}");
    }
}

#[tokio::test]
async fn the_store_is_asked_once_for_all_blobs_of_a_bucket() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let bucket = fake.bucket();
        for key in ["a", "b", "c"] {
            create(&*bucket.blob(key).expect("a blob"), "one").await;
        }
        let control = fake.control();
        let asked = control
            .seen
            .iter()
            .filter(|(_, key, _)| key.ends_with("-probe"));
        assert_eq!(asked.count(), 3, "{kind:?} {:?}", control.seen);
    }
}
