//! The shared files of AWS tools: `~/.aws/config` and `~/.aws/credentials`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use feast_registry_core::url::Secret;
use feast_registry_core::{Error, ErrorKind, Result};

use crate::object::environment::Environment;

/// The most of such a file that is read.
const MOST: u64 = 1 << 20;

/// Keys that say that credentials come from elsewhere, what that is, and whether it comes before keys that stand
/// in the same profile, as in boto3.
const ELSEWHERE: [(&str, &str, bool); 5] = [
    ("role_arn", "a role to assume", true),
    ("sso_session", "a session of IAM Identity Center", true),
    ("sso_start_url", "a session of IAM Identity Center", true),
    ("credential_process", "a program to run", false),
    ("login_session", "a session of `aws login`", false),
];

/// Keys that would lead to another host, and are not served.
const NO_EFFECT: [&str; 4] = [
    "s3.use_accelerate_endpoint",
    "s3.use_dualstack_endpoint",
    "use_dualstack_endpoint",
    "use_fips_endpoint",
];

/// What the files say of one profile. Values of the credentials file come first.
#[derive(Debug, Default)]
pub(super) struct Profile {
    name: String,
    /// By key. What stands below a key has its name and a dot before its own.
    values: Values,
    /// Sections about services, by name.
    services: BTreeMap<String, Values>,
}

type Values = BTreeMap<String, Secret>;

impl Profile {
    /// The profile that the environment names, or `default`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if a profile is named that is not there, or a file cannot be read.
    pub(super) fn read(env: &Environment) -> Result<Self> {
        let named = env.get("AWS_PROFILE").or(env.get("AWS_DEFAULT_PROFILE"));
        let name = named.unwrap_or("default");
        let mut profile = Profile {
            name: name.to_owned(),
            ..Profile::default()
        };
        let mut found = false;
        for (variable, usual) in [
            ("AWS_CONFIG_FILE", ".aws/config"),
            ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
        ] {
            if let Some(file) = location(env, variable, usual) {
                found |= profile.add(&text(&file)?);
            }
        }
        if let (Some(name), false) = (named, found) {
            let message = format!("the AWS profile `{name}` is in no file");
            return Err(Error::new(ErrorKind::Config, message).with_hint(
                "look at AWS_PROFILE, AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE",
            ));
        }
        profile.warn();
        Ok(profile)
    }

    fn warn(&self) {
        let asked = |key: &&&str| {
            self.get(key)
                .is_some_and(|value| !value.eq_ignore_ascii_case("false"))
        };
        for key in NO_EFFECT.iter().filter(asked) {
            let name = &self.name;
            tracing::warn!(
                "`{key}` of the AWS profile `{name}` has no effect; set AWS_ENDPOINT_URL_S3 to the host"
            );
        }
    }

    /// Adds what a file says of the profile, and of services; whether it says anything of the profile.
    fn add(&mut self, text: &str) -> bool {
        let mut found = false;
        let mut about = ("", "");
        let mut above = String::new();
        for line in text.lines() {
            let is_below = line.starts_with([' ', '\t']);
            let line = line.trim();
            if line.starts_with(['#', ';']) {
                continue;
            }
            if let (false, Some(header)) = (is_below, line.strip_prefix('[')) {
                about = section(header);
                found |= about == ("profile", &self.name);
            } else if let Some((key, value)) = line.split_once('=') {
                let mut key = key.trim().to_ascii_lowercase();
                match is_below {
                    true => key = format!("{above}.{key}"),
                    false => above.clone_from(&key),
                }
                if let Some(values) = self.values_of(about) {
                    values.insert(key, Secret::new(value.trim()));
                }
            }
        }
        found
    }

    /// Where to put what a section says, if that is of any use.
    fn values_of(&mut self, about: (&str, &str)) -> Option<&mut Values> {
        match about {
            ("profile", name) if name == self.name => Some(&mut self.values),
            ("services", name) => Some(self.services.entry(name.to_owned()).or_default()),
            _ => None,
        }
    }

    /// A value that is set and not empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let value = self.values.get(key).map(Secret::expose);
        value.filter(|value| !value.is_empty())
    }

    /// Where S3 is: what is said of the one service comes first.
    pub(super) fn endpoint(&self) -> Option<&str> {
        let services = self
            .get("services")
            .and_then(|name| self.services.get(name));
        let of_s3 = services.and_then(|services| services.get("s3.endpoint_url"));
        let of_s3 = of_s3.map(Secret::expose).filter(|value| !value.is_empty());
        of_s3.or(self.get("endpoint_url"))
    }

    /// Fails if its credentials are to be had in a way that is not known here.
    pub(super) fn check_credentials(&self, has_keys: bool) -> Result<()> {
        let elsewhere = |(key, _, first): &&(&str, &str, bool)| {
            (*first || !has_keys) && self.get(key).is_some()
        };
        let Some((key, what, _)) = ELSEWHERE.iter().find(elsewhere) else {
            return Ok(());
        };
        let message = format!(
            "the AWS profile `{}` takes its credentials from {what} (`{key}`), which is not served",
            self.name
        );
        Err(Error::new(ErrorKind::Config, message).with_hint(
            "put them into the environment: eval \"$(aws configure export-credentials --format env)\"",
        ))
    }
}

/// What a section is about, and the name of that: `[profile ml]`, `[services local]`. `[ml]` is a profile too.
fn section(header: &str) -> (&str, &str) {
    let inner = header.split(']').next().unwrap_or_default().trim();
    let (about, name) = match inner.split_once([' ', '\t']) {
        Some((about @ ("profile" | "services" | "sso-session"), name)) => (about, name.trim()),
        _ => ("profile", inner),
    };
    (about, name.trim_matches(['"', '\'']))
}

fn location(env: &Environment, variable: &str, usual: &str) -> Option<PathBuf> {
    let home = env.get("HOME").map(PathBuf::from);
    match env.get(variable) {
        None => Some(home?.join(usual)),
        Some(file) => match file.strip_prefix("~/") {
            Some(rest) => Some(home?.join(rest)),
            None => Some(PathBuf::from(file)),
        },
    }
}

/// The text of a file, none if it is not there.
fn text(file: &Path) -> Result<String> {
    let bad = |problem: String| {
        Error::new(ErrorKind::Config, format!("{}: {problem}", file.display()))
            .with_hint("AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name other files")
    };
    match std::fs::metadata(file) {
        Ok(found) if found.len() > MOST => return Err(bad("too large for a profile".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        _ => {}
    }
    std::fs::read_to_string(file).map_err(|error| bad(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(
        folder: &Path,
        config: &str,
        credentials: &str,
        profile: Option<&str>,
    ) -> Environment {
        let aws = folder.join(".aws");
        std::fs::create_dir_all(&aws).expect("a folder");
        std::fs::write(aws.join("config"), config).expect("a file");
        std::fs::write(aws.join("credentials"), credentials).expect("a file");
        let home = ("HOME", folder.to_str().expect("a path"));
        let profile = profile.map(|name| ("AWS_PROFILE", name));
        Environment::from_iter([home].into_iter().chain(profile))
    }

    fn read(config: &str, credentials: &str, profile: Option<&str>) -> Result<Profile> {
        let folder = tempfile::tempdir().expect("a folder");
        Profile::read(&environment(folder.path(), config, credentials, profile))
    }

    #[test]
    fn both_files_say_something_and_the_one_for_credentials_comes_first() {
        let profile = read(
            "[default]\nregion = eu-west-1\naws_access_key_id = old\ns3 =\n  addressing_style = path\n[profile ml]\nregion=mars\n",
            "# keys\n[default]\naws_access_key_id=AK\naws_secret_access_key = SK\n",
            None,
        )
        .expect("a profile");
        assert_eq!(profile.get("region"), Some("eu-west-1"));
        assert_eq!(profile.get("aws_access_key_id"), Some("AK"));
        assert!(!format!("{profile:?}").contains("SK"));
    }

    #[test]
    fn a_profile_is_found_by_its_name() {
        let config = "[default]\nregion = a\n[profile \"ml\"]\nregion = b\n";
        let profile = read(config, "", Some("ml")).expect("a profile");
        assert_eq!(profile.get("region"), Some("b"));
        let error = read(config, "", Some("missing")).expect_err("no such profile");
        assert!(error.message().contains("`missing`"), "{error}");
    }

    #[test]
    fn no_files_and_no_profile_are_no_error() {
        let env = Environment::from_iter([("HOME", "/nowhere")]);
        assert!(
            Profile::read(&env)
                .expect("nothing")
                .get("region")
                .is_none()
        );
    }

    #[test]
    fn credentials_from_elsewhere_are_refused_by_name() {
        for (key, ..) in ELSEWHERE {
            let profile = read(&format!("[default]\n{key} = x\n"), "", None).expect("a profile");
            let error = profile.check_credentials(false).expect_err(key);
            assert!(error.message().contains(key), "{error}");
        }
    }
}
