use std::collections::HashMap;

use super::writer::Known;

/// Whether more than one field that stands in `message` is a member of a oneof.
pub(super) fn may_conflict(message: &[Known<'_, '_>]) -> bool {
    message
        .iter()
        .filter(|known| known.field.oneof.is_some())
        .nth(1)
        .is_some()
}

/// The fields of a message without the members of its oneofs that a later member replaced.
///
/// A member that is set again after another one starts anew: its earlier occurrences do not count.
pub(super) fn settle<'s, 'a>(
    mut message: Vec<Known<'s, 'a>>,
) -> impl Iterator<Item = Known<'s, 'a>> {
    let mut winners = HashMap::new();
    message.reverse();
    message.retain(|known| {
        known.field.oneof.is_none_or(|oneof| {
            let winner = winners.entry(oneof).or_insert(Winner {
                number: known.field.number,
                is_complete: false,
            });
            winner.owns(known.field.number)
        })
    });
    message.into_iter().rev()
}

/// The member of a oneof that was set last.
struct Winner {
    number: u32,
    /// Whether all of its occurrences that count have been met, going backwards.
    is_complete: bool,
}

impl Winner {
    fn owns(&mut self, number: u32) -> bool {
        self.is_complete |= number != self.number;
        !self.is_complete
    }
}
