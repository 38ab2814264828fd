//! Variables that say where stores are, and as whom to ask them.

use std::collections::BTreeMap;
use std::fmt;

use feast_registry_core::url::Secret;
use feast_registry_core::{Error, ErrorKind, Result};

/// Variables of a process. `Debug` shows their names only.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, Secret>);

impl Environment {
    /// Those of this process.
    pub fn of_process() -> Self {
        let pairs = std::env::vars_os();
        pairs
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).map(Secret::expose);
        value.filter(|value| !value.is_empty())
    }
}

/// The URL of a store, as far as it can be told that it is one.
pub(super) fn endpoint(endpoint: &str) -> Result<String> {
    let endpoint = endpoint.trim_end_matches('/');
    if endpoint.starts_with("http://") || endpoint.starts_with("https://") {
        return Ok(endpoint.to_owned());
    }
    // It is not repeated: somebody may have put a password there.
    let message = "the endpoint of the store is no URL";
    Err(Error::new(ErrorKind::Config, message).with_hint(
        "`endpoint_url`, FEAST_S3_ENDPOINT_URL and AWS_ENDPOINT_URL look like https://s3.example.com",
    ))
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(pairs: T) -> Self {
        let pairs = pairs.into_iter();
        Environment(
            pairs
                .map(|(name, value)| (name.into(), Secret::new(value)))
                .collect(),
        )
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
