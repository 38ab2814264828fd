//! Objects that name others which are not there.

use std::sync::Arc;

use super::defect::{DANGLING_REFERENCE, UNLISTED_SOURCE};
use super::{Check, Defect, Finding, Known};
use crate::lineage::view_of;
use crate::{Key, Kind, Path, Record, wire};

/// Where objects of a kind name others.
struct Reference {
    from: Kind,
    /// Every message along it may be repeated.
    path: Path,
    to: &'static [Kind],
    /// What of the text is the name.
    name: fn(&str) -> Option<&str>,
}

const fn reference(from: Kind, path: Path, to: &'static [Kind]) -> Reference {
    Reference {
        from,
        path,
        to,
        name: given,
    }
}

/// All of it. Feast's own placeholders, such as the entity `__dummy`, need not exist.
fn given(text: &str) -> Option<&str> {
    Some(text).filter(|name| !name.is_empty() && !name.starts_with("__"))
}

const ENTITY: &[Kind] = &[Kind::Entity];
const SOURCE: &[Kind] = &[Kind::DataSource];

static REFERENCES: [Reference; 18] = [
    reference(Kind::FeatureView, &[1, 3], ENTITY),
    reference(Kind::FeatureView, &[1, 7, 20], SOURCE),
    reference(Kind::FeatureView, &[1, 9, 20], SOURCE),
    reference(Kind::FeatureView, &[1, 14, 1], &Kind::VIEWS),
    reference(Kind::StreamFeatureView, &[1, 3], ENTITY),
    reference(Kind::StreamFeatureView, &[1, 10, 20], SOURCE),
    reference(Kind::StreamFeatureView, &[1, 11, 20], SOURCE),
    reference(Kind::OnDemandFeatureView, &[1, 13], ENTITY),
    // The values of a map: a whole view, a request source, a projection of a view.
    reference(Kind::OnDemandFeatureView, &[1, 4, 2, 1, 1, 1], &Kind::VIEWS),
    reference(Kind::OnDemandFeatureView, &[1, 4, 2, 2, 20], SOURCE),
    reference(Kind::OnDemandFeatureView, &[1, 4, 2, 3, 1], &Kind::VIEWS),
    reference(Kind::LabelView, &[1, 3], ENTITY),
    reference(Kind::LabelView, &[1, 7, 20], SOURCE),
    reference(Kind::LabelView, &[1, 15], &Kind::VIEWS),
    reference(Kind::FeatureService, &[1, 3, 1], &Kind::VIEWS),
    Reference {
        name: view_of,
        ..reference(Kind::SavedDataset, &[1, 3], &Kind::VIEWS)
    },
    reference(Kind::SavedDataset, &[1, 8], &[Kind::FeatureService]),
    reference(Kind::ValidationReference, &[2], &[Kind::SavedDataset]),
];

/// Every place where an object names another one.
#[cfg(test)]
pub(super) fn paths() -> impl Iterator<Item = (Kind, Path)> {
    REFERENCES.iter().map(|one| (one.from, one.path))
}

/// References to what has not been seen yet; objects of one kind may name each other.
#[derive(Default)]
pub(super) struct References(Vec<(Key, &'static [Kind], Arc<str>)>);

impl Check for References {
    fn see(&mut self, row: &Record, known: &Known, _findings: &mut Vec<Finding>) {
        let project = &row.key.project;
        let begin = self.0.len();
        for reference in REFERENCES.iter().filter(|one| one.from == row.key.kind) {
            texts(&row.body, reference.path, &mut |text| {
                let Some(name) = (reference.name)(text).map(Arc::from) else {
                    return;
                };
                let pending = (row.key.clone(), reference.to, name);
                if !known.has(reference.to, project, &pending.2)
                    && !self.0[begin..].contains(&pending)
                {
                    self.0.push(pending);
                }
            });
        }
    }

    fn finish(&mut self, known: &Known, findings: &mut Vec<Finding>) {
        for (from, to, name) in self.0.drain(..) {
            if known.has(to, &from.project, &name) {
                continue;
            }
            let what = to.first().map_or("object", |kind| kind.spec().title);
            let found = format!(
                "it names {} `{name}`, which is not there",
                what.to_lowercase()
            );
            findings.push(Finding::new(defect(to), from, found));
        }
    }
}

/// A view holds all of its sources that it needs; what else is named must be there.
fn defect(to: &[Kind]) -> &'static Defect {
    match to == SOURCE {
        true => &UNLISTED_SOURCE,
        false => &DANGLING_REFERENCE,
    }
}

/// Hands every text at a path to `take`, whatever is repeated on the way. What cannot be read is a
/// finding of another check.
fn texts(message: &[u8], path: &[u32], take: &mut dyn FnMut(&str)) {
    let Some((number, rest)) = path.split_first() else {
        if let Ok(text) = std::str::from_utf8(message) {
            take(text);
        }
        return;
    };
    for part in wire::repeated(message, *number).unwrap_or_default() {
        texts(part, rest, take);
    }
}
