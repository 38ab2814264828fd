//! Where credentials come from, and what is said if there are none.

use std::fs;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind};
use feast_registry_file::object::{Bucket, Careless, Environment, GcsSettings};
use hyper::Method;
use tempfile::TempDir;

use crate::create;
use crate::fake::tokens::TOKEN;
use crate::fake::{BUCKET, Fake, Fault, Kind};

/// The environment of a workload with a web identity, and the folder with its token.
fn web_identity(fake: &Fake, sts: &str) -> (Environment, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    fs::write(&file, TOKEN).expect("a file");
    let environment = Environment::from_iter([
        ("FEAST_S3_ENDPOINT_URL", fake.url.as_str()),
        ("AWS_ENDPOINT_URL_STS", sts),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/registry"),
        (
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            file.to_str().expect("a path"),
        ),
    ]);
    (environment, folder)
}

/// What is said to whoever reads with this environment.
async fn refused(fake: &Fake, environment: Environment) -> Error {
    let blob = fake.bucket_in(environment).blob("registry.pb");
    let error = blob.expect("a blob").load(None).await;
    let error = error.expect_err("no credentials");
    assert_eq!(error.kind(), ErrorKind::Config, "{error:?}");
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    assert!(error.message().contains("lake/registry.pb"), "{error}");
    error
}

#[tokio::test]
async fn a_web_identity_is_exchanged_for_the_keys_of_its_role() {
    let fake = Fake::start(Kind::S3);
    let (environment, _folder) = web_identity(&fake, &fake.url);
    let blob = fake.bucket_in(environment).blob("registry.pb");
    create(&*blob.expect("a blob"), "one").await;
    let token = fake.written_with("x-amz-security-token");
    assert_eq!(token.as_deref(), Some("hush-session"));
    let signed = fake.written_with("authorization").expect("signed");
    assert!(signed.contains("Credential=AK-of-the-role/"), "{signed}");
    assert_eq!(fake.count(&Method::POST), 1);
}

#[tokio::test]
async fn a_web_identity_that_is_refused_is_told_with_the_answer() {
    let fake = Fake::start(Kind::S3);
    let (environment, _folder) = web_identity(&fake, &fake.url);
    fake.fail(Method::POST, [Fault::Refuse(403, "ExpiredTokenException")]);
    let error = refused(&fake, environment).await;
    let says = "STS (AWS_WEB_IDENTITY_TOKEN_FILE) (127.0.0.1 answers 403 ExpiredTokenException)";
    assert!(error.message().contains(says), "{error}");
}

#[tokio::test]
async fn a_token_that_is_not_there_is_told_by_its_source() {
    let fake = Fake::start(Kind::S3);
    let (environment, folder) = web_identity(&fake, &fake.url);
    drop(folder);
    let error = refused(&fake, environment).await;
    assert!(error.message().contains("from STS"), "{error}");
}

#[tokio::test]
async fn a_machine_without_a_role_is_told_whom_it_asked() {
    let fake = Fake::start(Kind::S3);
    let environment = Environment::from_iter([
        ("FEAST_S3_ENDPOINT_URL", fake.url.as_str()),
        // Nobody listens there.
        ("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1"),
    ]);
    let error = refused(&fake, environment).await;
    for says in ["IMDS", "127.0.0.1: ", "refused"] {
        assert!(error.message().contains(says), "{error}");
    }
}

#[test]
fn a_variable_that_makes_no_sense_is_not_repeated() {
    let fake = Fake::start(Kind::S3);
    let url = RegistryUrl::parse("s3://lake/registry.pb").expect("a URL");
    let environment = Environment::from_iter([
        ("FEAST_S3_ENDPOINT_URL", fake.url.as_str()),
        ("AWS_CHECKSUM_ALGORITHM", "hush"),
    ]);
    let settings =
        feast_registry_file::object::S3Settings::new(&url, &Default::default(), environment);
    let error = Bucket::s3(&settings.expect("settings"), Careless::Refuse);
    let error = error.expect_err("no algorithm");
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    let hint = error.hint().unwrap_or_default();
    assert!(hint.contains("AWS_CHECKSUM_ALGORITHM"), "{hint}");
}

/// The account signs its tokens itself: nobody is asked for them.
#[tokio::test]
async fn a_service_account_of_google_shows_a_token_of_its_own() {
    let fake = Fake::start(Kind::Gcs);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("account.json");
    let account = serde_json::json!({
        "type": "service_account",
        "client_email": "registry@example.com",
        "private_key_id": "1",
        // Made for this test, and good for nothing else.
        "private_key": include_str!("account.pem"),
    });
    fs::write(&file, account.to_string()).expect("a file");
    let url = format!("gs://{BUCKET}/registry.pb?endpoint_url={}", fake.url);
    let url = RegistryUrl::parse(&url).expect("a URL");
    let variable = (
        "GOOGLE_APPLICATION_CREDENTIALS",
        file.to_str().expect("a path"),
    );
    let settings = GcsSettings::new(&url, &Environment::from_iter([variable]));
    let bucket = Bucket::gcs(&settings.expect("settings"), Careless::Refuse);
    let blob = bucket.expect("a bucket").blob("registry.pb");
    create(&*blob.expect("a blob"), "one").await;

    let shown = fake.written_with("authorization").expect("a token");
    let token = shown.strip_prefix("Bearer ").expect("a bearer token");
    let claims = token.split('.').nth(1).expect("claims");
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("claims");
    let claims: serde_json::Value = serde_json::from_slice(&claims).expect("claims");
    assert_eq!(claims["iss"], "registry@example.com");
}
