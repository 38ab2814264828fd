//! Versions of views that are gone, and active versions that were never recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::defect::{MISSING_VERSION, ORPHAN_HISTORY};
use super::{Check, Finding, Fix, Known};
use crate::{Key, Kind, Record, wire};

/// What views say of their versions, and versions of no view.
#[derive(Default)]
pub(super) struct History {
    /// The active version of each view that has one, and the kind of the view.
    active: BTreeMap<Key, Kind>,
    /// The views that are gone, with how many versions they have.
    orphans: BTreeMap<(Arc<str>, Arc<str>), usize>,
}

impl Check for History {
    fn see(&mut self, row: &Record, known: &Known, _findings: &mut Vec<Finding>) {
        let key = &row.key;
        let view = || (Arc::clone(&key.project), Arc::clone(&key.name));
        if key.kind == Kind::Version {
            self.active.remove(key);
            if !known.has(&Kind::VIEWS, &key.project, &key.name) {
                *self.orphans.entry(view()).or_default() += 1;
            }
        } else if let Some(number) = active(row) {
            let (project, name) = view();
            self.active
                .insert(Key::version(project, name, number), key.kind);
        }
    }

    fn finish(&mut self, _known: &Known, findings: &mut Vec<Finding>) {
        for (version, kind) in std::mem::take(&mut self.active) {
            let number = version.number;
            let view = Key::new(kind, version.project, version.name);
            let found = format!("its active version v{number} is not in its history");
            let fix = Fix::RecordVersion(view.clone(), number);
            findings.push(Finding::new(&MISSING_VERSION, view, found).with_fix(fix));
        }
        for ((project, name), versions) in std::mem::take(&mut self.orphans) {
            let found = format!("the view is gone; {versions} versions are left");
            let key = Key::version(Arc::clone(&project), Arc::clone(&name), 0);
            let fix = Fix::RemoveHistory(project, name);
            findings.push(Finding::new(&ORPHAN_HISTORY, key, found).with_fix(fix));
        }
    }
}

/// The number of the active version of a view. Feast takes it back to 0 with every change that makes
/// no version, so 0 says nothing.
pub(super) fn active(row: &Record) -> Option<i32> {
    let path = row.key.kind.view()?.version_number_path?;
    let number = wire::varint(&row.body, path).ok().flatten()?;
    i32::try_from(number).ok().filter(|number| *number > 0)
}
