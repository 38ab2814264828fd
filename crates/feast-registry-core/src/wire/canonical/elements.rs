//! Order among elements that are already written, of which most are in order when they arrive.

use super::super::{Field, WireError, fields};

/// Puts the fields in `out` from `start` on in the order of their bytes.
pub(super) fn sort(out: &mut Vec<u8>, start: usize) -> Result<(), WireError> {
    if is_sorted(out.get(start..).unwrap_or_default()) {
        return Ok(());
    }
    let written = out.split_off(start);
    let mut elements = fields(&written).collect::<Result<Vec<Field<'_>>, _>>()?;
    elements.sort_unstable_by_key(|element| element.raw);
    put(&elements, out);
    Ok(())
}

/// Puts the map entries in `out` from `start` on in the order of their keys, and keeps the last one of each key.
pub(super) fn sort_map(out: &mut Vec<u8>, start: usize) -> Result<(), WireError> {
    let written = out.split_off(start);
    let mut entries = fields(&written).collect::<Result<Vec<Field<'_>>, _>>()?;
    // Keys stand first in their entries. Reversed, the last one is the one that `dedup` keeps.
    entries.reverse();
    entries.sort_by_cached_key(key);
    entries.dedup_by_key(|entry| key(entry));
    put(&entries, out);
    Ok(())
}

fn is_sorted(elements: &[u8]) -> bool {
    fields(elements)
        .map_while(Result::ok)
        .is_sorted_by_key(|element| element.raw)
}

/// The key of a map entry in canonical form: its first field.
fn key<'a>(entry: &Field<'a>) -> Option<&'a [u8]> {
    let key = fields(entry.payload).next()?.ok()?;
    Some(key.raw)
}

fn put(elements: &[Field<'_>], out: &mut Vec<u8>) {
    for element in elements {
        out.extend_from_slice(element.raw);
    }
}
