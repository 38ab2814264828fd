//! The store: every operation of [`Store`] as statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};

use feast_registry_core::store::{
    Activity, Answer, Capabilities, Connections, Consistency, Decide, Flaw, Ids, Limits, Logged,
    Page, Position, Probe, ProbeEntry, ReadSet, Scan, SchemaMode, Store, Teardown,
};
use feast_registry_core::{Key, Kind, Record, Result};

use crate::gets::Combined;
use crate::log::ChangeLog;
use crate::observe::Observed;
use crate::queue::Queues;
use crate::retry::{Attempts, repeat};
use crate::rows::{Reader, is_guard};
use crate::settled::Settled;
use crate::statements::Statements;
use crate::{
    Access, Connection, Driver, DriverError, FaultClass, Row, Step, StepResult, Value, WriteFault,
    WriteJob, schema,
};

/// How many rows a snapshot holds in memory at a time.
const SNAPSHOT_ROWS: usize = 1_000;

/// A registry in Feast's tables, over any driver.
#[derive(Debug)]
pub struct SqlStore<D> {
    pub(crate) driver: Arc<Observed<D>>,
    pub(crate) statements: Arc<Statements>,
    /// Where gets wait for each other.
    pub(crate) combined: Option<Combined>,
    capabilities: Capabilities,
    queues: Queues,
    settled: Settled,
    pub(crate) log: ChangeLog,
}

/// What a store has sent to its database since it was opened.
#[derive(Debug, Default)]
pub struct Counters {
    statements: AtomicU64,
    round_trips: AtomicU64,
    retries: AtomicU64,
    conflicts: AtomicU64,
    failures: AtomicU64,
}

impl Counters {
    /// Statements, BEGIN and COMMIT included.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Runs of statements that a pipelining driver sends at once.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    /// Reads and transactions that were tried again: others were in the way, or a connection broke.
    pub fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// What has happened so far, and the connections there are.
    fn activity(&self, connections: Option<Connections>) -> Activity {
        let mut activity = Activity::default();
        activity.statements = self.statements();
        activity.round_trips = self.round_trips();
        activity.retries = self.retries();
        activity.conflicts = self.conflicts.load(Ordering::Relaxed);
        activity.failures = self.failures.load(Ordering::Relaxed);
        activity.connections = connections;
        activity
    }

    /// After a fault: how long to wait before the next attempt, or what to tell the caller.
    pub(crate) fn after(&self, attempts: &mut Attempts, fault: DriverError) -> Result<Duration> {
        let conflict = fault.class == FaultClass::Conflict;
        let pause = attempts.after(fault);
        let count = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        match &pause {
            Ok(_) => count(&self.retries),
            Err(_) => count(&self.failures),
        };
        if conflict {
            count(&self.conflicts);
        }
        pause
    }

    pub(crate) fn count_run(&self, statements: usize) {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        self.statements.fetch_add(
            u64::try_from(statements).unwrap_or(u64::MAX),
            Ordering::Relaxed,
        );
    }
}

impl<D: Driver> SqlStore<D> {
    /// A store over a driver. `echo` logs every statement.
    pub fn new(driver: D, capabilities: Capabilities, echo: bool) -> Self {
        let dialect = driver.dialect();
        let statements = Arc::new(Statements::new(dialect));
        let log = ChangeLog::new(dialect);
        let capabilities = capabilities
            .with_change_log(dialect.log_numbers(1).is_some())
            .with_replica(driver.has_replica());
        let driver = Arc::new(Observed::new(driver, echo));
        SqlStore {
            log,
            combined: Combined::new(&driver, &statements),
            driver,
            statements,
            capabilities,
            queues: Queues::new(),
            settled: Settled::default(),
        }
    }

    /// What the store has sent to its database.
    pub fn counters(&self) -> &Arc<Counters> {
        self.driver.counters()
    }

    /// Reads with statements that need no transaction.
    pub(crate) async fn read(
        &self,
        consistency: Consistency,
        steps: Vec<Step>,
    ) -> Result<Vec<StepResult>> {
        self.repeat(|| self.try_read(consistency, steps.clone()))
            .await
    }

    /// Does what writes nothing until it succeeds; counts the attempts.
    async fn repeat<T, F>(&self, work: impl FnMut() -> F) -> Result<T>
    where
        F: Future<Output = Result<T, DriverError>>,
    {
        repeat(work, |attempts, fault| {
            self.counters().after(attempts, fault)
        })
        .await
    }

    pub(crate) async fn try_read(
        &self,
        consistency: Consistency,
        steps: Vec<Step>,
    ) -> Result<Vec<StepResult>, DriverError> {
        run(&*self.driver, consistency, steps).await
    }

    /// A connection in a transaction that sees one moment.
    async fn begin_snapshot(
        &self,
        consistency: Consistency,
    ) -> Result<Box<dyn Connection + '_>, DriverError> {
        let begin = Step::control(Arc::clone(&self.statements.begin_snapshot));
        let mut connection = self.driver.acquire(access(consistency)).await?;
        connection.run(vec![begin]).await?;
        Ok(connection)
    }
}

/// Runs reads that need no transaction.
pub(crate) async fn run(
    driver: &impl Driver,
    consistency: Consistency,
    steps: Vec<Step>,
) -> Result<Vec<StepResult>, DriverError> {
    let mut connection = driver.acquire(access(consistency)).await?;
    connection.run(steps).await
}

fn access(consistency: Consistency) -> Access {
    match consistency {
        Consistency::Primary => Access::Read,
        Consistency::Replica => Access::Replica,
    }
}

#[async_trait]
impl<D: Driver> Store for SqlStore<D> {
    async fn describe(&self) -> Result<String> {
        self.repeat(|| self.driver.describe()).await
    }

    async fn initialize(&self, mode: SchemaMode) -> Result<()> {
        let has_log = schema::initialize(&*self.driver, mode).await?;
        self.log.set_kept(has_log);
        Ok(())
    }

    async fn upgrade(&self, dry_run: bool) -> Result<Vec<String>> {
        schema::upgrade(&*self.driver, dry_run).await
    }

    async fn flaws(&self) -> Result<Vec<Flaw>> {
        schema::flaws(&*self.driver).await
    }

    async fn clock(&self) -> Result<Option<i64>> {
        let Some(query) = self.driver.dialect().clock_query() else {
            return Ok(None);
        };
        let step = Step::query(&query.into(), Vec::new());
        let results = self.read(Consistency::Primary, vec![step]).await?;
        let mut values = results.into_iter().flat_map(|result| result.rows).flatten();
        Ok(match values.next() {
            Some(Value::Integer(second)) => Some(second),
            _ => None,
        })
    }

    async fn keep_log(&self, keep: bool, dry_run: bool) -> Result<Vec<String>> {
        self.make_or_remove_log(keep, dry_run).await
    }

    async fn logged(&self, since: Option<&Position>) -> Result<Option<Logged>> {
        Ok(self.changes_logged(since).await)
    }

    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Record>> {
        self.get_one(key, consistency).await
    }

    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Record>> {
        self.get_some(keys, consistency).await
    }

    async fn scan(&self, scan: &Scan, consistency: Consistency) -> Result<Page> {
        let step = self.statements.scan(self.driver.dialect(), scan);
        let results = self.read(consistency, vec![step]).await?;
        let rows: Vec<Row> = results.into_iter().flat_map(|result| result.rows).collect();
        let more = rows.len() > scan.limit;
        let mut records = Reader::new(scan.kind).records(rows);
        // A collation may call names equal that are not.
        records.retain(|record| scan.matches(record) && !is_guard(&record.key));
        records.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        records.truncate(scan.limit);
        let more = more && !records.is_empty();
        Ok(Page { records, more })
    }

    async fn snapshot(
        &self,
        consistency: Consistency,
    ) -> Result<BoxStream<'_, Result<Vec<Record>>>> {
        let connection = self.repeat(|| self.begin_snapshot(consistency)).await?;
        let position = Progress {
            connection,
            kinds: Kind::ALL.to_vec(),
            after: None,
        };
        let chunks = stream::try_unfold(position, |position| self.next_chunk(position));
        Ok(chunks
            .try_filter(|chunk| std::future::ready(!chunk.is_empty()))
            .boxed())
    }

    async fn changes(&self) -> Result<Probe> {
        let steps = Kind::ALL
            .into_iter()
            .map(|kind| self.statements.probe(kind))
            .collect();
        let results = self.read(Consistency::Primary, steps).await?;
        let mut probe = Probe::default();
        for (kind, result) in Kind::ALL.into_iter().zip(results) {
            for row in result.rows {
                if let [
                    Value::Text(project),
                    Value::Integer(count),
                    Value::Integer(sum),
                    Value::Integer(max),
                ] = &row[..]
                {
                    let entry = ProbeEntry {
                        count: u64::try_from(*count).unwrap_or_default(),
                        stamp_sum: i128::from(*sum),
                        stamp_max: *max,
                    };
                    probe.entries.insert((kind, Arc::clone(project)), entry);
                }
            }
        }
        Ok(probe)
    }

    async fn version(&self) -> Result<Option<Arc<str>>> {
        if let Some(version) = self.driver.version().await? {
            return Ok(Some(version));
        }
        let dialect = self.driver.dialect();
        let Some(query) = dialect.version_query() else {
            return Ok(None);
        };
        let step = Step::query(&query.into(), Vec::new());
        let results = self.read(Consistency::Primary, vec![step]).await?;
        let mut values = results.into_iter().flat_map(|result| result.rows).flatten();
        Ok(match values.next() {
            Some(Value::Text(version)) => self.settled.after(dialect.version_settles(), version),
            _ => None,
        })
    }

    async fn stamps(&self, kind: Kind, project: &Arc<str>) -> Result<Vec<(Key, i64)>> {
        let step = self.statements.stamps(kind, project);
        let results = self.read(Consistency::Primary, vec![step]).await?;
        let rows = results.into_iter().flat_map(|result| result.rows);
        let records = Reader::new(kind).records(rows.collect());
        // A collation may call projects equal that are not.
        let records = records
            .into_iter()
            .filter(|record| record.key.project == *project && !is_guard(&record.key));
        Ok(records.map(|record| (record.key, record.stamp)).collect())
    }

    async fn transact(&self, reads: ReadSet, decide: Arc<dyn Decide>) -> Result<Answer> {
        let ids = Ids::random();
        let one_writer = self.driver.dialect().one_writer();
        // One writer has a queue of its own.
        let _turn = match one_writer {
            true => None,
            false => Some(self.queues.turn(&reads).await),
        };
        let reads = Arc::new(reads);
        let mut attempts = Attempts::new(one_writer);
        loop {
            let job = WriteJob::new(&self.statements, one_writer, &reads, &decide, ids)
                .after(attempts.made());
            let fault = match self.driver.write(job).await {
                Ok(answer) => {
                    self.has_written(ids).await;
                    return Ok(answer);
                }
                Err(WriteFault::Final(error)) => return Err(error),
                Err(WriteFault::Database(fault)) => fault,
            };
            let pause = self.counters().after(&mut attempts, fault)?;
            tokio::time::sleep(pause).await;
        }
    }

    fn activity(&self) -> Activity {
        self.counters().activity(self.driver.connections())
    }

    async fn teardown(&self, what: Teardown) -> Result<()> {
        schema::teardown(&*self.driver, what).await
    }

    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn limits(&self) -> Limits {
        self.driver.dialect().limits()
    }

    async fn health(&self) -> Result<()> {
        let step = Step::query(&"SELECT 1".into(), Vec::new());
        self.read(Consistency::Primary, vec![step]).await.map(drop)
    }

    async fn close(&self) -> Result<()> {
        Ok(self.driver.close().await?)
    }
}

/// Where a snapshot has come to. Its connection holds the transaction open.
struct Progress<'a> {
    connection: Box<dyn Connection + 'a>,
    /// The kinds still to read, the current one first.
    kinds: Vec<Kind>,
    after: Option<Key>,
}

impl<D: Driver> SqlStore<D> {
    async fn next_chunk<'a>(
        &self,
        mut position: Progress<'a>,
    ) -> Result<Option<(Vec<Record>, Progress<'a>)>> {
        let Some(kind) = position.kinds.first().copied() else {
            position
                .connection
                .run(vec![Step::control(Arc::clone(&self.statements.commit))])
                .await?;
            return Ok(None);
        };
        let after = position.after.take();
        let step =
            self.statements
                .next_rows(self.driver.dialect(), kind, after.as_ref(), SNAPSHOT_ROWS);
        let results = position.connection.run(vec![step]).await?;
        let rows = results.into_iter().flat_map(|result| result.rows).collect();
        let mut records = Reader::new(kind).records(rows);
        if records.len() < SNAPSHOT_ROWS {
            position.kinds.remove(0);
        } else {
            position.after = records.last().map(|record| record.key.clone());
        }
        records.retain(|record| !is_guard(&record.key));
        Ok(Some((records, position)))
    }
}
