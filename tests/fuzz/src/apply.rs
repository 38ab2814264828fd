//! An object of any kind: the first byte says of which, the others are the message. What the rules take is then patched in
//! every way that they know.

use std::sync::Arc;

use bytes::Bytes;
use feast_registry_core::{Apply, Change, Delete, Effect, Key, Kind, Registry, wire};
use feast_registry_proto::core::FeatureViewState;
use prost_types::Timestamp;

use crate::examples::{self, EXAMPLES, PROJECT};
use crate::{block_on, whole};

pub(crate) fn run(input: &[u8]) {
    let Some((kind, body)) = input.split_first() else {
        return;
    };
    let kind = Kind::OBJECTS[usize::from(*kind) % Kind::OBJECTS.len()];
    block_on(examples::on_registry(async |registry| {
        let change = Change::Apply(object(kind, Bytes::copy_from_slice(body)));
        let planned = registry.plan(vec![change.clone()]).await;
        match registry.commit(vec![change.clone()]).await {
            Ok(outcomes) => {
                assert_eq!(planned.unwrap().steps[0].effect, outcomes[0].effect);
                whole::check(registry).await;
                edit(registry, &outcomes[0].key, change).await;
            }
            Err(error) => {
                planned.unwrap_err();
                whole::is_refused(&error);
            }
        }
    }));
}

/// What a request to apply these bytes says.
fn object(kind: Kind, body: Bytes) -> Apply {
    let name = wire::string(&body, kind.spec().name_path);
    let name: Arc<str> = name.ok().flatten().unwrap_or_default().into();
    match kind {
        Kind::Project => Apply::new(kind, Arc::clone(&name), name, body),
        _ => Apply::new(kind, PROJECT, name, body),
    }
}

/// Changes what was applied, and takes it away.
async fn edit(registry: &Registry, key: &Key, again: Change) {
    let (project, view) = (Arc::clone(&key.project), Arc::clone(&key.name));
    if key.kind.is_view() {
        for change in edits(&project, &view) {
            if let Err(error) = registry.commit(vec![change]).await {
                whole::is_refused(&error);
            }
        }
        whole::check(registry).await;
    } else {
        let same = registry.commit(vec![again]).await.unwrap();
        assert_eq!(same[0].effect, Effect::Unchanged, "{key} applied twice");
    }
    let delete = Change::Delete(Delete::new(key.kind, project, view));
    if let Err(error) = registry.commit(vec![delete]).await {
        whole::is_refused(&error);
    }
}

/// Every change of a view that is made by patching its bytes.
fn edits(project: &Arc<str>, view: &Arc<str>) -> Vec<Change> {
    let (project, view) = (|| Arc::clone(project), || Arc::clone(view));
    let time = |seconds| Timestamp { seconds, nanos: 0 };
    vec![
        Change::Materialize {
            project: project(),
            view: view(),
            start: time(1),
            end: time(2),
        },
        Change::CompactIntervals {
            project: project(),
            view: view(),
        },
        Change::SetEnabled {
            project: project(),
            view: view(),
            enabled: false,
        },
        Change::SetState {
            project: project(),
            view: view(),
            state: FeatureViewState::Generated,
        },
        Change::SetUserMetadata {
            project: project(),
            view: view(),
            user_metadata: Bytes::from_static(b"\xff"),
        },
    ]
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, kind) in (0_u8..).zip(Kind::OBJECTS) {
        for example in EXAMPLES.iter().filter(|example| example.kind == kind) {
            seeds.push([&[number], &example.body[..]].concat());
        }
    }
    seeds
}
