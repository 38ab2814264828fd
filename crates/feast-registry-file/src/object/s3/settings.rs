//! Where an S3 bucket is, and as whom to ask: from the URL, the environment and AWS's files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use feast_registry_core::backend::ObjectOptions;
use feast_registry_core::url::{RegistryUrl, Secret};
use feast_registry_core::{Error, ErrorKind, Result};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

use super::profile::Profile;
use crate::Pace;
use crate::object::environment::Environment;
use crate::object::http::Timing;
use crate::object::place::PACE;

/// Variables that are handed on as they are: they say where credentials come from when none are
/// given, and details of requests.
const HANDED_ON: [&str; 14] = [
    "AWS_CHECKSUM_ALGORITHM",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IMDSV1_FALLBACK",
    "AWS_METADATA_ENDPOINT",
    "AWS_REQUEST_PAYER",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_S3_EXPRESS",
    "AWS_SKIP_SIGNATURE",
    "AWS_UNSIGNED_PAYLOAD",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// Access key, its secret and perhaps a session token.
type Credentials = (String, Secret, Option<Secret>);

/// Where a registry is on S3. `Debug` hides secrets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct S3Settings {
    /// The bucket.
    pub bucket: String,
    /// The key of the object.
    pub key: String,
    /// Where the store is, if it is not Amazon's.
    pub endpoint: Option<String>,
    /// The region of the bucket, if it is known; else the store says it.
    pub region: Option<String>,
    /// Whether the bucket is part of the host's name instead of the path.
    pub virtual_host: bool,
    /// Access key, its secret and perhaps a session token; without them as the environment says.
    pub credentials: Option<(String, Secret, Option<Secret>)>,
    /// A file with the certificates to trust instead of the system's.
    pub certificates: Option<PathBuf>,
    /// `s3_additional_kwargs`.
    pub put_arguments: BTreeMap<String, Secret>,
    /// How long to wait.
    pub timing: Timing,
    /// What writers are prepared for.
    pub pace: Pace,
    environment: Environment,
}

impl S3Settings {
    /// The settings for a URL, completed from the environment and AWS's shared files.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] that says what is missing, and what would work.
    pub fn new(url: &RegistryUrl, options: &ObjectOptions, env: Environment) -> Result<Self> {
        let (Some(bucket), Some(key)) = (url.bucket(), url.key()) else {
            let message = format!("{url} names no bucket and key");
            return Err(Error::new(ErrorKind::Config, message).with_hint("s3://bucket/key"));
        };
        let profile = Profile::read(&env)?;
        // Feast's own variable comes first, then those of AWS, then its files.
        let endpoint = url
            .query_value("endpoint_url")
            .or(env.get("FEAST_S3_ENDPOINT_URL"))
            .or(env.get("AWS_ENDPOINT_URL_S3"))
            .or(env.get("AWS_ENDPOINT_URL"))
            .or(profile.get("endpoint_url"));
        let region = url
            .query_value("region")
            .or(env.get("AWS_REGION"))
            .or(env.get("AWS_DEFAULT_REGION"))
            .or(profile.get("region"));
        let settings = S3Settings {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            endpoint: endpoint.map(checked_endpoint).transpose()?,
            region: region.map(str::to_owned),
            virtual_host: virtual_host(url, &env)?,
            credentials: match of_url(url) {
                None => credentials(&env, &profile)?,
                given => given,
            },
            certificates: env.get("AWS_CA_BUNDLE").map(PathBuf::from),
            put_arguments: options.s3_additional_kwargs.clone(),
            timing: Timing::default(),
            pace: PACE,
            environment: env,
        };
        Ok(settings)
    }

    pub(super) fn builder(&self) -> Result<AmazonS3Builder> {
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_virtual_hosted_style_request(self.virtual_host)
            // Whoever may write one object need not be able to post to the bucket.
            .with_disable_bulk_delete(true);
        for name in HANDED_ON {
            let key: Option<AmazonS3ConfigKey> = name.to_ascii_lowercase().parse().ok();
            if let (Some(key), Some(value)) = (key, self.environment.get(name)) {
                builder = builder.with_config(key, value);
            }
        }
        if let Some(region) = &self.region {
            builder = builder.with_region(region);
        }
        if let Some((key, secret, token)) = &self.credentials {
            builder = builder
                .with_access_key_id(key)
                .with_secret_access_key(secret.expose());
            if let Some(token) = token {
                builder = builder.with_token(token.expose());
            }
        }
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(self.host(endpoint));
        }
        Ok(builder)
    }

    /// The library wants the bucket in the host's name where it is to be there.
    fn host(&self, endpoint: &str) -> String {
        match endpoint.split_once("://") {
            Some((scheme, host)) if self.virtual_host => {
                format!("{scheme}://{}.{host}", self.bucket)
            }
            _ => endpoint.to_owned(),
        }
    }
}

fn checked_endpoint(endpoint: &str) -> Result<String> {
    let endpoint = endpoint.trim_end_matches('/');
    if endpoint.starts_with("http://") || endpoint.starts_with("https://") {
        return Ok(endpoint.to_owned());
    }
    // It is not repeated: somebody may have put a password there.
    let message = "the endpoint of the S3 store is no URL";
    Err(Error::new(ErrorKind::Config, message)
        .with_hint("FEAST_S3_ENDPOINT_URL and AWS_ENDPOINT_URL look like https://s3.example.com"))
}

fn virtual_host(url: &RegistryUrl, env: &Environment) -> Result<bool> {
    match url.query_value("addressing_style") {
        Some("virtual") => Ok(true),
        Some("path" | "auto") => Ok(false),
        Some(other) => {
            let message = format!("`addressing_style={other}` makes no sense");
            Err(Error::new(ErrorKind::Config, message).with_hint("it is `path` or `virtual`"))
        }
        None => {
            let asked = env.get("AWS_VIRTUAL_HOSTED_STYLE_REQUEST");
            Ok(asked.is_some_and(|text| text.eq_ignore_ascii_case("true") || text == "1"))
        }
    }
}

/// `s3://key:secret@bucket/…`, which Feast does not know.
fn of_url(url: &RegistryUrl) -> Option<Credentials> {
    let (key, secret) = url.username().zip(url.password())?;
    Some((key.to_owned(), secret.clone(), None))
}

/// Keys of the environment come first, then a token of the platform, then those of a profile.
fn credentials(env: &Environment, profile: &Profile) -> Result<Option<Credentials>> {
    let from = |key: Option<&str>, secret: Option<&str>, token: Option<&str>| {
        let pair = key.zip(secret);
        pair.map(|(key, secret)| (key.to_owned(), Secret::new(secret), token.map(Secret::new)))
    };
    let (key, secret) = (
        env.get("AWS_ACCESS_KEY_ID"),
        env.get("AWS_SECRET_ACCESS_KEY"),
    );
    if key.is_some() != secret.is_some() {
        let message = "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set";
        return Err(Error::new(ErrorKind::Config, message).with_hint("set both or none"));
    }
    if key.is_some() {
        return Ok(from(key, secret, env.get("AWS_SESSION_TOKEN")));
    }
    if env.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() {
        return Ok(None);
    }
    let of_profile = from(
        profile.get("aws_access_key_id"),
        profile.get("aws_secret_access_key"),
        profile.get("aws_session_token"),
    );
    if of_profile.is_none() {
        profile.check_credentials()?;
    }
    Ok(of_profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, env: &[(&str, &str)]) -> Result<S3Settings> {
        let url = RegistryUrl::parse(url).expect("a URL");
        let env = env.iter().copied().collect();
        S3Settings::new(&url, &ObjectOptions::default(), env)
    }

    #[test]
    fn feasts_endpoint_comes_before_those_of_aws() {
        let env = [
            ("AWS_ENDPOINT_URL", "http://general"),
            ("AWS_ENDPOINT_URL_S3", "http://s3"),
            ("FEAST_S3_ENDPOINT_URL", "http://feast/"),
        ];
        let endpoint = |env: &[(&str, &str)]| settings("s3://b/k", env).expect("settings").endpoint;
        assert_eq!(endpoint(&env).as_deref(), Some("http://feast"));
        assert_eq!(endpoint(&env[..2]).as_deref(), Some("http://s3"));
        assert_eq!(endpoint(&env[..1]).as_deref(), Some("http://general"));
        assert_eq!(endpoint(&[]), None);
    }

    #[test]
    fn the_bucket_may_be_part_of_the_host() {
        let url = "s3://lake/k?endpoint_url=https://s3.example.com&addressing_style=virtual";
        let settings = settings(url, &[]).expect("settings");
        let endpoint = settings.endpoint.as_deref().expect("an endpoint");
        assert_eq!(settings.host(endpoint), "https://lake.s3.example.com");
    }

    #[test]
    fn keys_come_from_the_environment_and_are_never_shown() {
        let env = [
            ("AWS_ACCESS_KEY_ID", "AK"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_SESSION_TOKEN", "quiet"),
        ];
        let settings = settings("s3://b/k", &env).expect("settings");
        let text = format!("{settings:?}");
        assert!(settings.credentials.is_some());
        assert!(!text.contains("hush") && !text.contains("quiet"), "{text}");
    }

    #[test]
    fn half_of_a_key_and_an_endpoint_without_scheme_are_refused() {
        let half = settings("s3://b/k", &[("AWS_ACCESS_KEY_ID", "AK")]).expect_err("half");
        assert!(half.message().contains("AWS_SECRET_ACCESS_KEY"));
        let env = [("FEAST_S3_ENDPOINT_URL", "me:hush@host")];
        let bad = settings("s3://b/k", &env).expect_err("no URL");
        assert!(!format!("{bad:?}").contains("hush"), "{bad:?}");
    }

    #[test]
    fn every_variable_that_is_handed_on_means_something_to_the_library() {
        for name in HANDED_ON {
            let key = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>();
            assert!(key.is_ok(), "{name}");
        }
    }
}
