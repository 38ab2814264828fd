//! Reading rows by their keys: one, some, and those that were asked for one by one at the same time.

use std::sync::Arc;

use futures::FutureExt as _;

use feast_registry_core::store::{Consistency, Lock};
use feast_registry_core::{Key, Kind, Record, Result};

use crate::observe::Observed;
use crate::retry::Attempts;
use crate::rows::Reader;
use crate::statements::Statements;
use crate::store::{SqlStore, run};
use crate::together::{Joined, Together};
use crate::{Driver, DriverError, FaultClass, Step, StepResult};

/// Gets that wait for each other, with what becomes of each.
type Gets = Together<Key, Result<Option<Record>, DriverError>>;

/// The gets from the primary, and those that may be behind.
#[derive(Debug)]
pub(crate) struct Combined {
    primary: Gets,
    replica: Gets,
}

impl Combined {
    /// `None` where it takes more statements to read more names: then each get has a statement and a
    /// connection of its own.
    pub(crate) fn new<D: Driver>(
        driver: &Arc<Observed<D>>,
        statements: &Arc<Statements>,
    ) -> Option<Self> {
        let gets = |consistency| {
            let (driver, statements) = (Arc::clone(driver), Arc::clone(statements));
            Together::new(move |keys| {
                let (driver, statements) = (Arc::clone(&driver), Arc::clone(&statements));
                async move { get_each(&driver, &statements, &keys, consistency).await }.boxed()
            })
        };
        statements.read_any_number().then(|| Combined {
            primary: gets(Consistency::Primary),
            replica: gets(Consistency::Replica),
        })
    }

    fn of(&self, consistency: Consistency) -> &Gets {
        match consistency {
            Consistency::Primary => &self.primary,
            Consistency::Replica => &self.replica,
        }
    }
}

/// One attempt at all keys; what each of them gets.
async fn get_each<D: Driver>(
    driver: &Observed<D>,
    statements: &Statements,
    keys: &[Key],
    consistency: Consistency,
) -> Vec<Result<Option<Record>, DriverError>> {
    let plan = Plan::new(statements, keys);
    let found = run(driver, consistency, plan.steps.clone()).await;
    let found = found.map(|results| {
        let mut records = plan.records(results);
        records.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        records
    });
    let of_key = |key: &Key| match &found {
        Ok(records) => {
            let at = records.binary_search_by(|record| record.key.cmp(key)).ok();
            Ok(at.and_then(|at| records.get(at)).cloned())
        }
        Err(fault) => Err(fault.clone()),
    };
    keys.iter().map(of_key).collect()
}

/// The reads of some keys.
struct Plan<'a> {
    /// In order, each once.
    wanted: Vec<&'a Key>,
    steps: Vec<Step>,
    /// What each step reads.
    kinds: Vec<Kind>,
}

impl<'a> Plan<'a> {
    fn new(statements: &Statements, keys: &'a [Key]) -> Self {
        let mut wanted: Vec<&Key> = keys.iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let together = |a: &&Key, b: &&Key| (a.kind, &a.project) == (b.kind, &b.project);
        let (mut steps, mut kinds) = (Vec::new(), Vec::new());
        for keys in wanted.chunk_by(together) {
            statements.get(keys[0].kind, Lock::Plain, keys, &mut steps);
            kinds.resize(steps.len(), keys[0].kind);
        }
        Plan {
            wanted,
            steps,
            kinds,
        }
    }

    fn records(&self, results: Vec<StepResult>) -> Vec<Record> {
        let records = self
            .kinds
            .iter()
            .zip(results)
            .flat_map(|(kind, result)| Reader::new(*kind).records(result.rows));
        // A collation may call names equal that are not.
        records
            .filter(|record| self.wanted.binary_search(&&record.key).is_ok())
            .collect()
    }
}

impl<D: Driver> SqlStore<D> {
    pub(crate) async fn get_one(
        &self,
        key: &Key,
        consistency: Consistency,
    ) -> Result<Option<Record>> {
        let joined = self
            .combined
            .as_ref()
            .map(|gets| gets.of(consistency).join(key));
        let _turn = match joined {
            None => None,
            Some(Joined::Alone(turn)) => turn,
            Some(Joined::Waiting(answered)) => match answered.await {
                Ok(Ok(found)) => return Ok(found),
                // It would be so for each of them.
                Ok(Err(fault)) if fault.class == FaultClass::Unavailable => {
                    self.counters().after(&mut Attempts::new(false), fault)?;
                    None
                }
                // Perhaps because of another one's key.
                _ => None,
            },
        };
        self.get_alone(key, consistency).await
    }

    async fn get_alone(&self, key: &Key, consistency: Consistency) -> Result<Option<Record>> {
        let mut steps = Vec::with_capacity(1);
        self.statements
            .get(key.kind, Lock::Plain, &[key], &mut steps);
        let results = self.read(consistency, steps).await?;
        let row = results.into_iter().flat_map(|result| result.rows).next();
        // A collation may call names equal that are not.
        Ok(row
            .map(|row| Reader::new(key.kind).record(row))
            .filter(|record| record.key == *key))
    }

    pub(crate) async fn get_some(
        &self,
        keys: &[Key],
        consistency: Consistency,
    ) -> Result<Vec<Record>> {
        let mut plan = Plan::new(&self.statements, keys);
        let steps = std::mem::take(&mut plan.steps);
        let results = self.read(consistency, steps).await?;
        Ok(plan.records(results))
    }
}
