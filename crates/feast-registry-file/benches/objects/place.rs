//! Where registries are: on a server that speaks S3, or on a fake of GCS in this process.

use std::sync::Arc;

use feast_registry_core::backend::ObjectOptions;
use feast_registry_core::url::RegistryUrl;
use feast_registry_file::Blob;
use feast_registry_file::object::{Bucket, Careless, Environment, GcsSettings, S3Settings};

use crate::fake::{BUCKET, Fake, Kind};

/// The variable with the URL of a server that speaks S3, with key and secret.
const VARIABLE: &str = "FEAST_REGISTRY_BENCH_URL";

pub(crate) enum Place {
    S3(RegistryUrl),
    Gcs(Fake),
}

impl Place {
    pub(crate) fn of_environment() -> Self {
        match std::env::var(VARIABLE) {
            Ok(url) => Place::S3(RegistryUrl::parse(&url).unwrap()),
            Err(_) => Place::Gcs(Fake::start(Kind::Gcs)),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Place::S3(_) => "S3",
            Place::Gcs(_) => "fake of GCS",
        }
    }

    /// What [`open`] is told to reach an object.
    pub(crate) fn location(&self, key: &str) -> String {
        match self {
            Place::S3(url) => url.expose().replacen(url.key().unwrap(), key, 1),
            Place::Gcs(fake) => format!("gs://{BUCKET}/{key} {}", fake.url),
        }
    }

    /// Where anybody gets and puts an object.
    pub(crate) fn address(&self, key: &str) -> String {
        let (server, bucket) = match self {
            Place::S3(url) => (url.query_value("endpoint_url"), url.bucket()),
            Place::Gcs(fake) => (Some(&fake.url[..]), Some(BUCKET)),
        };
        format!("{}/{}/{key}", server.unwrap(), bucket.unwrap())
    }
}

/// An object, by clients of its own.
pub(crate) fn open(location: &str) -> Arc<dyn Blob> {
    let (url, emulator) = location.split_once(' ').unwrap_or((location, ""));
    let url = RegistryUrl::parse(url).unwrap();
    if emulator.is_empty() {
        let environment = Environment::of_process();
        let settings = S3Settings::new(&url, &ObjectOptions::default(), environment).unwrap();
        let bucket = Bucket::s3(&settings, Careless::Refuse).unwrap();
        return bucket.blob(&settings.key).unwrap();
    }
    let environment = Environment::from_iter([("STORAGE_EMULATOR_HOST", emulator)]);
    let settings = GcsSettings::new(&url, &environment).unwrap();
    let bucket = Bucket::gcs(&settings, Careless::Refuse).unwrap();
    bucket.blob(&settings.key).unwrap()
}
