//! Tables and columns that are not as they should be.

use super::defect::{MISSING_TABLE, NARROW_COLUMN, NEWER_SCHEMA};
use super::{Finding, Fix};
use crate::Result;
use crate::store::{Flaw, Store};

pub(super) async fn flaws(store: &dyn Store) -> Result<Vec<Finding>> {
    let flaws = store.flaws().await?.into_iter();
    Ok(flaws
        .map(|flaw| match flaw {
            Flaw::NewerSchema { found, known } => {
                let found = format!(
                    "the tables have version {found} of the schema, this program knows up to {known}"
                );
                Finding::new(&NEWER_SCHEMA, None, found)
            }
            Flaw::MissingTable(table) => {
                let found = format!("there is no table {table}");
                Finding::new(&MISSING_TABLE, None, found).with_fix(Fix::CreateTables)
            }
            Flaw::NarrowColumn(statement) => {
                let found = format!("a column holds less than objects may have: {statement}");
                Finding::new(&NARROW_COLUMN, None, found)
            }
        })
        .collect())
}
