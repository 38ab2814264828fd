//! The contract of `Store`, clause by clause.

mod changes;
mod get;
mod lifecycle;
mod locks;
mod pages;
mod ranges;
mod scan;
mod snapshot;
mod transact;
mod writes;

use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    [
        get::trials(),
        scan::trials(),
        pages::trials(),
        transact::trials(),
        writes::trials(),
        ranges::trials(),
        locks::trials(),
        snapshot::trials(),
        changes::trials(),
        lifecycle::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
