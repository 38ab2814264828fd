//! Connections and their pool, as `sqlalchemy_config_kwargs` ask for them.

mod values;

use super::kwargs::{self, Mapping};
use super::{ConfigError, redact};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

const PREFIX: &str = "registry.sqlalchemy_config_kwargs";

/// Pool size where Feast's arguments ask for no limit: each connection costs the server memory.
const UNLIMITED: usize = 128;

/// Settings of the connections and their pool. `Debug` hides the values of parameters.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct PoolOptions {
    /// Most connections at a time: `pool_size` and `max_overflow` together. Default 16 (SQLAlchemy: 15); 128 stands for
    /// "no limit".
    pub max_size: usize,
    /// Longest wait for a free connection. Default 30 s.
    pub wait_timeout: Duration,
    /// Age at which a connection is replaced; `None` for never, the default.
    pub recycle: Option<Duration>,
    /// Whether a connection is tested before it is used. Default false.
    pub pre_ping: bool,
    /// Whether statements are logged, without their values. Default false.
    pub echo: bool,
    /// SQLite: how long to wait for locks of other processes. Default 5 s, as in Python's `sqlite3`.
    pub busy_timeout: Duration,
    /// Longest wait for a new connection; `None` for the driver's own choice.
    pub connect_timeout: Option<Duration>,
    /// Further `connect_args` for the driver, named like the URL's query parameters.
    pub parameters: BTreeMap<String, String>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_size: 16,
            wait_timeout: Duration::from_secs(30),
            recycle: None,
            pre_ping: false,
            echo: false,
            busy_timeout: Duration::from_secs(5),
            connect_timeout: None,
            parameters: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for PoolOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolOptions")
            .field("max_size", &self.max_size)
            .field("wait_timeout", &self.wait_timeout)
            .field("recycle", &self.recycle)
            .field("pre_ping", &self.pre_ping)
            .field("echo", &self.echo)
            .field("busy_timeout", &self.busy_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("parameters", &self.parameters.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl PoolOptions {
    /// Maps arguments of `create_engine`; gives warnings for those without effect that matters. `source` tells where the
    /// value of a key (with dots) is from.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for a value of the wrong type or out of range.
    pub fn from_kwargs(
        kwargs: &Map<String, Value>,
        source: impl Fn(&str) -> String,
    ) -> Result<(Self, Vec<String>), ConfigError> {
        let mut builder = Builder {
            options: Self::default(),
            size: Some(8),
            overflow: Some(8),
            warnings: Vec::new(),
            source,
        };
        for (name, value) in kwargs {
            builder.kwarg(name, value)?;
        }
        Ok(builder.finish())
    }
}

struct Builder<F> {
    options: PoolOptions,
    /// `None` for no limit.
    size: Option<usize>,
    overflow: Option<usize>,
    warnings: Vec<String>,
    source: F,
}

impl<F: Fn(&str) -> String> Builder<F> {
    fn finish(mut self) -> (PoolOptions, Vec<String>) {
        let max = self
            .size
            .zip(self.overflow)
            .map_or(UNLIMITED, |(size, overflow)| size.saturating_add(overflow));
        self.options.max_size = max.clamp(1, usize::from(u16::MAX));
        (self.options, self.warnings)
    }

    fn kwarg(&mut self, name: &str, value: &Value) -> Result<(), ConfigError> {
        match kwargs::find(name).map(|kwarg| kwarg.mapping) {
            Some(Mapping::Unsupported(reason)) => self.warn(name, reason),
            Some(mapping) => self.mapped(name, mapping, value)?,
            None => self.warn(name, "not known"),
        }
        Ok(())
    }

    fn warn(&mut self, name: &str, reason: &str) {
        let key = format!("{PREFIX}.{name}");
        self.warnings.push(format!(
            "{}: `{key}` has no effect: {reason}",
            (self.source)(&key)
        ));
    }

    fn mapped(&mut self, name: &str, mapping: Mapping, value: &Value) -> Result<(), ConfigError> {
        if mapping == Mapping::ConnectArgs {
            return self.connect_args(name, value);
        }
        if self.set(name, mapping, value).is_some() {
            return Ok(());
        }
        let key = format!("{PREFIX}.{name}");
        let found = if redact::is_secret(name) {
            redact::HIDDEN.to_owned()
        } else {
            redact::found(value)
        };
        Err(ConfigError::value(
            &(self.source)(&key),
            &key,
            found,
            mapping.accepted(),
        ))
    }

    fn connect_args(&mut self, name: &str, value: &Value) -> Result<(), ConfigError> {
        let Value::Object(entries) = value else {
            let key = format!("{PREFIX}.{name}");
            let accepted = Mapping::ConnectArgs.accepted();
            return Err(ConfigError::value(
                &(self.source)(&key),
                &key,
                redact::found(value),
                accepted,
            ));
        };
        entries
            .iter()
            .try_for_each(|(entry, value)| self.kwarg(&format!("{name}.{entry}"), value))
    }
}
