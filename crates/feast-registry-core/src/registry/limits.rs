//! Batches that are more than one transaction of the store takes.

use crate::rules::Change;
use crate::store::{Limits, Write};
use crate::{Error, ErrorKind, Result};

/// Refuses changes that are too many for one transaction, before one is begun. Every change may write
/// a row; whether it does is not known yet.
pub(super) fn before(limits: &Limits, changes: &[Change]) -> Result<()> {
    let bodies = changes.iter().filter_map(Change::body);
    check(limits, changes.len(), bodies.map(|body| body.len()).sum())
}

/// Refuses writes that are too many for one transaction, before the first is made: a change may write
/// several rows, such as a view and its version.
pub(super) fn after(limits: &Limits, writes: &[Write]) -> Result<()> {
    check(limits, writes.len(), writes.iter().map(bytes).sum())
}

fn bytes(write: &Write) -> usize {
    match write {
        Write::Insert(row) => row.body.len(),
        Write::Update { body, .. } => body.len(),
        Write::SetUserMetadata { user_metadata, .. } => user_metadata.len(),
        Write::Delete(_) | Write::DeleteRange(_) => 0,
    }
}

fn check(limits: &Limits, writes: usize, bytes: usize) -> Result<()> {
    let message = if writes > limits.transaction_writes {
        let most = limits.transaction_writes;
        format!(
            "the batch would write {writes} rows; one transaction of this backend writes at most {most}"
        )
    } else if bytes > limits.transaction_bytes {
        let most = limits.transaction_bytes;
        format!(
            "the batch would write {bytes} bytes; one transaction of this backend writes at most {most}"
        )
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::TooLarge, message)
        .with_hint("split it into smaller batches; each is one transaction, all or nothing"))
}
