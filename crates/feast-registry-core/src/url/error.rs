//! What can be wrong with a registry URL.

/// Why a text is no registry URL. No variant holds anything that could be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The text is empty.
    #[error("the registry URL or path is empty")]
    Empty,
    /// The text is longer than any real URL.
    #[error("the registry URL is longer than {max} bytes")]
    TooLong {
        /// Longest text accepted, in bytes.
        max: usize,
    },
    /// The text holds a control character, often a newline at the end of a secret.
    #[error("the registry URL holds a control character (a newline at its end?)")]
    ControlCharacter,
    /// What stands before `://` is no scheme.
    #[error(
        "the text before `://` is no URL scheme: letters, digits, `+`, `-`, `.` and `_`, a letter first"
    )]
    Scheme,
    /// A known scheme without the two slashes.
    #[error("`{scheme}:` needs two slashes: `{scheme}://`")]
    Slashes {
        /// The scheme as written, with its driver.
        scheme: String,
    },
    /// A port is no number from 0 to 65535.
    #[error(
        "the port of the `{scheme}` URL is no number from 0 to 65535 (in a password, write `:` as %3A, `/` as %2F, `@` as \
         %40)"
    )]
    Port {
        /// The dialect.
        scheme: String,
    },
    /// A host is missing between commas or before a port, or an IPv6 address lacks its brackets.
    #[error(
        "a host of the `{scheme}` URL is malformed: write `host`, `host:port` or `[ipv6]:port`, several with commas"
    )]
    Host {
        /// The dialect.
        scheme: String,
    },
    /// A SQLite URL with a host.
    #[error(
        "a SQLite URL has no host: write sqlite:///relative.db (three slashes), sqlite:////absolute.db (four) or sqlite:// \
         (in memory)"
    )]
    SqliteHost,
    /// A file URL with a host.
    #[error(
        "a file URL has no host: write file:///absolute/path, file:relative/path or the path alone"
    )]
    FileHost,
    /// A file URL without a path.
    #[error("the file URL has no path: write file:///absolute/path or file:relative/path")]
    FilePath,
    /// An object URL without bucket or key.
    #[error("an object URL needs a bucket and a key: {scheme}://bucket/path/registry.db")]
    Object {
        /// The scheme, `s3` or `gs`.
        scheme: String,
    },
    /// Percent-encoded bytes that are not UTF-8, or that hold a zero byte.
    #[error("the percent-encoded {part} is no UTF-8 text or holds a zero byte")]
    Encoding {
        /// Which part of the URL.
        part: &'static str,
    },
}
