//! A registry moved into this store and out of it.

use std::sync::Arc;

use feast_registry_core::migration::{Checksums, Options, Pass, differing_keys, migrate};
use feast_registry_core::store::{MemoryStore, Write};
use feast_registry_core::{ErrorKind, Extra, Kind, Record, Result, Store, VersionExtra};

use super::export::filled;
use crate::check::{Checked, refused};
use crate::context::Context;
use crate::rows::{self, STAMP};
use crate::samples;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    trials!["migration":
        there_and_back_the_checksums_are_the_same,
        what_is_there_is_not_written_again,
        what_has_changed_is_picked_up,
        something_else_in_the_target_is_not_touched,
        names_in_two_cases_are_both_there_or_one_is_refused,
        what_is_too_large_is_refused_alone,
    ]
}

async fn run(from: &dyn Store, to: &dyn Store, overwrite: bool) -> Result<Pass> {
    let mut options = Options::default();
    options.overwrite = overwrite;
    migrate(from, to, &options, &|| ()).await
}

async fn sums(store: &dyn Store) -> Result<Checksums> {
    Checksums::read(store, None).await
}

async fn there_and_back_the_checksums_are_the_same(cx: Context) -> Checked {
    let registry = filled(&cx).await?;
    registry.update_infra("fahrten", samples::infra()).await?;
    registry
        .set_user_metadata("fahrten", "LabelView", &b"mine"[..])
        .await?;
    registry.set_project_metadata("züge", "mine", "ja").await?;
    let (source, between, target) = (registry.store(), MemoryStore::new(), cx.store().await?);
    let there = run(&**source, &between, false).await?;
    run(&between, &*target, false).await?;
    ensure_eq!(
        there.source,
        sums(&**source).await?,
        "the source's checksums"
    );
    ensure_eq!(sums(&between).await?, there.source, "in memory");
    ensure_eq!(sums(&*target).await?, there.source, "in the store");
    ensure_eq!(
        rows::everything(&*target).await?,
        rows::everything(&between).await?,
        "all rows"
    );
    ensure_eq!(
        differing_keys(&**source, &*target, None).await?,
        vec![],
        "differences"
    );
    Ok(())
}

/// Rows of two projects in memory, and a store.
async fn two_stores(cx: &Context) -> Checked<(MemoryStore, Arc<dyn Store>, Vec<Record>)> {
    let source = MemoryStore::new();
    let rows = [rows::one_of_each("p"), rows::one_of_each("q")].concat();
    rows::insert(&source, &rows).await?;
    Ok((source, cx.store().await?, rows))
}

async fn what_is_there_is_not_written_again(cx: Context) -> Checked {
    let (source, target, all) = two_stores(&cx).await?;
    let some = all.len() / 2;
    rows::insert(&*target, &all[..some]).await?;
    let pass = run(&source, &*target, false).await?;
    ensure_eq!(pass.unchanged, some as u64, "rows that were there");
    ensure_eq!(
        pass.created,
        (all.len() - some) as u64,
        "rows that were not"
    );
    ensure!(
        run(&source, &*target, false).await?.is_quiet(),
        "a third pass is not quiet"
    );
    Ok(())
}

/// Another text, another stamp, another extra, a row less, a row more.
async fn what_has_changed_is_picked_up(cx: Context) -> Checked {
    let (source, target, mut all) = two_stores(&cx).await?;
    run(&source, &*target, false).await?;
    let mut writes = Vec::new();
    for row in &mut all {
        let before = row.clone();
        match row.key.kind {
            Kind::Entity | Kind::Metadata => {
                *row = rows::at(row.key.clone(), "another", STAMP);
            }
            Kind::DataSource => row.stamp -= 5,
            Kind::FeatureView => row.extra = Extra::UserMetadata(b"mine"[..].into()),
            Kind::Version => {
                row.extra = Extra::Version(Box::new(VersionExtra {
                    description: "another".to_owned(),
                    ..row.version().cloned().unwrap_or_default()
                }));
            }
            _ => {}
        }
        if *row != before {
            writes.push(Write::Delete(row.key.clone()));
            writes.push(Write::Insert(row.clone()));
        }
    }
    let gone = all.iter().position(|row| row.key.kind == Kind::Permission);
    let gone = all.remove(gone.unwrap_or_default());
    writes.push(Write::Delete(gone.key));
    all.push(rows::entity("p", "new"));
    writes.push(Write::Insert(rows::entity("p", "new")));
    rows::write(&source, writes).await?;

    refused(
        run(&source, &*target, false).await,
        ErrorKind::RevisionConflict,
    )?;
    let pass = run(&source, &*target, true).await?;
    ensure_eq!(
        (pass.created, pass.updated, pass.deleted),
        (1, 10, 1),
        "rows"
    );
    all.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    ensure_eq!(rows::everything(&*target).await?, all, "all rows");
    Ok(())
}

async fn something_else_in_the_target_is_not_touched(cx: Context) -> Checked {
    let (source, target, all) = two_stores(&cx).await?;
    let theirs = rows::entity("r", "theirs");
    rows::insert(&*target, std::slice::from_ref(&theirs)).await?;
    refused(
        run(&source, &*target, false).await,
        ErrorKind::RevisionConflict,
    )?;
    ensure_eq!(rows::everything(&*target).await?, vec![theirs], "all rows");
    run(&source, &*target, true).await?;
    ensure_eq!(rows::everything(&*target).await?.len(), all.len(), "rows");
    Ok(())
}

async fn names_in_two_cases_are_both_there_or_one_is_refused(cx: Context) -> Checked {
    let (source, target, _) = two_stores(&cx).await?;
    let more: Vec<Record> = ["Name", "name", "zebra"]
        .map(|name| rows::entity("p", name))
        .into();
    rows::insert(&source, &more).await?;
    let pass = run(&source, &*target, false).await?;
    let lost = usize::from(!target.capabilities().case_sensitive_names);
    ensure_eq!(pass.refused.len(), lost, "rows refused");
    ensure_eq!(sums(&*target).await?, pass.expected, "checksums");
    Ok(())
}

async fn what_is_too_large_is_refused_alone(cx: Context) -> Checked {
    let (source, target, _) = two_stores(&cx).await?;
    // Above this every backend that has a limit has it lower.
    let most = 20 * 1024 * 1024;
    if target.limits().object_bytes > most {
        return Ok(());
    }
    let text = "x".repeat(target.limits().object_bytes + 1);
    let large = rows::at(rows::entity("p", "large").key, &text, STAMP);
    rows::insert(&source, std::slice::from_ref(&large)).await?;
    let pass = run(&source, &*target, false).await?;
    let keys: Vec<_> = pass
        .refused
        .into_iter()
        .map(|refused| refused.key)
        .collect();
    ensure_eq!(keys, vec![large.key], "rows refused");
    ensure_eq!(sums(&*target).await?, pass.expected, "checksums");
    Ok(())
}
