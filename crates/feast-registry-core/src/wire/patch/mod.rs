mod rewrite;

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message as _;
use prost_types::Timestamp;

use super::WireError;

/// Edits of a serialized message that leave every byte they do not name as it is.
///
/// Paths are field numbers from the top: `[1, 2]` is field 2 of the message in field 1. The edits take effect as if
/// made one after another, in one pass over the bytes. Messages along a path that are absent are created once there is
/// something to put in them; one that occurs several times is merged into its first occurrence. An edit with an empty
/// path names no field and does nothing.
///
/// A string or number set to its default is cleared: with the implicit presence of proto3 that is the same message,
/// written as protobuf writes it.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    steps: BTreeMap<u32, Step>,
}

/// What happens to one field, in this order.
#[derive(Clone, Debug, Default)]
struct Step {
    /// Stands in place of all occurrences; nothing if they are kept.
    written: Option<Vec<Value>>,
    /// Edits inside the message that is there then.
    inside: Patch,
    /// Occurrences that are added.
    appended: Vec<Value>,
}

#[derive(Clone, Debug)]
enum Value {
    Varint(u64),
    Len(Bytes),
}

impl Patch {
    /// Sets an embedded message, also an empty one, which is not the same as none.
    #[must_use]
    pub fn set_message(self, path: &[u32], payload: impl Into<Bytes>) -> Self {
        self.write(path, vec![Value::Len(payload.into())])
    }

    /// Sets a string; the empty one clears the field.
    #[must_use]
    pub fn set_string(self, path: &[u32], value: &str) -> Self {
        let value = Bytes::copy_from_slice(value.as_bytes());
        let values = if value.is_empty() {
            vec![]
        } else {
            vec![Value::Len(value)]
        };
        self.write(path, values)
    }

    /// Sets an integer, boolean or enum; 0 clears the field.
    #[must_use]
    pub fn set_varint(self, path: &[u32], value: u64) -> Self {
        let values = if value == 0 {
            vec![]
        } else {
            vec![Value::Varint(value)]
        };
        self.write(path, values)
    }

    /// Sets a `google.protobuf.Timestamp`; the epoch too is written.
    #[must_use]
    pub fn set_timestamp(self, path: &[u32], value: &Timestamp) -> Self {
        self.set_message(path, value.encode_to_vec())
    }

    /// Removes every occurrence of a field.
    #[must_use]
    pub fn clear(self, path: &[u32]) -> Self {
        self.write(path, vec![])
    }

    /// Adds an element to a repeated message field, at the end of the message that holds it.
    #[must_use]
    pub fn append_message(mut self, path: &[u32], payload: impl Into<Bytes>) -> Self {
        if let Some(step) = self.step(path) {
            step.appended.push(Value::Len(payload.into()));
        }
        self
    }

    /// Puts these elements in place of those of a repeated field of strings, bytes or messages.
    #[must_use]
    pub fn replace_repeated<T: Into<Bytes>>(
        self,
        path: &[u32],
        payloads: impl IntoIterator<Item = T>,
    ) -> Self {
        let values = payloads
            .into_iter()
            .map(|payload| Value::Len(payload.into()));
        self.write(path, values.collect())
    }

    /// The message with the edits made; fields that no path names are copied as they stand, in their order.
    ///
    /// A field that is set stands where it first occurred, else at the end.
    ///
    /// # Errors
    /// When `message`, or a message along a path, is malformed. What lies beside the paths is not looked into.
    pub fn apply(&self, message: &[u8]) -> Result<Vec<u8>, WireError> {
        let mut out = Vec::with_capacity(message.len() + self.growth());
        self.rewrite(message, &mut out, 0)?;
        Ok(out)
    }

    fn write(mut self, path: &[u32], values: Vec<Value>) -> Self {
        if let Some(step) = self.step(path) {
            *step = Step {
                written: Some(values),
                ..Step::default()
            };
        }
        self
    }

    fn step(&mut self, path: &[u32]) -> Option<&mut Step> {
        let (&last, parents) = path.split_last()?;
        let mut patch = self;
        for &number in parents {
            patch = &mut patch.steps.entry(number).or_default().inside;
        }
        Some(patch.steps.entry(last).or_default())
    }
}
