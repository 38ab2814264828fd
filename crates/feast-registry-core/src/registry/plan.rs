//! Looking at changes before they are made.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::{Query, Registry};
use crate::plan::{Outline, Plan};
use crate::rules::{Change, Delete, Outcome};
use crate::store::Decision;
use crate::{INFRA_NAME, Key, Kind, Result};

impl Registry {
    /// What [`Registry::commit`] would do with these changes now. Nothing is written.
    ///
    /// Behaviour: the rules decide as they would for a commit, under the same locks, so a plan that
    /// comes back is one that could be made; later changes see earlier ones.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::commit`].
    pub async fn plan(&self, changes: Vec<Change>) -> Result<Plan> {
        let outline = self.decide(changes, |changes, decision| {
            Ok(match decision {
                Decision::Need(reads) => Decision::Need(reads),
                Decision::Commit { answer, .. } => Decision::Commit {
                    writes: Vec::new(),
                    answer: Outline::new(changes, &answer),
                },
            })
        });
        Ok(outline.await?.into_plan())
    }

    /// Makes changes exactly as they were planned, or not at all.
    ///
    /// Behaviour: an object that is not what the plan saw, a definition that is not the one that was
    /// planned, more or fewer changes: nothing is written.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::RevisionConflict`](crate::ErrorKind::RevisionConflict), which says what changed
    /// since; else those of [`Registry::commit`].
    pub async fn commit_planned(&self, changes: Vec<Change>, plan: Plan) -> Result<Vec<Outcome>> {
        self.transact(changes, move |changes, committed| {
            plan.check(changes, committed)
        })
        .await
    }

    /// The deletions that leave nothing in the projects of these changes but what the changes define:
    /// of entities, data sources, views, feature services and permissions. Nothing is written.
    ///
    /// Behaviour:
    /// * what refers to others is deleted first; committed before the changes, they let a view
    ///   become one of another kind;
    /// * each expects the revision that was found, so that nobody's later work is deleted;
    /// * an object that cannot be read is left alone.
    ///
    /// # Errors
    ///
    /// Those of [`Registry::list`].
    pub async fn prune(&self, changes: &[Change]) -> Result<Vec<Change>> {
        let defined: HashSet<Key> = changes.iter().filter_map(defined).collect();
        let projects: BTreeSet<&Arc<str>> = defined.iter().map(|key| &key.project).collect();
        let mut deletes = Vec::new();
        for kind in Kind::PRUNED {
            for project in &projects {
                let stored = self.list(&Query::new(kind, Arc::clone(project))).await?;
                let rows = stored.records.into_iter();
                let gone = rows.filter(|row| !defined.contains(&row.key));
                deletes.extend(gone.map(|row| {
                    Change::Delete(Delete {
                        expected: Some(row.revision()),
                        ..Delete::new(kind, Arc::clone(project), row.key.name)
                    })
                }));
            }
        }
        Ok(deletes)
    }
}

/// The object that a change defines, if it defines one.
fn defined(change: &Change) -> Option<Key> {
    match change {
        Change::Apply(apply) => {
            let (project, name) = (Arc::clone(&apply.project), Arc::clone(&apply.name));
            Some(Key::new(apply.kind, project, name))
        }
        Change::UpdateInfra { project, .. } => {
            Some(Key::new(Kind::Infra, Arc::clone(project), INFRA_NAME))
        }
        Change::Import(row) => Some(row.key.clone()),
        _ => None,
    }
}
