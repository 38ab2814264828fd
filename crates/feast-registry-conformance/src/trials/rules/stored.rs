//! What Python processes and older releases have stored, and what becomes of it.

use feast_registry_core::store::Write;
use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{Effect, Freshness, Key, Kind, Registry};

use crate::check::{Checked, present};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let with =
        |has: fn(&Kind) -> bool| -> Vec<Kind> { Kind::OBJECTS.into_iter().filter(has).collect() };
    let mut trials = trials_for!["rules", with(|kind| kind.spec().project_path.is_some());
        what_is_written_says_its_project,
    ];
    trials.extend(
        trials_for!["rules", with(|kind| kind.spec().created_path.is_some());
            one_without_a_time_of_creation_gets_that_of_the_change,
        ],
    );
    trials.extend(trials_for!["rules", with(|kind| *kind != Kind::Project);
        it_can_be_deleted_without_its_project,
    ]);
    trials
}

fn sample(kind: Kind) -> Sample {
    Sample::new(kind, "fahrten", "it")
}

/// Stores an object as it is with an edit, as another writer may have left it.
async fn rewrite(registry: &Registry, key: &Key, patch: &Patch) -> Checked {
    let row = registry.get(key, Freshness::Store).await?;
    let update = Write::Update {
        key: key.clone(),
        body: patch.apply(&row.body)?.into(),
        stamp: row.stamp,
    };
    Ok(rows::write(&**registry.store(), vec![update]).await?)
}

async fn what_is_written_says_its_project(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let path = present(kind.spec().project_path, "a field for the project")?;
    for (round, said) in ["", "somewhere else"].into_iter().enumerate() {
        let patch = Patch::default().set_string(path, said);
        let round = round.to_string();
        registry.apply(sample(kind).patched(&patch).apply()).await?;
        rewrite(&registry, &sample(kind).key, &patch).await?;
        let changed = sample(kind).patched(&patch).tagged("round", &round);
        let changed = changed.with_unknown(round.as_bytes());
        let outcome = registry.apply(changed.apply()).await?;
        ensure_eq!(outcome.effect, Effect::Updated, "the effect");
        let row = registry.get(&sample(kind).key, Freshness::Store).await?;
        let found = wire::string(&row.body, path)?;
        ensure_eq!(found.as_deref(), Some("fahrten"), "the project");
    }
    Ok(())
}

async fn one_without_a_time_of_creation_gets_that_of_the_change(
    cx: Context,
    kind: Kind,
) -> Checked {
    let registry = cx.registry().await?;
    let path = present(kind.spec().created_path, "a time of creation")?;
    registry.apply(sample(kind).apply()).await?;
    rewrite(&registry, &sample(kind).key, &Patch::default().clear(path)).await?;
    let changed = sample(kind).with_unknown(b"changed");
    let outcome = registry.apply(changed.apply()).await?;
    ensure_eq!(outcome.effect, Effect::Updated, "the effect");
    let row = registry.get(&sample(kind).key, Freshness::Store).await?;
    let (created, updated) = samples::stamps(&row);
    let created = present(created, "the time of creation")?;
    ensure_eq!(Some(created), updated, "the stamps");
    ensure!(created.seconds > 0, "created at {}", created.seconds);
    Ok(())
}

async fn it_can_be_deleted_without_its_project(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(sample(kind).apply()).await?;
    let project = Write::Delete(Key::project("fahrten"));
    rows::write(&**registry.store(), vec![project]).await?;
    registry.delete(sample(kind).delete()).await?;
    let left = rows::all(&registry).await?;
    let left: Vec<Kind> = left.into_iter().map(|row| row.key.kind).collect();
    ensure!(
        left.iter().all(|kind| *kind == Kind::Metadata),
        "left behind: {left:?}"
    );
    Ok(())
}
