//! What counts of a row, and what does not.

use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::executor::block_on;
use proptest::prelude::*;

use feast_registry_proto::core;
use prost::Message;

use super::{Checksum, Checksums, Digest, Options, migrate};
use crate::store::{Decision, MemoryStore, ReadSet, Store, StoreExt, Write};
use crate::wire::{self, Patch};
use crate::{ErrorKind, Extra, Key, Kind, Record, VersionExtra};

fn entity(name: &str, tag: &str) -> Record {
    let spec = core::EntitySpecV2 {
        name: name.to_owned(),
        project: "p".to_owned(),
        join_key: format!("{name}_id"),
        tags: [
            ("a".to_owned(), tag.to_owned()),
            ("b".to_owned(), "2".to_owned()),
        ]
        .into(),
        ..core::EntitySpecV2::default()
    };
    let entity = core::Entity {
        spec: Some(spec),
        meta: None,
    };
    Record::new(Key::new(Kind::Entity, "p", name), entity.encode_to_vec(), 7)
}

/// The same message with its fields in another order, at the top and in `spec`.
fn turned(body: &[u8]) -> Vec<u8> {
    let turn = |bytes: &[u8]| {
        let mut fields: Vec<Vec<u8>> = wire::fields(bytes)
            .map(|field| field.unwrap().raw.to_vec())
            .collect();
        fields.reverse();
        fields.concat()
    };
    let spec = wire::message(body, &[1]).unwrap().unwrap();
    let mut turned = Vec::new();
    wire::put_len(1, &turn(&spec), &mut turned);
    turned
}

#[test]
fn how_a_message_is_written_down_does_not_count() {
    let row = entity("driver", "1");
    let other = |body: Vec<u8>| Record {
        body: body.into(),
        ..row.clone()
    };
    let turned = other(turned(&row.body));
    assert_ne!(turned.body, row.body);
    assert_eq!(Digest::of(&turned), Digest::of(&row));
    let homeless = other(Patch::default().clear(&[1, 9]).apply(&row.body).unwrap());
    assert_ne!(homeless.body, row.body);
    assert_eq!(Digest::of(&homeless), Digest::of(&row));
}

#[test]
fn everything_that_a_row_says_counts() {
    let row = entity("driver", "1");
    let version = |description: &str| {
        Extra::Version(Box::new(VersionExtra {
            view_type: "feature_view".into(),
            version_id: "id".into(),
            description: description.into(),
        }))
    };
    let unknown = Patch::default()
        .set_string(&[3_000], "new")
        .apply(&row.body);
    let others = [
        entity("rider", "1"),
        entity("driver", "2"),
        Record {
            stamp: 8,
            ..row.clone()
        },
        Record {
            key: Key::new(Kind::Entity, "q", "driver"),
            ..row.clone()
        },
        Record {
            key: Key {
                number: 1,
                ..row.key.clone()
            },
            ..row.clone()
        },
        Record {
            body: unknown.unwrap().into(),
            ..row.clone()
        },
        // No message: its bytes count.
        Record {
            body: Bytes::from_static(b"\xff"),
            ..row.clone()
        },
        Record {
            body: Bytes::from_static(b"\xfe"),
            ..row.clone()
        },
        Record {
            extra: Extra::UserMetadata(Bytes::new()),
            ..row.clone()
        },
        Record {
            extra: Extra::UserMetadata(Bytes::from_static(b"u")),
            ..row.clone()
        },
        Record {
            extra: version(""),
            ..row.clone()
        },
        Record {
            extra: version("text"),
            ..row.clone()
        },
        row,
    ];
    for (place, one) in others.iter().enumerate() {
        for other in &others[..place] {
            assert_ne!(Digest::of(one), Digest::of(other), "{one:?}\n{other:?}");
        }
    }
}

fn checksum(rows: &[Record]) -> Checksum {
    let mut sum = Checksum::default();
    rows.iter().for_each(|row| sum.add(&Digest::of(row)));
    sum
}

proptest! {
    #[test]
    fn a_checksum_has_no_order(
        names in proptest::collection::hash_set("[a-z]{1,8}", 1..20),
        turn in 0usize..20,
    ) {
        let mut rows: Vec<Record> = names.iter().map(|name| entity(name, "1")).collect();
        let sum = checksum(&rows);
        let turn = turn % rows.len();
        rows.rotate_left(turn);
        rows.reverse();
        prop_assert_eq!(checksum(&rows), sum);
        rows[turn].stamp += 1;
        prop_assert_ne!(checksum(&rows), sum);
        rows.remove(turn);
        prop_assert_ne!(checksum(&rows), sum);
    }

    #[test]
    fn whatever_bytes_a_row_has_it_has_a_digest(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        other in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let row = |body: &[u8]| {
            Record::new(Key::metadata("p", "k"), body.to_vec(), 0)
        };
        prop_assert_eq!(Digest::of(&row(&body)) == Digest::of(&row(&other)), body == other);
        for kind in Kind::ALL {
            let _ = Digest::of(&Record::new(Key::new(kind, "p", "n"), body.clone(), 0));
        }
    }
}

async fn write(store: &MemoryStore, writes: Vec<Write>) {
    let decide = move |_: &_, _: &_| {
        let writes = writes.clone();
        Ok(Decision::Commit { writes, answer: () })
    };
    store.transact_typed(ReadSet::new(), decide).await.unwrap();
}

async fn holding(rows: &[Record]) -> MemoryStore {
    let store = MemoryStore::new();
    write(&store, rows.iter().cloned().map(Write::Insert).collect()).await;
    store
}

fn overwrite() -> Options {
    Options {
        overwrite: true,
        ..Options::default()
    }
}

#[test]
fn thousands_of_rows_are_many_transactions() {
    block_on(async {
        let rows: Vec<Record> = (0..2_345).map(|n| entity(&format!("e{n}"), "1")).collect();
        let (source, target) = (holding(&rows).await, MemoryStore::new());
        let options = Options::default();
        let pass = migrate(&source, &target, &options, &|| ()).await;
        assert_eq!(pass.unwrap().created, 2_345);
        let sums = Checksums::read(&target, None).await.unwrap();
        assert_eq!(sums.whole(), checksum(&rows));
        let again = migrate(&source, &target, &options, &|| ()).await;
        assert!(again.unwrap().is_quiet());
    });
}

#[test]
fn an_empty_source_is_an_error_and_empties_nothing() {
    block_on(async {
        let (source, target) = (MemoryStore::new(), holding(&[entity("e", "1")]).await);
        let error = migrate(&source, &target, &overwrite(), &|| ()).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Missing);
        assert_eq!(
            Checksums::read(&target, None)
                .await
                .unwrap()
                .whole()
                .objects,
            1
        );
    });
}

#[test]
fn what_somebody_writes_to_the_target_meanwhile_is_not_overwritten() {
    block_on(async {
        let (source, target) = (holding(&[entity("e", "1")]).await, MemoryStore::new());
        let (theirs, handle) = (entity("e", "2"), target.handle());
        let meddle = || {
            let writing = write(&handle, vec![Write::Insert(theirs.clone())]);
            assert!(writing.now_or_never().is_some(), "memory does not wait");
        };
        let error = migrate(&source, &target, &overwrite(), &meddle).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::RevisionConflict);
        let kept = target.get(&theirs.key, Default::default()).await.unwrap();
        assert_eq!(kept.as_ref(), Some(&theirs));
    });
}

#[test]
fn one_project_leaves_the_others_of_the_target_alone() {
    block_on(async {
        let elsewhere = Record {
            key: Key::new(Kind::Entity, "q", "e"),
            ..entity("e", "1")
        };
        let source = holding(&[entity("e", "1"), elsewhere.clone()]).await;
        let old = Record {
            stamp: 1,
            ..elsewhere.clone()
        };
        let target = holding(&[old.clone(), entity("gone", "1")]).await;
        let options = Options {
            project: Some(Arc::from("p")),
            ..overwrite()
        };
        let pass = migrate(&source, &target, &options, &|| ()).await.unwrap();
        assert_eq!((pass.created, pass.deleted, pass.updated), (1, 1, 0));
        let kept = target.get(&old.key, Default::default()).await.unwrap();
        assert_eq!(kept, Some(old));
    });
}
