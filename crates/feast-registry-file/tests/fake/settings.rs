//! How the fake is reached.

use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::backend::ObjectOptions;
use feast_registry_core::url::{RegistryUrl, Secret};
use feast_registry_file::Blob;
use feast_registry_file::object::{Bucket, Careless, Environment, GcsSettings, S3Settings, Timing};

use super::{BUCKET, Fake, Kind};

impl Fake {
    /// What a client of the store finds in its environment.
    pub(crate) fn environment(&self) -> Environment {
        match self.kind {
            Kind::S3 => Environment::from_iter([
                ("FEAST_S3_ENDPOINT_URL", self.url.as_str()),
                ("AWS_ACCESS_KEY_ID", "AK"),
                ("AWS_SECRET_ACCESS_KEY", "hush"),
            ]),
            Kind::Gcs => Environment::from_iter([("STORAGE_EMULATOR_HOST", self.url.as_str())]),
        }
    }

    fn timing(&self) -> Timing {
        let mut timing = Timing::default();
        timing.answer = self.answer;
        timing.patience = Duration::from_secs(3);
        timing.report = self.report;
        timing
    }

    /// A bucket with its own clients, as another process would have it.
    pub(crate) fn bucket(&self) -> Bucket {
        self.bucket_named(BUCKET, Careless::Refuse, &[])
    }

    pub(crate) fn bucket_named(
        &self,
        bucket: &str,
        careless: Careless,
        arguments: &[(&str, &str)],
    ) -> Bucket {
        self.bucket_of(self.environment(), bucket, careless, arguments)
    }

    /// The bucket for a client that finds something else in its environment.
    pub(crate) fn bucket_in(&self, environment: Environment) -> Bucket {
        self.bucket_of(environment, BUCKET, Careless::Refuse, &[])
    }

    fn bucket_of(
        &self,
        environment: Environment,
        bucket: &str,
        careless: Careless,
        arguments: &[(&str, &str)],
    ) -> Bucket {
        let scheme = match self.kind {
            Kind::S3 => "s3",
            Kind::Gcs => "gs",
        };
        let url = RegistryUrl::parse(&format!("{scheme}://{bucket}/key")).expect("a URL");
        match self.kind {
            Kind::S3 => {
                let mut options = ObjectOptions::default();
                let arguments = arguments.iter();
                options.s3_additional_kwargs = arguments
                    .map(|(name, value)| ((*name).to_owned(), Secret::new(*value)))
                    .collect();
                let settings = S3Settings::new(&url, &options, environment);
                let mut settings = settings.expect("settings");
                settings.timing = self.timing();
                settings.pace = self.pace.unwrap_or(settings.pace);
                Bucket::s3(&settings, careless).expect("a bucket")
            }
            Kind::Gcs => {
                let settings = GcsSettings::new(&url, &environment);
                let mut settings = settings.expect("settings");
                settings.timing = self.timing();
                settings.pace = self.pace.unwrap_or(settings.pace);
                Bucket::gcs(&settings, careless).expect("a bucket")
            }
        }
    }

    /// An object, reached by clients of its own.
    pub(crate) fn blob(&self, key: &str) -> Arc<dyn Blob> {
        self.bucket().blob(key).expect("a blob")
    }
}
