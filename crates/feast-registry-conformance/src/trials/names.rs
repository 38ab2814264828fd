//! What may be a name, and which names are the same.

use feast_registry_core::{Apply, Effect, ErrorKind, Freshness, Key, Kind, Query};

use crate::check::{Checked, failed, refused};
use crate::context::Context;
use crate::rows;
use crate::samples::Sample;
use crate::trial::Trial;

/// An ordinary object, a view with its history, and the project that all of them are in.
const TRIED: [Kind; 3] = [Kind::Entity, Kind::FeatureView, Kind::Project];

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["names", TRIED;
        odd_ones_are_kept,
        those_that_look_alike_are_different,
        case_makes_a_difference_or_is_refused,
        two_hundred_and_fifty_five_characters_fit,
        more_characters_are_refused,
        the_empty_one_is_refused,
        nul_is_refused,
    ];
    trials.extend(trials_for!["names", Kind::VIEWS; reserved_characters_are_refused]);
    trials.extend(trials!["names::project":
        odd_ones_hold_objects,
        bad_ones_hold_none,
    ]);
    trials.extend(trials!["names::entity": reserved_characters_of_views_are_fine]);
    trials
}

/// Names that mean something to a database, a shell, a file system or a terminal.
const ODD: [&str; 32] = [
    "größe",
    "日本語",
    "🚕🚕",
    "Ελλάδα",
    "שלום",
    "مرحبا",
    "e\u{301}",
    "\u{202e}rtl",
    "\u{200b}",
    "it's",
    "say \"hi\"",
    "back\\slash",
    "100%",
    "under_score",
    "`tick`",
    "a;b",
    "-- comment",
    "'; DROP TABLE entities; --",
    "../../etc/passwd",
    "C:\\x",
    "a/b",
    "?",
    "*",
    "$1",
    "${HOME}",
    "a\nb",
    "a\tb",
    " ",
    "null",
    "NULL",
    "0",
    "true",
];

/// Pairs that some collation takes for one.
const ALIKE: [(&str, &str); 10] = [
    ("\u{e9}", "e\u{301}"),
    ("a", "ä"),
    ("ss", "ß"),
    ("it", "it "),
    ("it", " it"),
    ("it", "it\u{200b}"),
    ("a", "\u{ff41}"),
    ("o", "ø"),
    ("1", "\u{661}"),
    ("か", "カ"),
];

async fn odd_ones_are_kept(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let names: Vec<&str> = ODD
        .into_iter()
        .filter(|name| !(kind.is_view() && name.contains(':')))
        .collect();
    for name in &names {
        let sample = Sample::new(kind, "fahrten", name);
        let outcome = registry.apply(sample.apply()).await?;
        ensure_eq!(outcome.effect, Effect::Created, "the effect of {name:?}");
        let outcome = registry.apply(sample.tagged("a", "b").apply()).await?;
        ensure_eq!(
            outcome.effect,
            Effect::Updated,
            "the effect of a change of {name:?}"
        );
    }
    for freshness in [Freshness::Store, Freshness::Cache] {
        for name in &names {
            let key = Sample::new(kind, "fahrten", name).key;
            let row = registry.get(&key, freshness).await?;
            ensure_eq!(row.key, key, "the key from {freshness:?}");
        }
        let listing = registry
            .list(&Query::everywhere(kind).freshness(freshness))
            .await?;
        let mut sorted = names.clone();
        sorted.sort_unstable();
        let listed: Vec<&str> = listing
            .records
            .iter()
            .map(|row| &*row.key.name)
            .filter(|name| kind != Kind::Project || *name != "fahrten")
            .collect();
        ensure_eq!(listed, sorted, "listed from {freshness:?}");
    }
    for name in &names {
        registry
            .delete(Sample::new(kind, "fahrten", name).delete())
            .await?;
    }
    ensure!(
        registry
            .list(&Query::everywhere(kind))
            .await?
            .records
            .is_empty(),
        "some are left"
    );
    Ok(())
}

async fn those_that_look_alike_are_different(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    for (one, other) in ALIKE {
        let [one, other] = [one, other].map(|name| Sample::new(kind, "fahrten", name));
        for sample in [&one, &other] {
            registry
                .apply(sample.tagged("name", &sample.key.name).apply())
                .await?;
        }
        registry.delete(one.delete()).await?;
        ensure_eq!(
            registry
                .find(&one.key, Freshness::Store)
                .await?
                .map(|row| row.key),
            None,
            "the one that was deleted"
        );
        let left = registry.get(&other.key, Freshness::Store).await?;
        ensure_eq!(left.key, other.key, "the one that was not");
        registry.delete(other.delete()).await?;
    }
    Ok(())
}

async fn case_makes_a_difference_or_is_refused(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let [lower, upper] = ["driver", "Driver"].map(|name| Sample::new(kind, "fahrten", name));
    registry.apply(lower.apply()).await?;
    let stored = registry.get(&lower.key, Freshness::Store).await?;
    let result = registry.apply(upper.tagged("upper", "yes").apply()).await;
    if cx.facts().capabilities.case_sensitive_names {
        ensure_eq!(result?.effect, Effect::Created, "the effect");
        registry.get(&upper.key, Freshness::Store).await?;
    } else {
        failed(result)?;
    }
    ensure_eq!(
        registry.get(&lower.key, Freshness::Store).await?,
        stored,
        "the first one"
    );
    Ok(())
}

async fn two_hundred_and_fifty_five_characters_fit(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    for letter in ["x", "ä", "語", "🚕"] {
        let longest = letter.repeat(255);
        // They differ in their last letter only.
        for name in [longest.clone(), format!("{}y", letter.repeat(254))] {
            let sample = Sample::new(kind, "fahrten", &name);
            let outcome = registry.apply(sample.apply()).await?;
            ensure_eq!(outcome.effect, Effect::Created, "the effect");
            let row = registry.get(&sample.key, Freshness::Store).await?;
            ensure_eq!(row.key, sample.key, "the key");
        }
    }
    Ok(())
}

async fn refuses(cx: &Context, kind: Kind, name: &str) -> Checked {
    let registry = cx.registry().await?;
    let result = registry
        .apply(Sample::new(kind, "fahrten", name).apply())
        .await;
    refused(result, ErrorKind::Invalid)?;
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn more_characters_are_refused(cx: Context, kind: Kind) -> Checked {
    for name in ["x".repeat(256), "🚕".repeat(256), "x".repeat(100_000)] {
        refuses(&cx, kind, &name).await?;
    }
    Ok(())
}

async fn the_empty_one_is_refused(cx: Context, kind: Kind) -> Checked {
    refuses(&cx, kind, "").await
}

async fn nul_is_refused(cx: Context, kind: Kind) -> Checked {
    for name in ["\0", "a\0b", "a\0"] {
        refuses(&cx, kind, name).await?;
    }
    Ok(())
}

async fn reserved_characters_are_refused(cx: Context, kind: Kind) -> Checked {
    for name in ["trips@v1", "trips:länge", "@", ":"] {
        refuses(&cx, kind, name).await?;
    }
    Ok(())
}

async fn reserved_characters_of_views_are_fine(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for name in ["driver@home", "driver:1"] {
        registry
            .apply(Sample::new(Kind::Entity, "fahrten", name).apply())
            .await?;
    }
    Ok(())
}

async fn odd_ones_hold_objects(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for project in ODD {
        let view = Sample::new(Kind::FeatureView, project, "it");
        registry.apply(view.apply()).await?;
        registry
            .set_project_metadata(project, "mine", project)
            .await?;
    }
    for project in ODD {
        let listing = registry
            .list(&Query::new(Kind::FeatureView, project))
            .await?;
        ensure_eq!(listing.records.len(), 1, "views in {project:?}");
        let mine = registry.project_metadata(project, "mine").await?;
        ensure_eq!(mine.as_deref(), Some(project), "metadata of {project:?}");
        registry.delete_project(project, None).await?;
    }
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}

async fn bad_ones_hold_none(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let sample = Sample::new(Kind::Entity, "fahrten", "it");
    for project in ["", "a\0b", &"x".repeat(256)] {
        let apply = Apply::new(Kind::Entity, project, "it", sample.body.clone());
        refused(registry.apply(apply).await, ErrorKind::Invalid)?;
        let found = registry
            .find(&Key::new(Kind::Entity, "fahrten", "it"), Freshness::Store)
            .await?;
        ensure_eq!(found, None, "the object");
    }
    ensure_eq!(rows::all(&registry).await?, vec![], "all rows");
    Ok(())
}
