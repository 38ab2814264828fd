//! What a server that speaks S3 refuses is told for what it is; run by `cargo xtask conformance`.

mod server;

use bytes::Bytes;
use feast_registry_core::url::Secret;
use feast_registry_core::{Error, ErrorKind};
use feast_registry_file::object::{Bucket, Careless, S3Settings};

const KEY: &str = "refusals/registry.pb";

fn settings() -> S3Settings {
    server::settings().expect("a server")
}

/// Whether this is the server with that name in the table of backends.
fn is(server: &str) -> bool {
    std::env::var("FEAST_REGISTRY_CONFORMANCE_NAME").is_ok_and(|name| name == server)
}

/// What whoever reads is told, and whoever writes.
async fn told(settings: &S3Settings) -> [Error; 2] {
    let bucket = Bucket::s3(settings, Careless::Refuse).expect("a bucket");
    let blob = bucket.blob(KEY).expect("a blob");
    [
        blob.load(None).await.expect_err("refused"),
        blob.replace(None, Bytes::from("one"))
            .await
            .expect_err("refused"),
    ]
}

/// Names bucket and key, says what to look at, and shows no secret.
fn is_clear(error: &Error, bucket: &str, look_at: &str) {
    let text = format!("{error:?}");
    assert_eq!(error.kind(), ErrorKind::Config, "{text}");
    assert!(
        error.message().contains(&format!("s3://{bucket}/{KEY}")),
        "{text}"
    );
    let hint = error.hint().unwrap_or_default();
    assert!(hint.contains(look_at), "{text}");
    assert!(!text.contains("hush"), "{text}");
}

#[tokio::test]
async fn keys_that_are_wrong_are_refused_by_a_server() {
    // moto takes any.
    if is("s3") {
        return;
    }
    let right = settings();
    let (access_key, ..) = right.credentials.clone().expect("credentials");
    for access_key in ["nobody".to_owned(), access_key] {
        let mut wrong = right.clone();
        wrong.credentials = Some((access_key, Secret::new("hush"), None));
        for error in told(&wrong).await {
            is_clear(&error, &right.bucket, "access key");
        }
    }
}

#[tokio::test]
async fn a_bucket_that_is_missing_is_refused_by_a_server() {
    // It makes one for whoever writes.
    if is("seaweedfs") {
        return;
    }
    let mut missing = settings();
    missing.bucket = "no-such-bucket".to_owned();
    for error in told(&missing).await {
        is_clear(&error, "no-such-bucket", "create the bucket");
    }
}
