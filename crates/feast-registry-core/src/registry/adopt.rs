//! Taking over databases of older releases of Feast, which had no table of projects.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Registry;
use crate::rules::Change;
use crate::store::{Consistency, Scan};
use crate::{ErrorKind, Key, Kind, PROJECT_UUID, Result};

impl Registry {
    /// Creates the project rows that are missing: one for each project that has a `project_uuid`.
    /// Feast does the same whenever it opens a registry.
    pub(super) async fn adopt_projects(&self) -> Result<()> {
        let missing = match self.unknown_projects().await {
            // Without tables there is nothing to adopt; the first use says what is wrong.
            Err(error) if error.kind() == ErrorKind::Schema => return Ok(()),
            missing => missing?,
        };
        if missing.is_empty() {
            return Ok(());
        }
        match self
            .commit(missing.into_iter().map(Change::EnsureProject).collect())
            .await
        {
            Err(error) if error.kind() == ErrorKind::ReadOnly => {
                tracing::warn!(
                    "the registry may only be read: projects of an older Feast have no row of their own"
                );
                Ok(())
            }
            outcome => outcome.map(drop),
        }
    }

    async fn unknown_projects(&self) -> Result<BTreeSet<Arc<str>>> {
        let store = &self.inner.store;
        let metadata = store
            .scan(&Scan::all(Kind::Metadata), Consistency::Primary)
            .await?;
        let with_uuid = metadata
            .records
            .into_iter()
            .filter(|row| *row.key.name == *PROJECT_UUID);
        let mut named: BTreeSet<Arc<str>> = with_uuid.map(|row| row.key.project).collect();
        if !named.is_empty() {
            for row in store
                .scan(&Scan::all(Kind::Project), Consistency::Primary)
                .await?
                .records
            {
                let Key { name, .. } = row.key;
                named.remove(&name);
            }
        }
        Ok(named)
    }
}
