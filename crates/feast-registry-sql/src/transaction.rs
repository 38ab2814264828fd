//! One writing transaction: read under locks, decide, write.

use std::collections::HashSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use feast_registry_core::store::{
    Answer, Context, Decide, Decision, Ids, Lock, Range, ReadSet, Target, View, Write,
};
use feast_registry_core::{Error, ErrorKind, Key, Kind, Record};

use crate::observe::Watch;
use crate::pair::pair;
use crate::rows::{Reader, is_guard};
use crate::statements::{SOME, Statements};
use crate::writes::{guards, render};
use crate::{Connection, DriverError, FaultClass, Step, StepResult};

/// A unit of work that a [`Driver`](crate::Driver) runs on a connection.
pub struct WriteJob {
    statements: Arc<Statements>,
    one_writer: bool,
    reads: Arc<ReadSet>,
    decide: Arc<dyn Decide>,
    ids: Ids,
    attempt: u32,
    watch: Option<Watch>,
}

/// Why an attempt did not commit.
#[derive(Debug)]
pub enum WriteFault {
    /// The decision said no, or the registry itself is at fault: no use in trying again.
    Final(Error),
    /// The database said no.
    Database(DriverError),
}

impl From<DriverError> for WriteFault {
    fn from(error: DriverError) -> Self {
        WriteFault::Database(error)
    }
}

impl WriteJob {
    pub(crate) fn new(
        statements: &Arc<Statements>,
        one_writer: bool,
        reads: &Arc<ReadSet>,
        decide: &Arc<dyn Decide>,
        ids: Ids,
    ) -> Self {
        WriteJob {
            statements: Arc::clone(statements),
            one_writer,
            reads: Arc::clone(reads),
            decide: Arc::clone(decide),
            ids,
            attempt: 0,
            watch: None,
        }
    }

    /// The same work, tried again after so many attempts.
    pub(crate) fn after(mut self, attempts: u32) -> Self {
        self.attempt = attempts;
        self
    }

    /// How often the work has been tried before.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// What all attempts at one piece of work have in common.
    pub fn operation(&self) -> u128 {
        self.ids.operation().as_u128()
    }

    pub(crate) fn observed(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    async fn send(
        &self,
        connection: &mut dyn Connection,
        steps: Vec<Step>,
    ) -> Result<Vec<StepResult>, DriverError> {
        if let Some(watch) = &self.watch {
            watch.see(&steps);
        }
        connection.run(steps).await
    }

    /// Runs the work to its end on a connection without an open transaction, and leaves it so.
    ///
    /// # Errors
    ///
    /// Those of the decision, and those of the database.
    pub async fn run(mut self, connection: &mut dyn Connection) -> Result<Answer, WriteFault> {
        let mut lookalikes = Vec::new();
        let outcome = self.try_once(connection, &mut lookalikes).await;
        if let Err(WriteFault::Database(_)) = outcome {
            // What failed may have ended the transaction already: nothing to tell then.
            let _ = self.roll_back(connection).await;
        }
        match (outcome, lookalikes.first()) {
            (Err(WriteFault::Database(fault)), Some(row))
                if fault.class == FaultClass::Duplicate =>
            {
                Err(WriteFault::Final(same_name(row)))
            }
            (outcome, _) => outcome,
        }
    }

    /// `lookalikes` gets the rows that the database takes for ones that were asked for, although their
    /// names differ.
    async fn try_once(
        &mut self,
        connection: &mut dyn Connection,
        lookalikes: &mut Vec<Key>,
    ) -> Result<Answer, WriteFault> {
        let mut view = self.begin(connection, lookalikes).await?;
        loop {
            let context = Context::new(self.ids);
            // A decision runs on a thread of the backend, which must survive its panic.
            let decision = catch_unwind(AssertUnwindSafe(|| self.decide.decide(&view, &context)));
            let decision = decision.unwrap_or_else(|_| {
                Err(Error::new(
                    ErrorKind::Internal,
                    "the decision of a transaction panicked",
                ))
            });
            match decision {
                Ok(Decision::Commit { writes, answer }) => {
                    self.finish(connection, &view, writes).await?;
                    return Ok(answer);
                }
                Ok(Decision::Need(more)) if self.reads.covers(&more) => {
                    self.roll_back(connection).await?;
                    let message = "a decision asks for what it was given";
                    return Err(WriteFault::Final(Error::new(ErrorKind::Internal, message)));
                }
                Ok(Decision::Need(more)) => {
                    Arc::make_mut(&mut self.reads).union(&more);
                    if self.one_writer || more.is_plain() {
                        // No lock is taken out of order: read on where we are.
                        self.read(connection, Vec::new(), &more, &mut view, lookalikes)
                            .await?;
                    } else {
                        self.roll_back(connection).await?;
                        view = self.begin(connection, lookalikes).await?;
                    }
                }
                Err(error) => {
                    self.roll_back(connection).await?;
                    return Err(WriteFault::Final(error));
                }
            }
        }
    }

    async fn begin(
        &self,
        connection: &mut dyn Connection,
        lookalikes: &mut Vec<Key>,
    ) -> Result<View, DriverError> {
        let mut view = View::with_capacity(self.reads.len());
        let mut begin = vec![Step::control(Arc::clone(&self.statements.begin_write))];
        if self.statements.guard_by_writing {
            // Before the reads: what other nodes commit while this transaction has the row ends it. What
            // they commit before it has the row is not compared with it any more.
            let guards = guards(&self.reads, self.ids);
            render(&self.statements, &view, guards, &mut begin);
        }
        self.read(connection, begin, &self.reads, &mut view, lookalikes)
            .await?;
        Ok(view)
    }

    /// Runs `steps` and then the reads of a set, all in one go; those of many keys may need a second one, if
    /// some of them turn out to be there.
    async fn read(
        &self,
        connection: &mut dyn Connection,
        mut steps: Vec<Step>,
        reads: &ReadSet,
        view: &mut View,
        lookalikes: &mut Vec<Key>,
    ) -> Result<(), DriverError> {
        let before = steps.len();
        let plan = plan(&self.statements, reads, self.attempt == 0, &mut steps);
        let mut results = self.send(connection, steps).await?.into_iter().skip(before);
        let mut rest = Vec::new();
        for read in plan {
            read.take(&mut results, view, lookalikes, &mut rest);
        }
        if rest.is_empty() {
            return Ok(());
        }
        let mut steps = Vec::new();
        let plan: Vec<Planned<'_>> = rest
            .into_iter()
            .map(|keys| keys.look_up(&self.statements, &mut steps))
            .collect();
        let mut results = self.send(connection, steps).await?.into_iter();
        for read in plan {
            read.take(&mut results, view, lookalikes, &mut Vec::new());
        }
        Ok(())
    }

    async fn finish(
        &self,
        connection: &mut dyn Connection,
        view: &View,
        writes: Vec<Write>,
    ) -> Result<(), DriverError> {
        if writes.is_empty() {
            return self.roll_back(connection).await;
        }
        let mut steps = Vec::with_capacity(writes.len() + 2);
        render(&self.statements, view, writes, &mut steps);
        steps.push(Step::control(Arc::clone(&self.statements.commit)));
        self.send(connection, steps).await.map(drop)
    }

    async fn roll_back(&self, connection: &mut dyn Connection) -> Result<(), DriverError> {
        let rollback = Step::control(Arc::clone(&self.statements.rollback));
        self.send(connection, vec![rollback]).await.map(drop)
    }
}

fn same_name(row: &Key) -> Error {
    let message = format!("{row} is in the way: the database takes the two names for one");
    Error::new(ErrorKind::Invalid, message).with_hint(
        "the collation of its name columns ignores case, accents or trailing spaces: choose another name",
    )
}

impl fmt::Debug for WriteJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteJob")
            .field("reads", &self.reads)
            .finish_non_exhaustive()
    }
}

/// So many keys are worth a look at which there are.
const MANY: usize = 256;

/// Reads whose results belong together.
enum Planned<'a> {
    Keys {
        keys: Keys<'a>,
        steps: usize,
    },
    /// Many keys, without a lock. Of views of another kind with one of these names there are mostly none, and few
    /// views of that kind at all: so the first step only looks which there are, [`SOME`] at most. Not a second time:
    /// what kept the first attempt from its end may be a row that only the database takes for one of them.
    Perhaps(Keys<'a>),
    Range {
        range: &'a Range,
        lock: Lock,
    },
    /// The newest versions of views of one project.
    Last {
        ranges: Vec<&'a Range>,
        steps: usize,
    },
}

/// Keys of one kind and project, in order, and how they are held.
struct Keys<'a> {
    kind: Kind,
    lock: Lock,
    keys: Vec<&'a Key>,
}

impl<'a> Keys<'a> {
    fn look_up(self, statements: &Statements, steps: &mut Vec<Step>) -> Planned<'a> {
        let before = steps.len();
        statements.get(self.kind, self.lock, &self.keys, steps);
        let steps = steps.len() - before;
        Planned::Keys { keys: self, steps }
    }
}

/// Turns reads into statements, neighbours of one kind, project and lock together.
fn plan<'a>(
    statements: &Statements,
    reads: &'a ReadSet,
    first: bool,
    steps: &mut Vec<Step>,
) -> Vec<Planned<'a>> {
    let mut plan: Vec<Planned<'a>> = Vec::new();
    for (target, lock) in reads.iter() {
        match target {
            Target::Range(range) if range.last && lock == Lock::Plain => match plan.last_mut() {
                Some(Planned::Last { ranges, .. })
                    if ranges
                        .last()
                        .is_some_and(|last| last.project == range.project) =>
                {
                    ranges.push(range);
                }
                _ => plan.push(Planned::Last {
                    ranges: vec![range],
                    steps: 0,
                }),
            },
            Target::Range(range) => plan.push(Planned::Range { range, lock }),
            Target::Key(key) => match plan.last_mut() {
                Some(Planned::Keys { keys: group, .. })
                    if (group.kind, group.lock) == (key.kind, lock)
                        && group
                            .keys
                            .last()
                            .is_some_and(|last| last.project == key.project) =>
                {
                    group.keys.push(key);
                }
                _ => plan.push(Planned::Keys {
                    keys: Keys {
                        kind: key.kind,
                        lock,
                        keys: vec![key],
                    },
                    steps: 0,
                }),
            },
        }
    }
    let plan = plan.into_iter();
    plan.map(|planned| planned.put(statements, first, steps))
        .collect()
}

impl<'a> Planned<'a> {
    /// Adds the statements of these reads.
    fn put(self, statements: &Statements, first: bool, steps: &mut Vec<Step>) -> Self {
        let before = steps.len();
        let look = first && statements.looks_first();
        match self {
            Planned::Keys { keys, .. }
                if look && keys.lock == Lock::Plain && keys.keys.len() >= MANY =>
            {
                steps.extend(
                    keys.keys
                        .first()
                        .map(|key| statements.some(key.kind, &key.project)),
                );
                Planned::Perhaps(keys)
            }
            Planned::Keys { keys, .. } => keys.look_up(statements, steps),
            Planned::Perhaps(_) => self,
            Planned::Range { range, lock } => {
                steps.push(statements.range(range, lock));
                self
            }
            Planned::Last { ranges, .. } => {
                statements.last_versions(&ranges, steps);
                let steps = steps.len() - before;
                Planned::Last { ranges, steps }
            }
        }
    }

    /// Takes the results of these reads and notes what they found. What must be looked up now goes to `rest`.
    fn take(
        self,
        results: &mut impl Iterator<Item = StepResult>,
        view: &mut View,
        lookalikes: &mut Vec<Key>,
        rest: &mut Vec<Keys<'a>>,
    ) {
        match self {
            Planned::Keys { keys, steps } => {
                let mut reader = Reader::new(keys.kind);
                let rows = results.take(steps).flat_map(|result| result.rows);
                let records = rows.map(|row| reader.record(row));
                let put = |key: &&Key, record| view.put_key((*key).clone(), keys.lock, record);
                let others = pair(&keys.keys, |key| *key, records, |record| &record.key, put);
                lookalikes.extend(others.into_iter().map(|record| record.key));
            }
            Planned::Perhaps(mut keys) => {
                let rows = results.next().unwrap_or_default().rows;
                if rows.len() < SOME {
                    let there = Reader::new(keys.kind).records(rows);
                    let there: HashSet<Key> = there.into_iter().map(|row| row.key).collect();
                    keys.keys.retain(|key| {
                        let there = there.contains(*key);
                        if !there {
                            view.put_key((*key).clone(), keys.lock, None);
                        }
                        there
                    });
                }
                if !keys.keys.is_empty() {
                    rest.push(keys);
                }
            }
            Planned::Last { ranges, steps } => {
                let mut reader = Reader::new(Kind::Version);
                let rows = results.take(steps).flat_map(|result| result.rows);
                let newest = rows.map(|row| {
                    let record = reader.record(row);
                    (Some(Arc::clone(&record.key.name)), record)
                });
                let put = |range: &&Range, newest: Option<(_, Record)>| {
                    let record = newest.map(|(_, record)| record);
                    let record = record.filter(|record| range.contains(&record.key));
                    view.put_range((*range).clone(), record.into_iter().collect());
                };
                pair(&ranges, |range| &range.name, newest, |(name, _)| name, put);
            }
            Planned::Range { range, .. } => {
                let rows = results.next().unwrap_or_default().rows;
                let mut records = Reader::new(range.kind).records(rows);
                records.retain(|record| range.contains(&record.key) && !is_guard(&record.key));
                records.sort_unstable_by(|a, b| a.key.cmp(&b.key));
                view.put_range(range.clone(), records);
            }
        }
    }
}
