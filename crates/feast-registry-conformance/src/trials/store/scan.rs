//! Which rows a scan finds, and in which order.

use feast_registry_core::store::Scan;
use feast_registry_core::{Key, Kind, Record};

use crate::check::Checked;
use crate::context::Context;
use crate::random::Random;
use crate::rows::{self, STAMP};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials!["store::scan":
        rows_come_in_the_order_of_their_keys,
        versions_come_in_the_order_of_their_numbers,
        an_empty_store_has_no_rows,
        a_name_is_compared_exactly,
        a_prefix_is_taken_literally,
        a_prefix_counts_case_and_accents,
        a_prefix_may_end_with_the_last_character,
        updated_since_counts_its_own_second,
        all_conditions_must_hold,
    ];
    trials.extend(trials_for!["store::scan", Kind::ALL; a_project_sees_only_its_own]);
    trials
}

async fn rows_come_in_the_order_of_their_keys(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut rows = Vec::new();
    for project in ["p", "P2", "p0", "ä"] {
        for name in [
            "b", "a", "C", "_", "10", "9", "ä", "z", "~", "a b", "a-b", "ab", "🚕", "\u{ffee}",
        ] {
            rows.push(rows::entity(project, name));
        }
    }
    Random::new(cx.seed()).shuffle(&mut rows);
    rows::insert(&*store, &rows).await?;
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    ensure_eq!(
        keys(&rows::scan(&*store, Scan::all(Kind::Entity)).await?),
        keys(&rows),
        "in all projects"
    );
    let wanted: Vec<Record> = rows
        .into_iter()
        .filter(|row| *row.key.project == *"p")
        .collect();
    ensure_eq!(
        rows::scan(&*store, Scan::project(Kind::Entity, "p")).await?,
        wanted,
        "in one project"
    );
    Ok(())
}

async fn versions_come_in_the_order_of_their_numbers(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut rows: Vec<Record> = [
        ("a", 10),
        ("a", 2),
        ("a", 0),
        ("b", 1),
        ("a", 100),
        ("aa", 1),
    ]
    .map(|(view, number)| rows::at(Key::version("p", view, number), view, STAMP))
    .into();
    rows::insert(&*store, &rows).await?;
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let found = rows::scan(&*store, Scan::project(Kind::Version, "p")).await?;
    ensure_eq!(found, rows, "versions");
    Ok(())
}

async fn an_empty_store_has_no_rows(cx: Context) -> Checked {
    let store = cx.store().await?;
    for kind in Kind::ALL {
        ensure_eq!(
            rows::scan(&*store, Scan::all(kind)).await?,
            vec![],
            "{kind}"
        );
    }
    Ok(())
}

async fn a_project_sees_only_its_own(cx: Context, kind: Kind) -> Checked {
    let store = cx.store().await?;
    let mut rows = Vec::new();
    for project in ["p", "p_", "p%", "pp", "q"] {
        rows.push(rows::row(kind, project, "it"));
    }
    rows::insert(&*store, &rows).await?;
    for row in rows {
        let found = rows::scan(&*store, Scan::project(kind, &*row.key.project)).await?;
        ensure_eq!(found, vec![row], "of one project");
    }
    ensure_eq!(
        rows::scan(&*store, Scan::project(kind, "no")).await?,
        vec![],
        "of no project"
    );
    Ok(())
}

/// Names in which something stands that means something to some database.
const SPECIAL: [&str; 12] = [
    "100%_a", "100%_b", "100xya", "10", "it's", "it\"s", "a\\b", "a\\_b", "a[b]c", "a*b", "*",
    "a;--b",
];

async fn a_name_is_compared_exactly(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut rows = Vec::new();
    for view in SPECIAL {
        for number in [0, 3, 11] {
            rows.push(rows::at(Key::version("p", view, number), view, STAMP));
        }
    }
    rows::insert(&*store, &rows).await?;
    for view in SPECIAL {
        let found = rows::scan(&*store, Scan::project(Kind::Version, "p").name(view)).await?;
        let numbers: Vec<i32> = found.iter().map(|row| row.key.number).collect();
        ensure_eq!(numbers, [0, 3, 11], "versions of `{view}`");
    }
    for name in ["", "1", "100", "%", "_", "a"] {
        let found = rows::scan(&*store, Scan::project(Kind::Version, "p").name(name)).await?;
        ensure_eq!(found, vec![], "versions of `{name}`");
    }
    Ok(())
}

async fn a_prefix_is_taken_literally(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut rows = SPECIAL.map(|name| rows::entity("p", name));
    rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    rows::insert(&*store, &rows).await?;
    let prefixes = [
        "100%", "100%_", "10", "_", "%", "it'", "it\"", "a\\", "a\\_", "a[", "a*", "*", "a;", "",
        "zz",
    ];
    for prefix in prefixes {
        let scan = Scan::project(Kind::Entity, "p").name_prefix(prefix);
        let found = rows::scan(&*store, scan).await?;
        let wanted: Vec<Record> = rows
            .iter()
            .filter(|row| row.key.name.starts_with(prefix))
            .cloned()
            .collect();
        ensure_eq!(
            rows::names(&found),
            rows::names(&wanted),
            "that begin with `{prefix}`"
        );
    }
    Ok(())
}

async fn a_prefix_counts_case_and_accents(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(
        &*store,
        &["abc", "äbc", "ßa", "ssa"].map(|name| rows::entity("p", name)),
    )
    .await?;
    for (prefix, wanted) in [
        ("a", &["abc"][..]),
        ("ä", &["äbc"]),
        ("s", &["ssa"]),
        ("AB", &[]),
    ] {
        let scan = Scan::project(Kind::Entity, "p").name_prefix(prefix);
        let found = rows::scan(&*store, scan).await?;
        ensure_eq!(rows::names(&found), wanted, "that begin with `{prefix}`");
    }
    Ok(())
}

async fn a_prefix_may_end_with_the_last_character(cx: Context) -> Checked {
    let store = cx.store().await?;
    let names = [
        "a",
        "a\u{d7ff}",
        "a\u{d7ff}b",
        "a\u{e000}",
        "a\u{10ffff}",
        "a\u{10ffff}b",
        "b",
    ];
    rows::insert(&*store, &names.map(|name| rows::entity("p", name))).await?;
    for (prefix, count) in [
        ("a\u{10ffff}", 2),
        ("a\u{d7ff}", 2),
        ("\u{10ffff}", 0),
        ("a", 6),
    ] {
        let scan = Scan::project(Kind::Entity, "p").name_prefix(prefix);
        ensure_eq!(
            rows::scan(&*store, scan).await?.len(),
            count,
            "that begin with {prefix:?}"
        );
    }
    Ok(())
}

async fn updated_since_counts_its_own_second(cx: Context) -> Checked {
    let store = cx.store().await?;
    let stamped = |name: &str, stamp| rows::at(Key::new(Kind::Entity, "p", name), name, stamp);
    rows::insert(
        &*store,
        &[
            stamped("before", STAMP - 1),
            stamped("now", STAMP),
            stamped("zafter", STAMP + 1),
        ],
    )
    .await?;
    for (second, wanted) in [
        (0, &["before", "now", "zafter"][..]),
        (STAMP, &["now", "zafter"]),
        (STAMP + 1, &["zafter"]),
        (STAMP + 2, &[]),
    ] {
        let scan = Scan::project(Kind::Entity, "p").updated_since(second);
        let found = rows::scan(&*store, scan).await?;
        ensure_eq!(rows::names(&found), wanted, "since {second}");
    }
    Ok(())
}

async fn all_conditions_must_hold(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut rows = Vec::new();
    for project in ["p", "q"] {
        for index in 0..6 {
            let name = format!("{}{index}", if index % 2 == 0 { "a" } else { "b" });
            rows.push(rows::at(
                Key::new(Kind::Entity, project, name),
                "it",
                STAMP + index,
            ));
        }
    }
    rows::insert(&*store, &rows).await?;
    let scan = Scan::project(Kind::Entity, "q")
        .name_prefix("a")
        .updated_since(STAMP + 1)
        .after(Key::new(Kind::Entity, "q", "a1"))
        .limit(1);
    let found = rows::scan(&*store, scan).await?;
    ensure_eq!(
        keys(&found),
        vec![Key::new(Kind::Entity, "q", "a2")],
        "rows"
    );
    Ok(())
}

fn keys(rows: &[Record]) -> Vec<Key> {
    rows.iter().map(|row| row.key.clone()).collect()
}
