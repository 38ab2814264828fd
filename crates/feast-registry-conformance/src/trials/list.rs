//! Lists: filters, order and isolation.

use std::collections::BTreeMap;

use feast_registry_core::{Freshness, Kind, Query, Record};

use crate::check::Checked;
use crate::context::Context;
use crate::samples::Sample;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials_for!["list", Kind::OBJECTS;
        it_stands_in_the_order_of_names,
        all_tags_must_match_exactly,
    ];
    let in_projects: Vec<Kind> = Kind::OBJECTS
        .into_iter()
        .filter(|kind| *kind != Kind::Project)
        .collect();
    trials.extend(trials_for!["list", in_projects; a_project_lists_its_own]);
    trials.extend(trials!["list::query":
        updated_since_leaves_out_what_is_older,
        views_of_all_kinds_stand_kind_by_kind,
        a_view_is_found_whatever_its_kind,
        an_unknown_project_lists_nothing,
    ]);
    trials
}

const BOTH: [Freshness; 2] = [Freshness::Store, Freshness::Cache];

fn names(rows: &[Record]) -> Vec<&str> {
    rows.iter().map(|row| &*row.key.name).collect()
}

/// Objects in one project; projects have none but themselves.
fn query(kind: Kind) -> Query {
    if kind == Kind::Project {
        Query::everywhere(kind)
    } else {
        Query::new(kind, "fahrten")
    }
}

async fn it_stands_in_the_order_of_names(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let shuffled = ["b", "10", "ä", "a", "Z", "9", "_", "a b"];
    let changes = shuffled.map(|name| Sample::new(kind, "fahrten", name).change());
    registry.commit(changes.into()).await?;
    let mut sorted = shuffled;
    sorted.sort_unstable();
    for freshness in BOTH {
        let listing = registry.list(&query(kind).freshness(freshness)).await?;
        ensure_eq!(names(&listing.records), sorted, "from {freshness:?}");
    }
    Ok(())
}

async fn all_tags_must_match_exactly(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let tagged = |name, pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .fold(
                Sample::new(kind, "fahrten", name),
                |sample, (key, value)| sample.tagged(key, value),
            )
            .change()
    };
    let changes = vec![
        tagged("both", &[("a", "1"), ("b", "2")]),
        tagged("only_a", &[("a", "1")]),
        tagged("other_a", &[("a", "2"), ("b", "2")]),
        tagged("empty_a", &[("a", ""), ("c", "ü 🚕")]),
        tagged("none", &[]),
    ];
    registry.commit(changes).await?;
    type Case = (
        &'static [(&'static str, &'static str)],
        &'static [&'static str],
    );
    let cases: [Case; 7] = [
        (&[], &["both", "empty_a", "none", "only_a", "other_a"]),
        (&[("a", "1")], &["both", "only_a"]),
        (&[("a", "1"), ("b", "2")], &["both"]),
        (&[("a", "")], &["empty_a"]),
        (&[("c", "ü 🚕")], &["empty_a"]),
        (&[("A", "1")], &[]),
        (&[("a", "1"), ("unknown", "")], &[]),
    ];
    for (pairs, wanted) in cases {
        let tags: BTreeMap<String, String> = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        for freshness in BOTH {
            let listing = registry
                .list(&query(kind).tags(tags.clone()).freshness(freshness))
                .await?;
            ensure_eq!(
                names(&listing.records),
                wanted,
                "tagged {pairs:?} from {freshness:?}"
            );
        }
    }
    Ok(())
}

async fn a_project_lists_its_own(cx: Context, kind: Kind) -> Checked {
    let registry = cx.registry().await?;
    let places = [
        ("fahrten", "a"),
        ("fahrten", "b"),
        ("fahrten2", "c"),
        ("Fahrten ", "d"),
    ];
    let changes = places.map(|(project, name)| Sample::new(kind, project, name).change());
    registry.commit(changes.into()).await?;
    for freshness in BOTH {
        let listing = registry.list(&query(kind).freshness(freshness)).await?;
        ensure_eq!(names(&listing.records), ["a", "b"], "from {freshness:?}");
        let all = registry
            .list(&Query::everywhere(kind).freshness(freshness))
            .await?;
        ensure_eq!(
            names(&all.records),
            ["d", "a", "b", "c"],
            "everywhere, {freshness:?}"
        );
    }
    Ok(())
}

async fn updated_since_leaves_out_what_is_older(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let old = Sample::new(Kind::Entity, "fahrten", "old");
    let new = Sample::new(Kind::Entity, "fahrten", "new");
    registry.commit(vec![old.change(), new.change()]).await?;
    // What an export of another day holds has the stamps of that day.
    let mut row = registry.get(&old.key, Freshness::Store).await?;
    let now = row.stamp;
    row.stamp = now - 1_000;
    registry.import_rows(vec![row]).await?;
    let cases = [
        (now - 1_001, &["new", "old"][..]),
        (now - 1_000, &["new", "old"]),
        (now - 999, &["new"]),
        (now, &["new"]),
        (now + 1_000, &[]),
    ];
    for (second, wanted) in cases {
        for freshness in BOTH {
            let query = query(Kind::Entity)
                .updated_since(second)
                .freshness(freshness);
            let listing = registry.list(&query).await?;
            ensure_eq!(
                names(&listing.records),
                wanted,
                "since {second} from {freshness:?}"
            );
        }
    }
    Ok(())
}

async fn views_of_all_kinds_stand_kind_by_kind(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let mut changes = Vec::new();
    for (kind, names) in
        Kind::VIEWS
            .into_iter()
            .zip([["d", "h"], ["c", "g"], ["b", "f"], ["a", "e"]])
    {
        changes.extend(names.map(|name| Sample::new(kind, "fahrten", name).change()));
    }
    registry.commit(changes).await?;
    for freshness in BOTH {
        let listing = registry
            .list(&Query::views("fahrten").freshness(freshness))
            .await?;
        let wanted = ["d", "h", "c", "g", "b", "f", "a", "e"];
        ensure_eq!(names(&listing.records), wanted, "from {freshness:?}");
    }
    Ok(())
}

async fn a_view_is_found_whatever_its_kind(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    for (kind, name) in Kind::VIEWS.into_iter().zip(["a", "b", "c", "d"]) {
        let sample = Sample::new(kind, "fahrten", name);
        registry.apply(sample.apply()).await?;
        for freshness in BOTH {
            let row = registry.get_any_view("fahrten", name, freshness).await?;
            ensure_eq!(row.key, sample.key, "the view");
        }
    }
    Ok(())
}

async fn an_unknown_project_lists_nothing(cx: Context) -> Checked {
    let registry = cx.registry().await?;
    let samples =
        Kind::OBJECTS.map(|kind| Sample::new(kind, "fahrten", &kind.to_string()).change());
    registry.commit(samples.into()).await?;
    for kind in Kind::OBJECTS {
        for freshness in BOTH {
            let listing = registry
                .list(&Query::new(kind, "other").freshness(freshness))
                .await?;
            ensure!(listing.records.is_empty(), "found {:?}", listing.records);
        }
    }
    Ok(())
}
