//! `$NAME` and `${NAME}`, as Python's `os.path.expandvars` reads them on Unix.

use std::collections::BTreeMap;

/// The text has grown beyond the limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Puts in the values of variables. A name is ASCII letters, digits and underscores, or in braces anything but `}`. What is
/// not set stays as it is; values are not expanded again; there is no escape for `$` and no default value.
pub(super) fn expand(
    text: &str,
    env: &BTreeMap<String, String>,
    max: usize,
) -> Result<String, TooLarge> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        let (before, after) = (&rest[..dollar], &rest[dollar + 1..]);
        out.push_str(before);
        let (name, length) = variable(after);
        match env.get(name).filter(|_| length > 0) {
            Some(value) => out.push_str(value),
            None => out.push_str(&rest[dollar..dollar + 1 + length]),
        }
        if out.len() > max {
            return Err(TooLarge);
        }
        rest = &after[length..];
    }
    out.push_str(rest);
    if out.len() > max {
        Err(TooLarge)
    } else {
        Ok(out)
    }
}

/// The name at the start of `after` and how many bytes it takes there, braces included; 0 if there is none.
fn variable(after: &str) -> (&str, usize) {
    if let Some(braced) = after.strip_prefix('{') {
        return match braced.find('}') {
            Some(end) => (&braced[..end], end + 2),
            None => ("", 0),
        };
    }
    let end = after
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(after.len());
    (&after[..end], end)
}
