use std::ops::Range;

use super::super::encode::OpenField;
use super::super::{MessageId, WireError};
use super::elements;
use super::scope::Scope;
use super::writer::Writer;

/// A field and the message that it holds.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) number: u32,
    pub(super) message: MessageId,
}

/// How embedded messages are written; `inside` is the scope in them.
impl<'a> Writer<'_, 'a> {
    /// A singular message, its occurrences merged: the fields of one follow those of the other.
    pub(super) fn embedded(
        &mut self,
        slot: Slot,
        run: Range<usize>,
        inside: Scope<'_>,
    ) -> Result<(), WireError> {
        let start = self.out.len();
        let is_empty = if run.len() == 1 {
            self.nested(slot, &[self.payload(run.start)], inside)?
        } else {
            let parts: Vec<&[u8]> = run.map(|index| self.payload(index)).collect();
            self.nested(slot, &parts, inside)?
        };
        if is_empty && (inside.prunes() || self.thins(slot.message)) {
            self.out.truncate(start);
        }
        Ok(())
    }

    pub(super) fn messages(
        &mut self,
        slot: Slot,
        run: Range<usize>,
        inside: Scope<'_>,
    ) -> Result<(), WireError> {
        let start = self.out.len();
        for index in run {
            self.nested(slot, &[self.payload(index)], inside)?;
        }
        self.sort_elements(start, inside)
    }

    pub(super) fn map(
        &mut self,
        slot: Slot,
        run: Range<usize>,
        inside: Scope<'_>,
    ) -> Result<(), WireError> {
        let start = self.out.len();
        let mut in_order = true;
        let mut last_key = 0..0;
        for index in run {
            let key = self.entry(slot, self.payload(index), inside)?;
            in_order &= self.out.get(last_key) < self.out.get(key.clone());
            last_key = key;
        }
        if !in_order {
            elements::sort_map(&mut self.out, start)?;
        }
        Ok(())
    }

    /// Writes a message that came in these parts as a field; answers whether nothing was in it.
    fn nested(
        &mut self,
        slot: Slot,
        parts: &[&'a [u8]],
        inside: Scope<'_>,
    ) -> Result<bool, WireError> {
        let expected = parts.iter().map(|part| part.len()).sum();
        let field = OpenField::open(slot.number, expected, &mut self.out);
        self.message(slot.message, parts, inside)?;
        let begin = field.close(&mut self.out);
        Ok(begin == self.out.len())
    }

    /// Writes a map entry, key and value also if they are absent; answers where the key stands.
    fn entry(
        &mut self,
        slot: Slot,
        entry: &'a [u8],
        inside: Scope<'_>,
    ) -> Result<Range<usize>, WireError> {
        let field = OpenField::open(slot.number, entry.len(), &mut self.out);
        let frame = self.open(slot.message, &[entry])?;
        let begin = self.out.len();
        let mut key_length = 0;
        let mut next = frame.known;
        for part in self.schema().fields(slot.message) {
            let run = self.run(next, part.number);
            next = run.end;
            if part.number == 1 {
                // No form leaves out the key, by which entries are told apart.
                self.field(part, run, Scope::default())?;
                key_length = self.out.len() - begin;
            } else {
                self.field(part, run, inside)?;
            }
        }
        self.close(&frame);
        let begin = field.close(&mut self.out);
        Ok(begin..begin + key_length)
    }
}
