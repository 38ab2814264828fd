use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::store::{Double, Flaw, MemoryStore};
use crate::{Key, Kind, Registry, RegistryOptions};

#[test]
fn codes_are_unique_and_documented() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/doctor.md");
    let page = fs::read_to_string(page).unwrap();
    let mut codes = BTreeSet::new();
    for defect in Defect::ALL {
        assert!(codes.insert(defect.code), "{} stands twice", defect.code);
        let row = format!("| `{}` | {} |", defect.code, defect.severity);
        assert!(page.contains(&row), "docs/doctor.md lacks {row}");
    }
}

/// What is found of a store that is as it says.
async fn found_of(store: Double) -> Vec<(&'static str, String)> {
    let found = examine(&store).await.unwrap().into_iter();
    found.map(|one| (one.defect.code, one.found)).collect()
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_found_whichever_way() {
    for (off, word) in [(7_200, "ahead of"), (-7_200, "behind")] {
        let clock = crate::store::now().seconds + off;
        let found = found_of(Double::default().with_clock(clock)).await;
        assert_eq!(found.len(), 1, "{found:?}");
        let (code, what) = &found[0];
        assert!(*code == "clock-skew" && what.contains(word), "{found:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_nearly_right_is_right() {
    let clock = crate::store::now().seconds + 30;
    assert_eq!(found_of(Double::default().with_clock(clock)).await, []);
}

#[tokio::test]
async fn tables_of_a_newer_program_are_told() {
    let newer = Flaw::NewerSchema { found: 9, known: 1 };
    // Nothing else is looked at.
    let store = Double::default().with_flaw(newer).with_clock(0);
    let found = found_of(store).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let (code, what) = &found[0];
    assert!(
        *code == "newer-schema" && what.contains("version 9"),
        "{found:?}"
    );
}

async fn codes_of(rows: Vec<Record>) -> Vec<(&'static str, Option<Key>)> {
    let store = std::sync::Arc::new(MemoryStore::new());
    let registry = Registry::open(store.clone(), RegistryOptions::default());
    let registry = registry.await.unwrap();
    registry.import_rows(rows).await.unwrap();
    let found = examine(&*store).await.unwrap();
    found
        .into_iter()
        .map(|one| (one.defect.code, one.key))
        .collect()
}

/// A row whose message has a name, and a text at another path.
fn row(kind: Kind, name: &str, path: &[u32], text: &str) -> Record {
    let patch = crate::wire::Patch::default().set_string(kind.spec().name_path, name);
    let body = patch.set_string(path, text).apply(&[]).unwrap();
    Record::new(Key::new(kind, "p", name), body, 1)
}

#[tokio::test]
async fn every_reference_is_followed() {
    for (kind, path) in references::paths() {
        // A saved dataset names features of views.
        let text = if *path == [1, 3] && kind == Kind::SavedDataset {
            "missing:f"
        } else {
            "missing"
        };
        let row = row(kind, "it", path, text);
        let source = path.ends_with(&[20]);
        let code = if source {
            "unlisted-source"
        } else {
            "dangling-reference"
        };
        let wanted = [(code, Some(row.key.clone()))];
        assert_eq!(codes_of(vec![row]).await, wanted, "{kind} {path:?}");
    }
}

#[tokio::test]
async fn placeholders_of_feast_need_not_exist() {
    let view = row(Kind::FeatureView, "it", &[1, 3], "__dummy");
    assert_eq!(codes_of(vec![view]).await, []);
}

#[tokio::test]
async fn objects_of_one_kind_may_name_each_other_in_any_order() {
    let views =
        [("a", "b"), ("b", "a")].map(|(name, other)| row(Kind::LabelView, name, &[1, 15], other));
    assert_eq!(codes_of(views.into()).await, []);
}

#[tokio::test]
async fn a_source_inside_another_one_counts() {
    let source = row(Kind::DataSource, "stream", &[26, 20], "inner");
    let view = row(Kind::FeatureView, "it", &[1, 7, 20], "inner");
    assert_eq!(codes_of(vec![source, view]).await, []);
}

#[tokio::test]
async fn a_message_of_another_name_or_project_is_found() {
    let mut named = row(Kind::Entity, "other", &[1, 3], "");
    named.key = Key::new(Kind::Entity, "p", "it");
    let placed = row(Kind::Entity, "placed", &[1, 9], "q");
    let wanted = [
        ("other-name", Some(named.key.clone())),
        ("other-project", Some(placed.key.clone())),
    ];
    assert_eq!(codes_of(vec![named, placed]).await, wanted);
}

#[tokio::test]
async fn the_project_of_a_message_is_set() {
    let store = std::sync::Arc::new(MemoryStore::new());
    let registry = Registry::open(store.clone(), RegistryOptions::default())
        .await
        .unwrap();
    let placed = row(Kind::Entity, "placed", &[1, 9], "q");
    registry.import_rows(vec![placed.clone()]).await.unwrap();
    let found = examine(&*store).await.unwrap();
    assert_eq!(mend(&*store, &found[0]).await.unwrap(), Mended::Done);
    assert!(examine(&*store).await.unwrap().is_empty());
    let after = store
        .get(&placed.key, Consistency::Primary)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(after.body, row(Kind::Entity, "placed", &[1, 9], "p").body);
    assert!(after.stamp > placed.stamp);
}
