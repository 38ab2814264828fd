//! What a backend implements: keys and bytes, atomic transactions, and no rule of Feast.

mod activity;
mod backups;
mod decide;
#[cfg(test)]
mod double;
mod flaw;
mod log;
mod memory;
mod pause;
mod read_set;
mod scan;
mod write;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt};

pub use self::activity::{Activity, Connections};
pub use self::backups::{Backup, Backups};
pub(crate) use self::decide::now;
pub use self::decide::{Answer, Context, Decide, Decision, Ids};
#[cfg(test)]
pub(crate) use self::double::Double;
pub use self::flaw::Flaw;
pub use self::log::{Logged, Position};
pub use self::memory::MemoryStore;
pub use self::pause::pause;
pub use self::read_set::{Lock, Range, Read, ReadSet, Target, View};
pub use self::scan::{Page, Probe, ProbeEntry, Scan};
pub use self::write::Write;
use crate::{Error, ErrorKind, Key, Kind, Record, Result};

/// Which copy of the data a read may come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consistency {
    /// The copy that is written to: sees every write that was acknowledged before.
    #[default]
    Primary,
    /// A replica, if one is configured: may be behind.
    Replica,
}

/// What to do about missing tables when a store is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaMode {
    /// Create what is missing; never alter what is there.
    #[default]
    Auto,
    /// Fail if a table is missing, and say which.
    Verify,
    /// Do nothing.
    Skip,
}

/// What [`Store::teardown`] removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Teardown {
    /// Every row of every table.
    Rows,
    /// The tables themselves, Feast's and ours.
    Tables,
}

/// What a backend can and cannot do. The conformance suite holds it to both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Data survives the process.
    pub durable: bool,
    /// Several processes may use the store at the same time.
    pub shared: bool,
    /// Names that differ only in case are different names.
    pub case_sensitive_names: bool,
    /// Where the version is known, all rows are in this process already: reading all of them costs
    /// little more than reading one.
    pub local_rows: bool,
    /// A read costs the same when a decision turns out to need it as when it is asked for at once,
    /// so that nothing is read that may be in vain. Else all that is likely is asked for at once.
    pub frugal_reads: bool,
    /// It can keep a log of changes: [`Store::keep_log`].
    pub change_log: bool,
    /// Reads with [`Consistency::Replica`] go to another copy, which may be behind.
    pub replica: bool,
}

impl Default for Capabilities {
    fn default() -> Self {
        Capabilities {
            durable: true,
            shared: true,
            case_sensitive_names: true,
            local_rows: false,
            frugal_reads: false,
            change_log: false,
            replica: false,
        }
    }
}

/// The largest things that a backend takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one object.
    pub object_bytes: usize,
    /// Rows that one transaction writes.
    pub transaction_writes: usize,
    /// Bytes of the objects that one transaction writes.
    pub transaction_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            object_bytes: usize::MAX,
            transaction_writes: usize::MAX,
            transaction_bytes: usize::MAX,
        }
    }
}

impl Limits {
    /// These limits with another bound on the bytes of one object.
    #[must_use]
    pub fn with_object_bytes(mut self, bytes: usize) -> Self {
        self.object_bytes = bytes;
        self
    }

    /// These limits with other bounds on one transaction.
    #[must_use]
    pub fn with_transaction(mut self, writes: usize, bytes: usize) -> Self {
        self.transaction_writes = writes;
        self.transaction_bytes = bytes;
        self
    }
}

impl Capabilities {
    /// These capabilities, with durability as said.
    #[must_use]
    pub fn with_durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// These capabilities, with what is read at once as said.
    #[must_use]
    pub fn with_frugal_reads(mut self, frugal: bool) -> Self {
        self.frugal_reads = frugal;
        self
    }

    /// These capabilities, with a log of changes as said.
    #[must_use]
    pub fn with_change_log(mut self, change_log: bool) -> Self {
        self.change_log = change_log;
        self
    }

    /// These capabilities, with a replica as said.
    #[must_use]
    pub fn with_replica(mut self, replica: bool) -> Self {
        self.replica = replica;
        self
    }

    /// These capabilities, with the place of rows as said.
    #[must_use]
    pub fn with_local_rows(mut self, local: bool) -> Self {
        self.local_rows = local;
        self
    }

    /// These capabilities, with sharing between processes as said.
    #[must_use]
    pub fn with_shared(mut self, shared: bool) -> Self {
        self.shared = shared;
        self
    }
}

/// A place where rows live. This is all that a backend implements.
///
/// Implementations hold no rule of Feast: what a name means, what counts as a change, what a
/// version is, all of that is decided above, inside the closure given to [`Store::transact`].
#[async_trait]
pub trait Store: Debug + Send + Sync + 'static {
    /// A short name of the backend with the version of the server, for people.
    async fn describe(&self) -> Result<String>;

    /// Makes the store ready for use.
    ///
    /// Behaviour:
    /// * may be repeated, and may run in several processes at once;
    /// * never changes a table that exists;
    /// * with [`SchemaMode::Verify`] fails with [`ErrorKind::Schema`]
    ///   and names every missing table.
    async fn initialize(&self, mode: SchemaMode) -> Result<()>;

    /// Brings what an older program made up to date: creates what is missing, and alters what is
    /// there, forward only. Answers what was done, or with `dry_run` would be, as statements that a
    /// person can read and run; nothing where all is as it should be.
    ///
    /// Behaviour:
    /// * may be repeated, and may run in several processes at once;
    /// * with `dry_run` changes nothing;
    /// * no row is lost.
    async fn upgrade(&self, dry_run: bool) -> Result<Vec<String>> {
        let _ = dry_run;
        Ok(Vec::new())
    }

    /// What is not as it should be about the tables. Where there are none, nothing is.
    ///
    /// Behaviour: changes nothing, and needs no [`Store::initialize`].
    async fn flaws(&self) -> Result<Vec<Flaw>> {
        Ok(Vec::new())
    }

    /// The Unix second that the store's own clock shows; `None` if it has no other one than this
    /// machine.
    async fn clock(&self) -> Result<Option<i64>> {
        Ok(None)
    }

    /// Begins or ends to keep a log of changes, in which a refresh of a cache finds what was changed at a
    /// cost that does not grow with the registry. Answers what was done, or with `dry_run` would be, as
    /// [`Store::upgrade`] does.
    ///
    /// Behaviour:
    /// * may be repeated; with `dry_run` changes nothing;
    /// * every writer's changes are logged from then on, those of other programs too;
    /// * handles that were opened before may go on without it;
    /// * without [`Capabilities::change_log`] fails with
    ///   [`ErrorKind::Unsupported`].
    async fn keep_log(&self, keep: bool, dry_run: bool) -> Result<Vec<String>> {
        let _ = (keep, dry_run);
        Err(Error::new(
            ErrorKind::Unsupported,
            "this backend cannot keep a log of changes",
        ))
    }

    /// The row with this key, or `None`.
    ///
    /// Behaviour:
    /// * with [`Consistency::Primary`] sees every acknowledged write;
    /// * keys are compared exactly: case, accents and trailing spaces count.
    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Record>>;

    /// The rows of one kind, ordered by project and name (versions by number too).
    ///
    /// Behaviour:
    /// * a page holds at most `scan.limit` rows and says whether more follow;
    /// * continuing after the last key of a page misses no row that was there all the time.
    async fn scan(&self, scan: &Scan, consistency: Consistency) -> Result<Page>;

    /// Every row of the registry as of one moment, in chunks, kind by kind.
    ///
    /// Behaviour: a transaction is seen whole or not at all; memory use does not grow with the
    /// registry; dropping the stream leaves nothing open.
    async fn snapshot(
        &self,
        consistency: Consistency,
    ) -> Result<BoxStream<'_, Result<Vec<Record>>>>;

    /// Figures that differ whenever rows have changed, cheap enough to ask for often.
    ///
    /// Behaviour: equal probes do not prove that nothing changed within the last seconds, since
    /// stamps are whole seconds; different probes prove that something did.
    async fn changes(&self) -> Result<Probe>;

    /// What the whole store is called as it is now: equal versions prove that nothing was committed in
    /// between. `None` where the backend cannot say so without looking at the rows.
    ///
    /// Behaviour: every commit changes it, whoever makes it.
    async fn version(&self) -> Result<Option<Arc<str>>> {
        Ok(None)
    }

    /// What was committed since a position of the log of changes; without one, the position to begin
    /// with. `Ok(None)` where no log is kept.
    ///
    /// Behaviour:
    /// * the keys are those of all rows that any commit since the position has changed, whoever made
    ///   it, and may be more;
    /// * where that cannot be told, it says so instead of leaving something out;
    /// * what is read from the primary after a position was answered holds all that came before it.
    async fn logged(&self, since: Option<&Position>) -> Result<Option<Logged>> {
        let _ = since;
        Ok(None)
    }

    /// The rows with these keys that there are, in no order. One after the other, if a backend
    /// leaves it so.
    async fn get_many(&self, keys: &[Key], consistency: Consistency) -> Result<Vec<Record>> {
        let mut found = Vec::new();
        for key in keys {
            found.extend(self.get(key, consistency).await?);
        }
        Ok(found)
    }

    /// The keys of one kind in one project with their stamps, in no order: what a cache compares
    /// when the figures of [`Store::changes`] differ from its own.
    ///
    /// Behaviour:
    /// * one key for every row that [`Store::scan`] would find, with the stamp of that row;
    /// * no body is moved, where the backend can help it.
    async fn stamps(&self, kind: Kind, project: &Arc<str>) -> Result<Vec<(Key, i64)>> {
        let scan = Scan::project(kind, Arc::clone(project));
        let rows = self.scan(&scan, Consistency::Primary).await?.records;
        Ok(rows.into_iter().map(|row| (row.key, row.stamp)).collect())
    }

    /// Reads, decides and writes as one atomic unit: the only way in which data changes.
    ///
    /// Behaviour:
    /// * `decide` sees the rows that were asked for, as they are while the locks are held;
    /// * all writes of a decision happen, or none;
    /// * an acknowledged decision is durable;
    /// * what `decide` saw under a lock is still so when the writes happen;
    /// * a conflict that provably did not commit runs `decide` again, a bounded number of times,
    ///   then fails with [`ErrorKind::Contention`];
    /// * an outcome that cannot be known is
    ///   [`ErrorKind::UnknownOutcome`], never a guess;
    /// * dropping the future leaves no lock and no open transaction behind; the decision may
    ///   have been committed, but never in part.
    async fn transact(&self, reads: ReadSet, decide: Arc<dyn Decide>) -> Result<Answer>;

    /// Removes everything in the store.
    ///
    /// Behaviour: may be repeated; after [`Teardown::Tables`] the store must be initialised again.
    async fn teardown(&self, what: Teardown) -> Result<()>;

    /// How often this handle has found that another program had undone an acknowledged write:
    /// only where one can, such as a registry file that Feast overwrites whole.
    fn undone_writes(&self) -> u64 {
        0
    }

    /// The earlier versions that it keeps, where it can.
    fn backups(&self) -> Option<&dyn Backups> {
        None
    }

    /// What this backend can do.
    fn capabilities(&self) -> Capabilities;

    /// The largest things that this backend takes.
    fn limits(&self) -> Limits;

    /// Whether the store answers.
    async fn health(&self) -> Result<()>;

    /// What it has done since it was opened; cheap, and never waits.
    fn activity(&self) -> Activity {
        Activity::default()
    }

    /// Finishes what is under way and lets go of every resource. Later calls fail.
    async fn close(&self) -> Result<()>;
}

/// Conveniences over any [`Store`].
#[async_trait]
pub trait StoreExt: Store {
    /// [`Store::transact`] with a typed answer.
    ///
    /// # Errors
    ///
    /// Those of [`Store::transact`].
    async fn transact_typed<T, F>(&self, reads: ReadSet, decide: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&View, &Context) -> Result<Decision<T>> + Send + Sync + 'static;

    /// [`Store::snapshot`] of the rows of one project, or of all.
    ///
    /// # Errors
    ///
    /// Those of [`Store::snapshot`].
    async fn rows<'a>(
        &'a self,
        project: Option<&'a str>,
    ) -> Result<BoxStream<'a, Result<Vec<Record>>>>;
}

#[async_trait]
impl<S: Store + ?Sized> StoreExt for S {
    async fn transact_typed<T, F>(&self, reads: ReadSet, decide: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&View, &Context) -> Result<Decision<T>> + Send + Sync + 'static,
    {
        let answer = self
            .transact(reads, Arc::new(decide::Typed::new(decide)))
            .await?;
        answer.downcast::<T>().map(|answer| *answer).map_err(|_| {
            crate::Error::new(
                crate::ErrorKind::Internal,
                "a store answered with another type than its decision",
            )
        })
    }

    async fn rows<'a>(
        &'a self,
        project: Option<&'a str>,
    ) -> Result<BoxStream<'a, Result<Vec<Record>>>> {
        let chunks = self.snapshot(Consistency::Primary).await?;
        let within = move |mut chunk: Vec<Record>| {
            chunk.retain(|row| project.is_none_or(|wanted| *wanted == *row.key.project));
            chunk
        };
        Ok(chunks.map(move |chunk| chunk.map(within)).boxed())
    }
}
