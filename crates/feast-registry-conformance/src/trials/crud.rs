//! Create, read, update, delete: every kind, every verb.

use std::collections::BTreeMap;

use feast_registry_core::{Effect, ErrorKind, Freshness, Key, Kind, Query, RegistryObject};
use feast_registry_proto::core;
use prost::Message;

use crate::check::{Checked, present, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::{Trial, slug};

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["crud", Kind::OBJECTS;
        what_was_applied_is_there,
        what_was_applied_is_listed,
        what_is_not_there_is_not_found,
        applying_the_same_again_changes_nothing,
        a_changed_definition_replaces_the_old_one,
        a_deleted_object_is_gone,
        deleting_what_is_not_there_is_not_found,
        a_deleted_object_can_be_created_again,
    ];
    let in_projects: Vec<Kind> = Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project)
        .collect();
    trials.extend(trials_for!["crud", in_projects; projects_are_kept_apart]);
    trials.extend([
        typed::<core::Project>(),
        typed::<core::Entity>(),
        typed::<core::DataSource>(),
        typed::<core::FeatureView>(),
        typed::<core::StreamFeatureView>(),
        typed::<core::OnDemandFeatureView>(),
        typed::<core::LabelView>(),
        typed::<core::FeatureService>(),
        typed::<core::SavedDataset>(),
        typed::<core::ValidationReference>(),
        typed::<core::Permission>(),
    ]);
    trials.extend(trials!["crud::data_source": every_type_of_source_is_kept]);
    trials.extend(trials!["crud::infra":
        infrastructure_is_kept_and_replaced,
        a_project_without_infrastructure_has_an_empty_one,
    ]);
    trials
}

async fn what_was_applied_is_there(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "zürich");
    let outcome = registry.apply(sample.apply()).await?;
    ensure_eq!(outcome.effect, Effect::Created, "the effect");
    ensure_eq!(outcome.key, sample.key, "the key of the outcome");

    let row = registry.get(&sample.key, Freshness::Store).await?;
    ensure_eq!(row.key, sample.key, "the key");
    ensure_eq!(Some(row.revision()), outcome.revision(), "the revision");
    ensure_eq!(
        samples::defined(&row),
        samples::definition(kind, &sample.body),
        "the definition, byte by byte"
    );
    let cached = registry.get(&sample.key, Freshness::Cache).await?;
    ensure_eq!(cached, row, "from the cache");
    Ok(())
}

async fn what_was_applied_is_listed(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "zürich");
    registry.apply(sample.apply()).await?;
    let row = registry.get(&sample.key, Freshness::Store).await?;
    for query in [
        Query::new(kind, &*sample.key.project),
        Query::everywhere(kind),
    ] {
        for freshness in [Freshness::Store, Freshness::Cache] {
            let listing = registry.list(&query.clone().freshness(freshness)).await?;
            let of_its_kind = listing.records.iter().filter(|row| row.key == sample.key);
            ensure_eq!(
                of_its_kind.collect::<Vec<_>>(),
                [&row],
                "listed from {freshness:?}"
            );
            ensure!(listing.skipped.is_empty(), "skipped: {:?}", listing.skipped);
        }
    }
    Ok(())
}

async fn what_is_not_there_is_not_found(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "zürich");
    for freshness in [Freshness::Store, Freshness::Cache] {
        ensure_eq!(registry.find(&sample.key, freshness).await?, None, "found");
        let error = refused(
            registry.get(&sample.key, freshness).await,
            ErrorKind::NotFound(kind),
        )?;
        ensure!(
            error.message().contains("zürich"),
            "the name is missing: {error:?}"
        );
    }
    Ok(())
}

async fn applying_the_same_again_changes_nothing(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "zürich");
    registry.apply(sample.apply()).await?;
    let before = rows::all(&registry).await?;
    for _ in 0..2 {
        let outcome = registry.apply(sample.apply()).await?;
        ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
        ensure_eq!(rows::all(&registry).await?, before, "all rows");
    }
    Ok(())
}

async fn a_changed_definition_replaces_the_old_one(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "zürich");
    registry.apply(sample.apply()).await?;
    let changed = sample.tagged("stage", "geändert").tagged("neu", "ja");
    let outcome = registry.apply(changed.apply()).await?;
    ensure_eq!(outcome.effect, Effect::Updated, "the effect");
    let row = registry.get(&sample.key, Freshness::Store).await?;
    ensure_eq!(Some(row.revision()), outcome.revision(), "the revision");
    ensure_eq!(
        samples::defined(&row),
        samples::definition(kind, &changed.body),
        "the definition, byte by byte"
    );
    Ok(())
}

async fn a_deleted_object_is_gone(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "zürich");
    let other = Sample::new(kind, "fahrten", "zürich 2");
    registry.apply(sample.apply()).await?;
    registry.apply(other.apply()).await?;
    let outcome = registry.delete(sample.delete()).await?;
    ensure_eq!(outcome.effect, Effect::Deleted, "the effect");
    ensure_eq!(outcome.revision(), None, "the revision of what is gone");
    for freshness in [Freshness::Store, Freshness::Cache] {
        ensure_eq!(
            registry.find(&sample.key, freshness).await?,
            None,
            "the object"
        );
        let listing = registry
            .list(&Query::everywhere(kind).freshness(freshness))
            .await?;
        let keys: Vec<Key> = listing.records.into_iter().map(|row| row.key).collect();
        ensure!(
            !keys.contains(&sample.key) && keys.contains(&other.key),
            "listed: {keys:?}"
        );
    }
    Ok(())
}

async fn deleting_what_is_not_there_is_not_found(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "zürich");
    refused(
        registry.delete(sample.delete()).await,
        ErrorKind::NotFound(kind),
    )?;
    registry.apply(sample.apply()).await?;
    registry.delete(sample.delete()).await?;
    refused(
        registry.delete(sample.delete()).await,
        ErrorKind::NotFound(kind),
    )?;
    Ok(())
}

async fn a_deleted_object_can_be_created_again(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "zürich");
    for round in 0..3 {
        let outcome = registry.apply(sample.apply()).await?;
        ensure_eq!(
            outcome.effect,
            Effect::Created,
            "the effect in round {round}"
        );
        registry.delete(sample.delete()).await?;
    }
    Ok(())
}

async fn projects_are_kept_apart(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let here = Sample::new(kind, "here", "it").tagged("where", "here");
    let there = Sample::new(kind, "there", "it").tagged("where", "there");
    for sample in [&here, &there] {
        let outcome = registry.apply(sample.apply()).await?;
        ensure_eq!(
            outcome.effect,
            Effect::Created,
            "the effect in {}",
            sample.key.project
        );
    }
    for sample in [&here, &there] {
        let listing = registry
            .list(&Query::new(kind, &*sample.key.project))
            .await?;
        let found: Vec<Vec<u8>> = listing.records.iter().map(samples::defined).collect();
        let wanted = [samples::definition(kind, &sample.body)];
        ensure_eq!(found, wanted, "listed in {}", sample.key.project);
    }
    registry.delete(here.delete()).await?;
    registry.get(&there.key, Freshness::Store).await?;
    Ok(())
}

fn typed<T: RegistryObject + 'static>() -> Trial {
    let name = format!("crud::{}::it_is_read_as_it_was_applied", slug(T::KIND));
    Trial::new(name, it_is_read_as_it_was_applied::<T>)
}

async fn it_is_read_as_it_was_applied<T: RegistryObject + 'static>(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(T::KIND, "fahrten", "zürich");
    let object = T::decode(sample.body.clone())?;
    registry.apply_object("fahrten", &object).await?;
    let read: T = registry
        .get_object(&sample.key.project, "zürich", Freshness::Store)
        .await?;
    ensure_eq!(read.object_name(), "zürich", "the name");
    let bytes = read.encode_to_vec();
    ensure_eq!(
        T::decode(&*samples::definition(T::KIND, &bytes))?,
        T::decode(&*samples::definition(T::KIND, &sample.body))?,
        "the definition"
    );
    let listed: Vec<T> = registry
        .list_objects(&sample.key.project, Freshness::Store)
        .await?;
    ensure_eq!(listed, [read], "listed");
    Ok(())
}

async fn every_type_of_source_is_kept(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let sources: BTreeMap<_, _> = samples::sources().into_iter().collect();
    for (name, body) in &sources {
        let sample = Sample {
            key: Key::new(Kind::DataSource, "fahrten", *name),
            body: body.clone(),
        };
        registry.apply(sample.apply()).await?;
    }
    let listing = registry
        .list(&Query::new(Kind::DataSource, "fahrten"))
        .await?;
    ensure_eq!(listing.records.len(), sources.len(), "sources");
    for (row, (name, body)) in listing.records.iter().zip(&sources) {
        ensure_eq!(*row.key.name, **name, "the name");
        let wanted = samples::definition(Kind::DataSource, body);
        ensure_eq!(samples::defined(row), wanted, "the definition of `{name}`");
    }
    Ok(())
}

async fn infrastructure_is_kept_and_replaced(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let infra = samples::infra();
    for effect in [Effect::Created, Effect::Unchanged] {
        let outcome = registry.update_infra("fahrten", infra.clone()).await?;
        ensure_eq!(outcome.effect, effect, "the effect");
    }
    let row = registry
        .get(&Key::infra("fahrten"), Freshness::Store)
        .await?;
    ensure_eq!(row.body, infra, "the bytes");
    ensure_eq!(
        registry.infra("fahrten").await?,
        core::Infra::decode(infra)?,
        "the message"
    );
    let outcome = registry.update_infra("fahrten", Vec::new()).await?;
    ensure_eq!(outcome.effect, Effect::Updated, "the effect of emptying it");
    let row = registry
        .get(&Key::infra("fahrten"), Freshness::Store)
        .await?;
    ensure!(row.body.is_empty(), "not empty: {row:?}");
    let project = registry
        .find(&Key::project("fahrten"), Freshness::Store)
        .await?;
    present(project, "the project")?;
    Ok(())
}

async fn a_project_without_infrastructure_has_an_empty_one(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.update_infra("other", samples::infra()).await?;
    ensure_eq!(
        registry.infra("fahrten").await?,
        core::Infra::default(),
        "infrastructure"
    );
    Ok(())
}
