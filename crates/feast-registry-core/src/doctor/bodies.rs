//! Bytes that are not what their row says.

use super::defect::UNDECODABLE;
use super::{Check, Finding, Known};
use crate::{Record, model};

pub(super) struct Bodies;

impl Check for Bodies {
    fn see(&mut self, row: &Record, _known: &Known, findings: &mut Vec<Finding>) {
        if let Err(error) = model::check_row(row) {
            let key = row.key.clone();
            findings.push(Finding::new(&UNDECODABLE, key, error.message()));
        }
    }
}
