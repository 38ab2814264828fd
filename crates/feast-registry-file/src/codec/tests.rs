use std::collections::BTreeSet;

use bytes::Bytes;
use feast_registry_core::message::{self, PROJECT_METADATA, SCHEMA_VERSION, VERSION_ID};
use feast_registry_core::store::{Scan, Write};
use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{
    ErrorKind, Extra, Key, Kind, LAST_UPDATED, PROJECT_UUID, Record, VersionExtra,
};
use proptest::prelude::*;
use prost_types::Timestamp;
use uuid::Uuid;

use super::own::INFRA_OWNER;
use super::{decode, encode};
use crate::state::State;

fn bytes(state: &State) -> Bytes {
    let now = Timestamp {
        seconds: 5,
        nanos: 6,
    };
    encode(state, Uuid::new_v4(), &now).unwrap().bytes
}

fn with(state: &State, rows: Vec<Record>) -> State {
    state
        .with(rows.into_iter().map(Write::Insert).collect())
        .unwrap()
}

fn again(state: &State) -> State {
    decode(&bytes(state)).unwrap()
}

fn records(state: &State) -> Vec<Record> {
    state.records().cloned().collect()
}

/// An object whose message says what its key says.
fn object(kind: Kind, project: &str, name: &str, stamp: i64) -> Record {
    let spec = kind.spec();
    let mut patch = Patch::default().set_string(spec.name_path, name);
    if let Some(path) = spec.project_path {
        patch = patch.set_string(path, project);
    }
    let body = patch.apply(&[]).unwrap();
    Record::new(Key::new(kind, project, name), body, stamp)
}

fn metadata(project: &str, key: &str, value: &str) -> Record {
    Record::new(Key::metadata(project, key), value.to_owned(), 7)
}

/// What Feast would show of the identities of projects.
fn identities(state: &State) -> Vec<(String, String)> {
    let file = bytes(state);
    let text = |entry: &[u8], number| {
        let text = wire::string(entry, &[number]).unwrap();
        text.unwrap_or_default().into_owned()
    };
    let entries = wire::repeated(&file, PROJECT_METADATA).unwrap();
    let identity = |entry: &&[u8]| (text(entry, 1), text(entry, 2));
    entries.iter().map(identity).collect()
}

#[test]
fn what_feast_has_no_place_for_comes_back() {
    let mut view = object(Kind::FeatureView, "p", "v", 9);
    view.extra = Extra::UserMetadata(Bytes::from_static(b"\x00\xff"));
    let unreadable = Record::new(
        Key::new(Kind::Entity, "p", "bad"),
        Bytes::from_static(b"\x0a\xff"),
        3,
    );
    let misnamed = Record {
        key: Key::new(Kind::Entity, "p", "another"),
        ..object(Kind::Entity, "p", "e", 3)
    };
    let infra = |project: &str, body: &'static [u8]| {
        Record::new(Key::infra(project), Bytes::from_static(body), 4)
    };
    let rows = vec![
        view,
        unreadable,
        misnamed,
        object(Kind::ValidationReference, "p", "r", 11),
        infra("p", b"\x0a\x02\x0a\x00"),
        infra("q", b"\x0a\x02\x12\x00"),
        infra("r", b""),
        metadata("p", PROJECT_UUID, "an id"),
        metadata("p", LAST_UPDATED, "7"),
        metadata("p", "mine", "größe"),
        Record::new(Key::metadata("p", "no text"), &b"\xff"[..], 7),
        metadata("q", PROJECT_UUID, "{}"),
    ];
    let state = with(&State::default(), rows);
    let read = again(&state);
    assert_eq!(records(&read), records(&state));
    assert_eq!(records(&again(&read)), records(&state));
    // Feast reads it all the same, and what it cannot hold only stands where it does not look.
    let split = message::split(&bytes(&state), Some("p")).unwrap();
    let known: BTreeSet<Kind> = split.iter().map(|row| row.key.kind).collect();
    assert!(known.contains(&Kind::FeatureView) && known.contains(&Kind::Infra));
    assert!(!split.iter().any(|row| &*row.key.name == "bad"));
}

#[test]
fn a_row_gets_its_project_into_its_message() {
    let mut bare = object(Kind::Entity, "p", "e", 0);
    bare.body = Patch::default()
        .set_string(&[1, 1], "e")
        .apply(&[])
        .unwrap()
        .into();
    let state = with(&State::default(), vec![bare]);
    let row = &records(&state)[0];
    assert_eq!(
        wire::string(&row.body, &[1, 9]).unwrap().as_deref(),
        Some("p")
    );
    assert_eq!(records(&again(&state)), records(&state));
}

#[test]
fn a_stamp_before_that_of_its_message_holds_until_the_message_changes() {
    let stamped = |second| {
        let stamp = Timestamp {
            seconds: second,
            nanos: 0,
        };
        let entity = object(Kind::Entity, "p", "e", 0);
        let patch = Patch::default().set_timestamp(&[2, 2], &stamp);
        Bytes::from(patch.apply(&entity.body).unwrap())
    };
    let row = Record::new(Key::new(Kind::Entity, "p", "e"), stamped(100), 50);
    let file = bytes(&with(&State::default(), vec![row]));
    assert_eq!(records(&decode(&file).unwrap())[0].stamp, 50);
    // Feast changes the message and keeps what it does not know.
    let field = Kind::Entity.spec().registry_field;
    let mut changed = Vec::new();
    wire::put_len(field, &stamped(200), &mut changed);
    for kept in wire::fields(&file).map(Result::unwrap) {
        if kept.number != field {
            changed.extend_from_slice(kept.raw);
        }
    }
    assert_eq!(records(&decode(&changed.into()).unwrap())[0].stamp, 200);
}

#[test]
fn what_this_build_does_not_know_stays() {
    let mut file = Vec::new();
    wire::put_len(2, b"a feature table, long retired", &mut file);
    wire::put_len(999, b"a newer Feast", &mut file);
    // An entity without a project, which no project of Feast's sees.
    wire::put_len(1, b"\x0a\x03\x0a\x01e", &mut file);
    let mut history = Vec::new();
    wire::put_len(9, b"newer too", &mut history);
    wire::put_len(18, &history, &mut file);
    wire::put_len(SCHEMA_VERSION, b"2", &mut file);
    let file = Bytes::from(file);
    let state = with(
        &decode(&file).unwrap(),
        vec![object(Kind::Entity, "p", "e", 0)],
    );
    let written = bytes(&again(&state));
    for number in [2, 999, 18, SCHEMA_VERSION] {
        let found = wire::repeated(&written, number).unwrap();
        assert_eq!(found, wire::repeated(&file, number).unwrap(), "{number}");
    }
    assert_eq!(wire::repeated(&written, 1).unwrap().len(), 2);
    assert_eq!(state.rows.size(), 1);
}

#[test]
fn a_record_of_the_history_stays_as_it_is_to_the_microsecond() {
    let mut record = Vec::new();
    wire::put_len(1, b"v", &mut record);
    wire::put_len(2, b"p", &mut record);
    wire::put_tag(3, wire::WireType::Varint, &mut record);
    wire::put_varint(4, &mut record);
    wire::put_len(4, b"feature_view", &mut record);
    wire::put_len(5, b"body", &mut record);
    wire::put_len(6, b"\x08\x64\x10\x90\x4e", &mut record);
    wire::put_len(8, b"id", &mut record);
    wire::put_len(77, b"newer", &mut record);
    let (mut history, mut file) = (Vec::new(), Vec::new());
    wire::put_len(1, &record, &mut history);
    wire::put_len(18, &history, &mut file);
    let state = decode(&file.into()).unwrap();
    let extra = VersionExtra {
        view_type: "feature_view".into(),
        version_id: "id".to_owned(),
        description: String::new(),
    };
    let wanted = Record {
        extra: Extra::Version(Box::new(extra)),
        ..Record::new(Key::version("p", "v", 4), &b"body"[..], 100)
    };
    assert_eq!(records(&state), [wanted]);
    let written = bytes(&state);
    assert_eq!(wire::repeated(&written, 18).unwrap(), [&history[..]]);
}

#[test]
fn further_metadata_stands_where_feast_reads_it() {
    let state = with(
        &State::default(),
        vec![
            metadata("p", PROJECT_UUID, "an id"),
            metadata("q", PROJECT_UUID, "another"),
            metadata("q", "mine", "ja"),
        ],
    );
    let json = r#"{"mine":"ja","project_uuid":"another"}"#;
    let wanted = [("p", "an id"), ("q", json)];
    let wanted = wanted.map(|(project, value)| (project.to_owned(), value.to_owned()));
    assert_eq!(identities(&state), wanted);
}

#[test]
fn a_registry_of_an_older_feast_has_the_projects_that_it_names() {
    let mut entry = Vec::new();
    wire::put_len(1, b"old", &mut entry);
    wire::put_len(2, b"an id", &mut entry);
    let mut file = Vec::new();
    wire::put_len(PROJECT_METADATA, &entry, &mut file);
    let state = decode(&file.into()).unwrap();
    assert_eq!(state.page(&Scan::all(Kind::Project)).records.len(), 1);
    // Deleted here, it does not come back.
    let gone = state
        .with(vec![Write::Delete(Key::project("old"))])
        .unwrap();
    assert!(
        again(&gone)
            .page(&Scan::all(Kind::Project))
            .records
            .is_empty()
    );
}

#[test]
fn infrastructure_stays_with_the_project_that_it_is_noted_for() {
    let infra = |project: &str| Record::new(Key::infra(project), &b"\x0a\x00"[..], 0);
    let state = with(&State::default(), vec![infra("q")]);
    let state = with(&again(&state), vec![infra("a")]);
    let owner = bytes(&state);
    let owner = wire::string(&owner, &[INFRA_OWNER]).unwrap();
    assert_eq!(owner.as_deref(), Some("q"));
    // Feast's own says nothing: it counts as that of the first project.
    let mut file = Vec::new();
    wire::put_len(10, b"\x0a\x00", &mut file);
    let project = object(Kind::Project, "b", "b", 0);
    wire::put_len(17, &project.body, &mut file);
    let read = decode(&file.into()).unwrap();
    assert!(read.get(&Key::infra("b")).is_some());
}

#[test]
fn no_two_contents_are_equal() {
    let state = with(&State::default(), vec![object(Kind::Entity, "p", "e", 0)]);
    let ids: BTreeSet<String> = (0..10)
        .map(|_| {
            let file = bytes(&state);
            let id = wire::string(&file, &[VERSION_ID]).unwrap();
            id.unwrap().into_owned()
        })
        .collect();
    assert_eq!(ids.len(), 10);
}

#[test]
fn fields_of_another_type_are_no_registry() {
    for file in [
        &b"\x08\x01"[..],
        b"\x1d\0\0\0\0",
        b"apiVersion: 1",
        b"\x0a\x05",
    ] {
        let error = decode(&Bytes::copy_from_slice(file)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{file:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(file in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&file.into());
    }

    #[test]
    fn whatever_is_written_comes_back(
        kinds in proptest::collection::vec((0..Kind::OBJECTS.len(), "[a-c]", "\\PC{0,3}", -5_i64..5), 0..20),
    ) {
        let mut state = State::default();
        for (kind, project, name, stamp) in kinds {
            let kind = Kind::OBJECTS[kind];
            let project = if kind == Kind::Project { name.clone() } else { project };
            let row = object(kind, &project, &name, stamp);
            if state.get(&row.key).is_none() {
                state = with(&state, vec![row]);
            }
        }
        prop_assert_eq!(records(&again(&state)), records(&state));
    }
}
