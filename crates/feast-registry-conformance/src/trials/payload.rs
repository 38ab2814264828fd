//! Large objects, and bytes that nobody knows.

use bytes::Bytes;
use feast_registry_core::store::Write;
use feast_registry_core::wire::Patch;
use feast_registry_core::{Effect, ErrorKind, Freshness, Key, Kind, Registry, RegistryOptions};

use crate::check::{Checked, refused};
use crate::context::Context;
use crate::flaky::Flaky;
use crate::random::Random;
use crate::rows::{self, STAMP};
use crate::samples::{self, Sample};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["payload", Kind::OBJECTS;
        seventy_kibibytes_are_kept,
        unknown_fields_survive_every_change,
        unknown_fields_survive_export_and_import,
    ];
    trials.extend(trials_for!["payload", Kind::VIEWS;
        unknown_fields_survive_versions_and_pins,
    ]);
    trials.extend(
        trials_for!["payload", [Kind::StreamFeatureView, Kind::OnDemandFeatureView];
            the_body_of_a_function_survives_byte_by_byte,
        ],
    );
    trials.extend(trials!["payload::size":
        seventeen_mebibytes_are_kept_or_refused,
        what_is_above_the_limit_is_refused,
        seventy_kibibytes_of_user_metadata_are_kept,
        sixty_thousand_bytes_of_project_metadata_are_kept,
        a_row_may_grow_and_shrink,
    ]);
    trials.extend(trials!["payload::materialization": unknown_fields_survive_it]);
    trials
}

/// A sample with random bytes in an unknown field.
fn large(cx: &Context, kind: Kind, length: usize) -> Sample {
    let bytes = Random::new(cx.seed()).bytes(length);
    Sample::new(kind, "fahrten", "it").with_unknown(&bytes)
}

async fn is_kept(registry: &Registry, sample: &Sample) -> Checked {
    for freshness in [Freshness::Store, Freshness::Cache] {
        let row = registry.get(&sample.key, freshness).await?;
        ensure!(
            samples::defined(&row) == samples::definition(sample.key.kind, &sample.body),
            "other bytes came back from {freshness:?}"
        );
    }
    Ok(())
}

async fn seventy_kibibytes_are_kept(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = large(&cx, kind, 70 * 1024);
    registry.apply(sample.apply()).await?;
    is_kept(&registry, &sample).await?;
    let outcome = registry.apply(sample.apply()).await?;
    ensure_eq!(
        outcome.effect,
        Effect::Unchanged,
        "the effect of the same again"
    );
    Ok(())
}

async fn seventeen_mebibytes_are_kept_or_refused(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let size = 17 * 1024 * 1024;
    let sample = large(&cx, Kind::FeatureView, size);
    if cx.facts().limits.object_bytes < size {
        refused(registry.apply(sample.apply()).await, ErrorKind::TooLarge)?;
        ensure!(
            rows::all(&registry).await?.is_empty(),
            "something was written"
        );
        return Ok(());
    }
    registry.apply(sample.apply()).await?;
    is_kept(&registry, &sample).await?;
    let version = registry.get_version("fahrten", "it", 0).await?;
    ensure!(
        version.body.len() > size,
        "the version has {} bytes",
        version.body.len()
    );
    Ok(())
}

async fn what_is_above_the_limit_is_refused(cx: Context) -> Checked {
    let mut limit = cx.facts().limits.object_bytes;
    let mut store = cx.store().await?;
    if limit > 256 * 1024 * 1024 {
        // Nothing that fits into a test is too large: pretend.
        limit = 100_000;
        let limits = store.limits().with_object_bytes(limit);
        store = Flaky::limited(store, limits);
    }
    let registry = Registry::open(store, RegistryOptions::default()).await?;
    for kind in [Kind::Entity, Kind::FeatureView] {
        let sample = large(&cx, kind, limit);
        let error = refused(registry.apply(sample.apply()).await, ErrorKind::TooLarge)?;
        ensure!(
            error.message().contains(&limit.to_string()),
            "the limit is missing: {error:?}"
        );
        ensure!(
            rows::all(&registry).await?.is_empty(),
            "something was written"
        );
    }
    registry
        .apply(large(&cx, Kind::Entity, limit * 9 / 10).apply())
        .await?;
    Ok(())
}

async fn seventy_kibibytes_of_user_metadata_are_kept(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    registry
        .apply(Sample::new(Kind::FeatureView, "fahrten", "it").apply())
        .await?;
    let bytes = Bytes::from(Random::new(cx.seed()).bytes(70 * 1024));
    registry
        .set_user_metadata("fahrten", "it", bytes.clone())
        .await?;
    let found = registry.user_metadata("fahrten", "it").await?;
    ensure!(found == Some(bytes), "other bytes came back");
    Ok(())
}

async fn sixty_thousand_bytes_of_project_metadata_are_kept(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let value = "ä".repeat(30_000);
    registry
        .set_project_metadata("fahrten", "mine", &value)
        .await?;
    let found = registry.project_metadata("fahrten", "mine").await?;
    ensure!(found == Some(value), "another text came back");
    Ok(())
}

async fn a_row_may_grow_and_shrink(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for length in [0, 200_000, 10, 1_000_000, 0] {
        let sample = large(&cx, Kind::FeatureView, length);
        registry.apply(sample.apply()).await?;
        is_kept(&registry, &sample).await?;
    }
    Ok(())
}

async fn unknown_fields_survive_every_change(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "it").with_unknown(b"\x00\xfffrom the future");
    let mut changes = vec![sample.clone(), sample.tagged("a", "b")];
    if let (Some(path), Some(meta)) = (inner(kind), kind.spec().updated_path) {
        // Deeper down, and beside the stamps that the registry writes.
        let inside = Patch::default()
            .set_message(&[path, 3_000], &b"inside"[..])
            .set_message(&[meta[0], 3_000], &b"beside the stamps"[..]);
        changes.push(sample.patched(&inside));
    }
    for changed in changes {
        registry.apply(changed.apply()).await?;
        is_kept(&registry, &changed).await?;
        let row = registry.get(&changed.key, Freshness::Store).await?;
        for path in kind
            .spec()
            .updated_path
            .into_iter()
            .filter(|path| path.len() > 1)
        {
            let beside = [path[0], 3_000];
            ensure_eq!(
                feast_registry_core::wire::bytes(&row.body, &beside)?,
                feast_registry_core::wire::bytes(&changed.body, &beside)?,
                "what is beside the stamps"
            );
        }
    }
    Ok(())
}

/// The field that holds the definition, where it is not the message itself.
fn inner(kind: Kind) -> Option<u32> {
    match kind.spec().name_path {
        [spec, _] => Some(*spec),
        _ => None,
    }
}

async fn unknown_fields_survive_export_and_import(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(kind, "fahrten", "it").with_unknown(b"\x00\xff");
    registry.apply(sample.apply()).await?;
    let message = Bytes::from(registry.export(None).await?.message);
    let other = cx.registry().await?;
    other.import(&message, None).await?;
    is_kept(&other, &sample).await
}

async fn unknown_fields_survive_versions_and_pins(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let old = Sample::new(kind, "fahrten", "it").with_unknown(b"old");
    let new = old.redefined("one").with_unknown(b"new");
    registry.apply(old.apply()).await?;
    registry.apply(new.apply()).await?;
    for (number, sample) in [(0, &old), (1, &new)] {
        let row = registry.get_version("fahrten", "it", number).await?;
        let wanted = samples::definition(kind, &sample.body);
        ensure_eq!(samples::defined(&row), wanted, "v{number}");
    }
    if kind.view().is_some_and(|view| view.version_path.is_some()) {
        registry.apply(new.version("v0").apply()).await?;
        let row = registry.get(&old.key, Freshness::Store).await?;
        let wanted = samples::definition(kind, &old.version("v0").body);
        ensure_eq!(samples::defined(&row), wanted, "pinned to v0");
    }
    Ok(())
}

async fn the_body_of_a_function_survives_byte_by_byte(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let functions = kind.view().map_or(&[][..], |view| view.functions);
    let (pickle, _) = crate::check::present(functions.last(), "a function")?;
    let body = Random::new(cx.seed()).bytes(100_000);
    let sample = Sample::new(kind, "fahrten", "it")
        .patched(&Patch::default().set_message(pickle, body.clone()));
    registry.apply(sample.apply()).await?;
    registry.apply(sample.redefined("one").apply()).await?;
    registry
        .apply(sample.redefined("one").version("v0").apply())
        .await?;
    let active = registry.get(&sample.key, Freshness::Store).await?;
    let newer = registry.get_version("fahrten", "it", 1).await?;
    for row in [active, newer] {
        let found = feast_registry_core::wire::bytes(&row.body, pickle)?;
        ensure!(found.as_deref() == Some(&body[..]), "other bytes came back");
    }
    Ok(())
}

async fn unknown_fields_survive_it(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(Kind::FeatureView, "fahrten", "it").with_unknown(b"\x00\xff");
    registry.apply(sample.apply()).await?;
    // An interval with a field of a newer Feast, as Python may have stored it.
    let row = registry.get(&sample.key, Freshness::Store).await?;
    let interval = [&[0x0a, 0x02, 0x08, 0x01][..], b"\xc2\x3e\x02hi"].concat();
    let body = Patch::default()
        .append_message(&[2, 3], interval.clone())
        .apply(&row.body)?;
    let write = Write::Update {
        key: Key::clone(&row.key),
        body: body.into(),
        stamp: STAMP.max(row.stamp),
    };
    rows::write(&**registry.store(), vec![write]).await?;
    let (start, end) = samples::interval(0, 0);
    registry
        .apply_materialization("fahrten", "it", start, end)
        .await?;
    let row = registry.get(&sample.key, Freshness::Store).await?;
    let kept = samples::listed(&row.body, &[2, 3]);
    ensure_eq!(kept.len(), 2, "intervals");
    ensure_eq!(kept[0], interval, "the interval of the newer Feast");
    let wanted = samples::definition(Kind::FeatureView, &sample.body);
    ensure_eq!(samples::defined(&row), wanted, "the definition");
    Ok(())
}
