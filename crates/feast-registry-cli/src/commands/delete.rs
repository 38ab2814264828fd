//! `delete`: an object by its name.

use std::sync::Arc;

use feast_registry_core::{Delete, Error, ErrorKind, Freshness, Key, Kind, Registry, Result};

use crate::args;
use crate::failure::Outcome;
use crate::session::Session;

/// The order in which Feast looks for a name, then the kinds that it forgets.
const ORDER: [Kind; 10] = [
    Kind::Entity,
    Kind::FeatureView,
    Kind::FeatureService,
    Kind::DataSource,
    Kind::SavedDataset,
    Kind::ValidationReference,
    Kind::StreamFeatureView,
    Kind::OnDemandFeatureView,
    Kind::LabelView,
    Kind::Permission,
];

pub(super) async fn run(args: args::Delete, session: &mut Session<'_>) -> Outcome {
    let project = session.project().await?;
    let registry = session.registry().await?;
    let key = match args.kind {
        Some(kind) => Key::new(kind, project, &*args.name),
        None => find(&registry, &project, &args.name).await?,
    };
    registry
        .delete(Delete {
            expected: args.expected_revision,
            ..Delete::new(key.kind, key.project.clone(), key.name.clone())
        })
        .await?;
    session.say(&format!("deleted {key}"))
}

async fn find(registry: &Registry, project: &Arc<str>, name: &str) -> Result<Key> {
    for kind in ORDER {
        let key = Key::new(kind, Arc::clone(project), name);
        if registry.find(&key, Freshness::Store).await?.is_some() {
            return Ok(key);
        }
    }
    Err(Error::new(
        ErrorKind::NotFound(Kind::FeatureView),
        format!("there is no object {name} in project {project}"),
    ))
}
