//! Setting one option from one value.

use super::Builder;
use crate::config::kwargs::Mapping;
use serde_json::{Map, Value};
use std::time::Duration;

impl<F: Fn(&str) -> String> Builder<F> {
    /// Takes the value over; `None` if it is not of the kind that is accepted.
    pub(super) fn set(&mut self, name: &str, mapping: Mapping, value: &Value) -> Option<()> {
        match mapping {
            Mapping::PoolSize => self.size = limit(value, 0)?,
            Mapping::MaxOverflow => self.overflow = limit(value, -1)?,
            Mapping::PoolTimeout => self.options.wait_timeout = seconds(value)?,
            Mapping::PoolRecycle => self.options.recycle = recycle(value)?,
            Mapping::PrePing => self.options.pre_ping = value.as_bool()?,
            Mapping::Echo => self.options.echo = echo(value)?,
            Mapping::BusyTimeout => self.busy_timeout(seconds(value)?),
            Mapping::ConnectTimeout => self.options.connect_timeout = Some(seconds(value)?),
            Mapping::Parameter => self.parameter(name, value)?,
            Mapping::SslFiles => self.ssl_files(name, value)?,
            Mapping::ConnectArgs | Mapping::Ignored(_) | Mapping::Unsupported(_) => {}
        }
        Some(())
    }

    fn busy_timeout(&mut self, timeout: Duration) {
        self.options.busy_timeout = timeout;
        self.options.connect_timeout.get_or_insert(timeout);
    }

    fn parameter(&mut self, name: &str, value: &Value) -> Option<()> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => return None,
        };
        let short = name.rsplit_once('.').map_or(name, |(_, short)| short);
        self.options.parameters.insert(short.to_owned(), text);
        Some(())
    }

    /// `{ca, cert, key}`, each a file; what else stands there is named in a warning.
    fn ssl_files(&mut self, name: &str, value: &Value) -> Option<()> {
        let files: &Map<String, Value> = value.as_object()?;
        for (file, value) in files {
            match file.as_str() {
                "ca" | "cert" | "key" => {
                    self.parameter(&format!("connect_args.ssl_{file}"), value)?
                }
                _ => self.warn(&format!("{name}.{file}"), "only ca, cert and key are known"),
            }
        }
        Some(())
    }
}

/// A number from `unlimited` on; that number itself stands for no limit.
fn limit(value: &Value, unlimited: i64) -> Option<Option<usize>> {
    let number = value.as_i64().filter(|number| *number >= unlimited)?;
    Some(usize::try_from(number).ok().filter(|_| number != unlimited))
}

fn seconds(value: &Value) -> Option<Duration> {
    Duration::try_from_secs_f64(value.as_f64()?).ok()
}

/// -1 stands for never.
fn recycle(value: &Value) -> Option<Option<Duration>> {
    if value.as_f64()? == -1.0 {
        Some(None)
    } else {
        seconds(value).map(Some)
    }
}

fn echo(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text == "debug" => Some(true),
        _ => None,
    }
}
