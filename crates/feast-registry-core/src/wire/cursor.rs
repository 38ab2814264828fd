use super::WireError;

/// A position in bytes that moves forward only and never past the end.
///
/// Everything that interprets raw bytes goes through here, so bounds are checked in one place.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    length: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            length: bytes.len(),
        }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn offset(&self) -> usize {
        self.length - self.rest.len()
    }

    /// The bytes not yet read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// What has been read since [`Self::rest`] answered `before`.
    pub(super) fn since(&self, before: &'a [u8]) -> &'a [u8] {
        let read = before.len().saturating_sub(self.rest.len());
        before.get(..read).unwrap_or(before)
    }

    /// Moves to the end, so that nothing more is read.
    pub(super) fn finish(&mut self) {
        self.rest = &[];
    }

    /// Reads `count` bytes; `what` names them in the error.
    #[inline]
    pub(super) fn take(&mut self, count: u64, what: &'static str) -> Result<&'a [u8], WireError> {
        let split = usize::try_from(count)
            .ok()
            .and_then(|count| self.rest.split_at_checked(count));
        let Some((taken, rest)) = split else {
            return Err(self.truncated(what));
        };
        self.rest = rest;
        Ok(taken)
    }

    /// Reads one base-128 number of at most 64 bits.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64, WireError> {
        match self.rest.split_first() {
            Some((&byte, rest)) if byte < 0x80 => {
                self.rest = rest;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0;
        for (index, &byte) in self.rest.iter().enumerate().take(10) {
            // The tenth byte has room for the last of 64 bits only; prost refuses more, so what we store must too.
            if index == 9 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.rest = self.rest.get(index + 1..).unwrap_or_default();
                return Ok(value);
            }
        }
        if self.rest.len() < 10 {
            return Err(self.truncated("varint"));
        }
        Err(WireError::VarintTooLong {
            offset: self.offset(),
        })
    }

    fn truncated(&self, what: &'static str) -> WireError {
        WireError::Truncated {
            what,
            offset: self.offset(),
        }
    }
}
