//! Files: bare paths, `file:` and `sqlite:` URLs.

use super::text::{decode, non_empty, parse_query, split_query};
use super::{Parts, UrlError};

/// A bare path, taken as it is.
pub(super) fn bare(path: &str) -> Parts {
    Parts {
        scheme: "file".to_owned(),
        path: non_empty(path),
        ..Parts::default()
    }
}

/// What follows `file:` where no two slashes do: `rel/path` or `/abs`.
pub(super) fn file(rest: &str) -> Result<Parts, UrlError> {
    let path = decode(rest, "path")?;
    if path.is_empty() {
        return Err(UrlError::FilePath);
    }
    Ok(bare(without_drive_slash(&path)))
}

/// What follows `file://`: an empty host or `localhost`, then an absolute path.
pub(super) fn file_url(rest: &str) -> Result<Parts, UrlError> {
    if rest.is_empty() {
        return Err(UrlError::FilePath);
    }
    let slash = rest.find('/').ok_or(UrlError::FileHost)?;
    let (host, path) = rest.split_at(slash);
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return Err(UrlError::FileHost);
    }
    if path == "/" {
        Err(UrlError::FilePath)
    } else {
        file(path)
    }
}

/// `/C:/x` of a file URL is the Windows path `C:/x`.
fn without_drive_slash(path: &str) -> &str {
    match path.as_bytes() {
        [b'/', drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic() => &path[1..],
        _ => path,
    }
}

/// What follows `sqlite://`: nothing, or a slash and the path.
pub(super) fn sqlite(rest: &str) -> Result<Parts, UrlError> {
    let (before_query, query) = split_query(rest);
    let path = match before_query.strip_prefix('/') {
        Some(path) => decode(path, "path")?,
        None if before_query.is_empty() => String::new(),
        None => return Err(UrlError::SqliteHost),
    };
    let query = parse_query(query)?;
    let (path, memory) = sqlite_file(path, &query);
    Ok(Parts {
        database: path.clone(),
        path,
        memory,
        query,
        ..Parts::default()
    })
}

/// Gives the file, or that there is none.
///
/// With `uri=true` SQLAlchemy hands SQLite's own `file:` names through; their file is what follows.
fn sqlite_file(path: String, query: &[(String, String)]) -> (Option<String>, bool) {
    let has = |key: &str, value: &str| {
        query
            .iter()
            .any(|(k, v)| k == key && v.eq_ignore_ascii_case(value))
    };
    let (path, in_memory) = match path.strip_prefix("file:") {
        Some(name) if has("uri", "true") => (name.to_owned(), has("mode", "memory")),
        _ => (path, false),
    };
    if in_memory || path.is_empty() || path == ":memory:" {
        (None, true)
    } else {
        (Some(path), false)
    }
}
