//! The shared files of AWS tools: `~/.aws/config` and `~/.aws/credentials`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use feast_registry_core::url::Secret;
use feast_registry_core::{Error, ErrorKind, Result};

use crate::object::environment::Environment;

/// The most of such a file that is read.
const MOST: u64 = 1 << 20;

/// Keys that say that credentials come from elsewhere, and what that is.
const ELSEWHERE: [(&str, &str); 5] = [
    ("role_arn", "a role to assume"),
    ("sso_session", "a session of IAM Identity Center"),
    ("sso_start_url", "a session of IAM Identity Center"),
    ("credential_process", "a program to run"),
    ("login_session", "a session of `aws login`"),
];

/// What the files say of one profile. Values of the credentials file come first.
#[derive(Debug, Default)]
pub(super) struct Profile {
    name: String,
    values: BTreeMap<String, Secret>,
}

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
        Ok(profile)
    }

    /// Adds what a file says of the profile; whether it says anything.
    fn add(&mut self, text: &str) -> bool {
        let (mut ours, mut found) = (false, false);
        for line in text.lines() {
            // Values below a key are indented; none of them is needed here.
            if line.starts_with([' ', '\t', '#', ';']) {
                continue;
            }
            if let Some(section) = line.trim_end().strip_prefix('[') {
                let section = section.split(']').next().unwrap_or_default().trim();
                let section = section.strip_prefix("profile").map_or(section, str::trim);
                ours = section.trim_matches(['"', '\'']) == self.name;
                found |= ours;
            } else if let (true, Some((key, value))) = (ours, line.split_once('=')) {
                let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
                self.values.insert(key, Secret::new(value));
            }
        }
        found
    }

    /// A value that is set and not empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        let value = self.values.get(key).map(Secret::expose);
        value.filter(|value| !value.is_empty())
    }

    /// Fails if its credentials are to be had in a way that is not known here.
    pub(super) fn check_credentials(&self) -> Result<()> {
        let elsewhere = |(key, _): &&(&str, &str)| self.get(key).is_some();
        let Some((key, what)) = ELSEWHERE.iter().find(elsewhere) else {
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
        for (key, _) in ELSEWHERE {
            let profile = read(&format!("[default]\n{key} = x\n"), "", None).expect("a profile");
            let error = profile.check_credentials().expect_err(key);
            assert!(error.message().contains(key), "{error}");
        }
    }
}
