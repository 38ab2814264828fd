//! A write is done once, not at all, or its outcome is said to be unknown.

use std::time::Duration;

use bytes::Bytes;
use feast_registry_core::ErrorKind;
use feast_registry_file::Replaced;
use feast_registry_file::object::Careless;
use hyper::Method;

use crate::fake::{BUCKET, Fake, Fault, KINDS, Kind, SOON};
use crate::logged::Logged;
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

/// What boto3 makes of the arguments of `put_object` that are text.
const ARGUMENTS: [(&str, &str); 22] = [
    ("ACL", "x-amz-acl"),
    (
        "BucketKeyEnabled",
        "x-amz-server-side-encryption-bucket-key-enabled",
    ),
    ("CacheControl", "cache-control"),
    ("ContentDisposition", "content-disposition"),
    ("ContentEncoding", "content-encoding"),
    ("ContentLanguage", "content-language"),
    ("ContentType", "content-type"),
    ("ExpectedBucketOwner", "x-amz-expected-bucket-owner"),
    ("Expires", "expires"),
    ("GrantFullControl", "x-amz-grant-full-control"),
    ("GrantRead", "x-amz-grant-read"),
    ("GrantReadACP", "x-amz-grant-read-acp"),
    ("GrantWriteACP", "x-amz-grant-write-acp"),
    ("ObjectLockLegalHoldStatus", "x-amz-object-lock-legal-hold"),
    ("ObjectLockMode", "x-amz-object-lock-mode"),
    (
        "ObjectLockRetainUntilDate",
        "x-amz-object-lock-retain-until-date",
    ),
    ("RequestPayer", "x-amz-request-payer"),
    (
        "SSEKMSEncryptionContext",
        "x-amz-server-side-encryption-context",
    ),
    ("SSEKMSKeyId", "x-amz-server-side-encryption-aws-kms-key-id"),
    ("ServerSideEncryption", "x-amz-server-side-encryption"),
    ("StorageClass", "x-amz-storage-class"),
    ("Tagging", "x-amz-tagging"),
];

#[tokio::test]
async fn additional_arguments_go_with_every_write_and_are_signed() {
    let fake = Fake::start(Kind::S3);
    // Each is its own value.
    let arguments = ARGUMENTS.map(|(argument, _)| (argument, argument));
    let bucket = fake.bucket_named(BUCKET, Careless::Refuse, &arguments);
    let blob = bucket.blob("registry.pb").expect("a blob");
    create(&*blob, "one").await;
    let signed = fake.written_with("authorization").expect("signed");
    for (argument, header) in ARGUMENTS {
        assert_eq!(fake.written_with(header).as_deref(), Some(argument));
        let is_signed = signed.contains(header);
        assert!(is_signed || !header.starts_with("x-amz-"), "{argument}");
    }
    assert_eq!(content(&*blob).await, "one");
}

#[test]
fn an_argument_that_is_no_header_is_named_in_a_warning() {
    let fake = Fake::start(Kind::S3);
    let (logged, _listening) = Logged::listen();
    let arguments = [
        ("SSECustomerKey", "hush"),
        ("Metadata", "team"),
        ("Tagging", "team=ml"),
    ];
    fake.bucket_named(BUCKET, Careless::Refuse, &arguments);
    let messages = logged.messages();
    for name in ["SSECustomerKey", "Metadata"] {
        let told = |message: &String| message.contains(&format!("s3_additional_kwargs.{name}"));
        assert!(messages.iter().any(told), "{name}: {messages:?}");
    }
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(!messages.concat().contains("hush"), "{messages:?}");
}

#[tokio::test]
async fn a_bucket_is_followed_into_its_region() {
    let fake = Fake::start(Kind::S3);
    fake.fail(Method::PUT, [Fault::Elsewhere("eu-north-1")]);
    create(&*fake.blob("registry.pb"), "one").await;
    let signed = fake.written_with("authorization").expect("signed");
    assert!(signed.contains("/eu-north-1/"), "{signed}");
}
