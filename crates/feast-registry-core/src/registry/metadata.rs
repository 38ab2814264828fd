//! User metadata, project metadata and infrastructure.

use bytes::Bytes;

use super::{Freshness, Registry, only};
use crate::rules::{Change, Outcome};
use crate::store::{Consistency, Scan};
use crate::{Error, Key, Kind, PROJECT_UUID, Result, model};
use feast_registry_proto::core::Infra;

impl Registry {
    /// Attaches opaque bytes to a view of any kind.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), else those of the store.
    pub async fn set_user_metadata(
        &self,
        project: &str,
        view: &str,
        bytes: impl Into<Bytes>,
    ) -> Result<Outcome> {
        let change = Change::SetUserMetadata {
            project: project.into(),
            view: view.into(),
            user_metadata: bytes.into(),
        };
        only(self.commit(vec![change]).await?)
    }

    /// The opaque bytes that were attached to a view, if any.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), else those of the store.
    pub async fn user_metadata(&self, project: &str, view: &str) -> Result<Option<Bytes>> {
        Ok(self
            .get_any_view(project, view, Freshness::Store)
            .await?
            .user_metadata()
            .cloned())
    }

    /// Sets a value about a project.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for a key of more than 50 characters,
    /// else those of the store.
    pub async fn set_project_metadata(
        &self,
        project: &str,
        key: &str,
        value: impl Into<String>,
    ) -> Result<Outcome> {
        let change = Change::SetProjectMetadata {
            project: project.into(),
            key: key.into(),
            value: value.into(),
        };
        only(self.commit(vec![change]).await?)
    }

    /// A value about a project, if it was set.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn project_metadata(&self, project: &str, key: &str) -> Result<Option<String>> {
        self.metadata_text(project, key, Freshness::Store).await
    }

    async fn metadata_text(
        &self,
        project: &str,
        key: &str,
        freshness: Freshness,
    ) -> Result<Option<String>> {
        let row = self.find(&Key::metadata(project, key), freshness).await?;
        row.map(|row| {
            String::from_utf8(row.body.into()).map_err(|why| Error::corrupt(&row.key, why))
        })
        .transpose()
    }

    /// The random identity of a project, if it has one.
    ///
    /// # Errors
    ///
    /// Those of the store, and [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt).
    pub async fn project_uuid(
        &self,
        project: &str,
        freshness: Freshness,
    ) -> Result<Option<String>> {
        self.metadata_text(project, PROJECT_UUID, freshness).await
    }

    /// Every value about a project, by key.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list_project_metadata(&self, project: &str) -> Result<Vec<(String, String)>> {
        let page = self
            .inner
            .store
            .scan(
                &Scan::project(Kind::Metadata, project),
                Consistency::Primary,
            )
            .await?;
        let text = |body: &Bytes| String::from_utf8_lossy(body).into_owned();
        Ok(page
            .records
            .iter()
            .map(|row| (row.key.name.to_string(), text(&row.body)))
            .collect())
    }

    /// The infrastructure of a project; empty if none was stored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt), else those of the store.
    pub async fn infra(&self, project: &str) -> Result<Infra> {
        let row = self.find(&Key::infra(project), Freshness::Store).await?;
        row.as_ref()
            .map_or_else(|| Ok(Infra::default()), model::decode)
    }
}
