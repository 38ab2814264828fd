//! Getting and listing objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Registry, in_key_order};
use crate::cache::Snapshot;
use crate::model::{self, RegistryObject, decode};
use crate::store::{Consistency, Scan};
use crate::{Error, Key, Kind, Record, Result, wire};

/// Where a read is answered from. Feast calls it `allow_cache`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// The store: sees every acknowledged write.
    #[default]
    Store,
    /// The cache: at most `cache_ttl_seconds` behind other processes, never behind this one.
    Cache,
}

/// Which objects to list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Query {
    /// The kinds, listed one after the other.
    pub kinds: Vec<Kind>,
    /// The project; `None` for all.
    pub project: Option<Arc<str>>,
    /// Tags that an object must have, with exactly these values.
    pub tags: BTreeMap<String, String>,
    /// Only objects whose row was stamped in this Unix second or later.
    pub updated_since: Option<i64>,
    /// Where to read from.
    pub freshness: Freshness,
}

impl Query {
    /// All objects of a kind in a project.
    pub fn new(kind: Kind, project: impl Into<Arc<str>>) -> Self {
        Query {
            project: Some(project.into()),
            ..Query::everywhere(kind)
        }
    }

    /// All objects of a kind in every project.
    pub fn everywhere(kind: Kind) -> Self {
        Query {
            kinds: vec![kind],
            project: None,
            tags: BTreeMap::new(),
            updated_since: None,
            freshness: Freshness::Store,
        }
    }

    /// The feature views of every kind in a project.
    pub fn views(project: impl Into<Arc<str>>) -> Self {
        Query {
            kinds: Kind::VIEWS.to_vec(),
            ..Query::new(Kind::FeatureView, project)
        }
    }

    /// Only objects with these tags.
    #[must_use]
    pub fn tags(mut self, tags: BTreeMap<String, String>) -> Self {
        self.tags = tags;
        self
    }

    /// Only objects whose row was stamped in this Unix second or later.
    #[must_use]
    pub fn updated_since(mut self, second: i64) -> Self {
        self.updated_since = Some(second);
        self
    }

    /// Where to read from.
    #[must_use]
    pub fn freshness(mut self, freshness: Freshness) -> Self {
        self.freshness = freshness;
        self
    }
}

/// What a query found.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The objects, by kind as asked, then by project and name.
    pub records: Vec<Record>,
    /// Objects that cannot be read. They do not keep the others from being listed.
    pub skipped: Vec<Skipped>,
}

impl Listing {
    fn of(records: Vec<Record>) -> Self {
        Listing {
            records,
            skipped: Vec::new(),
        }
    }

    /// Keeps what is `wanted`; what cannot be told of is left out.
    pub(super) fn retain(&mut self, wanted: impl Fn(&Record) -> Result<bool>) {
        let Listing { records, skipped } = self;
        records.retain(|row| match wanted(row) {
            Ok(wanted) => wanted,
            Err(error) => {
                skipped.push(Skipped::new(row, &error));
                false
            }
        });
    }
}

/// An object that a list had to leave out.
#[derive(Clone, Debug)]
pub struct Skipped {
    /// Which.
    pub key: Key,
    /// Why.
    pub reason: String,
}

impl Skipped {
    fn new(row: &Record, error: &Error) -> Self {
        tracing::warn!(%error, "left out of a list");
        Skipped {
            key: row.key.clone(),
            reason: error.to_string(),
        }
    }
}

impl Registry {
    /// The row with a key, or `None`. Its bytes are as they are stored, whether they can be
    /// decoded or not.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn find(&self, key: &Key, freshness: Freshness) -> Result<Option<Record>> {
        if freshness == Freshness::Cache {
            let cache = &self.inner.cache;
            let look = |snapshot: &Snapshot| snapshot.get(key).map(Option::<&Record>::cloned);
            let answer = match cache.peek(look) {
                Some(answer) => answer,
                None => look(&*cache.read(&*self.inner.store).await?),
            };
            if let Some(row) = cache.count(answer) {
                return Ok(row);
            }
        }
        self.inner.store.get(key, Consistency::Primary).await
    }

    /// The object with a key.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is none, else those of the store.
    pub async fn get(&self, key: &Key, freshness: Freshness) -> Result<Record> {
        let row = self.find(key, freshness).await?;
        row.ok_or_else(|| Error::not_found(key.kind, &key.project, &key.name))
    }

    /// The view with a name, whatever its kind.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if there is none, else those of the store.
    pub async fn get_any_view(
        &self,
        project: &str,
        name: &str,
        freshness: Freshness,
    ) -> Result<Record> {
        for kind in Kind::VIEWS {
            if let Some(row) = self.find(&Key::new(kind, project, name), freshness).await? {
                return Ok(row);
            }
        }
        Err(Error::not_found(Kind::FeatureView, project, name))
    }

    /// The object with a name, decoded.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::get`], and [`ErrorKind::Corrupt`](crate::ErrorKind::Corrupt).
    pub async fn get_object<T: RegistryObject>(
        &self,
        project: &str,
        name: &str,
        freshness: Freshness,
    ) -> Result<T> {
        let key = if T::KIND == Kind::Project {
            Key::project(name)
        } else {
            Key::new(T::KIND, project, name)
        };
        decode(&self.get(&key, freshness).await?)
    }

    /// The objects that a query asks for. One that cannot be read is left out, and said so.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list(&self, query: &Query) -> Result<Listing> {
        let mut listing = Listing::default();
        for kind in &query.kinds {
            let mut found = self.rows(*kind, query).await?;
            if !query.tags.is_empty() {
                found.retain(|row| has_tags(row, &query.tags));
            }
            listing.records.append(&mut found.records);
            listing.skipped.append(&mut found.skipped);
        }
        Ok(listing)
    }

    /// The objects of one kind in a project, decoded. One that cannot be read is left out with a
    /// warning in the log.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list_objects<T: RegistryObject>(
        &self,
        project: &str,
        freshness: Freshness,
    ) -> Result<Vec<T>> {
        let listing = self
            .list(&Query::new(T::KIND, project).freshness(freshness))
            .await?;
        listing.records.iter().map(decode).collect()
    }

    /// The objects of one kind, without those that cannot be read.
    async fn rows(&self, kind: Kind, query: &Query) -> Result<Listing> {
        let scan = Scan {
            project: query.project.clone(),
            updated_since: query.updated_since,
            ..Scan::all(kind)
        };
        if query.freshness == Freshness::Cache {
            let snapshot = self.inner.cache.read(&*self.inner.store).await?;
            if let Some(rows) = self.inner.cache.count(snapshot.scan(&scan)) {
                let mut found = Listing::of(rows);
                if snapshot.has_broken(&scan) {
                    found.retain(|row| snapshot.check(&row.key).map(|()| true));
                }
                return Ok(found);
            }
        }
        let page = self.inner.store.scan(&scan, Consistency::Primary).await?;
        let mut found = Listing::of(in_key_order(page.records));
        found.retain(|row| model::check_stored(row).map(|()| true));
        Ok(found)
    }
}

fn has_tags(row: &Record, wanted: &BTreeMap<String, String>) -> Result<bool> {
    let Some(path) = row.key.kind.spec().tags_path else {
        return Ok(false);
    };
    let tags = wire::string_map(&row.body, path).map_err(|why| Error::corrupt(&row.key, why))?;
    Ok(wanted
        .iter()
        .all(|(key, value)| tags.get(key) == Some(value)))
}
