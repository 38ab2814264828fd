//! One pass over the source: what is not in the target as it is in the source gets there.

use std::fmt;
use std::sync::Arc;

use futures::StreamExt;

use super::index::Index;
use super::puts::{Put, Puts, Refused};
use super::{Checksums, Digest};
use crate::store::{Store, StoreExt};
use crate::{Error, ErrorKind, Result};

/// How [`migrate`] works.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Only this project.
    pub project: Option<Arc<str>>,
    /// What the target holds otherwise than the source is overwritten, and what only the target
    /// holds is deleted. Without it a target may hold nothing but what equals the source.
    pub overwrite: bool,
    /// Nothing is written.
    pub dry_run: bool,
}

/// What one pass did, or would do.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Pass {
    /// Rows that the target did not have.
    pub created: u64,
    /// Rows that it had otherwise.
    pub updated: u64,
    /// Rows that it had already.
    pub unchanged: u64,
    /// Rows that the source does not have.
    pub deleted: u64,
    /// Rows that the target cannot hold.
    pub refused: Vec<Refused>,
    /// The checksums of the source, as it was in this pass.
    pub source: Checksums,
    /// The same without what was refused: what the target should have.
    pub expected: Checksums,
}

impl Pass {
    /// Whether it found nothing to do.
    pub fn is_quiet(&self) -> bool {
        self.created + self.updated + self.deleted == 0
    }

    /// Counts what is done.
    pub(super) fn done(&mut self, put: &Put) {
        match put {
            Put::Row { row, digest, was } => {
                self.expected.add(row, digest);
                match was {
                    None => self.created += 1,
                    Some(_) => self.updated += 1,
                }
            }
            Put::Gone { .. } => self.deleted += 1,
        }
    }

    /// Fails if the target had what the source does not have.
    fn refuse_others(&self) -> Result<()> {
        if self.updated + self.deleted == 0 {
            return Ok(());
        }
        let message = format!(
            "the target holds {} objects that the source does not have, and {} that differ",
            self.deleted, self.updated
        );
        Err(Error::new(ErrorKind::RevisionConflict, message))
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "created {}, updated {}, deleted {}, unchanged {}",
            self.created, self.updated, self.deleted, self.unchanged
        )?;
        match self.refused.len() {
            0 => Ok(()),
            refused => write!(f, ", refused {refused}"),
        }
    }
}

/// Makes a target hold what a source holds: every row as it is, with its stamp, the history, the
/// metadata.
///
/// Reads the target, then the source, each as of one moment, and writes what differs in
/// transactions of bounded size; `progress` hears of each row of the source. To run it again
/// continues where an earlier run ended, however it ended, and picks up what has changed in the
/// source since. The source is never written to.
///
/// # Errors
///
/// [`ErrorKind::Missing`] if the source holds nothing; [`ErrorKind::RevisionConflict`] if the
/// target holds something else and [`Options::overwrite`] does not allow for it, or if somebody
/// else writes to the target; [`ErrorKind::Unsupported`] if the target refuses more rows than can
/// be listed; else those of the stores.
pub async fn migrate(
    source: &dyn Store,
    target: &dyn Store,
    options: &Options,
    progress: &(dyn Fn() + Send + Sync),
) -> Result<Pass> {
    let index = Index::read(target, options.project.as_deref()).await?;
    if !options.overwrite && index.len() > 0 {
        let dry_run = Options {
            dry_run: true,
            ..options.clone()
        };
        let look = pass(source, target, &dry_run, index.clone(), &|| ()).await?;
        look.refuse_others()?;
    }
    pass(source, target, options, index, progress).await
}

async fn pass(
    source: &dyn Store,
    target: &dyn Store,
    options: &Options,
    mut index: Index,
    progress: &(dyn Fn() + Send + Sync),
) -> Result<Pass> {
    let project = options.project.as_deref();
    let mut puts = Puts::new(target, options.dry_run);
    let mut chunks = source.rows(project).await?;
    while let Some(chunk) = chunks.next().await {
        for row in chunk? {
            let digest = Digest::of(&row);
            puts.pass.source.add(&row, &digest);
            let was = match index.take(&row.key) {
                Some(short) if short == digest.half() => {
                    puts.pass.unchanged += 1;
                    puts.pass.expected.add(&row, &digest);
                    progress();
                    continue;
                }
                was => was,
            };
            puts.add(Put::Row { row, digest, was }).await?;
            progress();
        }
    }
    drop(chunks);
    if puts.pass.source.whole().objects == 0 {
        return Err(Error::new(
            ErrorKind::Missing,
            "the source holds nothing that could be migrated",
        ));
    }
    for (key, was) in index.find(target, project).await? {
        puts.add(Put::Gone { key, was }).await?;
    }
    puts.flush().await?;
    Ok(puts.pass)
}
