//! Amazon S3, and what speaks its protocol.

mod headers;
mod profile;
mod settings;

use std::fmt;
use std::sync::Arc;

use feast_registry_core::{Error, ErrorKind, Result};
use object_store::ClientOptions;
use object_store::aws::AmazonS3Builder;
use reqwest::header::HeaderMap;

use super::credentials::Source;
use super::http::Connector;
use super::place::{Clients, Service, reading, writing};

pub use self::settings::S3Settings;

/// Makes clients for one bucket.
pub(super) struct S3 {
    bucket: String,
    builder: AmazonS3Builder,
    connector: Connector,
    /// What every write says beside its content.
    headers: HeaderMap,
}

impl S3 {
    pub(super) fn new(settings: &S3Settings) -> Result<Self> {
        Ok(S3 {
            bucket: settings.bucket.clone(),
            builder: settings.builder()?,
            connector: Connector::new(
                settings.timing,
                settings.certificates.as_deref(),
                Source::new(settings.source()),
            )?,
            headers: headers::of(&settings.put_arguments)?,
        })
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("S3").field(&self.bucket).finish()
    }
}

impl Service for S3 {
    fn bucket(&self) -> String {
        format!("s3://{}", self.bucket)
    }

    fn connect(&self, region: Option<&str>) -> Result<Clients> {
        let mut builder = self
            .builder
            .clone()
            .with_http_connector(self.connector.clone());
        if let Some(region) = region {
            builder = builder.with_region(region);
        }
        // The library's text may repeat a value.
        let failed = |_: object_store::Error| {
            let message = format!("{}: an AWS_* variable makes no sense", self.bucket());
            Error::new(ErrorKind::Config, message).with_hint(
                "look at AWS_CHECKSUM_ALGORITHM, AWS_IMDSV1_FALLBACK, AWS_REQUEST_PAYER, AWS_S3_EXPRESS, \
                 AWS_SKIP_SIGNATURE and AWS_UNSIGNED_PAYLOAD",
            )
        };
        let reader = builder.clone().with_retry(reading());
        let reader = reader.build().map_err(failed)?;
        let writer = builder
            .with_credentials(Arc::clone(reader.credentials()))
            .with_retry(writing())
            .with_client_options(ClientOptions::new().with_default_headers(self.headers.clone()));
        let writer = writer.build().map_err(failed)?;
        Ok(Clients {
            reader: Arc::new(reader),
            writer: Arc::new(writer),
        })
    }

    fn source(&self) -> &Source {
        self.connector.source()
    }

    fn has_generations(&self) -> bool {
        false
    }
}
