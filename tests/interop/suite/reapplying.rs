//! What Python wrote is nothing new to us.

use std::collections::{BTreeMap, BTreeSet};

use feast_registry::{Apply, Change, Effect, Kind, Outcome};

use crate::database::rows;
use crate::engine::Engine;
use crate::every_kind::{OTHER, PROJECT, Sent, again, every_kind, sent};
use crate::trials::trials;

trials! {
    everywhere {
        stored_rows_of_python_are_unchanged_when_they_are_applied_again,
        definitions_of_another_python_process_are_unchanged,
    }
}

async fn stored_rows_of_python_are_unchanged_when_they_are_applied_again(engine: Engine) {
    let database = every_kind(engine).database();
    let registry = database.open().await;
    let before = rows(&registry).await;
    let applied = before
        .iter()
        .filter(|row| Kind::OBJECTS.contains(&row.key.kind));
    let mut changes: Vec<Change> = applied
        .map(|row| {
            let key = &row.key;
            Change::Apply(Apply::new(
                key.kind,
                key.project.clone(),
                key.name.clone(),
                row.body.clone(),
            ))
        })
        .collect();
    for row in &before {
        let project = row.key.project.clone();
        if row.key.kind == Kind::Infra {
            changes.push(Change::UpdateInfra {
                project: project.clone(),
                body: row.body.clone(),
            });
        }
        if let Some(user_metadata) = row.user_metadata().cloned() {
            let view = row.key.name.clone();
            changes.push(Change::SetUserMetadata {
                project,
                view,
                user_metadata,
            });
        }
    }
    let outcomes = registry.commit(changes).await.unwrap();
    assert_eq!(changed(&outcomes), BTreeSet::new());
    assert_eq!(rows(&registry).await, before);
}

async fn definitions_of_another_python_process_are_unchanged(engine: Engine) {
    let made = every_kind(engine);
    let database = made.database();
    let registry = database.open().await;
    let before = rows(&registry).await;
    let mut latest: BTreeMap<(Kind, String, String), Sent> = BTreeMap::new();
    for sent in sent(again()) {
        latest.insert((sent.kind, sent.project.clone(), sent.name.clone()), sent);
    }
    // One is pinned to v0 with the definition of a newer version: Feast would refuse it now.
    let pinned = (Kind::FeatureView, PROJECT.into(), "versions_pinned".into());
    assert!(latest.contains_key(&pinned));

    let changes = latest
        .values()
        .map(|sent| Change::Apply(sent.apply()))
        .collect();
    let outcomes = registry.commit(changes).await.unwrap();
    assert_eq!(changed(&outcomes), BTreeSet::new());
    assert_eq!(rows(&registry).await, before);
    assert!(latest.keys().any(|(_, project, _)| project == OTHER));
}

fn changed(outcomes: &[Outcome]) -> BTreeSet<String> {
    let changed = outcomes
        .iter()
        .filter(|outcome| outcome.effect != Effect::Unchanged);
    changed
        .map(|outcome| format!("{:?} {}", outcome.effect, outcome.key))
        .collect()
}
