//! Each behaviour on its own; no test touches the environment of the process.

mod docs;
mod errors;
mod expansion;
mod forms;
mod hostile;
mod kwargs;
mod location;
mod precedence;

use super::{ConfigError, LoadOptions, Loaded, load};
use base64::Engine;

/// Options with this YAML, given as Feast's base64 variable, so that no file is needed.
fn with_yaml(yaml: &str) -> LoadOptions {
    let encoded = base64::engine::general_purpose::STANDARD.encode(yaml);
    LoadOptions {
        env: [("FEATURE_STORE_YAML_BASE64".to_owned(), encoded)].into(),
        ..LoadOptions::default()
    }
}

fn set(mut options: LoadOptions, variables: &[(&str, &str)]) -> LoadOptions {
    options.env.extend(
        variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    options
}

/// Options without file: the folder is empty.
fn nothing() -> (tempfile::TempDir, LoadOptions) {
    let dir = tempfile::tempdir().expect("a folder");
    let options = LoadOptions {
        chdir: Some(dir.path().to_owned()),
        ..LoadOptions::default()
    };
    (dir, options)
}

fn loaded(yaml: &str) -> Loaded {
    load(&with_yaml(yaml)).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

fn refused(yaml: &str) -> ConfigError {
    load(&with_yaml(yaml)).expect_err(yaml)
}

/// Source and value of a key.
fn origin<'a>(loaded: &'a Loaded, key: &str) -> (&'a str, &'a str) {
    let found = loaded.origins.iter().find(|origin| origin.key == key);
    let found = found.unwrap_or_else(|| panic!("{key} in {:?}", loaded.origins));
    (&found.source, &found.value)
}
