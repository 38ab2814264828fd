//! The example objects of this repository, inside the program.

use std::sync::Arc;

use feast_registry_core::{Registry, Result};

use crate::input::{self, Source};

/// The project of the examples.
pub(super) const PROJECT: &str = "rides";

macro_rules! examples {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../../demo/", $name, ".yaml")))),+]
    };
}

const EXAMPLES: [(&str, &str); 13] = examples![
    "project",
    "entity",
    "data-source",
    "feature-view",
    "batch-feature-view",
    "stream-feature-view",
    "on-demand-feature-view",
    "label-view",
    "feature-service",
    "saved-dataset",
    "validation-reference",
    "permission",
    "infra",
];

/// Applies them in one transaction; what is there already stays as it is.
pub(super) async fn fill(registry: &Registry) -> Result<()> {
    let mut definitions = Vec::new();
    for (name, text) in EXAMPLES {
        definitions.extend(input::definitions(&Source::given(name, text))?);
    }
    // What others refer to comes first; kinds are declared in that order.
    definitions.sort_by_key(|definition| definition.kind);
    let project = Arc::from(PROJECT);
    let changes = definitions.into_iter().map(|definition| {
        let key = definition.key(Some(&project))?;
        Ok(definition.into_change(&key))
    });
    registry
        .commit(changes.collect::<Result<_>>()?)
        .await
        .map(drop)
}
