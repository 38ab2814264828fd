//! A write is done once, not at all, or its outcome is said to be unknown.

use std::time::Duration;

use bytes::Bytes;
use feast_registry_core::ErrorKind;
use feast_registry_file::Replaced;
use feast_registry_file::object::Careless;
use hyper::Method;

use crate::fake::{BUCKET, Fake, Fault, KINDS, Kind, SOON};
use crate::{content, create};

#[tokio::test]
async fn what_the_store_puts_off_is_written_once_it_takes_it() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let blob = fake.blob("registry.pb");
        let version = create(&*blob, "one").await;
        fake.fail(
            Method::PUT,
            [
                Fault::Refuse(503, "SlowDown"),
                Fault::Refuse(429, ""),
                Fault::Refuse(409, "ConditionalRequestConflict"),
            ],
        );
        let written = blob.replace(Some(&version), Bytes::from("two")).await;
        assert!(
            matches!(written, Ok(Replaced::Done(_))),
            "{kind:?} {written:?}"
        );
        assert_eq!(content(&*blob).await, "two");
    }
}

#[tokio::test]
async fn a_store_that_takes_few_writes_of_one_object_takes_them_all() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let blob = fake.blob("registry.pb");
        let mut version = create(&*blob, "0").await;
        fake.control().interval = Duration::from_millis(300);
        for content in ["1", "2", "3"] {
            match blob.replace(Some(&version), Bytes::from(content)).await {
                Ok(Replaced::Done(next)) => version = next,
                other => panic!("{kind:?} {other:?}"),
            }
        }
        assert_eq!(fake.content("registry.pb").as_deref(), Some(&b"3"[..]));
    }
}

#[tokio::test]
async fn a_store_that_puts_everything_off_is_given_up_in_time() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let blob = fake.blob("registry.pb");
        let version = create(&*blob, "one").await;
        fake.fail(Method::PUT, [Fault::Refuse(503, "SlowDown"); 500]);
        let error = blob.replace(Some(&version), Bytes::from("two")).await;
        let error = error.expect_err("given up");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{kind:?}");
        assert!(error.message().contains("SlowDown"), "{error}");
        assert_eq!(fake.content("registry.pb").as_deref(), Some(&b"one"[..]));
    }
}

#[tokio::test]
async fn a_write_without_an_answer_is_never_repeated_and_never_called_a_conflict() {
    for kind in KINDS {
        for fault in [
            Fault::CutBefore,
            Fault::CutAfter,
            Fault::BreakAfter,
            Fault::Stall,
            Fault::StallAfter,
            Fault::Refuse(500, "InternalError"),
            Fault::Refuse(502, ""),
            Fault::Refuse(503, ""),
            Fault::Refuse(408, ""),
        ] {
            let mut fake = Fake::start(kind);
            let version = create(&*fake.blob("registry.pb"), "one").await;
            if matches!(fault, Fault::Stall | Fault::StallAfter) {
                fake.answer = SOON;
            }
            let blob = fake.blob("registry.pb");
            // The store is asked about conditions first.
            let stale = blob.replace(None, Bytes::from("two")).await;
            assert_eq!(stale.expect("an answer"), Replaced::Conflict);
            let before = fake.count(&Method::PUT);
            fake.fail(Method::PUT, [fault]);
            let error = blob.replace(Some(&version), Bytes::from("two")).await;
            let error = error.expect_err("no answer");
            assert_eq!(
                error.kind(),
                ErrorKind::UnknownOutcome,
                "{kind:?} {fault:?}"
            );
            assert_eq!(fake.count(&Method::PUT), before + 1, "{kind:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_has_written_nothing() {
    for kind in KINDS {
        let mut fake = Fake::start(kind);
        // Nobody listens there.
        fake.url = "http://127.0.0.1:1".to_owned();
        let error = fake
            .blob("registry.pb")
            .replace(None, Bytes::from("one"))
            .await;
        let error = error.expect_err("nobody there");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{kind:?} {error:?}");
    }
}

#[tokio::test]
async fn additional_arguments_go_with_every_write_and_with_no_read() {
    let fake = Fake::start(Kind::S3);
    let arguments = [("ServerSideEncryption", "AES256"), ("Tagging", "team=ml")];
    let bucket = fake.bucket_named(BUCKET, Careless::Refuse, &arguments);
    let blob = bucket.blob("registry.pb").expect("a blob");
    create(&*blob, "one").await;
    let written_with = fake.control().written_with.clone();
    let header = |name: &str| {
        let found = written_with.iter().find(|(header, _)| header == name);
        found.map(|(_, value)| value.as_str())
    };
    assert_eq!(header("x-amz-server-side-encryption"), Some("AES256"));
    assert_eq!(header("x-amz-tagging"), Some("team=ml"));
    let signed = header("authorization").expect("signed");
    assert!(signed.contains("x-amz-server-side-encryption"), "{signed}");
    assert_eq!(content(&*blob).await, "one");
}

#[tokio::test]
async fn a_bucket_is_followed_into_its_region() {
    let fake = Fake::start(Kind::S3);
    fake.fail(Method::PUT, [Fault::Elsewhere("eu-north-1")]);
    create(&*fake.blob("registry.pb"), "one").await;
    let written_with = fake.control().written_with.clone();
    let signed = written_with
        .iter()
        .find(|(name, _)| name == "authorization");
    let (_, signed) = signed.expect("signed");
    assert!(signed.contains("/eu-north-1/"), "{signed}");
}
