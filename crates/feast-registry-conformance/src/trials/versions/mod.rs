//! The version history of feature views.

mod history;
mod leftovers;
mod pins;
mod promotion;
mod significance;

use feast_registry_core::{Kind, Registry};

use crate::check::Checked;
use crate::samples::Sample;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    [
        history::trials(),
        significance::trials(),
        pins::trials(),
        promotion::trials(),
        leftovers::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The views that can be pinned: label views have no field for a version.
const PINNABLE: [Kind; 3] = [
    Kind::FeatureView,
    Kind::StreamFeatureView,
    Kind::OnDemandFeatureView,
];

fn view(kind: Kind) -> Sample {
    Sample::new(kind, "fahrten", "trips")
}

/// The numbers in the history of the view.
async fn numbers(registry: &Registry) -> Checked<Vec<i32>> {
    let versions = registry.list_versions("fahrten", "trips").await?;
    Ok(versions.iter().map(|row| row.key.number).collect())
}
