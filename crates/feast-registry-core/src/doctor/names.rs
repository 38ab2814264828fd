//! Views of several kinds under one name.

use super::defect::TWO_VIEWS;
use super::{Check, Finding, Known};
use crate::{Kind, Record};

pub(super) struct Names;

impl Check for Names {
    fn see(&mut self, row: &Record, known: &Known, findings: &mut Vec<Finding>) {
        let key = &row.key;
        let before = Kind::VIEWS
            .iter()
            .position(|kind| *kind == key.kind)
            .map_or(&[][..], |place| &Kind::VIEWS[..place]);
        if let Some(other) = known.which(before, &key.project, &key.name) {
            let other = other.spec().title.to_lowercase();
            let found = format!("a {other} has the name too, and is the one that is found");
            findings.push(Finding::new(&TWO_VIEWS, key.clone(), found));
        }
    }
}
