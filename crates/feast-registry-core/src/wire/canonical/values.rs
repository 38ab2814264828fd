use std::ops::Range;

use super::super::cursor::Cursor;
use super::super::encode::OpenField;
use super::super::{Cardinality, FieldSchema, Kind, Presence, WireError, put_len, put_tag};
use super::messages::Slot;
use super::scope::Scope;
use super::writer::Writer;
use super::{elements, number};

/// How fields are written. A `run` is all occurrences of one field, by index on the writer's stack.
impl<'s> Writer<'s, '_> {
    /// Writes one field; a singular one without occurrence as its default.
    pub(super) fn field(
        &mut self,
        field: &'s FieldSchema,
        run: Range<usize>,
        scope: Scope<'_>,
    ) -> Result<(), WireError> {
        let Some(inside) = scope.enter(field.number) else {
            return Ok(());
        };
        let slot = |message| Slot {
            number: field.number,
            message,
        };
        match (field.cardinality, field.kind) {
            (Cardinality::Map, Kind::Message(entry)) => self.map(slot(entry), run, inside),
            (Cardinality::Singular, Kind::Message(id)) => self.embedded(slot(id), run, inside),
            (_, Kind::Message(id)) => self.messages(slot(id), run, inside),
            // The path that chose this field goes on into it, where nothing is.
            _ if inside.wants_deeper() => Ok(()),
            (Cardinality::Singular, _) => self.scalar(field, run),
            (_, Kind::String | Kind::Bytes) => self.strings(field.number, run, inside),
            _ => self.numbers(field, run, inside),
        }
    }

    /// Puts the elements written from `start` on in order, where their order does not count.
    pub(super) fn sort_elements(
        &mut self,
        start: usize,
        inside: Scope<'_>,
    ) -> Result<(), WireError> {
        if inside.is_sorted() {
            elements::sort(&mut self.out, start)?;
        }
        Ok(())
    }

    fn scalar(&mut self, field: &FieldSchema, run: Range<usize>) -> Result<(), WireError> {
        let payload = match run.last() {
            Some(last) => self.payload(last),
            None => number::zero(field.kind),
        };
        let drops_default = field.presence == Presence::Implicit;
        if let Kind::String | Kind::Bytes = field.kind {
            if !(drops_default && payload.is_empty()) {
                put_len(field.number, payload, &mut self.out);
            }
            return Ok(());
        }
        let value = number::read(field.kind, &mut Cursor::new(payload))?;
        if !(drops_default && value == 0) {
            put_tag(field.number, field.kind.wire_type(), &mut self.out);
            number::put(field.kind, value, &mut self.out);
        }
        Ok(())
    }

    fn strings(
        &mut self,
        number: u32,
        run: Range<usize>,
        inside: Scope<'_>,
    ) -> Result<(), WireError> {
        let start = self.out.len();
        for index in run {
            put_len(number, self.payload(index), &mut self.out);
        }
        self.sort_elements(start, inside)
    }

    /// Repeated numbers, which arrive packed or one by one, or both.
    fn numbers(
        &mut self,
        field: &FieldSchema,
        run: Range<usize>,
        inside: Scope<'_>,
    ) -> Result<(), WireError> {
        let mut values = Vec::new();
        for index in run {
            let mut cursor = Cursor::new(self.payload(index));
            while !cursor.is_at_end() {
                values.push(number::read(field.kind, &mut cursor)?);
            }
        }
        if values.is_empty() {
            return Ok(());
        }
        if inside.is_sorted() {
            values.sort_unstable();
        }
        let packed = OpenField::open(field.number, values.len(), &mut self.out);
        for value in values {
            number::put(field.kind, value, &mut self.out);
        }
        packed.close(&mut self.out);
        Ok(())
    }
}
