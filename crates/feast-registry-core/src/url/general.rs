//! Database URLs as SQLAlchemy reads them: `[user[:password]@][host][:port][,…][/database][?query]`.

use super::text::{decode, non_empty, parse_query, split_query};
use super::{Parts, Secret, UrlError};

/// Parses what follows `scheme://`.
pub(super) fn parse(scheme: &str, rest: &str) -> Result<Parts, UrlError> {
    let (userinfo, rest) = split_userinfo(rest);
    let (username, password) = credentials(userinfo)?;
    let (before_query, query) = split_query(rest);
    let (hosts, database) = before_query.split_once('/').unwrap_or((before_query, ""));
    Ok(Parts {
        username,
        password,
        hosts: parse_hosts(scheme, hosts)?,
        database: non_empty(&decode(database, "database")?),
        query: parse_query(query)?,
        ..Parts::default()
    })
}

/// Splits off `user:password@`.
pub(super) fn split_userinfo(rest: &str) -> (Option<&str>, &str) {
    match userinfo_end(rest) {
        Some(at) => (Some(&rest[..at]), &rest[at + 1..]),
        None => (None, rest),
    }
}

/// Finds the `@` that ends the user's part.
///
/// Within the authority the last one wins, so that a password may hold a raw `@`. Where the authority has none, but a colon,
/// the first one behind it ends a password with a raw `/` or `?`, as in SQLAlchemy. Other than there, an `@` in the query
/// of `host:5432/db?user=a@b` is none of these.
fn userinfo_end(rest: &str) -> Option<usize> {
    let authority = authority(rest);
    if let Some(at) = authority.rfind('@') {
        return Some(at);
    }
    let (_, after_colon) = authority.split_once(':')?;
    if authority.starts_with('[') {
        return None;
    }
    let at = rest.find('@')?;
    let in_query = rest.find('?').is_some_and(|question| question < at);
    if in_query && is_port_list(after_colon) {
        None
    } else {
        Some(at)
    }
}

/// What stands before the first slash or question mark.
pub(super) fn authority(rest: &str) -> &str {
    &rest[..rest.find(['/', '?']).unwrap_or(rest.len())]
}

/// `5432`, nothing, or the tail of a list such as `5432,other:5433`.
fn is_port_list(after_colon: &str) -> bool {
    let port = after_colon.split(',').next().unwrap_or_default();
    port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Decodes `user:password`.
pub(super) fn credentials(
    userinfo: Option<&str>,
) -> Result<(Option<String>, Option<Secret>), UrlError> {
    let Some(userinfo) = userinfo else {
        return Ok((None, None));
    };
    let (user, password) = match userinfo.split_once(':') {
        Some((user, password)) => (user, Some(decode(password, "password")?)),
        None => (userinfo, None),
    };
    Ok((non_empty(&decode(user, "user")?), password.map(Secret::new)))
}

fn parse_hosts(scheme: &str, hosts: &str) -> Result<Vec<(String, Option<u16>)>, UrlError> {
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    hosts
        .split(',')
        .map(|host| parse_host(scheme, host))
        .collect()
}

fn parse_host(scheme: &str, text: &str) -> Result<(String, Option<u16>), UrlError> {
    let malformed = || UrlError::Host {
        scheme: scheme.to_owned(),
    };
    let (host, port) = match text.strip_prefix('[') {
        Some(bracketed) => {
            let (host, after) = bracketed.split_once(']').ok_or_else(malformed)?;
            let port = if after.is_empty() {
                ""
            } else {
                after.strip_prefix(':').ok_or_else(malformed)?
            };
            (host, port)
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    if host.is_empty() {
        return Err(malformed());
    }
    Ok((decode(host, "host")?, parse_port(scheme, port)?))
}

fn parse_port(scheme: &str, port: &str) -> Result<Option<u16>, UrlError> {
    if port.is_empty() {
        return Ok(None);
    }
    let bad = UrlError::Port {
        scheme: scheme.to_owned(),
    };
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad);
    }
    port.parse().map(Some).map_err(|_| bad)
}
