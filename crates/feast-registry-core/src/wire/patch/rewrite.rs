use std::borrow::Cow;

use super::super::encode::OpenField;
use super::super::error::MAX_DEPTH;
use super::super::{Field, WireError, WireType, fields, put_len, put_tag, put_varint, read};
use super::{Patch, Step, Value};

impl Patch {
    /// Appends the edited `message` to `out`.
    pub(super) fn rewrite(
        &self,
        message: &[u8],
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), WireError> {
        if depth > MAX_DEPTH {
            return Err(WireError::TooDeep);
        }
        let mut pending: Vec<(&u32, &Step)> = self.steps.iter().collect();
        for field in fields(message) {
            let field = field?;
            match self.steps.get(&field.number) {
                Some(step) if step.replaces(&field) => {
                    let before = pending.len();
                    pending.retain(|(number, _)| **number != field.number);
                    if pending.len() < before {
                        step.put(field.number, message, out, depth)?;
                    }
                }
                _ => out.extend_from_slice(field.raw),
            }
        }
        for (&number, step) in pending {
            step.put(number, message, out, depth)?;
        }
        for (&number, step) in &self.steps {
            put_values(number, &step.appended, out);
        }
        Ok(())
    }

    /// Whether the edits leave something behind even in an empty message.
    fn creates(&self) -> bool {
        self.steps.values().any(Step::creates)
    }

    /// The most bytes by which the edits can lengthen a message.
    pub(super) fn growth(&self) -> usize {
        self.steps.values().map(Step::growth).sum()
    }
}

impl Step {
    fn replaces(&self, field: &Field<'_>) -> bool {
        self.written.is_some()
            || (!self.inside.steps.is_empty() && field.wire_type == WireType::Len)
    }

    fn put(
        &self,
        number: u32,
        message: &[u8],
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), WireError> {
        if self.inside.steps.is_empty() {
            put_values(number, self.written.as_deref().unwrap_or_default(), out);
            return Ok(());
        }
        let Some(before) = self.before(number, message)? else {
            return Ok(());
        };
        let field = OpenField::open(number, before.len() + self.inside.growth(), out);
        self.inside.rewrite(&before, out, depth + 1)?;
        field.close(out);
        Ok(())
    }

    /// The message that the edits inside start from; none if it is absent and they would leave it empty.
    fn before<'a>(
        &self,
        number: u32,
        message: &'a [u8],
    ) -> Result<Option<Cow<'a, [u8]>>, WireError> {
        let found = match &self.written {
            Some(values) => joined(values).map(Cow::Owned),
            None => read::message(message, &[number])?,
        };
        Ok(found.or_else(|| self.inside.creates().then(Cow::default)))
    }

    fn creates(&self) -> bool {
        let writes = self
            .written
            .as_ref()
            .is_some_and(|values| !values.is_empty());
        writes || !self.appended.is_empty() || self.inside.creates()
    }

    fn growth(&self) -> usize {
        /// A tag and a length, or a tag and a number, are never longer.
        const TAG_AND_LENGTH: usize = 15;
        let values = self.written.iter().flatten().chain(&self.appended);
        let values: usize = values.map(|value| TAG_AND_LENGTH + value.len()).sum();
        TAG_AND_LENGTH + values + self.inside.growth()
    }
}

impl Value {
    fn payload(&self) -> Option<&[u8]> {
        match self {
            Self::Varint(_) => None,
            Self::Len(payload) => Some(payload),
        }
    }

    fn len(&self) -> usize {
        self.payload().map_or(0, <[u8]>::len)
    }
}

/// The payloads of a message's occurrences as one, which is how protobuf merges them.
fn joined(values: &[Value]) -> Option<Vec<u8>> {
    let payloads = values.iter().filter_map(Value::payload);
    let payloads: Vec<&[u8]> = payloads.collect();
    (!payloads.is_empty()).then(|| payloads.concat())
}

fn put_values(number: u32, values: &[Value], out: &mut Vec<u8>) {
    for value in values {
        match value {
            Value::Len(payload) => put_len(number, payload, out),
            Value::Varint(value) => {
                put_tag(number, WireType::Varint, out);
                put_varint(*value, out);
            }
        }
    }
}
