//! One value of one key from one source: a layer of figment each, so that every value keeps its source.

use super::ConfigError;
use super::keys::{self, Key};
use super::redact;
use figment::value::{Dict, Map};
use figment::{Metadata, Profile, Provider};
use serde_json::Value;

/// A checked value and where it is from.
#[derive(Clone)]
pub(super) struct Setting {
    /// A name in the table of keys, or `project`.
    pub(super) key: &'static str,
    pub(super) value: Value,
    pub(super) source: String,
}

impl Setting {
    pub(super) fn text(key: &'static str, text: &str, source: &str) -> Self {
        Self {
            key,
            value: Value::from(text),
            source: source.to_owned(),
        }
    }

    /// Checks a value from YAML; `None` for a null that counts as not set.
    pub(super) fn from_yaml(
        key: &'static Key,
        value: Value,
        source: String,
    ) -> Result<Option<Self>, ConfigError> {
        if key.nullable && value.is_null() {
            return Ok(None);
        }
        match key.shape.check(value) {
            Ok(value) => Ok(Some(Self {
                key: key.name,
                value,
                source,
            })),
            Err(value) => {
                let found = redact::found(&value);
                Err(ConfigError::value(
                    &source,
                    &key.full_name(),
                    found,
                    key.shape.accepted(),
                ))
            }
        }
    }

    /// Reads the text of a variable or flag.
    pub(super) fn from_text(
        key: &'static Key,
        text: &str,
        source: &str,
    ) -> Result<Self, ConfigError> {
        match key.shape.parse(text) {
            Some(value) => Ok(Self {
                key: key.name,
                value,
                source: source.to_owned(),
            }),
            None => {
                let found = redact::found_text(key.shape, text);
                Err(ConfigError::value(
                    source,
                    &key.full_name(),
                    found,
                    key.shape.accepted_text(),
                ))
            }
        }
    }
}

impl Provider for &Setting {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.clone())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let value = figment::value::Value::serialize(&self.value)?;
        let mut dict = Dict::from([(self.key.to_owned(), value)]);
        if self.key != keys::PROJECT {
            dict = Dict::from([("registry".to_owned(), dict.into())]);
        }
        Ok(Profile::Default.collect(dict))
    }
}
