use std::ops::Range;

use super::super::error::MAX_DEPTH;
use super::super::schema::find;
use super::super::{Field, FieldSchema, MessageId, Schema, WireError, fields};
use super::oneof;
use super::scope::Scope;

/// Writes canonical messages one into another, all into one buffer.
///
/// The fields of the messages that are open lie on two stacks, so that a message costs no allocation. Each byte is
/// split once per level that it lies in: there is no fast path to give up half-way, so nesting cannot multiply work.
pub(super) struct Writer<'s, 'a> {
    schema: &'s Schema,
    ignored: &'s [(MessageId, u32)],
    pub(super) out: Vec<u8>,
    known: Vec<Known<'s, 'a>>,
    unknown: Vec<Field<'a>>,
    depth: usize,
}

/// An occurrence of a field that the schema knows.
#[derive(Clone, Copy)]
pub(super) struct Known<'s, 'a> {
    pub(super) field: &'s FieldSchema,
    payload: &'a [u8],
}

/// The height of the stacks when a message was opened: its own fields lie above.
pub(super) struct Frame {
    pub(super) known: usize,
    unknown: usize,
}

impl<'s, 'a> Writer<'s, 'a> {
    pub(super) fn new(
        schema: &'s Schema,
        ignored: &'s [(MessageId, u32)],
        capacity: usize,
    ) -> Self {
        Self {
            schema,
            ignored,
            out: Vec::with_capacity(capacity),
            // Room for a usual object; a larger one grows it.
            known: Vec::with_capacity(64),
            unknown: Vec::new(),
            depth: 0,
        }
    }

    /// Writes the content of a message that came in these parts.
    pub(super) fn message(
        &mut self,
        id: MessageId,
        parts: &[&'a [u8]],
        scope: Scope<'_>,
    ) -> Result<(), WireError> {
        let frame = self.open(id, parts)?;
        let mut next = frame.known;
        while let Some(&Known { field, .. }) = self.known.get(next) {
            let run = self.run(next, field.number);
            next = run.end;
            if !self.ignored.contains(&(id, field.number)) {
                self.field(field, run, scope)?;
            }
        }
        if !scope.wants_deeper() {
            self.put_unknown(&frame, scope);
        }
        self.close(&frame);
        Ok(())
    }

    /// Whether fields of messages of this type do not count.
    pub(super) fn thins(&self, id: MessageId) -> bool {
        self.ignored.iter().any(|(message, _)| *message == id)
    }

    /// Puts the fields of a message on the stacks, the known ones by number.
    pub(super) fn open(&mut self, id: MessageId, parts: &[&'a [u8]]) -> Result<Frame, WireError> {
        if self.depth > MAX_DEPTH {
            return Err(WireError::TooDeep);
        }
        self.depth += 1;
        let frame = Frame {
            known: self.known.len(),
            unknown: self.unknown.len(),
        };
        let schema = self.schema.fields(id);
        for part in parts {
            for field in fields(part) {
                self.push(schema, field?);
            }
        }
        self.arrange(&frame);
        Ok(frame)
    }

    pub(super) fn close(&mut self, frame: &Frame) {
        self.known.truncate(frame.known);
        self.unknown.truncate(frame.unknown);
        self.depth -= 1;
    }

    /// The occurrences of the field `number` that lie on the stack from `start` on.
    #[inline]
    pub(super) fn run(&self, start: usize, number: u32) -> Range<usize> {
        let above = self.known.get(start..).unwrap_or_default();
        let count = above
            .iter()
            .take_while(|known| known.field.number == number)
            .count();
        start..start + count
    }

    /// The payload of one occurrence. By index, as the stack grows and shrinks while a run is written.
    #[inline]
    pub(super) fn payload(&self, index: usize) -> &'a [u8] {
        self.known.get(index).map_or(&[], |known| known.payload)
    }

    pub(super) fn schema(&self) -> &'s Schema {
        self.schema
    }

    #[inline]
    fn push(&mut self, schema: &'s [FieldSchema], field: Field<'a>) {
        let known = find(schema, field.number);
        match known.filter(|known| known.accepts(field.wire_type)) {
            None => self.unknown.push(field),
            Some(known) => self.known.push(Known {
                field: known,
                payload: field.payload,
            }),
        }
    }

    fn arrange(&mut self, frame: &Frame) {
        let known = self.known.get(frame.known..).unwrap_or_default();
        // Which member of a oneof was set last can only be told before the fields are sorted.
        if oneof::may_conflict(known) {
            let settled = oneof::settle(self.known.split_off(frame.known));
            self.known.extend(settled);
        }
        let known = self.known.get_mut(frame.known..).unwrap_or_default();
        if !known.is_sorted_by_key(|known| known.field.number) {
            known.sort_by_key(|known| known.field.number);
        }
        let unknown = self.unknown.get_mut(frame.unknown..).unwrap_or_default();
        unknown.sort_by_key(|field| field.number);
    }

    /// One with the number of a field that does not count but of another type does not count either.
    fn put_unknown(&mut self, frame: &Frame, scope: Scope<'_>) {
        let unknown = self.unknown.iter().skip(frame.unknown);
        for field in unknown.filter(|field| scope.enter(field.number).is_some()) {
            self.out.extend_from_slice(field.raw);
        }
    }
}
