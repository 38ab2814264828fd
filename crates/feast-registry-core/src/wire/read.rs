use std::borrow::Cow;
use std::collections::BTreeMap;

use prost_types::Timestamp;

use super::{Field, WireError, WireType, decode_varint, fields};

/// The embedded message at `path`, field numbers from the top: `[1, 2]` is field 2 of the message in field 1.
///
/// A message field may occur several times; protobuf then merges the occurrences, which on the wire is the same as
/// one with their payloads joined. Only then the answer is a copy. An empty path is `bytes` itself.
///
/// # Errors
/// When a message along the path is malformed. What lies beside the path is split but not looked into.
pub fn message<'a>(bytes: &'a [u8], path: &[u32]) -> Result<Option<Cow<'a, [u8]>>, WireError> {
    let mut found = Cow::Borrowed(bytes);
    for &number in path {
        let child = match found {
            Cow::Borrowed(parent) => child(parent, number)?,
            Cow::Owned(parent) => {
                child(&parent, number)?.map(|child| Cow::Owned(child.into_owned()))
            }
        };
        match child {
            Some(child) => found = child,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// The string at `path`; of several the last, as protobuf wants it.
///
/// # Errors
/// As [`message`], and [`WireError::NotUtf8`].
pub fn string<'a>(bytes: &'a [u8], path: &[u32]) -> Result<Option<Cow<'a, str>>, WireError> {
    let number = path.last().copied().unwrap_or_default();
    value(bytes, path, WireType::Len)?
        .map(|value| text(number, value))
        .transpose()
}

/// The bytes at `path`; of several the last.
///
/// # Errors
/// As [`message`].
pub fn bytes<'a>(bytes: &'a [u8], path: &[u32]) -> Result<Option<Cow<'a, [u8]>>, WireError> {
    value(bytes, path, WireType::Len)
}

/// The integer or enum at `path` as it stands on the wire; of several the last.
///
/// # Errors
/// As [`message`].
pub fn varint(bytes: &[u8], path: &[u32]) -> Result<Option<u64>, WireError> {
    value(bytes, path, WireType::Varint)?
        .as_deref()
        .map(decode_varint)
        .transpose()
}

/// The boolean at `path`; of several the last.
///
/// # Errors
/// As [`message`].
pub fn boolean(bytes: &[u8], path: &[u32]) -> Result<Option<bool>, WireError> {
    Ok(varint(bytes, path)?.map(|value| value != 0))
}

/// The `google.protobuf.Timestamp` at `path`.
///
/// # Errors
/// As [`message`].
pub fn timestamp(bytes: &[u8], path: &[u32]) -> Result<Option<Timestamp>, WireError> {
    let Some(stamp) = message(bytes, path)? else {
        return Ok(None);
    };
    Ok(Some(Timestamp {
        seconds: varint(&stamp, &[1])?.unwrap_or_default() as i64,
        nanos: varint(&stamp, &[2])?.unwrap_or_default() as i32,
    }))
}

/// The payloads of the repeated field `number` of `message`: strings, bytes or messages.
///
/// # Errors
/// When the top level of `message` is malformed.
pub fn repeated(message: &[u8], number: u32) -> Result<Vec<&[u8]>, WireError> {
    occurrences(message, number, WireType::Len).collect()
}

/// The repeated strings at `path`; none when a message along the path is absent.
///
/// # Errors
/// As [`message`], and [`WireError::NotUtf8`].
pub fn strings(bytes: &[u8], path: &[u32]) -> Result<Vec<String>, WireError> {
    let Some(Place { message, number }) = place(bytes, path)? else {
        return Ok(Vec::new());
    };
    occurrences(&message, number, WireType::Len)
        .map(|string| Ok(text(number, Cow::Borrowed(string?))?.into_owned()))
        .collect()
}

/// The `map<string, string>` at `path`; of entries with the same key the last, empty when it is absent.
///
/// # Errors
/// As [`message`], and [`WireError::NotUtf8`].
pub fn string_map(bytes: &[u8], path: &[u32]) -> Result<BTreeMap<String, String>, WireError> {
    let Some(Place { message, number }) = place(bytes, path)? else {
        return Ok(BTreeMap::new());
    };
    occurrences(&message, number, WireType::Len)
        .map(|entry| {
            let entry = entry?;
            let key = string(entry, &[1])?.unwrap_or_default();
            let value = string(entry, &[2])?.unwrap_or_default();
            Ok((key.into_owned(), value.into_owned()))
        })
        .collect()
}

/// Where a path ends: a field of a message.
struct Place<'a> {
    message: Cow<'a, [u8]>,
    number: u32,
}

fn place<'a>(bytes: &'a [u8], path: &[u32]) -> Result<Option<Place<'a>>, WireError> {
    let Some((&number, parents)) = path.split_last() else {
        return Ok(None);
    };
    Ok(message(bytes, parents)?.map(|message| Place { message, number }))
}

/// The payload of the last field at `path` that has this wire type.
fn value<'a>(
    bytes: &'a [u8],
    path: &[u32],
    wire_type: WireType,
) -> Result<Option<Cow<'a, [u8]>>, WireError> {
    let Some(Place { message, number }) = place(bytes, path)? else {
        return Ok(None);
    };
    Ok(match message {
        Cow::Borrowed(message) => last(message, number, wire_type)?.map(Cow::Borrowed),
        Cow::Owned(message) => {
            last(&message, number, wire_type)?.map(|value| Cow::Owned(value.to_vec()))
        }
    })
}

/// The embedded message in field `number`, its occurrences joined.
fn child(message: &[u8], number: u32) -> Result<Option<Cow<'_, [u8]>>, WireError> {
    let mut joined: Option<Cow<'_, [u8]>> = None;
    for payload in occurrences(message, number, WireType::Len) {
        let payload = payload?;
        match &mut joined {
            None => joined = Some(Cow::Borrowed(payload)),
            Some(joined) => joined.to_mut().extend_from_slice(payload),
        }
    }
    Ok(joined)
}

fn last(message: &[u8], number: u32, wire_type: WireType) -> Result<Option<&[u8]>, WireError> {
    occurrences(message, number, wire_type).try_fold(None, |_, payload| payload.map(Some))
}

/// The payloads of the fields with this number and wire type. Another wire type makes a field an unknown one, as
/// it does for every protobuf decoder.
fn occurrences(
    message: &[u8],
    number: u32,
    wire_type: WireType,
) -> impl Iterator<Item = Result<&[u8], WireError>> {
    let wanted = move |field: &Field<'_>| field.number == number && field.wire_type == wire_type;
    fields(message).filter_map(move |field| match field {
        Ok(field) => wanted(&field).then_some(Ok(field.payload)),
        Err(error) => Some(Err(error)),
    })
}

fn text(number: u32, value: Cow<'_, [u8]>) -> Result<Cow<'_, str>, WireError> {
    let not_utf8 = |error: std::str::Utf8Error| WireError::NotUtf8 {
        number,
        offset: error.valid_up_to(),
    };
    match value {
        Cow::Borrowed(value) => std::str::from_utf8(value)
            .map(Cow::Borrowed)
            .map_err(not_utf8),
        Cow::Owned(value) => String::from_utf8(value)
            .map(Cow::Owned)
            .map_err(|error| not_utf8(error.utf8_error())),
    }
}
