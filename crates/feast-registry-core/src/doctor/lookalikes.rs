//! Names that some databases take for one.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::defect::LOOKALIKE_NAMES;
use super::{Check, Finding, Known};
use crate::{Key, Kind, Record};

/// The first row of each name, by a digest of what a collation sees of it.
#[derive(Default)]
pub(super) struct Lookalikes(HashMap<u64, Key>);

impl Check for Lookalikes {
    fn see(&mut self, row: &Record, _known: &Known, findings: &mut Vec<Finding>) {
        let key = &row.key;
        if !Kind::OBJECTS.contains(&key.kind) {
            return;
        }
        let first = self.0.entry(digest(key)).or_insert_with(|| key.clone());
        if first.name != key.name && seen(first) == seen(key) {
            let found = format!("it differs from {first} in case, accents or spaces only");
            findings.push(Finding::new(&LOOKALIKE_NAMES, key.clone(), found));
        }
    }
}

fn digest(key: &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    seen(key).hash(&mut hasher);
    hasher.finish()
}

/// What a collation without case and accents sees of a name. Views share one name space.
fn seen(key: &Key) -> (Kind, &str, String) {
    let (kind, project) = match key.kind {
        kind if kind.is_view() => (Kind::FeatureView, &*key.project),
        Kind::Project => (Kind::Project, ""),
        kind => (kind, &*key.project),
    };
    let bare = key.name.trim_end_matches(' ').nfd();
    let bare = bare.filter(|letter| !is_combining_mark(*letter));
    (kind, project, bare.flat_map(char::to_lowercase).collect())
}
