//! Projects come with their first object.

use std::sync::Arc;

use feast_registry_core::store::Teardown;
use feast_registry_core::{
    Change, Effect, ErrorKind, Freshness, Key, Kind, LAST_UPDATED, PROJECT_UUID, Record, Registry,
    RegistryOptions, message,
};

use crate::check::{Checked, present, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let in_projects: Vec<Kind> = Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project)
        .collect();
    let mut trials = trials_for!["rules", in_projects; the_first_one_creates_its_project];
    trials.extend(trials!["rules::project":
        opening_a_registry_creates_no_project,
        opening_a_registry_adopts_projects_of_an_older_feast,
        an_object_does_not_change_its_project,
        the_last_object_leaves_its_project,
        it_gets_an_identity_that_stays,
        the_second_of_the_last_change_is_noted,
        an_unchanged_object_notes_nothing,
        purging_metadata_writes_none,
        a_protected_tag_keeps_it,
        protection_comes_and_goes_with_its_tag,
        a_setting_keeps_it,
        a_protected_one_is_not_torn_down,
        tearing_one_down_spares_the_others,
        tearing_all_down_leaves_nothing,
    ]);
    trials
}

fn entity(name: &str) -> Sample {
    Sample::new(Kind::Entity, "fahrten", name)
}

async fn the_first_one_creates_its_project(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(kind, "fahrten", "it").apply())
        .await?;
    let row = registry
        .get(&Key::project("fahrten"), Freshness::Store)
        .await?;
    let message: feast_registry_proto::core::Project = feast_registry_core::decode(&row)?;
    ensure_eq!(
        message.spec.map(|spec| spec.name).as_deref(),
        Some("fahrten"),
        "its name"
    );
    let (created, updated) = samples::stamps(&row);
    ensure!(
        created.is_some() && created == updated,
        "its stamps: {created:?}, {updated:?}"
    );
    Ok(())
}

async fn opening_a_registry_creates_no_project(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

/// Feast had no table of projects once, but gave them identities.
async fn opening_a_registry_adopts_projects_of_an_older_feast(cx: Context) -> Checked {
    let store = cx.store().await?;
    let uuid = rows::at(
        Key::metadata("alt", PROJECT_UUID),
        "an old one",
        rows::STAMP,
    );
    let custom = rows::at(Key::metadata("not a project", "mine"), "ja", rows::STAMP);
    let entity = Sample::new(Kind::Entity, "alt", "driver");
    let mut entity = Record::new(entity.key, entity.body, rows::STAMP);
    entity.body = message::with_project(&entity)?;
    let old = [uuid, custom, entity];
    rows::insert(&*store, &old).await?;
    for _ in 0..2 {
        let registry = Registry::open(Arc::clone(&store), RegistryOptions::default()).await?;
        let rows = rows::all(&registry).await?;
        let projects: Vec<&str> = rows
            .iter()
            .filter(|row| row.key.kind == Kind::Project)
            .map(|row| &*row.key.name)
            .collect();
        ensure_eq!(projects, ["alt"], "projects");
        ensure!(
            old.iter().all(|row| rows.contains(row)),
            "what was there has changed: {rows:?}"
        );
    }
    Ok(())
}

async fn an_object_does_not_change_its_project(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(Kind::Project, "", "fahrten").apply())
        .await?;
    let before = registry
        .get(&Key::project("fahrten"), Freshness::Store)
        .await?;
    registry.apply(entity("a").apply()).await?;
    registry.apply(entity("a").tagged("b", "c").apply()).await?;
    registry.delete(entity("a").delete()).await?;
    let after = registry
        .get(&Key::project("fahrten"), Freshness::Store)
        .await?;
    ensure_eq!(after, before, "the project");
    Ok(())
}

async fn the_last_object_leaves_its_project(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(entity("a").apply()).await?;
    registry.delete(entity("a").delete()).await?;
    registry
        .get(&Key::project("fahrten"), Freshness::Store)
        .await?;
    Ok(())
}

async fn metadata(registry: &Registry, key: &str) -> Checked<String> {
    present(registry.project_metadata("fahrten", key).await?, key)
}

async fn it_gets_an_identity_that_stays(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(entity("a").apply()).await?;
    let uuid = metadata(&registry, PROJECT_UUID).await?;
    ensure_eq!(uuid.parse::<uuid::Uuid>()?.to_string(), uuid, "its form");
    ensure_eq!(
        uuid.parse::<uuid::Uuid>()?.get_version_num(),
        4,
        "its version"
    );
    registry.apply(entity("b").apply()).await?;
    registry.delete(entity("a").delete()).await?;
    ensure_eq!(
        metadata(&registry, PROJECT_UUID).await?,
        uuid,
        "the identity later"
    );
    registry
        .apply(Sample::new(Kind::Entity, "other", "a").apply())
        .await?;
    let other = registry.project_metadata("other", PROJECT_UUID).await?;
    ensure!(
        other.is_some() && other != Some(uuid),
        "two projects are the same: {other:?}"
    );
    Ok(())
}

async fn the_second_of_the_last_change_is_noted(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let view = Sample::new(Kind::FeatureView, "fahrten", "trips");
    let (start, end) = samples::interval(0, 0);
    let materialize = Change::Materialize {
        project: "fahrten".into(),
        view: "trips".into(),
        start,
        end,
    };
    let infra = Change::UpdateInfra {
        project: "fahrten".into(),
        body: samples::infra(),
    };
    let changes = [
        view.change(),
        view.tagged("a", "b").change(),
        materialize,
        infra,
        Change::Delete(view.delete()),
    ];
    for change in changes {
        // Long ago, so that the change is seen whatever the second.
        let key = Key::metadata("fahrten", LAST_UPDATED);
        if let Some(mut row) = registry.find(&key, Freshness::Store).await? {
            row.stamp = 1;
            row.body = "1".into();
            registry.import_rows(vec![row]).await?;
        }
        registry.commit(vec![change.clone()]).await?;
        let row = registry.get(&key, Freshness::Store).await?;
        let second: i64 = metadata(&registry, LAST_UPDATED).await?.parse()?;
        ensure!(second > 1, "not noted: {change:?}");
        ensure_eq!(row.stamp, second, "the stamp of the row after {change:?}");
    }
    Ok(())
}

async fn an_unchanged_object_notes_nothing(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry.apply(entity("a").apply()).await?;
    let mut row = registry
        .get(&Key::metadata("fahrten", LAST_UPDATED), Freshness::Store)
        .await?;
    row.stamp = 1;
    row.body = "1".into();
    registry.import_rows(vec![row]).await?;
    let outcome = registry.apply(entity("a").apply()).await?;
    ensure_eq!(outcome.effect, Effect::Unchanged, "the effect");
    ensure_eq!(metadata(&registry, LAST_UPDATED).await?, "1", "the second");
    Ok(())
}

async fn purging_metadata_writes_none(cx: Context) -> Checked {
    let mut options = RegistryOptions::default();
    options.settings.purge_feast_metadata = true;
    let registry = cx.registry_with(options).await?;
    registry.apply(entity("a").apply()).await?;
    registry.delete(entity("a").delete()).await?;
    ensure_eq!(
        registry.list_project_metadata("fahrten").await?,
        vec![],
        "metadata"
    );
    // What a user sets is not Feast's.
    registry
        .set_project_metadata("fahrten", "mine", "ja")
        .await?;
    ensure_eq!(metadata(&registry, "mine").await?, "ja", "the user's own");
    Ok(())
}

async fn a_protected_tag_keeps_it(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let project = Sample::new(Kind::Project, "", "fahrten");
    for value in ["true", "True", "TRUE"] {
        let protected = project.tagged("feast.dev/protected-project", value);
        registry
            .commit(vec![protected.change(), entity("a").change()])
            .await?;
        let before = rows::all(&registry).await?;
        refused(
            registry.delete_project("fahrten", None).await,
            ErrorKind::Protected,
        )?;
        ensure_eq!(rows::all(&registry).await?, before, "all rows");
    }
    // What is in it is not protected.
    registry.delete(entity("a").delete()).await?;
    registry
        .apply(
            project
                .tagged("feast.dev/protected-project", "false")
                .apply(),
        )
        .await?;
    registry.delete_project("fahrten", None).await?;
    Ok(())
}

async fn protection_comes_and_goes_with_its_tag(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let effect = async |protected| -> Result<Effect, feast_registry_core::Error> {
        Ok(registry.set_protected("fahrten", protected).await?.effect)
    };
    ensure_eq!(effect(false).await?, Effect::Unchanged, "of none");
    ensure_eq!(effect(true).await?, Effect::Created, "of none");
    ensure_eq!(effect(true).await?, Effect::Unchanged, "again");
    refused(
        registry.delete_project("fahrten", None).await,
        ErrorKind::Protected,
    )?;
    ensure_eq!(effect(false).await?, Effect::Updated, "taken away");
    // Other tags stay.
    let tagged = Sample::new(Kind::Project, "", "fahrten").tagged("mine", "ja");
    registry.apply(tagged.apply()).await?;
    let before = rows::all(&registry).await?;
    for protected in [true, false] {
        ensure_eq!(effect(protected).await?, Effect::Updated, "of a tagged one");
    }
    let after = rows::all(&registry).await?;
    ensure_eq!(after.len(), before.len(), "rows");
    let again = registry.apply(tagged.apply()).await?;
    ensure_eq!(again.effect, Effect::Unchanged, "the definition");
    registry.delete_project("fahrten", None).await?;
    Ok(())
}

async fn a_setting_keeps_it(cx: Context) -> Checked {
    let mut options = RegistryOptions::default();
    options.settings.protected_projects = vec!["fahrten".to_owned()];
    let registry = cx.registry_with(options).await?;
    registry.apply(entity("a").apply()).await?;
    registry
        .apply(Sample::new(Kind::Entity, "other", "a").apply())
        .await?;
    refused(
        registry.delete_project("fahrten", None).await,
        ErrorKind::Protected,
    )?;
    refused(
        registry.teardown_project("fahrten").await,
        ErrorKind::Protected,
    )?;
    registry.delete_project("other", None).await?;
    Ok(())
}

async fn a_protected_one_is_not_torn_down(cx: Context) -> Checked {
    let mut options = RegistryOptions::default();
    options.settings.protected_projects = vec!["fahrten".to_owned()];
    let registry = cx.registry_with(options).await?;
    registry.apply(entity("a").apply()).await?;
    registry
        .apply(Sample::new(Kind::Entity, "other", "a").apply())
        .await?;
    let before = rows::all(&registry).await?;
    for what in [Teardown::Rows, Teardown::Tables] {
        refused(registry.teardown_all(what).await, ErrorKind::Protected)?;
        ensure_eq!(rows::all(&registry).await?, before, "all rows");
    }
    Ok(())
}

/// Everything that may be in a project.
async fn fill(registry: &Registry, project: &str) -> Checked {
    let changes = Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project)
        .map(|kind| Sample::new(kind, project, &kind.to_string()).change());
    registry.commit(changes.collect()).await?;
    registry.update_infra(project, samples::infra()).await?;
    registry.set_project_metadata(project, "mine", "ja").await?;
    Ok(())
}

async fn tearing_one_down_spares_the_others(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    fill(&registry, "fahrten").await?;
    fill(&registry, "other").await?;
    let others = rows::of(&registry, "other").await?;
    registry.teardown_project("fahrten").await?;
    ensure_eq!(rows::all(&registry).await?, others, "what is left");
    refused(
        registry.teardown_project("fahrten").await,
        ErrorKind::NotFound(Kind::Project),
    )?;
    Ok(())
}

async fn tearing_all_down_leaves_nothing(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    fill(&registry, "fahrten").await?;
    fill(&registry, "other").await?;
    let cached = registry
        .find(&Key::project("other"), Freshness::Cache)
        .await?;
    present(cached, "the project in the cache")?;
    registry.teardown_all(Teardown::Rows).await?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    let cached = registry
        .find(&Key::project("other"), Freshness::Cache)
        .await?;
    ensure_eq!(cached, None, "the project in the cache");
    fill(&registry, "fahrten").await?;
    Ok(())
}
