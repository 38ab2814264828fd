//! The parameters behind the `?` of a URL: libpq's, and two of our own.

use std::path::Path;
use std::time::Duration;

use feast_registry_core::url::Secret;

use crate::settings::{PostgresSettings, TargetSession};
use crate::tls::{RootCertificates, SslMode};

/// Parameters that change nothing here, because it is always so or never.
const WITHOUT_EFFECT: [&str; 7] = [
    "client_encoding",
    "gssencmode",
    "krbsrvname",
    "sslcompression",
    "sslsni",
    "fallback_application_name",
    "autosave",
];

/// Parameters that would be dangerous to ignore, and why.
const REFUSED: [(&str, &str); 5] = [
    ("sslpassword", "keys must be kept without one"),
    ("sslcrl", "revoked certificates would be accepted"),
    ("sslcrldir", "revoked certificates would be accepted"),
    ("requirepeer", "anybody's socket would be accepted"),
    (
        "service",
        "the server would be another one; write what the service stands for",
    ),
];

/// The hosts and ports found among the parameters, as they are written.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    pub(crate) hosts: Vec<String>,
    ports: Vec<String>,
    /// Whether one of them is an address beside a name.
    pub(crate) addresses: bool,
}

impl Hosts {
    pub(crate) fn ports(&self) -> Result<Vec<u16>, String> {
        self.ports
            .iter()
            .filter(|port| !port.is_empty())
            .map(|port| {
                port.parse()
                    .map_err(|_| "`port` in the URL is not a number up to 65535".to_owned())
            })
            .collect()
    }
}

/// Applies every parameter; returns the hosts among them.
pub(crate) fn apply(
    query: &[(String, String)],
    base: &Path,
    settings: &mut PostgresSettings,
) -> Result<Hosts, String> {
    let mut hosts = Hosts::default();
    for (key, value) in query {
        match key.as_str() {
            "host" => hosts.hosts.extend(list(value)),
            "hostaddr" => {
                hosts.addresses = true;
                hosts.hosts.extend(list(value));
            }
            "port" => hosts.ports.extend(list(value)),
            key if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == key) => {
                return Err(format!("`{key}` is not served: {why}"));
            }
            key if tls(key, value, base, settings)? || session(key, value, settings)? => {}
            key if WITHOUT_EFFECT.contains(&key) => {
                tracing::debug!(parameter = key, "a parameter of the URL has no effect here");
            }
            key => tracing::warn!(
                parameter = key,
                "a parameter of the URL means nothing here and is ignored"
            ),
        }
    }
    let named = |name: &str| query.iter().any(|(key, _)| key == name);
    if hosts.addresses && named("host") {
        return Err(BOTH_NAMES_AND_ADDRESSES.to_owned());
    }
    // As libpq has it. A weaker mode that was asked for is refused with the other settings of TLS.
    if settings.tls.roots == RootCertificates::System && !named("sslmode") {
        settings.tls.mode = SslMode::VerifyFull;
    }
    settings.tls.check()?;
    Ok(hosts)
}

/// libpq takes them for the two names of one server.
pub(crate) const BOTH_NAMES_AND_ADDRESSES: &str =
    "`hostaddr` is not served beside a host: name the server once, by its name or its address";

fn list(value: &str) -> impl Iterator<Item = String> + '_ {
    value.split(',').map(str::to_owned)
}

/// Parameters of TLS; `false` if it is none.
fn tls(
    key: &str,
    value: &str,
    base: &Path,
    settings: &mut PostgresSettings,
) -> Result<bool, String> {
    let tls = &mut settings.tls;
    match key {
        "sslmode" => tls.mode = SslMode::parse(value)?,
        "sslrootcert" if value == "system" => tls.roots = RootCertificates::System,
        "sslrootcert" => tls.roots = RootCertificates::File(base.join(value)),
        "sslcert" => tls.certificate = Some(base.join(value)),
        "sslkey" => tls.key = Some(base.join(value)),
        "sslnegotiation" => {
            tls.direct = one_of(key, value, &[("postgres", false), ("direct", true)])?;
        }
        "channel_binding" => {
            tls.require_channel_binding = one_of(
                key,
                value,
                &[("prefer", false), ("disable", false), ("require", true)],
            )?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Parameters of the session and the connection; `false` if it is none.
fn session(key: &str, value: &str, settings: &mut PostgresSettings) -> Result<bool, String> {
    match key {
        "user" => settings.user = Some(value.to_owned()),
        "password" => settings.password = Some(Secret::new(value)),
        "dbname" => settings.database = Some(value.to_owned()),
        "application_name" => settings.application_name = value.to_owned(),
        "options" => add_option(&mut settings.options, value),
        "statement_timeout" => {
            let milliseconds: u32 = number(key, value)?;
            let option = format!("-c statement_timeout={milliseconds}");
            add_option(&mut settings.options, &option);
        }
        "target_session_attrs" => {
            settings.target = one_of(
                key,
                value,
                &[
                    ("any", TargetSession::Any),
                    ("read-write", TargetSession::ReadWrite),
                    ("primary", TargetSession::ReadWrite),
                    ("read-only", TargetSession::ReadOnly),
                    ("standby", TargetSession::ReadOnly),
                    ("prefer-standby", TargetSession::Any),
                ],
            )?;
        }
        // Zero is libpq's word for waiting for ever, which nobody should.
        "connect_timeout" => {
            let seconds: u64 = number(key, value)?;
            if seconds > 0 {
                settings.connect_timeout = Duration::from_secs(seconds);
            }
        }
        "keepalives" if value == "0" => settings.keepalives_idle = None,
        "keepalives" => {}
        "keepalives_idle" => {
            let seconds: u64 = number(key, value)?;
            if seconds > 0 {
                settings.keepalives_idle = Some(Duration::from_secs(seconds));
            }
        }
        // Zero is the choice of the system.
        "keepalives_interval" => {
            let seconds: u64 = number(key, value)?;
            settings.keepalives_interval = (seconds > 0).then(|| Duration::from_secs(seconds));
        }
        "keepalives_count" => {
            let count: u32 = number(key, value)?;
            settings.keepalives_count = (count > 0).then_some(count);
        }
        "tcp_user_timeout" => {
            let milliseconds: u64 = number(key, value)?;
            settings.tcp_user_timeout =
                (milliseconds > 0).then(|| Duration::from_millis(milliseconds));
        }
        "prepare_threshold" | "prepared_statements" | "prepared_statement_cache_size" => {
            settings.prepared = Some(is_on(value));
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn add_option(options: &mut String, more: &str) {
    if !options.is_empty() {
        options.push(' ');
    }
    options.push_str(more);
}

/// Python's and JDBC's words for "never prepare".
fn is_on(value: &str) -> bool {
    !["null", "none", "0", "false", "off", "no"].contains(&value.to_ascii_lowercase().as_str())
}

fn number<T: std::str::FromStr>(key: &str, value: &str) -> Result<T, String> {
    value
        .trim()
        .parse()
        .map_err(|_| format!("`{key}` in the URL must be a whole number"))
}

/// The meaning of a word.
fn one_of<T: Copy>(key: &str, value: &str, words: &[(&str, T)]) -> Result<T, String> {
    words
        .iter()
        .find(|(word, _)| *word == value)
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            format!("`{key}` in the URL must be one of {}", known.join(", "))
        })
}
