//! Which objects of a project feed which others.

use super::{Freshness, Registry};
use crate::Result;
use crate::lineage::{Lineage, Node, Objects, Relation};

impl Registry {
    /// The relations between the objects of a project; with a `filter` only those that touch it.
    ///
    /// Objects that cannot be read are left out, with a warning in the log. A project that does
    /// not exist has no relations.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn lineage(
        &self,
        project: &str,
        freshness: Freshness,
        filter: Option<&Node>,
    ) -> Result<Lineage> {
        let lineage = Lineage::of(&self.related_objects(project, freshness).await?);
        Ok(match filter {
            Some(node) => lineage.about(node),
            None => lineage,
        })
    }

    /// The relations of one object: the direct ones, then the indirect ones if they are wanted.
    /// Nothing is related to an object that does not exist.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn relationships(
        &self,
        project: &str,
        node: &Node,
        include_indirect: bool,
        freshness: Freshness,
    ) -> Result<Vec<Relation>> {
        let lineage = self.lineage(project, freshness, Some(node)).await?;
        Ok(lineage.into_relations(include_indirect))
    }

    async fn related_objects(&self, project: &str, freshness: Freshness) -> Result<Objects> {
        Ok(Objects {
            data_sources: self.list_objects(project, freshness).await?,
            feature_views: self.list_objects(project, freshness).await?,
            stream_feature_views: self.list_objects(project, freshness).await?,
            on_demand_feature_views: self.list_objects(project, freshness).await?,
            label_views: self.list_objects(project, freshness).await?,
            feature_services: self.list_objects(project, freshness).await?,
            saved_datasets: self.list_objects(project, freshness).await?,
        })
    }
}
