//! Feast's rules, which hold on every backend alike.

mod deletes;
mod equality;
mod life;
mod metadata;
mod names;
mod projects;
mod services;
mod stamps;
mod stored;
mod validation;

use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    [
        stamps::trials(),
        equality::trials(),
        life::trials(),
        names::trials(),
        services::trials(),
        validation::trials(),
        projects::trials(),
        metadata::trials(),
        deletes::trials(),
        stored::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
