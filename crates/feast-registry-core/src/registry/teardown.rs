//! Removing a project, or everything.

use super::Registry;
use crate::rules::{Outcome, is_protected};
use crate::store::{Consistency, Scan, Teardown};
use crate::{Error, ErrorKind, Kind, Result};

impl Registry {
    /// Removes one project with its history and metadata.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::delete`].
    pub async fn teardown_project(&self, project: &str) -> Result<Outcome> {
        self.delete_project(project, None).await
    }

    /// Removes every row of every project, or the tables as well.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protected`] if any project is protected, else those of the store.
    pub async fn teardown_all(&self, what: Teardown) -> Result<()> {
        let projects = self
            .inner
            .store
            .scan(&Scan::all(Kind::Project), Consistency::Primary)
            .await?;
        for project in &projects.records {
            if is_protected(project, &self.settings().protected_projects)? {
                let message = format!("{} is protected, so nothing was removed", project.key);
                return Err(Error::new(ErrorKind::Protected, message)
                    .with_hint("tear the other projects down one by one, or lift the protection"));
            }
        }
        self.inner.store.teardown(what).await?;
        self.inner.cache.clear();
        Ok(())
    }
}
