//! Refusals are told for what they are, and nothing is ever taken for an empty registry.

use bytes::Bytes;
use feast_registry_core::{Error, ErrorKind};
use feast_registry_file::object::Careless;
use hyper::Method;

use crate::fake::{BUCKET, Fake, Fault, KINDS};

/// Names bucket and key, says what to do, and shows nothing of what was signed.
fn is_clear(error: &Error) {
    let text = format!("{error:?}");
    assert!(text.contains("registry.pb"), "{text}");
    assert!(error.hint().is_some(), "{text}");
    assert!(!text.contains("hush"), "{text}");
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_no_absent_object() {
    for kind in KINDS {
        let fake = Fake::start(kind);
        let bucket = fake.bucket_named("elsewhere", Careless::Refuse, &[]);
        let blob = bucket.blob("registry.pb").expect("a blob");
        for error in [
            blob.load(None).await.expect_err("no bucket"),
            blob.replace(None, Bytes::from("one"))
                .await
                .expect_err("no bucket"),
        ] {
            assert_eq!(error.kind(), ErrorKind::Config, "{kind:?}");
            assert!(error.message().contains("elsewhere"), "{error}");
            is_clear(&error);
        }
    }
}

#[tokio::test]
async fn whatever_is_not_certainly_absent_is_an_error() {
    for kind in KINDS {
        for (status, code, kind_of_error) in [
            (403, "AccessDenied", ErrorKind::Unavailable),
            (403, "InvalidAccessKeyId", ErrorKind::Config),
            (403, "SignatureDoesNotMatch", ErrorKind::Config),
            (401, "", ErrorKind::Config),
            (400, "ExpiredToken", ErrorKind::Config),
            (301, "PermanentRedirect", ErrorKind::Config),
            (404, "", ErrorKind::Unavailable),
            (404, "NoSuchBucket", ErrorKind::Config),
            (405, "MethodNotAllowed", ErrorKind::Unavailable),
        ] {
            let fake = Fake::start(kind);
            fake.fail(Method::GET, [Fault::Refuse(status, code)]);
            let error = fake.blob("registry.pb").load(None).await;
            let error = error.expect_err("refused");
            assert_eq!(error.kind(), kind_of_error, "{kind:?} {status} {code}");
            is_clear(&error);
        }
    }
}

#[tokio::test]
async fn a_region_that_the_store_refuses_again_is_an_error() {
    let fake = Fake::start(crate::fake::Kind::S3);
    fake.fail(Method::GET, [Fault::Elsewhere("eu-north-1"); 3]);
    let error = fake
        .blob("registry.pb")
        .load(None)
        .await
        .expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Config);
    is_clear(&error);
}

#[test]
fn a_key_that_would_be_asked_for_in_another_way_is_refused() {
    let bucket = Fake::start(crate::fake::Kind::S3).bucket_named(BUCKET, Careless::Refuse, &[]);
    for key in ["a//b", "a/", "a/../b", "./a"] {
        let error = bucket.blob(key).expect_err(key);
        assert_eq!(error.kind(), ErrorKind::Config, "{key}");
    }
    for key in ["a b/ü%20#?.pb", "a.b/c"] {
        assert!(bucket.blob(key).is_ok(), "{key}");
    }
}
