//! Reads give a whole object, or say why not.

use bytes::Bytes;
use feast_registry_core::ErrorKind;
use feast_registry_file::{Loaded, Replaced};
use hyper::Method;

use crate::fake::{Fake, Fault, KINDS, SOON};
use crate::{content, create};

#[tokio::test]
async fn what_is_unchanged_is_not_sent_again() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let blob = fake.blob("registry.pb");
        let version = create(&*blob, "one").await;
        let loaded = blob.load(Some(&version)).await;
        assert!(
            matches!(loaded, Ok(Loaded::Unchanged)),
            "{kind:?} {loaded:?}"
        );
        let (_, _, status) = fake.control().seen.last().cloned().expect("a request");
        assert_eq!(status, 304);
    }
}

#[tokio::test]
async fn what_a_write_and_a_read_call_a_version_is_the_same() {
    for kind in KINDS {
        let blob = Fake::start(kind).blob("registry.pb");
        let written = create(&*blob, "one").await;
        let Ok(Loaded::Content { version, .. }) = blob.load(None).await else {
            panic!("{kind:?}");
        };
        assert_eq!(version, written, "{kind:?}");
    }
}

#[tokio::test]
async fn reading_writes_nothing() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let loaded = fake.blob("registry.pb").load(None).await;
        assert!(matches!(loaded, Ok(Loaded::Absent)), "{kind:?} {loaded:?}");
        assert_eq!(fake.count(&Method::PUT), 0);
    }
}

#[tokio::test]
async fn a_read_that_fails_for_a_while_succeeds_in_the_end() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let blob = fake.blob("registry.pb");
        create(&*blob, "one").await;
        fake.fail(
            Method::GET,
            [
                Fault::Refuse(500, "InternalError"),
                Fault::Refuse(503, "SlowDown"),
                Fault::CutBefore,
            ],
        );
        assert_eq!(content(&*blob).await, "one", "{kind:?}");
    }
}

#[tokio::test]
async fn half_of_an_object_is_never_taken_for_all_of_it() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let blob = fake.blob("registry.pb");
        create(&*blob, "a registry of some length").await;
        fake.fail(Method::GET, [Fault::Truncate; 20]);
        let error = blob.load(None).await.expect_err("truncated");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{kind:?} {error:?}");
        assert!(
            error.message().contains("/lake/registry.pb")
                || error.message().contains("://lake/registry.pb"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_store_that_says_nothing_is_unavailable_in_time() {
    for kind in KINDS {
        let mut fake = Fake::start(kind);
        fake.answer = SOON;
        fake.fail(Method::GET, [Fault::Stall; 20]);
        let error = fake
            .blob("registry.pb")
            .load(None)
            .await
            .expect_err("stalled");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{kind:?} {error:?}");
    }
}

#[tokio::test]
async fn a_content_that_stops_coming_is_unavailable_in_time() {
    for kind in KINDS {
        let mut fake = Fake::start(kind);
        fake.answer = SOON;
        let blob = fake.blob("registry.pb");
        create(&*blob, "a registry of some length").await;
        fake.fail(Method::GET, [Fault::StallBody; 20]);
        let error = blob.load(None).await.expect_err("stalled");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{kind:?} {error:?}");
        assert!(error.message().contains("12 of 25 bytes"), "{error}");
    }
}

#[tokio::test]
async fn what_an_object_is_called_is_asked_without_its_content() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let blob = fake.blob("registry.pb");
        assert_eq!(blob.version().await.expect("an answer"), None, "{kind:?}");
        let written = create(&*blob, "one").await;
        let version = blob.version().await.expect("an answer");
        assert_eq!(version, Some(written), "{kind:?}");
        assert_eq!(fake.count(&Method::GET), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn a_large_object_goes_through_whole() {
    for kind in KINDS {
        let blob = Fake::start(kind).blob("registry.pb");
        let large: Bytes = (0..8_u32 << 20)
            .map(|at| at.to_le_bytes()[at as usize % 3])
            .collect();
        let written = blob.replace(None, large.clone()).await;
        assert!(
            matches!(written, Ok(Replaced::Done(_))),
            "{kind:?} {written:?}"
        );
        assert!(content(&*blob).await == large, "{kind:?}");
    }
}
