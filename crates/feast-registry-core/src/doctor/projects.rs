//! Objects whose project is not there, and what a project left behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::defect::{MISSING_PROJECT, ORPHAN_METADATA};
use super::{Check, Finding, Fix, Known};
use crate::{Key, Kind, PROJECT_UUID, Record};

/// The rows of projects that have no row of their own.
#[derive(Default)]
pub(super) struct Projects {
    objects: BTreeMap<Arc<str>, Rows>,
    metadata: BTreeMap<Arc<str>, Rows>,
}

/// Some rows.
struct Rows {
    first: Key,
    count: usize,
    /// Whether the identity of a project is among them.
    identity: bool,
}

impl Check for Projects {
    fn see(&mut self, row: &Record, known: &Known, _findings: &mut Vec<Finding>) {
        let rows = match row.key.kind {
            Kind::Project | Kind::Version => return,
            Kind::Metadata => &mut self.metadata,
            _ => &mut self.objects,
        };
        if known.has_project(&row.key.project) {
            return;
        }
        let project = Arc::clone(&row.key.project);
        let rows = rows.entry(project).or_insert_with(|| Rows {
            first: row.key.clone(),
            count: 0,
            identity: false,
        });
        rows.count += 1;
        rows.identity |= *row.key.name == *PROJECT_UUID;
    }

    fn finish(&mut self, _known: &Known, findings: &mut Vec<Finding>) {
        for (project, rows) in &self.objects {
            let found = format!("it has no row, and {} objects are in it", rows.count);
            let key = Key::project(Arc::clone(project));
            let fix = Fix::CreateProject(rows.first.clone());
            findings.push(Finding::new(&MISSING_PROJECT, key, found).with_fix(fix));
        }
        for (project, rows) in &self.metadata {
            // One with an identity is about to be: Feast gives it one before its first object.
            if rows.identity || self.objects.contains_key(project) {
                continue;
            }
            let found = format!("the project is gone; {} such rows are left", rows.count);
            let fix = Fix::RemoveMetadata(Arc::clone(project));
            findings.push(Finding::new(&ORPHAN_METADATA, rows.first.clone(), found).with_fix(fix));
        }
    }
}
