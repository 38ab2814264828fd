//! Stores behind TLS.

use std::fs;

use feast_registry_core::ErrorKind;
use feast_registry_file::object::Environment;

use crate::fake::{Fake, Kind};
use crate::{content, create};

/// What a client finds that trusts the certificates of a file, or the system's.
fn environment(fake: &Fake, certificates: &str) -> Environment {
    Environment::from_iter([
        ("FEAST_S3_ENDPOINT_URL", fake.url.as_str()),
        ("AWS_ACCESS_KEY_ID", "AK"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
        ("AWS_CA_BUNDLE", certificates),
    ])
}

#[tokio::test]
async fn a_certificate_of_the_bundle_is_trusted() {
    let (fake, certificate) = Fake::start_with_tls(Kind::S3);
    let folder = tempfile::tempdir().expect("a folder");
    let bundle = folder.path().join("bundle.pem");
    fs::write(&bundle, certificate).expect("a file");
    let environment = environment(&fake, bundle.to_str().expect("a path"));
    let blob = fake.bucket_in(environment).blob("registry.pb");
    let blob = blob.expect("a blob");
    create(&*blob, "one").await;
    assert_eq!(content(&*blob).await, "one");
}

#[tokio::test]
async fn a_certificate_that_nobody_has_signed_is_not() {
    let (fake, _certificate) = Fake::start_with_tls(Kind::S3);
    let blob = fake.bucket_in(environment(&fake, "")).blob("registry.pb");
    let error = blob.expect("a blob").load(None).await;
    let error = error.expect_err("not trusted");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("certificate"), "{error}");
    assert!(fake.control().seen.is_empty());
}
