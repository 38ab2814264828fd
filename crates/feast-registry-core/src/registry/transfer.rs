//! The whole registry out and in.

use std::ops::AddAssign;

use futures::StreamExt;

use bytes::Bytes;
use prost_types::Timestamp;

use super::{Registry, in_key_order};
use crate::message::{self, Joined};
use crate::rules::{Change, Effect, Outcome};
use crate::store::{Ids, StoreExt};
use crate::{Kind, Record, Result};

/// How many objects a batch created, updated and so on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// New objects.
    pub created: usize,
    /// Changed objects.
    pub updated: usize,
    /// Objects that were equal already.
    pub unchanged: usize,
    /// Objects that are gone.
    pub deleted: usize,
    /// Versions recorded without becoming active.
    pub recorded: usize,
}

impl Summary {
    /// Counts outcomes.
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut summary = Summary::default();
        for outcome in outcomes {
            match outcome.effect {
                Effect::Created => summary.created += 1,
                Effect::Updated => summary.updated += 1,
                Effect::Unchanged => summary.unchanged += 1,
                Effect::Deleted => summary.deleted += 1,
                Effect::Recorded => summary.recorded += 1,
            }
        }
        summary
    }
}

impl AddAssign for Summary {
    fn add_assign(&mut self, other: Summary) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.deleted += other.deleted;
        self.recorded += other.recorded;
    }
}

impl Registry {
    /// Every row, as of one moment, optionally of one project only.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn export_rows(&self, project: Option<&str>) -> Result<Vec<Record>> {
        let mut rows = Vec::new();
        let mut chunks = self.inner.store.rows(project).await?;
        while let Some(chunk) = chunks.next().await {
            rows.extend(chunk?);
        }
        Ok(rows)
    }

    /// The registry as one `feast.core.Registry` message, as Feast's file registry keeps it, and
    /// what that format has no place for.
    ///
    /// # Errors
    ///
    /// Those of the store, and [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt).
    pub async fn export(&self, project: Option<&str>) -> Result<Joined> {
        let rows = self.export_rows(project).await?;
        let version_id = Ids::random().operation().to_string();
        message::join(&rows, &version_id, &crate::store::now())
    }

    /// Every object, as one `feast.core.Registry` message like the one that Feast's server answers:
    /// without the version history, and stamped with the latest change of a project.
    ///
    /// # Errors
    ///
    /// Those of the store, and [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt).
    pub async fn message(&self) -> Result<Vec<u8>> {
        let mut rows = self.export_rows(None).await?;
        rows.retain(|row| row.key.kind != Kind::Version);
        let projects = rows.iter().filter(|row| row.key.kind == Kind::Project);
        let updated = Timestamp {
            seconds: projects.map(|row| row.stamp).max().unwrap_or_default(),
            nanos: 0,
        };
        Ok(message::join(&rows, "", &updated)?.message)
    }

    /// Puts rows as they are, stamps and history included, in one transaction.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::commit`].
    pub async fn import_rows(&self, rows: Vec<Record>) -> Result<Summary> {
        // Projects first, so that none is made up on the way.
        let rows = in_key_order(rows);
        let outcomes = self
            .commit(rows.into_iter().map(Change::Import).collect())
            .await?;
        Ok(Summary::of(&outcomes))
    }

    /// Puts what a `feast.core.Registry` message holds, in one transaction.
    ///
    /// # Errors
    ///
    /// Those of [`message::split`] and [`Registry::commit`].
    pub async fn import(&self, message: &Bytes, default_project: Option<&str>) -> Result<Summary> {
        self.import_rows(message::split(message, default_project)?)
            .await
    }
}
