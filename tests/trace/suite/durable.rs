//! What is said to be done is on the disk.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::command::{Variable, traced};
use crate::events::Event;

const VIEW: &str = "kind: FeatureView\nproject: rides\nspec: {name: v, entities: [driver], \
                    features: [{name: f, valueType: INT64}]}\n";
const APPLY: [&str; 2] = ["apply", "view.yaml"];

/// The registries that are looked at: a SQLite database with either journal, and a registry file.
const REGISTRIES: [Variable; 3] = [
    ("FEAST_REGISTRY_JOURNAL_MODE", "wal"),
    ("FEAST_REGISTRY_JOURNAL_MODE", "delete"),
    ("FEAST_REGISTRY_PATH", "registry.pb"),
];

/// A folder whose path is the one that the system knows.
struct Folder {
    _owner: TempDir,
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let owner = tempfile::tempdir().unwrap();
        let path = owner.path().canonicalize().unwrap();
        fs::write(path.join("view.yaml"), VIEW).unwrap();
        Folder {
            _owner: owner,
            path,
        }
    }

    /// All that is in it and in the folders below.
    fn files(&self) -> BTreeSet<PathBuf> {
        let mut files = BTreeSet::new();
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path.clone());
                }
                files.insert(path);
            }
        }
        files
    }

    /// Runs the command, and checks that it was done when it said so.
    fn check(&self, registry: Variable, arguments: &[&str]) {
        let before = self.files();
        let events = traced(&self.path, registry, arguments);
        let said = events
            .iter()
            .position(|event| matches!(event, Event::Said(_)));
        let done = &events[..said.expect("the command says that it is done")];
        let open = unfinished(&self.path, &before, done);
        assert!(
            open.is_empty(),
            "{arguments:?} with {registry:?} said that it was done before this was \
             on the disk: {open:?}\n{done:#?}"
        );
        let synced = |event: &Event| matches!(event, Event::Synced(_));
        assert!(done.iter().any(synced), "nothing was written: {done:#?}");
    }
}

/// Whether a file means nothing once its writers have ended: the shared memory of SQLite's log, which is made
/// anew from the log, and the notes in a lock file.
fn is_passing(path: &Path) -> bool {
    let path = path.to_string_lossy();
    path.ends_with("-shm") || path.ends_with(".lock")
}

/// What was written, made or removed below a folder and not synchronised since, and what got its name
/// before its content was on the disk: then the name leads to nothing after a crash, whatever follows.
fn unfinished(folder: &Path, before: &BTreeSet<PathBuf>, events: &[Event]) -> BTreeSet<PathBuf> {
    let mut open = BTreeSet::new();
    let mut early = BTreeSet::new();
    let mut known = before.clone();
    let here = |path: &Path| path != folder && path.starts_with(folder) && !is_passing(path);
    let above = |path: &Path| path.parent().unwrap_or(folder).to_owned();
    for event in events {
        match event {
            Event::Wrote(path) if here(path) => {
                open.insert(path.clone());
            }
            Event::Opened(path) if here(path) && known.insert(path.clone()) => {
                open.insert(above(path));
            }
            Event::Made(path) if here(path) => {
                open.insert(above(path));
            }
            Event::Removed(path) if here(path) => {
                known.remove(path);
                // What was in it does not matter any more, but that it is gone does.
                open.remove(path);
                open.insert(above(path));
            }
            Event::Renamed(from, to) if here(to) => {
                known.remove(from);
                known.insert(to.clone());
                if open.remove(from) {
                    early.insert(to.clone());
                }
                open.extend([above(from), above(to)]);
            }
            Event::Synced(path) => {
                open.remove(path);
            }
            _ => {}
        }
    }
    open.extend(early);
    open
}

#[test]
fn a_first_apply() {
    for registry in REGISTRIES {
        Folder::new().check(registry, &APPLY);
    }
}

/// A folder that nobody has put on the disk takes the registry with it.
#[test]
fn a_first_apply_into_folders_that_are_missing() {
    let folder = Folder::new();
    let registry = ("FEAST_REGISTRY_PATH", "new/folder/registry.pb");
    folder.check(registry, &APPLY);
    folder.check(registry, &["delete", "v"]);
    assert!(folder.path.join("new/folder/registry.pb").is_file());
}

/// Another process may have put the present file there and not be done: it lets go of its lock before the
/// folder is on the disk.
#[test]
fn an_apply_to_a_file_that_finds_nothing_to_change() {
    let folder = Folder::new();
    let [.., file] = REGISTRIES;
    folder.check(file, &APPLY);
    folder.check(file, &APPLY);
}

#[test]
fn changes_of_a_database_that_is_there() {
    for registry in REGISTRIES {
        let folder = Folder::new();
        folder.check(registry, &APPLY);
        fs::write(folder.path.join("view.yaml"), VIEW.replace("f,", "g,")).unwrap();
        folder.check(registry, &APPLY);
        let interval = ["--start", "2026-01-01", "--end", "2026-01-02"];
        let add = ["materializations", "add", "v"];
        folder.check(registry, &[&add[..], &interval].concat());
        folder.check(registry, &["feature-views", "disable", "v"]);
        folder.check(registry, &["delete", "v"]);
    }
}

#[test]
fn what_is_not_synchronised_is_noticed() {
    let folder = Path::new("/w");
    let file = |name: &str| folder.join(name);
    let before = BTreeSet::from([file("old")]);
    let open = |events: &[Event]| -> Vec<PathBuf> {
        unfinished(folder, &before, events).into_iter().collect()
    };
    let [old, new] = ["old", "new"].map(file);
    let (wrote, synced) = (Event::Wrote(old.clone()), Event::Synced(old.clone()));
    assert_eq!(open(&[synced.clone(), wrote.clone()]), [old.as_path()]);
    assert!(open(&[wrote, synced]).is_empty());
    assert!(open(&[Event::Opened(old.clone())]).is_empty());
    let folder_synced = Event::Synced(folder.into());
    assert_eq!(
        open(&[folder_synced.clone(), Event::Opened(new.clone())]),
        [folder]
    );
    assert!(open(&[Event::Opened(new.clone()), folder_synced.clone()]).is_empty());
    // Of a content that follows its name nobody knows when it came.
    let wrote_new = Event::Wrote(new.clone());
    let synced_new = Event::Synced(new.clone());
    let renamed = Event::Renamed(new, old.clone());
    let right = [
        wrote_new.clone(),
        synced_new,
        renamed.clone(),
        folder_synced.clone(),
    ];
    assert!(open(&right).is_empty());
    let early = [
        wrote_new,
        renamed,
        Event::Synced(old.clone()),
        folder_synced,
    ];
    assert_eq!(open(&early), [old.as_path()]);
    assert_eq!(open(&[Event::Removed(old.clone())]), [folder]);
    let deep = file("deep");
    let made = [Event::Made(deep.clone()), Event::Synced(deep.clone())];
    assert_eq!(open(&made), [folder]);
    assert_eq!(open(&[Event::Opened(deep.join("new"))]), [deep]);
    assert!(open(&[Event::Wrote(file("registry.db-shm"))]).is_empty());
}
