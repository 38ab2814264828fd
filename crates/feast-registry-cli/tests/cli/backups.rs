//! Backups beside a registry file.

use crate::runner::{Folder, examples};

/// A registry file that keeps two backups, and three writes.
fn folder() -> Folder {
    let folder = Folder::new();
    let yaml = "project: rides\nregistry:\n  path: data/registry.pb\n  backup_versions: 2\n";
    folder.write("feature_store.yaml", yaml);
    let mut files = examples();
    files.insert(0, "apply".into());
    folder.run(files).ok();
    for verb in ["disable", "enable"] {
        folder
            .cli(&format!("feature-views {verb} driver_stats"))
            .ok();
    }
    folder
}

#[test]
fn an_earlier_version_is_listed_and_restored() {
    let folder = folder();
    let enabled = || {
        let view = folder.cli("feature-views describe driver_stats").ok();
        view.contains("\nenabled: true\n")
    };
    let backups = folder.cli("backups list -o json").json();
    let names = |index: usize| backups[index]["name"].as_str().unwrap().to_owned();
    assert_eq!(backups.as_array().unwrap().len(), 2);
    assert!(backups[0]["written"].as_str() > backups[1]["written"].as_str());
    assert!(enabled());
    // The newest is the one before the last write.
    let said = folder
        .cli(&format!("backups restore {} --yes", names(0)))
        .ok();
    assert!(
        said.starts_with("data/registry.pb is as it was at "),
        "{said}"
    );
    assert!(!enabled());
    let table = folder.cli("backups list").ok();
    assert!(table.starts_with("NAME"), "{table}");
    assert_eq!(table.lines().count(), 3);
}

#[test]
fn restoring_asks_and_knows_what_there_is() {
    let folder = folder();
    let before = folder.read("data/registry.pb");
    folder
        .cli("backups restore backup-000")
        .fails(2, "not confirmed");
    folder
        .cli("backups restore backup-007 --yes")
        .fails(2, "there is no backup `backup-007`");
    assert_eq!(folder.read("data/registry.pb"), before);
}

#[test]
fn a_registry_without_backups_says_so() {
    let folder = Folder::with_examples();
    let error = folder
        .cli("backups list")
        .fails(1, "this registry keeps no backups");
    assert!(error.contains("backup_versions"), "{error}");
}
