//! Messages that call themselves something else than the columns by which they are found.

use super::defect::{OTHER_NAME, OTHER_PROJECT};
use super::{Check, Finding, Fix, Known};
use crate::{Kind, Path, Record, wire};

pub(super) struct Keys;

impl Check for Keys {
    fn see(&mut self, row: &Record, _known: &Known, findings: &mut Vec<Finding>) {
        let key = &row.key;
        if key.kind == Kind::Version {
            return;
        }
        if let Some(name) = other(row, key.kind.spec().name_path, &key.name, true) {
            let found = format!("its message is named `{name}`");
            findings.push(Finding::new(&OTHER_NAME, key.clone(), found));
        } else if key.kind == Kind::Project && key.project != key.name {
            let found = format!("its row is found under `{}`", key.project);
            findings.push(Finding::new(&OTHER_NAME, key.clone(), found));
        }
        if let Some(project) = other_project(row) {
            let found = format!("its message says project `{project}`");
            let finding = Finding::new(&OTHER_PROJECT, key.clone(), found);
            findings.push(finding.with_fix(Fix::SetProject(key.clone())));
        }
    }
}

/// The project that a message names, if it is another one than that of its row. Feast often leaves
/// it out, which is fine.
pub(super) fn other_project(row: &Record) -> Option<String> {
    let path = match row.key.kind {
        Kind::Metadata | Kind::Version => None,
        kind => kind.spec().project_path,
    }?;
    other(row, path, &row.key.project, false)
}

/// The text at a path, if it is not the expected one; an empty text only if it is needed.
fn other(row: &Record, path: Path, expected: &str, needed: bool) -> Option<String> {
    if path.is_empty() || row.key.kind == Kind::Metadata {
        return None;
    }
    // What cannot be read is a finding of its own.
    let text = wire::string(&row.body, path).ok()?.unwrap_or_default();
    (*text != *expected && (needed || !text.is_empty())).then(|| text.into_owned())
}
