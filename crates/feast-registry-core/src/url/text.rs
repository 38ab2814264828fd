//! Splitting and decoding, shared by all forms.

use super::UrlError;
use percent_encoding::percent_decode_str;

/// Schemes whose single colon is a slip of the pen, not a file name.
const KNOWN: &[&str] = &[
    "sqlite",
    "postgresql",
    "postgres",
    "mysql",
    "mariadb",
    "cockroachdb",
    "s3",
    "gs",
    "memory",
];

/// The three ways in which a registry is written.
pub(super) enum Form<'a> {
    /// A bare path.
    Path(&'a str),
    /// What follows `file:`, when no two slashes do.
    File(&'a str),
    /// What follows `scheme[+driver]://`.
    Url {
        scheme: String,
        driver: Option<String>,
        rest: &'a str,
    },
}

/// Tells which form `text` has.
pub(super) fn split_scheme(text: &str) -> Result<Form<'_>, UrlError> {
    if is_windows_path(text) {
        return Ok(Form::Path(text));
    }
    if let Some((before, rest)) = text.split_once("://") {
        return split_driver(before, rest);
    }
    match text.split_once(':') {
        Some((before, rest)) if before.eq_ignore_ascii_case("file") => Ok(Form::File(rest)),
        Some((before, _)) if is_known(before) => Err(UrlError::Slashes {
            scheme: before.to_owned(),
        }),
        _ => Ok(Form::Path(text)),
    }
}

/// `C:\x` or `C:/x`: one letter, a colon, a slash.
pub(super) fn is_windows_path(text: &str) -> bool {
    matches!(text.as_bytes(), [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic())
}

fn is_known(before: &str) -> bool {
    let lower = before.to_ascii_lowercase();
    let dialect = lower.split('+').next().unwrap_or_default();
    is_scheme(&lower) && KNOWN.contains(&dialect)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c))
}

fn split_driver<'a>(before: &str, rest: &'a str) -> Result<Form<'a>, UrlError> {
    if !is_scheme(before) {
        return Err(UrlError::Scheme);
    }
    let lower = before.to_ascii_lowercase();
    let (scheme, driver) = match lower.split_once('+') {
        Some((scheme, driver)) => (scheme.to_owned(), non_empty(driver)),
        None => (lower, None),
    };
    Ok(Form::Url {
        scheme,
        driver,
        rest,
    })
}

/// `text` unless it is empty.
pub(super) fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Decodes `%XX`; a lone `%` stays as it is.
pub(super) fn decode(text: &str, part: &'static str) -> Result<String, UrlError> {
    match percent_decode_str(text).decode_utf8() {
        Ok(decoded) if !decoded.contains('\0') => Ok(decoded.into_owned()),
        _ => Err(UrlError::Encoding { part }),
    }
}

/// Decodes `a=b&c=d`, where `+` stands for a space, as in HTML forms (and in SQLAlchemy).
pub(super) fn parse_query(query: &str) -> Result<Vec<(String, String)>, UrlError> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| decode_pair(pair.split_once('=').unwrap_or((pair, ""))))
        .collect()
}

fn decode_pair((key, value): (&str, &str)) -> Result<(String, String), UrlError> {
    let plain = |text: &str| decode(&text.replace('+', " "), "query");
    Ok((plain(key)?, plain(value)?))
}

/// Splits at the first `?`.
pub(super) fn split_query(text: &str) -> (&str, &str) {
    text.split_once('?').unwrap_or((text, ""))
}
