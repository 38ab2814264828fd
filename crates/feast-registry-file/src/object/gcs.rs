//! Google Cloud Storage, by its XML API.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind, Result};
use object_store::StaticCredentialProvider;
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};

use super::credentials::Source;
use super::environment::{Environment, endpoint};
use super::http::{Connector, Timing};
use super::place::{Clients, PACE, Service, reading, writing};
use crate::Pace;

/// GCS takes about one write a second of one object.
const SERVICE: Pace = Pace {
    between: Duration::from_secs(1),
    pause: Duration::from_millis(200),
    patience: Duration::from_secs(120),
};

/// Where a registry is on GCS.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GcsSettings {
    /// The bucket.
    pub bucket: String,
    /// The key of the object.
    pub key: String,
    /// Where the service is, if it is not at its usual host.
    pub endpoint: Option<String>,
    /// An emulator in place of the service; it is asked without credentials.
    pub emulator: Option<String>,
    /// A file with the credentials of a service account or a user; without one, those of `gcloud`
    /// or of the machine.
    pub credentials: Option<String>,
    /// How long to wait.
    pub timing: Timing,
    /// What writers are prepared for.
    pub pace: Pace,
}

impl GcsSettings {
    /// The settings for a URL, completed from the environment.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] that says what is missing, and what would work.
    pub fn new(url: &RegistryUrl, env: &Environment) -> Result<Self> {
        let (Some(bucket), Some(key)) = (url.bucket(), url.key()) else {
            let message = format!("{url} names no bucket and key");
            return Err(Error::new(ErrorKind::Config, message).with_hint("gs://bucket/key"));
        };
        let endpoint = url.query_value("endpoint_url").map(endpoint).transpose()?;
        let emulator = env.get("STORAGE_EMULATOR_HOST").map(|host| {
            // Some clients of Google want a scheme there, others do not.
            let host = host.trim_end_matches('/');
            match host.contains("://") {
                true => host.to_owned(),
                false => format!("http://{host}"),
            }
        });
        // An emulator has no pace of its own.
        let pace = if emulator.is_some() { PACE } else { SERVICE };
        Ok(GcsSettings {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            endpoint,
            emulator,
            credentials: env.get("GOOGLE_APPLICATION_CREDENTIALS").map(str::to_owned),
            timing: Timing::default(),
            pace,
        })
    }
}

/// Makes clients for one bucket.
pub(super) struct Gcs {
    settings: GcsSettings,
    connector: Connector,
}

impl Gcs {
    pub(super) fn new(settings: &GcsSettings) -> Result<Self> {
        let source = match &settings.credentials {
            Some(file) => Source::new(format!("the account of {file}")),
            None => Source::new("Google's default credentials"),
        };
        Ok(Gcs {
            settings: settings.clone(),
            connector: Connector::new(settings.timing, None, source)?,
        })
    }

    fn builder(&self) -> GoogleCloudStorageBuilder {
        let mut builder = GoogleCloudStorageBuilder::new()
            .with_bucket_name(&self.settings.bucket)
            .with_http_connector(self.connector.clone());
        if let Some(endpoint) = &self.settings.endpoint {
            builder = builder.with_base_url(endpoint);
        }
        if let Some(emulator) = &self.settings.emulator {
            let nobody = GcpCredential {
                bearer: String::new(),
            };
            return builder
                .with_base_url(emulator)
                .with_credentials(Arc::new(StaticCredentialProvider::new(nobody)));
        }
        match &self.settings.credentials {
            Some(file) => builder.with_application_credentials(file),
            None => builder,
        }
    }
}

impl fmt::Debug for Gcs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gcs").field(&self.settings.bucket).finish()
    }
}

impl Service for Gcs {
    fn bucket(&self) -> String {
        format!("gs://{}", self.settings.bucket)
    }

    fn connect(&self, _region: Option<&str>) -> Result<Clients> {
        let failed = |_: object_store::Error| {
            // The library's text may repeat what is in the file.
            let from = self.settings.credentials.as_deref();
            let from = from.unwrap_or("gcloud's application default credentials");
            let message = format!("{}: no credentials in {from}", self.bucket());
            Error::new(ErrorKind::Config, message).with_hint(
                "GOOGLE_APPLICATION_CREDENTIALS names the JSON file of a service account or of `gcloud auth \
                 application-default login`; federated accounts (`external_account`) are not served",
            )
        };
        let reader = self.builder().with_retry(reading());
        let reader = reader.build().map_err(failed)?;
        let writer = self
            .builder()
            .with_credentials(Arc::clone(reader.credentials()))
            .with_retry(writing());
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
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(env: &[(&str, &str)]) -> GcsSettings {
        let url = RegistryUrl::parse("gs://lake/registry.pb").expect("a URL");
        GcsSettings::new(&url, &env.iter().copied().collect()).expect("settings")
    }

    #[test]
    fn an_emulator_is_taken_with_and_without_scheme() {
        for host in ["localhost:9023", "http://localhost:9023/"] {
            let settings = settings(&[("STORAGE_EMULATOR_HOST", host)]);
            assert_eq!(settings.emulator.as_deref(), Some("http://localhost:9023"));
        }
    }

    #[test]
    fn only_the_service_itself_is_written_to_at_its_own_pace() {
        assert_eq!(settings(&[]).pace.between, Duration::from_secs(1));
        let emulated = settings(&[("STORAGE_EMULATOR_HOST", "localhost")]);
        assert_eq!(emulated.pace.between, Duration::ZERO);
    }

    #[test]
    fn credentials_that_cannot_be_read_are_named_and_not_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key.json");
        std::fs::write(&file, r#"{"type":"external_account","private_key":"hush"}"#)
            .expect("a file");
        let settings = settings(&[(
            "GOOGLE_APPLICATION_CREDENTIALS",
            file.to_str().expect("a path"),
        )]);
        let gcs = Gcs::new(&settings).expect("a client");
        let error = gcs.connect(None).expect_err("no credentials");
        let text = format!("{error:?}");
        assert!(
            text.contains("key.json") && !text.contains("hush"),
            "{text}"
        );
    }
}
