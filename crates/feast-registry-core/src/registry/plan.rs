//! Looking at changes before they are made.

use super::Registry;
use crate::Result;
use crate::plan::{Outline, Plan};
use crate::rules::{Change, Outcome};
use crate::store::Decision;

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
}
