//! Where an S3 bucket is, and as whom to ask: from the URL, the environment and AWS's files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use feast_registry_core::backend::ObjectOptions;
use feast_registry_core::url::{RegistryUrl, Secret};
use feast_registry_core::{Error, ErrorKind, Result};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

use super::profile::Profile;
use crate::Pace;
use crate::object::environment::{self, Environment};
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

const WEB_IDENTITY: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";

/// Where credentials come from if no keys are set, in this order, and by which variable.
const SOURCES: [(&str, &str); 3] = [
    (WEB_IDENTITY, "STS (AWS_WEB_IDENTITY_TOKEN_FILE)"),
    (
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "the container's role (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)",
    ),
    (
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "the container's role (AWS_CONTAINER_CREDENTIALS_FULL_URI)",
    ),
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
            .or(profile.endpoint());
        let region = url
            .query_value("region")
            .or(env.get("AWS_REGION"))
            .or(env.get("AWS_DEFAULT_REGION"))
            .or(profile.get("region"));
        let certificates = env.get("AWS_CA_BUNDLE").or(profile.get("ca_bundle"));
        let settings = S3Settings {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            endpoint: endpoint.map(environment::endpoint).transpose()?,
            region: region.map(str::to_owned),
            virtual_host: virtual_host(url, &env, &profile)?,
            credentials: match of_url(url) {
                None => credentials(&env, &profile)?,
                given => given,
            },
            certificates: certificates.map(PathBuf::from),
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

    /// Where its credentials come from, for people.
    pub(super) fn source(&self) -> &'static str {
        if self.credentials.is_some() {
            return "the keys that are set";
        }
        let asked = |(variable, _): &&(&str, &str)| self.environment.get(variable).is_some();
        let found = SOURCES.iter().find(asked);
        found.map_or("the role of this machine (IMDS)", |(_, source)| source)
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

fn virtual_host(url: &RegistryUrl, env: &Environment, profile: &Profile) -> Result<bool> {
    if let Some(style) = url.query_value("addressing_style") {
        return is_virtual(style);
    }
    match env.get("AWS_VIRTUAL_HOSTED_STYLE_REQUEST") {
        Some(asked) => Ok(asked.eq_ignore_ascii_case("true") || asked == "1"),
        None => profile
            .get("s3.addressing_style")
            .map_or(Ok(false), is_virtual),
    }
}

fn is_virtual(style: &str) -> Result<bool> {
    match style {
        "virtual" => Ok(true),
        "path" | "auto" => Ok(false),
        other => {
            let message = format!("`addressing_style={other}` makes no sense");
            Err(Error::new(ErrorKind::Config, message).with_hint("it is `path` or `virtual`"))
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
    if env.get(WEB_IDENTITY).is_some() {
        let message = format!("{WEB_IDENTITY} is set, and no role that it is for");
        let role = env.get("AWS_ROLE_ARN").ok_or_else(|| {
            Error::new(ErrorKind::Config, message).with_hint("set AWS_ROLE_ARN, too")
        });
        return role.map(|_| None);
    }
    let of_profile = from(
        profile.get("aws_access_key_id"),
        profile.get("aws_secret_access_key"),
        profile.get("aws_session_token"),
    );
    profile.check_credentials(of_profile.is_some())?;
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

    /// Settings with a profile in `~/.aws/config`.
    fn with_profile(config: &str) -> Result<S3Settings> {
        let home = tempfile::tempdir().expect("a folder");
        let file = home.path().join("config");
        std::fs::write(&file, config).expect("a file");
        settings(
            "s3://lake/k",
            &[("AWS_CONFIG_FILE", file.to_str().expect("a path"))],
        )
    }

    #[test]
    fn a_profile_says_where_the_store_is_and_how_the_bucket_is_named() {
        let found = with_profile(
            "[default]\nendpoint_url = http://general\nservices = local\nca_bundle = /roots.pem\n\
             s3 =\n  addressing_style = virtual\n[services local]\ns3 =\n  endpoint_url = http://s3\n",
        );
        let found = found.expect("settings");
        assert_eq!(found.endpoint.as_deref(), Some("http://s3"));
        assert!(found.virtual_host);
        assert_eq!(found.certificates, Some(PathBuf::from("/roots.pem")));
        let bad = with_profile("[default]\ns3 =\n  addressing_style = round\n");
        assert!(bad.expect_err("no style").message().contains("round"));
    }

    /// As boto3 does it: what a role may do is not what its keys may do.
    #[test]
    fn a_role_to_assume_is_never_replaced_by_the_keys_beside_it() {
        let keys = "aws_access_key_id = AK\naws_secret_access_key = hush\n";
        for (elsewhere, refused) in [
            ("", false),
            ("credential_process = run\n", false),
            ("role_arn = arn:aws:iam::1:role/r\n", true),
            ("sso_session = s\n", true),
        ] {
            let found = with_profile(&format!("[default]\n{keys}{elsewhere}"));
            assert_eq!(found.is_err(), refused, "{elsewhere}");
        }
    }

    #[test]
    fn a_token_without_a_role_is_refused() {
        let error = settings("s3://b/k", &[("AWS_WEB_IDENTITY_TOKEN_FILE", "/token")]);
        let error = error.expect_err("no role");
        assert!(error.hint().unwrap_or_default().contains("AWS_ROLE_ARN"));
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
