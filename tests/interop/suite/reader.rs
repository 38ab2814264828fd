//! Reading a whole registry while others write it.

use feast_registry::proto::core::FeatureView;
use feast_registry::{Kind, Query, Registry};

use crate::objects::{meta, names, stored_view};

/// Somebody who reads, and remembers what must still be there.
pub(crate) struct Reader {
    project: String,
    /// The view that others materialise.
    view: String,
    views: Vec<String>,
    intervals: usize,
    pub(crate) reads: i64,
}

impl Reader {
    /// Reads for the first time.
    pub(crate) async fn new(registry: &Registry, project: &str, view: &str) -> Self {
        let mut reader = Reader {
            project: project.to_owned(),
            view: view.to_owned(),
            views: names(registry, &Query::new(Kind::FeatureView, project)).await,
            intervals: 0,
            reads: 0,
        };
        assert!(reader.views.len() > 1, "{:?}", reader.views);
        reader.read(registry).await;
        reader
    }

    /// Reads and decodes everything: all views are there, and no interval has gone.
    pub(crate) async fn read(&mut self, registry: &Registry) {
        let query = Query::new(Kind::FeatureView, &self.project[..]);
        assert_eq!(names(registry, &query).await, self.views);
        for view in &self.views {
            let _: FeatureView = stored_view(registry, &self.project, view).await;
        }
        let hot = stored_view(registry, &self.project, &self.view).await;
        let intervals = meta(&hot).materialization_intervals.len();
        assert!(
            intervals >= self.intervals,
            "{intervals} after {}",
            self.intervals
        );
        self.intervals = intervals;
        self.reads += 1;
    }
}
