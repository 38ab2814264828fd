//! The text of a URL as it may be shown.
//!
//! When in doubt more is hidden, not less: a database name with an `@` is hidden together with the password before it.

use super::general;
use super::text::{is_windows_path, split_query};
use percent_encoding::percent_decode_str;

const HIDDEN: &str = "***";

/// Words that mark the name of a setting as secret.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passwort",
    "token",
    "secret",
    "credential",
    "key",
    "authorization",
    "sas",
];

/// Whether a setting of this name holds a secret. `ssl_ca` and the like name files and are shown.
pub(super) fn is_secret_key(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| match *word {
        "sas" => lower == "sas",
        word => lower.contains(word),
    })
}

/// Hides the password and secret query values of `text`, which has been parsed with this scheme.
pub(super) fn redact(text: &str, scheme: &str) -> String {
    match text.split_once("://") {
        Some((before, rest)) if scheme != "file" => format!("{before}://{}", redact_rest(rest)),
        _ => redact_path(text),
    }
}

/// A path that looks like `user:password@host`, its scheme forgotten, loses the password.
fn redact_path(path: &str) -> String {
    let on_a_drive = is_windows_path(path) && !path.contains("://");
    match (path.find(':'), path.rfind('@')) {
        (Some(colon), Some(at)) if colon < at && !on_a_drive => {
            format!("{}:{HIDDEN}{}", &path[..colon], &path[at..])
        }
        _ => path.to_owned(),
    }
}

fn redact_rest(rest: &str) -> String {
    let (userinfo, after) = general::split_userinfo(rest);
    let (before_query, query) = split_query(after);
    let mut shown = match userinfo.map(|info| (info, info.split_once(':'))) {
        Some((_, Some((user, _)))) => format!("{user}:{HIDDEN}@{}", after_last_at(before_query)),
        Some((user, None)) => format!("{user}@{before_query}"),
        None => before_query.to_owned(),
    };
    if after.contains('?') {
        let ambiguous =
            userinfo.is_none() && query.contains('@') && general::authority(rest).contains(':');
        shown.push('?');
        shown.push_str(&if ambiguous {
            HIDDEN.to_owned()
        } else {
            redact_query(query)
        });
    }
    shown
}

/// A second `@` may mean that the password went on to here.
fn after_last_at(text: &str) -> &str {
    text.rfind('@').map_or(text, |at| &text[at + 1..])
}

fn redact_query(query: &str) -> String {
    let pairs: Vec<String> = query.split('&').map(redact_pair).collect();
    pairs.join("&")
}

fn redact_pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((key, value)) if hides(key, value) => format!("{key}={HIDDEN}"),
        None if pair.contains('@') => HIDDEN.to_owned(),
        _ => pair.to_owned(),
    }
}

/// Looks at decoded text, so that `%70assword` does not slip through; an `@` in a value may end the password of another URL.
fn hides(key: &str, value: &str) -> bool {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy();
    is_secret_key(&decoded(key)) || decoded(value).contains('@')
}
