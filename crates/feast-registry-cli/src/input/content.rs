//! Telling by its first bytes what a file is: names lie, Feast's template calls a protobuf
//! message `registry.db`.

use feast_registry_core::wire::{self, WireType};
use feast_registry_core::{Error, Kind};

use super::{Source, complaint};

/// What a source holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    /// A serialized `feast.core.Registry`.
    Registry,
    Json(&'a str),
    Yaml(&'a str),
}

/// Fields of `feast.core.Registry` that hold no objects: schema version, version, stamp,
/// metadata, history.
const OTHER_FIELDS: [u32; 5] = [3, 4, 5, 15, 18];

/// A SQLite database begins with this.
const SQLITE: &[u8] = b"SQLite format 3\0";

impl<'a> Content<'a> {
    /// What a source holds.
    pub(crate) fn of(source: &'a Source) -> Result<Content<'a>, Error> {
        let bytes: &[u8] = &source.bytes;
        if let Some(text) = known_text(source)? {
            return Ok(match text.trim_start().chars().next() {
                Some('{' | '[') => Content::Json(text),
                _ => Content::Yaml(text),
            });
        }
        is_registry(bytes)
            .map(|()| Content::Registry)
            .map_err(|problem| {
                complaint(&source.name, problem)
                    .with_hint("accepted are Feast registry files (protobuf), YAML and JSON")
            })
    }

    /// Whether a source, or the beginning of one, is text rather than a registry file.
    pub(crate) fn is_text(source: &Source) -> Result<bool, Error> {
        known_text(source).map(|text| text.is_some())
    }
}

/// The text of a source, if it is text; an error if it can be neither that nor a registry file.
fn known_text(source: &Source) -> Result<Option<&str>, Error> {
    let bytes: &[u8] = &source.bytes;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(complaint(&source.name, "it is empty"));
    }
    if bytes.starts_with(SQLITE) {
        return Err(complaint(
            &source.name,
            "it is a SQLite database, not a file of definitions",
        )
        .with_hint(format!(
            "to use it as the registry, pass --registry sqlite:///{}",
            source.name
        )));
    }
    Ok(text(bytes))
}

/// The bytes as text, if they are: a protobuf message has control characters, which text has not.
fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_binary = |byte: u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
    (!text.bytes().any(is_binary)).then_some(text)
}

fn is_registry(bytes: &[u8]) -> Result<(), String> {
    let mut known = false;
    for field in wire::fields(bytes) {
        let field = field.map_err(|why| neither(bytes, &why.to_string()))?;
        known |= field.wire_type == WireType::Len && is_known(field.number);
    }
    if known {
        Ok(())
    } else {
        Err("it is a protobuf message, but no Feast registry".to_owned())
    }
}

fn is_known(number: u32) -> bool {
    let mut kinds = Kind::ALL.into_iter();
    OTHER_FIELDS.contains(&number) || kinds.any(|kind| kind.spec().registry_field == number)
}

fn neither(bytes: &[u8], why: &str) -> String {
    let no_text = match std::str::from_utf8(bytes) {
        Ok(_) => "it has control characters".to_owned(),
        Err(error) => format!("byte {} is not UTF-8", error.valid_up_to()),
    };
    format!("it is neither a whole registry file ({why}) nor text ({no_text})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(bytes: &[u8]) -> Source {
        Source {
            name: "file".to_owned(),
            bytes: bytes.to_vec().into(),
        }
    }

    #[test]
    fn text_is_told_by_its_first_character() {
        assert_eq!(
            Content::of(&source(b" [{}]")).unwrap(),
            Content::Json(" [{}]")
        );
        assert_eq!(
            Content::of(&source(b"kind: x")).unwrap(),
            Content::Yaml("kind: x")
        );
        let marked = "\u{feff}{}".as_bytes();
        assert_eq!(Content::of(&source(marked)).unwrap(), Content::Json("{}"));
    }

    #[test]
    fn a_registry_of_ascii_bytes_only_is_a_registry() {
        // One entity named `a`, nothing else.
        let registry = [0x0a, 0x05, 0x0a, 0x03, 0x0a, 0x01, b'a'];
        assert_eq!(Content::of(&source(&registry)).unwrap(), Content::Registry);
    }

    #[test]
    fn what_is_neither_says_where_it_breaks() {
        let error = Content::of(&source(b"\x0a\xffab")).unwrap_err();
        assert!(error.message().contains("byte"), "{error}");
        assert!(Content::of(&source(b" \n")).is_err());
        // Field 2 is unknown to registries.
        let error = Content::of(&source(b"\x12\x01\x00")).unwrap_err();
        assert!(error.message().contains("no Feast registry"), "{error}");
    }
}
