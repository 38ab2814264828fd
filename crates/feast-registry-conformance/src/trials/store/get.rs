//! One row in, one row out.

use bytes::Bytes;
use feast_registry_core::store::{Consistency, Decision, Lock, Range, ReadSet, StoreExt, Write};
use feast_registry_core::{Extra, Key, Kind, Record, VersionExtra};

use crate::check::{Checked, present};
use crate::context::Context;
use crate::rows::{self, STAMP};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials!["store::get":
        a_row_that_was_never_there_is_none,
        keys_are_compared_exactly,
        versions_keep_what_is_beside_the_message,
        user_metadata_lies_beside_the_message,
        a_replica_answers_too,
        hundreds_of_keys_are_found_among_few_rows_and_among_many,
    ];
    trials.extend(trials_for!["store::get", Kind::ALL;
        a_row_comes_back_as_it_was_written,
        a_stamp_beyond_2038_is_kept,
        an_update_is_seen_at_once,
        a_deleted_row_is_gone,
    ]);
    trials
}

async fn a_row_comes_back_as_it_was_written(cx: Context, kind: Kind) -> Checked {
    let store = cx.store().await?;
    let mut row = rows::row(kind, "fahrten", "zürich \"1\"");
    if kind != Kind::Metadata {
        // Every value of a byte, in a field that nobody knows.
        let mut body = row.body.to_vec();
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        feast_registry_core::wire::put_len(3_001, &bytes, &mut body);
        row.body = body.into();
    }
    rows::insert(&*store, std::slice::from_ref(&row)).await?;
    ensure_eq!(rows::get(&*store, &row.key).await?, Some(row), "the row");
    Ok(())
}

/// 32 bits of seconds end there.
async fn a_stamp_beyond_2038_is_kept(cx: Context, kind: Kind) -> Checked {
    let store = cx.store().await?;
    let row = rows::at(rows::row(kind, "p", "it").key, "it", 5_000_000_000);
    rows::insert(&*store, std::slice::from_ref(&row)).await?;
    ensure_eq!(rows::get(&*store, &row.key).await?, Some(row), "the row");
    Ok(())
}

async fn an_update_is_seen_at_once(cx: Context, kind: Kind) -> Checked {
    let store = cx.store().await?;
    let row = rows::row(kind, "p", "it");
    rows::insert(&*store, std::slice::from_ref(&row)).await?;
    for round in 0..5 {
        let text = format!("round {round}");
        rows::write(&*store, vec![rows::update(&row.key, &text, STAMP + round)]).await?;
        let found = present(rows::get(&*store, &row.key).await?, "the row")?;
        ensure_eq!(rows::text(&found), text, "the text after round {round}");
        ensure_eq!(found.stamp, STAMP + round, "the stamp");
        ensure_eq!(found.extra, row.extra, "what is beside the message");
    }
    Ok(())
}

async fn a_deleted_row_is_gone(cx: Context, kind: Kind) -> Checked {
    let store = cx.store().await?;
    let row = rows::row(kind, "p", "it");
    let other = rows::row(kind, "q", "it");
    rows::insert(&*store, &[row.clone(), other.clone()]).await?;
    rows::write(&*store, vec![Write::Delete(row.key.clone())]).await?;
    ensure_eq!(rows::get(&*store, &row.key).await?, None, "the row");
    ensure_eq!(
        rows::get(&*store, &other.key).await?,
        Some(other),
        "the row of the other project"
    );
    Ok(())
}

async fn a_row_that_was_never_there_is_none(cx: Context) -> Checked {
    let store = cx.store().await?;
    for row in rows::one_of_each("p") {
        ensure_eq!(rows::get(&*store, &row.key).await?, None, "{}", row.key);
    }
    Ok(())
}

async fn keys_are_compared_exactly(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &[rows::entity("p", "Größe")]).await?;
    let others = [
        ("p", "Grosse"),
        ("p", "Große"),
        ("p", "Gro\u{308}ße"),
        ("p", "Größe "),
        ("p", " Größe"),
        ("p ", "Größe"),
        ("", "Größe"),
        ("p", "Größ"),
        ("p", "Größ_"),
        ("p", "%"),
        ("q", "Größe"),
    ];
    for (project, name) in others {
        let key = Key::new(Kind::Entity, project, name);
        ensure_eq!(rows::get(&*store, &key).await?, None, "the row of {key:?}");
    }
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Entity) {
        let key = Key::new(kind, "p", "Größe");
        ensure_eq!(rows::get(&*store, &key).await?, None, "the {kind}");
    }
    let cased = Key::new(Kind::Entity, "p", "größe");
    if cx.facts().capabilities.case_sensitive_names {
        ensure_eq!(
            rows::get(&*store, &cased).await?,
            None,
            "the row in another case"
        );
    }
    Ok(())
}

/// A store may look first at which rows there are at all: that must not hide any, nor disturb other reads.
async fn hundreds_of_keys_are_found_among_few_rows_and_among_many(cx: Context) -> Checked {
    let store = cx.store().await?;
    let counts = [
        (Kind::OnDemandFeatureView, 0),
        (Kind::StreamFeatureView, 5),
        (Kind::LabelView, 63),
        (Kind::Entity, 64),
        (Kind::DataSource, 65),
    ];
    let row = |kind, number: usize| {
        let key = Key::new(kind, "p", format!("n{number:04}").as_str());
        rows::at(key, &format!("text {number}"), STAMP)
    };
    let mut reads = ReadSet::new();
    let mut wanted: Vec<(Key, Option<Record>)> = Vec::new();
    for (kind, count) in counts {
        let there: Vec<Record> = (0..count).map(|n| row(kind, 3 * n)).collect();
        rows::insert(&*store, &there).await?;
        for key in (0..300).map(|n| row(kind, 2 * n).key) {
            let found = there.iter().find(|row| row.key == key);
            wanted.push((key.clone(), found.cloned()));
            reads.key(key, Lock::Plain);
        }
    }
    // What is read before, between and behind them.
    let view = rows::row(Kind::FeatureView, "p", "view");
    let version = rows::row(Kind::Version, "p", "view");
    let permission = rows::row(Kind::Permission, "p", "it");
    let others = [view.clone(), version.clone(), permission.clone()];
    rows::insert(&*store, &others).await?;
    let (last, all) = (
        Range::last_version("p", "view"),
        Range::project(Kind::Permission, "p"),
    );
    reads.key(view.key.clone(), Lock::Update);
    reads.range(last.clone(), Lock::Plain);
    reads.range(all.clone(), Lock::Plain);
    let wrong = store
        .transact_typed(reads, move |found, _| {
            let wrong = wanted
                .iter()
                .filter(|(key, row)| found.key(key, Lock::Plain) != Some(row.as_ref()));
            let mut wrong: Vec<String> = wrong.map(|(key, _)| key.to_string()).collect();
            if found.key(&view.key, Lock::Update) != Some(Some(&view)) {
                wrong.push("the view".to_owned());
            }
            if !matches!(found.range(&last), Some([row]) if row.key == version.key) {
                wrong.push("the newest version".to_owned());
            }
            if found.range(&all) != Some(std::slice::from_ref(&permission)) {
                wrong.push("the permissions".to_owned());
            }
            Ok(Decision::Commit {
                writes: vec![],
                answer: wrong,
            })
        })
        .await?;
    ensure_eq!(wrong, Vec::<String>::new(), "what was not read as it is");
    Ok(())
}

async fn versions_keep_what_is_beside_the_message(cx: Context) -> Checked {
    let store = cx.store().await?;
    let mut row = rows::row(Kind::Version, "p", "trips");
    row.key.number = 12;
    row.extra = Extra::Version(Box::new(VersionExtra {
        view_type: "on_demand_feature_view".into(),
        version_id: "8b0e2a5c-1111-4222-8333-444455556666".to_owned(),
        description: "die zwölfte".to_owned(),
    }));
    rows::insert(&*store, std::slice::from_ref(&row)).await?;
    ensure_eq!(
        rows::get(&*store, &row.key).await?,
        Some(row.clone()),
        "by key"
    );
    ensure_eq!(rows::everything(&*store).await?, vec![row], "in a snapshot");
    Ok(())
}

async fn user_metadata_lies_beside_the_message(cx: Context) -> Checked {
    let store = cx.store().await?;
    for kind in Kind::VIEWS {
        let row = rows::row(kind, "p", "it");
        rows::insert(&*store, std::slice::from_ref(&row)).await?;
        for bytes in [&b"\x00\xff'"[..], b"", b"more"] {
            let bytes = Bytes::from_static(bytes);
            let set = Write::SetUserMetadata {
                key: row.key.clone(),
                user_metadata: bytes.clone(),
                stamp: STAMP + 1,
            };
            rows::write(&*store, vec![set]).await?;
            let found = present(rows::get(&*store, &row.key).await?, kind)?;
            ensure_eq!(
                found.user_metadata(),
                Some(&bytes),
                "user metadata of a {kind}"
            );
            ensure_eq!(found.body, row.body, "the message");
            ensure_eq!(found.stamp, STAMP + 1, "the stamp");
            rows::write(&*store, vec![rows::update(&row.key, "it", STAMP)]).await?;
            let found = present(rows::get(&*store, &row.key).await?, kind)?;
            ensure_eq!(
                found.user_metadata(),
                Some(&bytes),
                "after an update of the {kind}"
            );
        }
    }
    Ok(())
}

async fn a_replica_answers_too(cx: Context) -> Checked {
    let store = cx.store().await?;
    let row = rows::entity("p", "e");
    rows::insert(&*store, std::slice::from_ref(&row)).await?;
    // It may be behind, but it must not make anything up.
    let found = store.get(&row.key, Consistency::Replica).await?;
    ensure!(
        found.is_none() || found == Some(row),
        "a replica made up {found:?}"
    );
    Ok(())
}
