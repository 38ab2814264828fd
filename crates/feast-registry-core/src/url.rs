//! The URL or path under which a registry is found.
//!
//! Feast users write SQLAlchemy URLs (`postgresql+psycopg://user:pw@host/db`), object URLs (`s3://bucket/key`) and plain
//! paths (`data/registry.db`) under the same key. [`RegistryUrl`] takes all of them apart, once, for every backend.

mod error;
mod general;
mod local;
mod object;
mod redact;
mod secret;
mod text;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

pub use error::UrlError;
pub use secret::Secret;

/// Longest text accepted, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// Schemes that name a file or an object, not a database server.
const BLOB_SCHEMES: &[&str] = &[
    "file", "s3", "gs", "hdfs", "az", "abfs", "abfss", "wasb", "wasbs", "http", "https",
];

/// Where a registry is kept: a parsed database URL, object URL or path.
///
/// `Display` and `Debug` never show a password, nor query values whose key looks secret: they print `***`. Drivers that
/// need the full text call [`RegistryUrl::expose`].
///
/// | text | scheme | what it names |
/// |---|---|---|
/// | `dialect[+driver]://[user[:password]@][host][:port][,…][/database][?query]` | the dialect | a database |
/// | `sqlite://`, `sqlite:///:memory:` | `sqlite` | a database in memory |
/// | `sqlite:///rel.db`, `sqlite:////abs.db` | `sqlite` | a database file |
/// | `s3://bucket/key`, `gs://bucket/key` | `s3`, `gs` | an object |
/// | `registry.db`, `/abs`, `C:\x`, `file:rel`, `file:///abs` | `file` | a registry file |
/// | `memory://` | `memory` | a registry in this process only |
///
/// ```
/// use feast_registry_core::url::RegistryUrl;
///
/// let url = RegistryUrl::parse("postgresql+psycopg://feast:p%40ss@db:5432/feast?sslmode=require")?;
/// assert_eq!((url.scheme(), url.driver()), ("postgresql", Some("psycopg")));
/// assert_eq!(url.expose_password(), Some("p@ss"));
/// assert_eq!(url.to_string(), "postgresql+psycopg://feast:***@db:5432/feast?sslmode=require");
/// # Ok::<(), feast_registry_core::url::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RegistryUrl {
    text: Secret,
    redacted: String,
    parts: Parts,
}

/// The pieces of a URL, decoded.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct Parts {
    scheme: String,
    driver: Option<String>,
    username: Option<String>,
    password: Option<Secret>,
    hosts: Vec<(String, Option<u16>)>,
    database: Option<String>,
    path: Option<String>,
    query: Vec<(String, String)>,
    memory: bool,
}

impl RegistryUrl {
    /// Takes `text` apart.
    ///
    /// # Errors
    /// [`UrlError`] says what is wrong and what would be accepted; it never holds a part of the text that could be a
    /// password.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        check(text)?;
        let parts = match text::split_scheme(text)? {
            text::Form::Path(path) => local::bare(path),
            text::Form::File(rest) => local::file(rest)?,
            text::Form::Url {
                scheme,
                driver,
                rest,
            } => parse_url(scheme, driver, rest)?,
        };
        let redacted = redact::redact(text, &parts.scheme);
        Ok(Self {
            text: Secret::new(text),
            redacted,
            parts,
        })
    }

    /// The dialect or scheme in lower case, without the driver; a bare path has `file`.
    ///
    /// Aliases are left as they are: `postgres` stays `postgres`.
    pub fn scheme(&self) -> &str {
        &self.parts.scheme
    }

    /// What follows `+` in the scheme: `psycopg` in `postgresql+psycopg://`, in lower case.
    pub fn driver(&self) -> Option<&str> {
        self.parts.driver.as_deref()
    }

    /// The user, percent-decoded.
    pub fn username(&self) -> Option<&str> {
        self.parts.username.as_deref()
    }

    /// The password, percent-decoded, in a type that does not print it.
    pub fn password(&self) -> Option<&Secret> {
        self.parts.password.as_ref()
    }

    /// The password, percent-decoded, as plain text for a driver.
    pub fn expose_password(&self) -> Option<&str> {
        self.parts.password.as_ref().map(Secret::expose)
    }

    /// The hosts in the order written, each with its port; IPv6 addresses without their brackets.
    ///
    /// Empty where none is written, as with Unix sockets (`?host=/run/postgresql`). An object URL has its bucket here.
    pub fn hosts(&self) -> &[(String, Option<u16>)] {
        &self.parts.hosts
    }

    /// The database, percent-decoded; for `sqlite` the file as in [`RegistryUrl::path`].
    pub fn database(&self) -> Option<&str> {
        self.parts.database.as_deref()
    }

    /// The file of a `file` or `sqlite` URL, as written (relative or absolute); `None` for a database in memory.
    pub fn path(&self) -> Option<&str> {
        self.parts.path.as_deref()
    }

    /// The bucket of an object URL (`s3`, `gs`).
    pub fn bucket(&self) -> Option<&str> {
        object::is_object(self.scheme())
            .then(|| self.parts.hosts.first().map(|(host, _)| host.as_str()))?
    }

    /// The key of an object URL (`s3`, `gs`), without a leading slash and not decoded, as Feast takes it.
    pub fn key(&self) -> Option<&str> {
        object::is_object(self.scheme()).then_some(self.parts.database.as_deref())?
    }

    /// The query as decoded pairs in the order written; a key may occur more than once.
    pub fn query(&self) -> &[(String, String)] {
        &self.parts.query
    }

    /// This URL with a query value, unless it has one under `key`. The text of the URL stays.
    #[must_use]
    pub fn with_query(mut self, key: &str, value: &str) -> Self {
        if self.query_value(key).is_none() {
            self.parts.query.push((key.to_owned(), value.to_owned()));
        }
        self
    }

    /// The first query value under `key`.
    pub fn query_value(&self, key: &str) -> Option<&str> {
        self.parts
            .query
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the registry lives in this process only: `memory://` or a SQLite database without a file.
    pub fn is_memory(&self) -> bool {
        self.parts.memory
    }

    /// Whether the URL names a database, so that Feast's `registry_type` is `sql`; not so for files, objects and
    /// `memory://`.
    pub fn is_database(&self) -> bool {
        let scheme = self.scheme();
        scheme != "memory" && !BLOB_SCHEMES.contains(&scheme)
    }

    /// The full text as given, with its password, for drivers.
    pub fn expose(&self) -> &str {
        self.text.expose()
    }

    /// Whether a setting of this name holds a secret that must not be shown (`password`, `token`, `secret`, `key`, …).
    pub fn is_secret_key(name: &str) -> bool {
        redact::is_secret_key(name)
    }
}

/// Refuses what no form of URL allows.
fn check(text: &str) -> Result<(), UrlError> {
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    if text.len() > MAX_LENGTH {
        return Err(UrlError::TooLong { max: MAX_LENGTH });
    }
    if text.chars().any(char::is_control) {
        return Err(UrlError::ControlCharacter);
    }
    Ok(())
}

/// Parses what follows `scheme://`.
fn parse_url(scheme: String, driver: Option<String>, rest: &str) -> Result<Parts, UrlError> {
    let mut parts = match scheme.as_str() {
        "file" => return local::file_url(rest),
        "sqlite" => local::sqlite(rest)?,
        "memory" => Parts {
            memory: true,
            database: text::non_empty(rest),
            ..Parts::default()
        },
        name if object::is_object(name) => object::parse(name, rest)?,
        name => general::parse(name, rest)?,
    };
    parts.scheme = scheme;
    parts.driver = driver;
    Ok(parts)
}

impl fmt::Display for RegistryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted)
    }
}

impl fmt::Debug for RegistryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegistryUrl({:?})", self.redacted)
    }
}

impl FromStr for RegistryUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}
