//! Rows on their way into the target.

use std::sync::Arc;

use super::index::Short;
use super::{Digest, Pass};
use crate::store::{Decision, Lock, ReadSet, Store, StoreExt, View, Write};
use crate::{Error, ErrorKind, Key, Record, Result};

/// Rows of one transaction.
const MAX_ROWS: usize = 500;
/// Bytes of one transaction.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Attempts at a transaction whose outcome is not known. To repeat it is harmless: what it has
/// written is found and left alone.
const ATTEMPTS: usize = 3;
/// So many rows that the target cannot hold are listed; with more it is the wrong target.
const MOST_REFUSED: usize = 1_000;

/// What the target cannot hold.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Refused {
    /// The row.
    pub key: Key,
    /// Why.
    pub reason: String,
}

/// What a row is to become in the target.
#[derive(Clone, Debug)]
pub(super) enum Put {
    /// This; `was` is what the target had before.
    Row {
        row: Record,
        digest: Digest,
        was: Option<Short>,
    },
    /// Nothing.
    Gone { key: Key, was: Short },
}

impl Put {
    fn key(&self) -> &Key {
        match self {
            Put::Row { row, .. } => &row.key,
            Put::Gone { key, .. } => key,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Put::Row { row, .. } => row.body.len(),
            Put::Gone { .. } => 0,
        }
    }

    /// Adds what is to be written, unless all is as it should be already.
    fn decide(&self, view: &View, writes: &mut Vec<Write>) -> Result<()> {
        let there = view.key(self.key(), Lock::Update).flatten();
        let is = there.map(|row| Digest::of(row).half());
        let (wanted, was) = match self {
            Put::Row { digest, was, .. } => (Some(digest.half()), *was),
            Put::Gone { was, .. } => (None, Some(*was)),
        };
        if is == wanted {
            return Ok(());
        }
        if is != was {
            return Err(overtaken(self.key()));
        }
        if let Put::Row { row, .. } = self
            && there.is_some_and(|there| there.extra == row.extra)
        {
            writes.push(Write::Update {
                key: row.key.clone(),
                body: row.body.clone(),
                stamp: row.stamp,
            });
            return Ok(());
        }
        if there.is_some() {
            writes.push(Write::Delete(self.key().clone()));
        }
        if let Put::Row { row, .. } = self {
            writes.push(Write::Insert(row.clone()));
        }
        Ok(())
    }
}

fn overtaken(key: &Key) -> Error {
    let message = format!("somebody else has changed {key} in the target meanwhile");
    Error::new(ErrorKind::RevisionConflict, message)
        .with_hint("let nobody write to the target before the migration is done")
}

/// Collects rows, writes them in transactions of bounded size, and keeps count.
pub(super) struct Puts<'a> {
    target: &'a dyn Store,
    dry_run: bool,
    waiting: Vec<Put>,
    bytes: usize,
    written: usize,
    pub(super) pass: Pass,
}

impl<'a> Puts<'a> {
    pub(super) fn new(target: &'a dyn Store, dry_run: bool) -> Self {
        Puts {
            target,
            dry_run,
            waiting: Vec::new(),
            bytes: 0,
            written: 0,
            pass: Pass::default(),
        }
    }

    /// Takes one more, and writes what has come together if it is enough.
    pub(super) async fn add(&mut self, put: Put) -> Result<()> {
        let (bytes, most) = (put.bytes(), self.target.limits().object_bytes);
        if bytes > most {
            let reason = format!("it has {bytes} bytes, and the target takes {most}");
            return self.refuse(&put, reason);
        }
        self.bytes += bytes;
        self.waiting.push(put);
        match self.is_full() {
            true => self.flush().await,
            false => Ok(()),
        }
    }

    /// Where every transaction writes the whole registry, each may be as large as all before it
    /// together: so the work stays in proportion to the registry, and memory to what the store
    /// holds anyway.
    fn is_full(&self) -> bool {
        let rows = self.waiting.len();
        let limits = self.target.limits();
        // An object may take two writes, and the last one that was added may be large.
        if rows >= limits.transaction_writes / 2 || self.bytes >= limits.transaction_bytes / 2 {
            return true;
        }
        match self.target.capabilities().local_rows {
            true => self.bytes >= MAX_BYTES.max(self.written),
            false => self.bytes >= MAX_BYTES || rows >= MAX_ROWS,
        }
    }

    /// Writes what waits. Where the target refuses, halves are tried, down to the rows at fault.
    pub(super) async fn flush(&mut self) -> Result<()> {
        self.written += std::mem::take(&mut self.bytes);
        let mut batches = vec![std::mem::take(&mut self.waiting)];
        while let Some(mut batch) = batches.pop() {
            match self.write(&batch).await {
                Ok(()) => batch.iter().for_each(|put| self.pass.done(put)),
                Err(error) if is_about_rows(error.kind()) => match &batch[..] {
                    [one] => self.refuse(one, error.message().to_owned())?,
                    _ => {
                        batches.push(batch.split_off(batch.len() / 2));
                        batches.push(batch);
                    }
                },
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn refuse(&mut self, put: &Put, reason: String) -> Result<()> {
        if self.pass.refused.len() >= MOST_REFUSED {
            let message = format!(
                "the target refuses more than {MOST_REFUSED} rows, now {}: {reason}",
                put.key()
            );
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        self.pass.refused.push(Refused {
            key: put.key().clone(),
            reason,
        });
        Ok(())
    }

    async fn write(&self, batch: &[Put]) -> Result<()> {
        if self.dry_run || batch.is_empty() {
            return Ok(());
        }
        let mut attempt = 1;
        loop {
            match self.transact(batch).await {
                Err(error) if error.kind() == ErrorKind::UnknownOutcome && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn transact(&self, batch: &[Put]) -> Result<()> {
        let mut reads = ReadSet::new();
        for put in batch {
            // As the rules do: so that nobody deletes the project meanwhile.
            let project = Key::project(Arc::clone(&put.key().project));
            reads.key(project, Lock::Share);
            reads.key(put.key().clone(), Lock::Update);
        }
        let batch: Arc<[Put]> = batch.into();
        let decide = move |view: &View, _: &_| {
            let mut writes = Vec::new();
            for put in batch.iter() {
                put.decide(view, &mut writes)?;
            }
            Ok(Decision::Commit { writes, answer: () })
        };
        self.target.transact_typed(reads, decide).await
    }
}

/// Whether an error may be about what was to be written rather than about the store. Names that a
/// database cannot tell apart end as contention.
fn is_about_rows(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TooLarge
            | ErrorKind::Invalid
            | ErrorKind::Unsupported
            | ErrorKind::Corrupt
            | ErrorKind::NameConflict
            | ErrorKind::Contention
    )
}
