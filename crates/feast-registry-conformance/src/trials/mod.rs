//! Every trial, by group.

mod batch;
mod cache;
mod cancellation;
mod compaction;
mod concurrency;
mod crud;
mod doctor;
mod durability;
mod errors;
mod export;
mod limits;
mod list;
mod log;
mod materialization;
mod migration;
mod model;
mod names;
mod outage;
mod payload;
mod plan;
mod preconditions;
mod rules;
mod store;
mod versions;

use crate::trial::Trial;

/// Every trial.
pub(crate) fn all() -> Vec<Trial> {
    [
        store::trials(),
        crud::trials(),
        list::trials(),
        batch::trials(),
        limits::trials(),
        plan::trials(),
        preconditions::trials(),
        rules::trials(),
        versions::trials(),
        materialization::trials(),
        compaction::trials(),
        doctor::trials(),
        names::trials(),
        payload::trials(),
        cache::trials(),
        log::trials(),
        export::trials(),
        migration::trials(),
        concurrency::trials(),
        cancellation::trials(),
        durability::trials(),
        outage::trials(),
        errors::trials(),
        model::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn no_two_trials_have_one_name() {
        let names = crate::trial_names();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
