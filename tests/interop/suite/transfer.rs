//! Exports hold everything, for us and for Feast.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use feast_registry::{Key, Kind, Record, message};

use crate::compare::{assert_same, remove};
use crate::database::{Database, rows};
use crate::engine::Engine;
use crate::every_kind::{PROJECT, every_kind};
use crate::trials::trials;

trials! {
    everywhere {
        rows_are_imported_exactly_and_feast_reads_the_same,
        an_exported_message_holds_every_definition_and_names_what_it_cannot_hold,
    }
}

async fn rows_are_imported_exactly_and_feast_reads_the_same(engine: Engine) {
    let made = every_kind(engine);
    let database = made.database();
    let stored = rows(&database.open().await).await;

    let copy = Database::absent(engine);
    let registry = copy.open().await;
    registry.import_rows(stored.clone()).await.unwrap();
    assert_eq!(rows(&registry).await, stored);
    let mut dump = made.dump.clone();
    remove(&mut dump, &["functions"]);
    assert_same("what Feast reads: a copy, its own", &copy.dump(), &dump);
}

async fn an_exported_message_holds_every_definition_and_names_what_it_cannot_hold(engine: Engine) {
    let made = every_kind(engine);
    let database = made.database();
    let registry = database.open().await;
    let stored = rows(&registry).await;
    let exported = registry.export(None).await.unwrap();
    assert_eq!(exported.losses, losses(&stored));

    let copy = Database::absent(engine);
    let copied = copy.open().await;
    copied
        .import(&exported.message.into(), Some(PROJECT))
        .await
        .unwrap();
    let copied = rows(&copied).await;
    assert_eq!(definitions(&copied), definitions(&stored));
}

/// What Feast's file format has no place for: user metadata, and values about a project.
fn losses(stored: &[Record]) -> BTreeSet<String> {
    let views = stored.iter().filter(|row| row.user_metadata().is_some());
    let mut losses: BTreeSet<String> = views
        .map(|row| format!("the user metadata of {}", row.key))
        .collect();
    losses.insert(format!("metadata `note` of project `{}`", PROJECT));
    losses
}

/// The bytes of every object and version, each with its project.
fn definitions(rows: &[Record]) -> BTreeMap<Key, Bytes> {
    let rows = rows.iter().filter(|row| row.key.kind != Kind::Metadata);
    rows.map(|row| (row.key.clone(), message::with_project(row).unwrap()))
        .collect()
}
