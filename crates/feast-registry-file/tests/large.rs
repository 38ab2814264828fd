//! A registry of 100 MB. Alone in its process, since it looks at the memory of all of it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use feast_registry_core::store::{Consistency, Decision, ReadSet, Write};
use feast_registry_core::wire::{self, Patch};
use feast_registry_core::{Key, Kind, Record, Store, StoreExt};
use feast_registry_file::{FileOptions, FileStore, LocalFile};

const VIEWS: usize = 30_000;
const VIEW_BYTES: usize = 3_400;

fn view(name: &str, bytes: usize) -> Vec<u8> {
    let patch = Patch::default()
        .set_string(&[1, 1], name)
        .set_string(&[1, 2], "rides")
        .set_string(&[1, 10], &"x".repeat(bytes));
    patch.apply(&[]).unwrap()
}

/// Writes the file view by view, so that making it takes no memory.
fn make(path: &Path) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for number in 0..VIEWS {
        let mut field = Vec::new();
        let body = view(&format!("view_{number:05}"), VIEW_BYTES);
        wire::put_len(Kind::FeatureView.spec().registry_field, &body, &mut field);
        file.write_all(&field).unwrap();
    }
    file.flush().unwrap();
}

/// The most memory that this process ever had, in bytes.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() * 1_024
}

/// Adds a view, and looks whether it is there.
async fn add(store: &FileStore, name: &str) {
    let added = Key::new(Kind::FeatureView, "rides", name);
    let row = Record::new(added.clone(), view(name, 10), 0);
    let add = move |_: &_, _: &_| {
        let writes = vec![Write::Insert(row.clone())];
        Ok(Decision::Commit { writes, answer: () })
    };
    store.transact_typed(ReadSet::new(), add).await.unwrap();
    let found = store.get(&added, Consistency::Primary).await.unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn a_change_takes_less_memory_than_three_files_and_with_a_backup_than_four() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    make(&path);
    let size = std::fs::metadata(&path).unwrap().len();
    assert!(size > 100_000_000, "{size} bytes");
    let before = most_memory();
    for (backups, most) in [(0, 3), (1, 4)] {
        let options = FileOptions::default().with_backup_versions(backups);
        let store = FileStore::new(Arc::new(LocalFile::new(&path)), options);
        for round in 0..=backups {
            add(&store, &format!("added_{backups}_{round}")).await;
        }
        let taken = most_memory() - before;
        println!("{:.2} times the file", taken as f64 / size as f64);
        assert!(taken < most * size, "{taken} bytes for {size}");
    }
}
