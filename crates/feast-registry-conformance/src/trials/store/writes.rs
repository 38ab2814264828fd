//! Every kind of write, alone and undone with the others.

use bytes::Bytes;
use feast_registry_core::store::{Range, Write};
use feast_registry_core::{Key, Kind, Record};

use crate::check::{Checked, failed};
use crate::context::Context;
use crate::rows::{self, STAMP};
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = trials!["store::write":
        all_writes_of_a_decision_happen,
        writes_happen_in_their_order,
        a_duplicate_insert_is_not_ignored,
        two_inserts_of_one_key_fail,
        an_update_of_a_vanished_row_fails,
        deleting_what_is_not_there_is_no_error,
        names_that_differ_in_case_are_kept_apart_or_refused,
        thousands_of_writes_are_one_transaction,
        many_updates_change_their_own_rows_only,
    ];
    for (name, write) in undoable() {
        trials.push(Trial::new(
            format!("store::write::{name}_is_undone_with_the_rest"),
            move |cx| is_undone_with_the_rest(cx, write.clone()),
        ));
    }
    trials
}

fn it(name: &str) -> Key {
    Key::new(Kind::FeatureView, "p", name)
}

/// One write of every kind that works on the rows of [`start`].
fn undoable() -> Vec<(&'static str, Write)> {
    let metadata = Write::SetUserMetadata {
        key: it("a"),
        user_metadata: Bytes::from_static(b"new"),
        stamp: STAMP + 1,
    };
    vec![
        (
            "an_insert",
            Write::Insert(rows::at(it("new"), "new", STAMP)),
        ),
        ("an_update", rows::update(&it("a"), "changed", STAMP + 1)),
        ("user_metadata", metadata),
        ("a_delete", Write::Delete(it("a"))),
        (
            "a_range_delete",
            Write::DeleteRange(Range::project(Kind::Version, "p")),
        ),
    ]
}

fn start() -> Vec<Record> {
    let views = ["a", "b", "c"].map(|name| rows::at(it(name), name, STAMP));
    let versions = [0, 1, 2].map(|number| rows::at(Key::version("p", "a", number), "a", STAMP));
    views.into_iter().chain(versions).collect()
}

async fn is_undone_with_the_rest(cx: Context, write: Write) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &start()).await?;
    let before = rows::everything(&*store).await?;
    let impossible = [
        Write::Insert(rows::at(it("b"), "again", STAMP)),
        rows::update(&it("gone"), "changed", STAMP),
    ];
    for last in impossible {
        failed(rows::write_blindly(&*store, vec![write.clone(), last]).await)?;
        ensure_eq!(rows::everything(&*store).await?, before, "all rows");
    }
    // By itself it can be done.
    rows::write(&*store, vec![write]).await?;
    ensure!(
        rows::everything(&*store).await? != before,
        "nothing was written"
    );
    Ok(())
}

async fn all_writes_of_a_decision_happen(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &start()).await?;
    let writes = vec![
        Write::Insert(rows::at(it("new"), "new", STAMP)),
        rows::update(&it("a"), "changed", STAMP + 1),
        Write::SetUserMetadata {
            key: it("c"),
            user_metadata: Bytes::from_static(b"\xff"),
            stamp: STAMP + 2,
        },
        Write::Delete(it("b")),
        Write::DeleteRange(Range::versions("p", "a")),
    ];
    rows::write(&*store, writes).await?;
    let all = rows::everything(&*store).await?;
    let found: Vec<(&str, String, i64)> = all
        .iter()
        .map(|row| (&*row.key.name, rows::text(row), row.stamp))
        .collect();
    let wanted = [
        ("a", "changed", STAMP + 1),
        ("c", "c", STAMP + 2),
        ("new", "new", STAMP),
    ];
    ensure_eq!(
        found,
        wanted.map(|(name, text, stamp)| (name, text.to_owned(), stamp)),
        "rows"
    );
    ensure_eq!(
        all[1].user_metadata().map(|bytes| &bytes[..]),
        Some(&b"\xff"[..]),
        "user metadata"
    );
    Ok(())
}

async fn writes_happen_in_their_order(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &start()).await?;
    let again = rows::at(it("a"), "again", STAMP + 1);
    let version = rows::at(Key::version("p", "a", 0), "again", STAMP + 1);
    let writes = vec![
        Write::Delete(it("a")),
        Write::Insert(again.clone()),
        Write::DeleteRange(Range::versions("p", "a")),
        Write::Insert(version.clone()),
    ];
    rows::write(&*store, writes).await?;
    ensure_eq!(
        rows::get(&*store, &again.key).await?,
        Some(again),
        "deleted, then inserted"
    );
    let versions: Vec<Record> = rows::everything(&*store)
        .await?
        .into_iter()
        .filter(|row| row.key.kind == Kind::Version)
        .collect();
    ensure_eq!(versions, vec![version], "emptied, then inserted");
    Ok(())
}

async fn a_duplicate_insert_is_not_ignored(cx: Context) -> Checked {
    let store = cx.store().await?;
    for row in rows::one_of_each("p") {
        rows::insert(&*store, std::slice::from_ref(&row)).await?;
        let again = rows::at(row.key.clone(), "again", STAMP + 1);
        failed(rows::write_blindly(&*store, vec![Write::Insert(again)]).await)
            .map_err(|failure| failure.context(&row.key))?;
        ensure_eq!(
            rows::get(&*store, &row.key).await?,
            Some(row),
            "the row that was first"
        );
    }
    Ok(())
}

async fn two_inserts_of_one_key_fail(cx: Context) -> Checked {
    let store = cx.store().await?;
    let writes = ["one", "two"].map(|text| Write::Insert(rows::at(it("a"), text, STAMP)));
    failed(rows::write(&*store, writes.into()).await)?;
    ensure_eq!(rows::everything(&*store).await?, vec![], "all rows");
    Ok(())
}

async fn an_update_of_a_vanished_row_fails(cx: Context) -> Checked {
    let store = cx.store().await?;
    rows::insert(&*store, &start()).await?;
    let before = rows::everything(&*store).await?;
    let metadata = Write::SetUserMetadata {
        key: it("gone"),
        user_metadata: Bytes::from_static(b"new"),
        stamp: STAMP,
    };
    for write in [rows::update(&it("gone"), "changed", STAMP), metadata] {
        failed(rows::write_blindly(&*store, vec![write]).await)?;
        ensure_eq!(rows::everything(&*store).await?, before, "all rows");
    }
    Ok(())
}

async fn deleting_what_is_not_there_is_no_error(cx: Context) -> Checked {
    let store = cx.store().await?;
    let writes = vec![
        Write::Delete(it("gone")),
        Write::DeleteRange(Range::versions("p", "gone")),
        Write::DeleteRange(Range::project(Kind::Entity, "gone")),
    ];
    rows::write(&*store, writes.clone()).await?;
    rows::write_blindly(&*store, writes).await?;
    Ok(())
}

async fn names_that_differ_in_case_are_kept_apart_or_refused(cx: Context) -> Checked {
    let store = cx.store().await?;
    let lower = rows::entity("p", "driver");
    rows::insert(&*store, std::slice::from_ref(&lower)).await?;
    let upper = rows::entity("p", "Driver");
    let result = rows::insert(&*store, std::slice::from_ref(&upper)).await;
    if cx.facts().capabilities.case_sensitive_names {
        result?;
        ensure_eq!(
            rows::everything(&*store).await?,
            vec![upper, lower],
            "all rows"
        );
    } else {
        failed(result)?;
        ensure_eq!(rows::everything(&*store).await?, vec![lower], "all rows");
    }
    Ok(())
}

async fn thousands_of_writes_are_one_transaction(cx: Context) -> Checked {
    let store = cx.store().await?;
    let count = 2_500.min(cx.facts().limits.transaction_writes);
    let mut rows: Vec<Record> = (0..count)
        .map(|n| rows::entity("p", &format!("e{n:05}")))
        .collect();
    rows::insert(&*store, &rows).await?;
    ensure_eq!(
        rows::everything(&*store).await?.len(),
        count,
        "rows inserted"
    );

    let updates = rows
        .iter()
        .map(|row| rows::update(&row.key, "changed", STAMP + 1));
    rows::write(&*store, updates.collect()).await?;
    let all = rows::everything(&*store).await?;
    ensure!(
        all.iter().all(|row| rows::text(row) == "changed"),
        "some rows were not changed"
    );

    // The last of all the writes fails, and takes the others with it.
    rows.truncate(count - 1);
    let mut writes: Vec<Write> = rows
        .iter()
        .map(|row| Write::Delete(row.key.clone()))
        .collect();
    writes.push(rows::update(&it("gone"), "changed", STAMP));
    failed(rows::write_blindly(&*store, writes.clone()).await)?;
    ensure_eq!(
        rows::everything(&*store).await?.len(),
        count,
        "rows after a failure"
    );

    writes.pop();
    rows::write(&*store, writes).await?;
    ensure_eq!(
        rows::everything(&*store).await?.len(),
        1,
        "rows after the delete"
    );
    Ok(())
}

/// A thousand updates may be a few statements: each row must get its own bytes and stamp, and the
/// same name in another project must not change.
async fn many_updates_change_their_own_rows_only(cx: Context) -> Checked {
    let store = cx.store().await?;
    let count = 1_000.min(cx.facts().limits.transaction_writes);
    let rows_of = |project: &str, text: &str, later: i64| -> Vec<Record> {
        let row = |n: usize| {
            let key = Key::new(Kind::Entity, project, format!("e{n:05}").as_str());
            let own = i64::try_from(n).unwrap_or_default();
            rows::at(key, &format!("{text} {n}"), STAMP + later * own)
        };
        (0..count).map(row).collect()
    };
    rows::insert(&*store, &rows_of("p", "old", 0)).await?;
    let others = rows_of("q", "other", 0);
    rows::insert(&*store, &others).await?;

    let wanted = rows_of("p", "new", 1);
    let updates = wanted
        .iter()
        .map(|row| rows::update(&row.key, &rows::text(row), row.stamp));
    rows::write(&*store, updates.collect()).await?;
    let mut all = wanted;
    all.extend(others);
    ensure!(
        rows::everything(&*store).await? == all,
        "rows have others' bytes or stamps"
    );
    Ok(())
}
