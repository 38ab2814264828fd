//! The server that speaks S3 and that `cargo xtask conformance` has started.

use feast_registry_core::backend::ObjectOptions;
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind, Result};
use feast_registry_file::object::{Environment, S3Settings};

/// How it is reached; the key is what the keys of the suite start with.
pub(crate) fn settings() -> Result<S3Settings> {
    const VARIABLE: &str = "FEAST_REGISTRY_CONFORMANCE_URL";
    let missing = |_| {
        Error::new(ErrorKind::Config, format!("{VARIABLE} is not set"))
            .with_hint("s3://key:secret@bucket/prefix?endpoint_url=http://127.0.0.1:9000")
    };
    let url = std::env::var(VARIABLE).map_err(missing)?;
    let url = RegistryUrl::parse(&url)
        .map_err(|error| Error::new(ErrorKind::Config, format!("{VARIABLE}: {error}")))?;
    S3Settings::new(&url, &ObjectOptions::default(), Environment::of_process())
}
