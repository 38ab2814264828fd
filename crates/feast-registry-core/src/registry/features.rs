//! Lists that Feast's server narrows by more than tags, and features.

use feast_registry_proto::registry::Feature;

use super::{Freshness, Listing, Query, Registry};
use crate::listing::{FeatureFilter, ViewFilter, projected_views};
use crate::rules::is_protected;
use crate::{Error, ErrorKind, Key, Kind, Record, Result};

impl Registry {
    /// The views that a query finds and that fit a filter.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list_views(&self, query: &Query, filter: &ViewFilter) -> Result<Listing> {
        let mut listing = self.list(query).await?;
        let projected = match (&filter.feature_service, &query.project) {
            (Some(service), Some(project)) => {
                let key = Key::new(Kind::FeatureService, project.clone(), service.as_str());
                let service = self.find(&key, query.freshness).await?;
                let views = service.as_ref().map(projected_views).transpose()?;
                Some(views.unwrap_or_default())
            }
            _ => None,
        };
        listing.retain(|view| filter.fits(view, projected.as_ref()));
        Ok(listing)
    }

    /// The feature services that a query finds and that project a view of this name, if one is given.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list_feature_services(
        &self,
        query: &Query,
        view: Option<&str>,
    ) -> Result<Listing> {
        let mut listing = self.list(query).await?;
        if let Some(view) = view {
            listing.retain(|service| Ok(projected_views(service)?.contains(view)));
        }
        Ok(listing)
    }

    /// The projects that a query finds, without those that are protected: whoever deletes what is
    /// listed, as `feast teardown` does, does not come across them.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list_unprotected_projects(&self, query: &Query) -> Result<Listing> {
        let mut listing = self.list(query).await?;
        let protected = &self.settings().protected_projects;
        listing.retain(|project| Ok(!is_protected(project, protected)?));
        Ok(listing)
    }

    /// The features of the views of a project that fit a filter, by kind and name of their view.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list_features(
        &self,
        project: &str,
        filter: &FeatureFilter,
        freshness: Freshness,
    ) -> Result<Vec<Feature>> {
        let views = match &filter.feature_view {
            Some(view) => self.views_named(project, view, freshness).await?,
            None => {
                let query = Query::views(project).freshness(freshness);
                self.list(&query).await?.records
            }
        };
        let mut features = Vec::new();
        for view in &views {
            match filter.of(view) {
                Ok(found) => features.extend(found),
                Err(error) => tracing::warn!(%error, "its features are left out of a list"),
            }
        }
        Ok(features)
    }

    /// A feature of a view.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Missing`] if there is none, else those of the store.
    pub async fn get_feature(
        &self,
        project: &str,
        view: &str,
        name: &str,
        freshness: Freshness,
    ) -> Result<Feature> {
        let filter = FeatureFilter {
            feature_view: Some(view.to_owned()),
            name: Some(name.to_owned()),
            kind: None,
        };
        let found = self.list_features(project, &filter, freshness).await?;
        found.into_iter().next().ok_or_else(|| {
            // The wording is Feast's.
            let message =
                format!("Feature {name} not found in feature view {view} in project {project}");
            Error::new(ErrorKind::Missing, message)
        })
    }

    /// The views of this name; one, unless writers that did not check have left several.
    async fn views_named(
        &self,
        project: &str,
        view: &str,
        freshness: Freshness,
    ) -> Result<Vec<Record>> {
        let mut found = Vec::new();
        for kind in Kind::VIEWS {
            found.extend(self.find(&Key::new(kind, project, view), freshness).await?);
        }
        Ok(found)
    }
}
