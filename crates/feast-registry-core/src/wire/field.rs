use super::cursor::Cursor;
use super::error::MAX_DEPTH;
use super::{WireError, encode};

/// How the value of a field is laid out; the lowest three bits of its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum WireType {
    /// A base-128 number: integers, booleans, enums.
    Varint = 0,
    /// Eight bytes.
    Fixed64 = 1,
    /// A length and as many bytes: strings, bytes, messages, packed numbers.
    Len = 2,
    /// The begin of a group, the deprecated way to nest; it stands for the whole group here.
    StartGroup = 3,
    /// The end of a group; never the type of a [`Field`].
    EndGroup = 4,
    /// Four bytes.
    Fixed32 = 5,
}

/// One field of a message as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The field number of the tag.
    pub number: u32,
    /// The layout of the value.
    pub wire_type: WireType,
    /// Tag and value: what to copy to keep the field as it is.
    pub raw: &'a [u8],
    /// The value: of [`WireType::Len`] without the length, of a group what follows its first tag, the end tag included.
    pub payload: &'a [u8],
}

/// Splits the top level of `message` into its fields, in the order in which they stand.
///
/// What lies inside a field is not looked at, groups apart: their end can only be found by walking them. After the
/// first error the iterator ends.
pub fn fields(message: &[u8]) -> Fields<'_> {
    Fields {
        cursor: Cursor::new(message),
    }
}

/// Checks that the top level of `message` can be split into fields.
///
/// # Errors
/// The first thing that is malformed. Embedded messages are not checked.
pub fn validate(message: &[u8]) -> Result<(), WireError> {
    fields(message).try_for_each(|field| field.map(drop))
}

/// Reads the number at the start of `payload`, the payload of a [`WireType::Varint`] field.
///
/// # Errors
/// When the bytes end inside the number or it is longer than 64 bits.
pub fn decode_varint(payload: &[u8]) -> Result<u64, WireError> {
    Cursor::new(payload).varint()
}

/// The iterator that [`fields`] returns.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, WireError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_at_end() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.cursor.finish();
        }
        Some(field)
    }
}

impl std::iter::FusedIterator for Fields<'_> {}

#[derive(Clone, Copy)]
struct Tag {
    number: u32,
    wire_type: WireType,
    offset: usize,
}

impl<'a> Fields<'a> {
    #[inline]
    fn read(&mut self) -> Result<Field<'a>, WireError> {
        let begin = self.cursor.rest();
        let tag = self.tag()?;
        let payload = self.value(tag)?;
        Ok(Field {
            number: tag.number,
            wire_type: tag.wire_type,
            raw: self.cursor.since(begin),
            payload,
        })
    }

    #[inline]
    fn tag(&mut self) -> Result<Tag, WireError> {
        let offset = self.cursor.offset();
        let tag = self.cursor.varint()?;
        let wire_type =
            wire_type(tag).map_err(|wire_type| WireError::BadWireType { wire_type, offset })?;
        let number = field_number(tag).ok_or(WireError::BadTag {
            number: tag >> 3,
            offset,
        })?;
        Ok(Tag {
            number,
            wire_type,
            offset,
        })
    }

    #[inline]
    fn value(&mut self, tag: Tag) -> Result<&'a [u8], WireError> {
        let begin = self.cursor.rest();
        match tag.wire_type {
            WireType::Varint => self.cursor.varint().map(|_| self.cursor.since(begin)),
            WireType::Fixed64 => self.cursor.take(8, "fixed64"),
            WireType::Fixed32 => self.cursor.take(4, "fixed32"),
            WireType::Len => {
                let length = self.cursor.varint()?;
                self.cursor.take(length, "length-delimited value")
            }
            WireType::StartGroup => self.group(tag.number).map(|()| self.cursor.since(begin)),
            WireType::EndGroup => Err(WireError::StrayEndGroup {
                number: tag.number,
                offset: tag.offset,
            }),
        }
    }

    /// Walks over a group whose begin has been read. Without recursion: the nesting comes from the input.
    fn group(&mut self, number: u32) -> Result<(), WireError> {
        let mut open = vec![number];
        while let Some(&innermost) = open.last() {
            let tag = self.tag()?;
            match tag.wire_type {
                WireType::EndGroup if tag.number == innermost => drop(open.pop()),
                WireType::StartGroup if open.len() >= MAX_DEPTH => return Err(WireError::TooDeep),
                WireType::StartGroup => open.push(tag.number),
                _ => drop(self.value(tag)?),
            }
        }
        Ok(())
    }
}

/// The number of the field whose tag this is; `None` for numbers that no field may have.
#[inline]
pub(crate) fn field_number(tag: u64) -> Option<u32> {
    let number = u32::try_from(tag >> 3).ok()?;
    (1..=encode::MAX_NUMBER).contains(&number).then_some(number)
}

#[inline]
fn wire_type(tag: u64) -> Result<WireType, u8> {
    match tag & 0b111 {
        0 => Ok(WireType::Varint),
        1 => Ok(WireType::Fixed64),
        2 => Ok(WireType::Len),
        3 => Ok(WireType::StartGroup),
        4 => Ok(WireType::EndGroup),
        5 => Ok(WireType::Fixed32),
        unknown => Err(unknown as u8),
    }
}
