//! What a store does with its log.

use feast_registry_core::Result;
use feast_registry_core::store::{Consistency, Ids, Logged, Position};

use crate::store::SqlStore;
use crate::{Driver, Step, StepResult, schema};

impl<D: Driver> SqlStore<D> {
    /// [`Store::keep_log`](feast_registry_core::Store::keep_log).
    pub(crate) async fn make_or_remove_log(
        &self,
        keep: bool,
        dry_run: bool,
    ) -> Result<Vec<String>> {
        let complete = self.begin_log().await.is_some();
        let statements = schema::keep_log(&*self.driver, keep, complete, dry_run).await?;
        self.log.set_kept(if dry_run { complete } else { keep });
        Ok(statements)
    }

    /// [`Store::logged`](feast_registry_core::Store::logged).
    pub(crate) async fn changes_logged(&self, since: Option<&Position>) -> Option<Logged> {
        if !self.log.is_kept() {
            return None;
        }
        if let Some(since) = since
            && let Some(read) = self.read_log(since).await
        {
            if self.log.is_long(since, &read.position) {
                self.trim_log().await;
            }
            return Some(read);
        }
        let position = self.begin_log().await?;
        Some(Logged {
            position,
            keys: None,
        })
    }

    /// The position to begin with, of a log that is complete. One that cannot be read is none: a
    /// refresh has other ways to find what changed.
    async fn begin_log(&self) -> Option<Position> {
        let results = self.try_log(self.log.begin()).await?;
        self.log.begun(results)
    }

    /// What was changed since a position; `None` if the position says nothing of this log.
    async fn read_log(&self, since: &Position) -> Option<Logged> {
        let results = self.try_log(self.log.read(since)).await?;
        let (position, keys) = self.log.after(since, results)?;
        Some(Logged { position, keys })
    }

    async fn try_log(&self, steps: Vec<Step>) -> Option<Vec<StepResult>> {
        let results = self.try_read(Consistency::Primary, steps).await;
        results
            .inspect_err(|fault| tracing::debug!(%fault, "the log of changes cannot be read"))
            .ok()
    }

    /// Now and then, who has written trims the log.
    pub(crate) async fn has_written(&self, ids: Ids) {
        if self.log.is_due(ids.operation().as_u128()) {
            self.trim_log().await;
        }
    }

    /// Removes what is too old from the log. If that fails, somebody else's turn comes.
    async fn trim_log(&self) {
        let trim = schema::in_transaction(&*self.driver, vec![self.log.trim()]);
        if let Err(fault) = schema::run(&*self.driver, trim).await {
            tracing::debug!(%fault, "the log of changes was not trimmed");
        }
    }
}
