//! A memory store with one fault.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use feast_registry_core::store::{
    Answer, Capabilities, Consistency, Context, Decide, Decision, Ids, Limits, Lock, MemoryStore,
    Page, Probe, Range, ReadSet, Scan, SchemaMode, Target, Teardown, View, Write,
};
use feast_registry_core::{Error, ErrorKind, Extra, Key, Kind, Record, Result, Store, StoreExt};
use feast_registry_proto::core::Entity;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use prost::Message;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::harness::Fault;

/// A store that reads and writes rows in memory, with at most one fault.
#[derive(Debug)]
pub(crate) struct Mutant {
    fault: Option<Fault>,
    rows: Arc<MemoryStore>,
    /// Held from the reads of a transaction to its writes.
    turn: tokio::sync::Mutex<()>,
    leaked: AtomicBool,
    previous: Mutex<HashMap<Key, Option<Record>>>,
}

impl Mutant {
    pub(crate) fn new(fault: Option<Fault>, rows: Arc<MemoryStore>) -> Self {
        Mutant {
            fault,
            rows,
            turn: tokio::sync::Mutex::default(),
            leaked: AtomicBool::new(false),
            previous: Mutex::default(),
        }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    async fn read(&self, reads: &ReadSet, absent: &ReadSet) -> Result<View> {
        let mut view = View::new();
        for (target, lock) in reads.iter() {
            match target {
                Target::Key(key) => {
                    let row = self.rows.get(key, Consistency::Primary).await?;
                    view.put_key(key.clone(), lock, row);
                }
                Target::Range(range) => view.put_range(range.clone(), self.range(range).await?),
            }
        }
        for (target, lock) in absent.iter() {
            match target {
                Target::Key(key) => view.put_key(key.clone(), lock, None),
                Target::Range(range) => view.put_range(range.clone(), Vec::new()),
            }
        }
        Ok(view)
    }

    async fn range(&self, range: &Range) -> Result<Vec<Record>> {
        let mut rows = self.all(range.kind).await?;
        rows.retain(|row| range.contains(&row.key));
        if range.last && self.has(Fault::LowestIsLast) {
            rows.truncate(1);
        } else if range.last {
            rows = rows.split_off(rows.len().saturating_sub(1));
        }
        Ok(rows)
    }

    async fn all(&self, kind: Kind) -> Result<Vec<Record>> {
        let page = self
            .rows
            .scan(&Scan::all(kind), Consistency::Primary)
            .await?;
        Ok(page.records)
    }

    async fn write(&self, writes: Vec<Write>) -> Result<()> {
        let mut tampered = Vec::with_capacity(writes.len());
        for write in writes {
            self.remember(&write).await?;
            tampered.extend(self.tamper(write).await?);
        }
        match self.fault {
            Some(Fault::PartialBatch) => {
                for write in tampered {
                    self.commit(vec![write]).await?;
                }
                Ok(())
            }
            Some(Fault::HalfWhenDropped) => {
                for write in tampered {
                    self.commit(vec![write]).await?;
                    pause().await;
                }
                Ok(())
            }
            _ => self.commit(tampered).await,
        }
    }

    async fn remember(&self, write: &Write) -> Result<()> {
        let key = match write {
            Write::Insert(row) => &row.key,
            Write::Update { key, .. } | Write::SetUserMetadata { key, .. } | Write::Delete(key) => {
                key
            }
            Write::DeleteRange(_) => return Ok(()),
        };
        let row = self.rows.get(key, Consistency::Primary).await?;
        lock(&self.previous).insert(key.clone(), row);
        Ok(())
    }

    /// The writes that are done in place of one.
    async fn tamper(&self, mut write: Write) -> Result<Vec<Write>> {
        if let Write::Insert(Record { key, body, .. }) | Write::Update { key, body, .. } =
            &mut write
        {
            match self.fault {
                Some(Fault::ShortColumn) => body.truncate(65_535),
                Some(Fault::Reencoding) if key.kind == Kind::Entity => {
                    let message = Entity::decode(body.clone()).unwrap_or_default();
                    *body = Bytes::from(message.encode_to_vec());
                }
                _ => {}
            }
        }
        let stored = match &write {
            Write::Insert(row) => self.rows.get(&row.key, Consistency::Primary).await?,
            Write::Update { key, .. } => self.rows.get(key, Consistency::Primary).await?,
            _ => None,
        };
        Ok(match (self.fault, &write, stored) {
            (Some(Fault::SwallowedDuplicate), Write::Insert(_), Some(_))
            | (Some(Fault::SwallowedUpdate), Write::Update { .. }, None) => vec![],
            (Some(Fault::OverwritingInsert), Write::Insert(row), Some(_)) => {
                vec![Write::Delete(row.key.clone()), write]
            }
            (Some(Fault::LostUserMetadata), Write::Update { body, stamp, .. }, Some(row)) => {
                let extra = match row.extra {
                    Extra::UserMetadata(_) => Extra::None,
                    other => other,
                };
                let row = Record {
                    body: body.clone(),
                    stamp: *stamp,
                    extra,
                    key: row.key,
                };
                vec![Write::Delete(row.key.clone()), Write::Insert(row)]
            }
            (Some(Fault::WideRangeDelete), Write::DeleteRange(range), _) => {
                let mut range = range.clone();
                range.name = None;
                vec![Write::DeleteRange(range)]
            }
            _ => vec![write],
        })
    }

    async fn commit(&self, mut writes: Vec<Write>) -> Result<()> {
        if self.has(Fault::SwallowedDuplicate) {
            let mut seen = Vec::new();
            writes.retain(|write| match write {
                Write::Insert(row) if seen.contains(&row.key) => false,
                Write::Insert(row) => {
                    seen.push(row.key.clone());
                    true
                }
                _ => true,
            });
        }
        self.rows
            .transact_typed(ReadSet::new(), move |_, _| {
                Ok(Decision::Commit {
                    writes: writes.clone(),
                    answer: (),
                })
            })
            .await
    }

    /// Whether a transaction waits for its turn.
    fn waits(&self, reads: &ReadSet) -> bool {
        match self.fault {
            Some(Fault::LostUpdate) => false,
            Some(Fault::NoShareLock) => reads.iter().any(|(_, lock)| lock == Lock::Update),
            _ => true,
        }
    }

    /// Whether others get the time to come in between a decision and its writes.
    fn dawdles(&self) -> bool {
        matches!(
            self.fault,
            Some(
                Fault::LostUpdate | Fault::NoShareLock | Fault::LeakedLock | Fault::HalfWhenDropped
            )
        )
    }

    async fn decide(&self, mut reads: ReadSet, decide: Arc<dyn Decide>) -> Result<Answer> {
        let began = Context::new(Ids::random());
        let mut absent = ReadSet::new();
        loop {
            let view = self.read(&reads, &absent).await?;
            let mut context = Context::new(began.ids);
            if self.has(Fault::NewIdentities) {
                context.ids = Ids::random();
            }
            if self.has(Fault::LateClock) {
                context.now.seconds -= 5;
            }
            match decide.decide(&view, &context)? {
                Decision::Need(more) if self.has(Fault::IgnoredNeed) => {
                    absent.union(&more);
                }
                Decision::Need(more) if reads.covers(&more) => {
                    return Err(Error::new(ErrorKind::Internal, "asks for what it has"));
                }
                Decision::Need(more) => {
                    reads.union(&more);
                }
                Decision::Commit { writes, answer } => {
                    if self.dawdles() {
                        pause().await;
                    }
                    self.write(writes).await?;
                    return Ok(answer);
                }
            }
        }
    }
}

#[async_trait]
impl Store for Mutant {
    async fn describe(&self) -> Result<String> {
        Ok(format!("mutant {:?}", self.fault))
    }

    async fn initialize(&self, mode: SchemaMode) -> Result<()> {
        self.rows.initialize(mode).await
    }

    async fn get(&self, key: &Key, consistency: Consistency) -> Result<Option<Record>> {
        if self.has(Fault::StaleRead)
            && let Some(previous) = lock(&self.previous).get(key)
        {
            return Ok(previous.clone());
        }
        let alike: fn(&str, &str) -> bool = match self.fault {
            Some(Fault::CaseBlind) => |a, b| a.to_lowercase() == b.to_lowercase(),
            Some(Fault::TrimmedNames) => |a, b| a.trim_end() == b.trim_end(),
            _ => return self.rows.get(key, consistency).await,
        };
        let rows = self.all(key.kind).await?;
        Ok(rows.into_iter().find(|row| {
            row.key.number == key.number
                && alike(&row.key.project, &key.project)
                && alike(&row.key.name, &key.name)
        }))
    }

    async fn scan(&self, scan: &Scan, consistency: Consistency) -> Result<Page> {
        let mut scan = scan.clone();
        let pattern = scan
            .name_prefix
            .clone()
            .filter(|_| self.has(Fault::PrefixAsPattern));
        if pattern.is_some() {
            scan.name_prefix = None;
        }
        if self.has(Fault::OpenBound) {
            scan.updated_since = scan.updated_since.map(|second| second + 1);
        }
        let mut page = self.rows.scan(&scan, consistency).await?;
        if let Some(pattern) = pattern {
            page.records.retain(|row| matches(&pattern, &row.key.name));
        }
        match self.fault {
            Some(Fault::ForgetfulScan) => drop(page.records.pop()),
            Some(Fault::UnorderedScan) => page.records.reverse(),
            Some(Fault::NeverMore) => page.more = false,
            _ => {}
        }
        Ok(page)
    }

    async fn snapshot(
        &self,
        consistency: Consistency,
    ) -> Result<BoxStream<'_, Result<Vec<Record>>>> {
        if !self.has(Fault::TornSnapshot) {
            return self.rows.snapshot(consistency).await;
        }
        Ok(stream::iter(Kind::ALL)
            .then(move |kind| async move {
                pause().await;
                self.all(kind).await
            })
            .boxed())
    }

    async fn changes(&self) -> Result<Probe> {
        if self.has(Fault::BlindProbe) {
            return Ok(Probe::default());
        }
        self.rows.changes().await
    }

    async fn transact(&self, reads: ReadSet, decide: Arc<dyn Decide>) -> Result<Answer> {
        let _turn = match self.waits(&reads) {
            true => Some(self.turn.lock().await),
            false => None,
        };
        if !self.has(Fault::LeakedLock) {
            return self.decide(reads, decide).await;
        }
        while self.leaked.swap(true, Ordering::SeqCst) {
            yield_now().await;
        }
        let answer = self.decide(reads, decide).await;
        self.leaked.store(false, Ordering::SeqCst);
        answer
    }

    async fn teardown(&self, what: Teardown) -> Result<()> {
        let history = self.all(Kind::Version).await?;
        self.rows.teardown(what).await?;
        if self.has(Fault::HalfTeardown) {
            self.commit(history.into_iter().map(Write::Insert).collect())
                .await?;
        }
        Ok(())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn limits(&self) -> Limits {
        Limits::default()
    }

    async fn health(&self) -> Result<()> {
        if self.has(Fault::Panicking) {
            std::panic::resume_unwind(Box::new("a fault"));
        }
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

/// Long enough for others to come in between: a fault that needs a race must show in every run.
async fn pause() {
    sleep(Duration::from_millis(2)).await;
}

/// Whether a name begins with a pattern of SQL's LIKE.
fn matches(pattern: &str, name: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => true,
        Some('%') => {
            let rest = letters.as_str();
            let mut tails = name.char_indices().map(|(index, _)| &name[index..]);
            matches(rest, "") || tails.any(|tail| matches(rest, tail))
        }
        Some(letter) => {
            let mut name = name.chars();
            let same = name
                .next()
                .is_some_and(|first| letter == '_' || letter == first);
            same && matches(letters.as_str(), name.as_str())
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
