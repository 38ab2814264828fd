//! Reading the version history of a view.

use bytes::Bytes;

use super::{Freshness, Registry};
use crate::store::{Consistency, Scan};
use crate::wire::Patch;
use crate::{Error, ErrorKind, Extra, Key, Kind, Record, Result};

impl Registry {
    /// The versions of a view, oldest first; none if it has no history.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list_versions(&self, project: &str, view: &str) -> Result<Vec<Record>> {
        let scan = Scan::project(Kind::Version, project).name(view);
        Ok(self
            .inner
            .store
            .scan(&scan, Consistency::Primary)
            .await?
            .records)
    }

    /// One version of a view, as a row of the view's kind, with its number set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] if there is no such version, [`ErrorKind::Corrupt`] if its type is
    /// not one of Feast's four.
    pub async fn get_version(&self, project: &str, view: &str, number: i32) -> Result<Record> {
        let key = Key::version(project, view, number);
        let row = self
            .find(&key, Freshness::Store)
            .await?
            .ok_or_else(|| missing(project, view, number))?;
        let recorded = row.version().map_or("", |extra| &*extra.view_type);
        let kind = Kind::from_history_type(recorded).ok_or_else(|| {
            Error::corrupt(
                &row.key,
                format!("its type `{recorded}` is not a kind of feature view"),
            )
        })?;
        let body =
            numbered(kind, &row.body, number).map_err(|why| Error::corrupt(&row.key, why))?;
        Ok(Record {
            key: Key::new(kind, project, view),
            body,
            stamp: row.stamp,
            extra: Extra::None,
        })
    }
}

fn missing(project: &str, view: &str, number: i32) -> Error {
    Error::new(
        ErrorKind::NotFound(Kind::Version),
        format!("Version v{number} of feature view {view} does not exist in project {project}"),
    )
}

fn numbered(kind: Kind, body: &Bytes, number: i32) -> Result<Bytes, crate::wire::WireError> {
    match kind.view().and_then(|view| view.version_number_path) {
        Some(path) => {
            let number = u64::try_from(number).unwrap_or(0);
            Ok(Patch::default()
                .set_varint(path, number)
                .apply(body)?
                .into())
        }
        None => Ok(body.clone()),
    }
}
