//! Objects in a bucket: `s3://bucket/key`, `gs://bucket/key`.

use super::general::credentials;
use super::text::{parse_query, split_query};
use super::{Parts, UrlError};

/// Whether `scheme` is one whose URLs name a bucket and a key.
pub(super) fn is_object(scheme: &str) -> bool {
    matches!(scheme, "s3" | "gs")
}

/// Parses what follows `scheme://`. The key is not percent-decoded: Feast takes it as written.
pub(super) fn parse(scheme: &str, rest: &str) -> Result<Parts, UrlError> {
    let incomplete = || UrlError::Object {
        scheme: scheme.to_owned(),
    };
    let (before_query, query) = split_query(rest);
    let (authority, key) = before_query.split_once('/').ok_or_else(incomplete)?;
    let (userinfo, bucket) = match authority.rsplit_once('@') {
        Some((userinfo, bucket)) => (Some(userinfo), bucket),
        None => (None, authority),
    };
    let key = key.trim_start_matches('/');
    if bucket.is_empty() || key.is_empty() {
        return Err(incomplete());
    }
    let (username, password) = credentials(userinfo)?;
    Ok(Parts {
        username,
        password,
        hosts: vec![(bucket.to_owned(), None)],
        database: Some(key.to_owned()),
        query: parse_query(query)?,
        ..Parts::default()
    })
}
