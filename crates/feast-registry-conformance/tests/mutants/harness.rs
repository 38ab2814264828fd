//! The faults, and stores that have them.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use feast_registry_conformance::{Harness, Opened, Waiver};
use feast_registry_core::store::MemoryStore;
use feast_registry_core::{Error, ErrorKind, Result, Store};

use crate::store::{Mutant, lock};

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Reads are not held until the writes.
    LostUpdate,
    /// `Share` locks are not taken.
    NoShareLock,
    /// Each write is a transaction of its own.
    PartialBatch,
    /// An insert of what is there is left out, as Feast does.
    SwallowedDuplicate,
    /// An insert of what is there replaces it.
    OverwritingInsert,
    /// An update of what is not there is left out.
    SwallowedUpdate,
    /// A get answers with what was there before the last write.
    StaleRead,
    /// A scan leaves its last row out.
    ForgetfulScan,
    /// A scan begins at the end.
    UnorderedScan,
    /// No page says that more follow.
    NeverMore,
    /// `%` and `_` in a prefix match anything.
    PrefixAsPattern,
    /// `updated_since` leaves out its own second.
    OpenBound,
    /// Names are compared without case.
    CaseBlind,
    /// Spaces at the end of names do not count.
    TrimmedNames,
    /// A snapshot reads one kind after the other.
    TornSnapshot,
    /// A teardown leaves the history.
    HalfTeardown,
    /// What a decision asks for later is said not to be there.
    IgnoredNeed,
    /// Identities change with every attempt.
    NewIdentities,
    /// The time was read long before the locks were taken.
    LateClock,
    /// The last of a range is the one with the lowest number.
    LowestIsLast,
    /// The name in a range is overlooked when it is deleted.
    WideRangeDelete,
    /// The probe never changes.
    BlindProbe,
    /// An update clears the user metadata.
    LostUserMetadata,
    /// A column holds 64 KiB and cuts off the rest.
    ShortColumn,
    /// Messages are decoded and encoded again.
    Reencoding,
    /// Another handle sees an empty store.
    NotDurable,
    /// A transaction that is dropped keeps its lock.
    LeakedLock,
    /// A transaction that is dropped is half written.
    HalfWhenDropped,
    /// It panics when asked how it is.
    Panicking,
}

/// Stores with one fault, or none.
#[derive(Clone, Debug)]
pub(crate) struct MutantHarness {
    fault: Option<Fault>,
    waivers: &'static [Waiver],
    opened: Arc<Mutex<Vec<Arc<MemoryStore>>>>,
}

impl MutantHarness {
    pub(crate) fn healthy() -> Self {
        MutantHarness {
            fault: None,
            waivers: &[],
            opened: Arc::default(),
        }
    }

    pub(crate) fn with(fault: Fault) -> Self {
        MutantHarness {
            fault: Some(fault),
            ..MutantHarness::healthy()
        }
    }

    pub(crate) fn waiving(mut self, waivers: &'static [Waiver]) -> Self {
        self.waivers = waivers;
        self
    }
}

#[async_trait]
impl Harness for MutantHarness {
    fn name(&self) -> &str {
        "mutant"
    }

    async fn open(&self) -> Result<Opened> {
        let rows = Arc::new(MemoryStore::new());
        let mut opened = lock(&self.opened);
        opened.push(Arc::clone(&rows));
        let location = (opened.len() - 1).to_string();
        Ok(Opened::new(Mutant::new(self.fault, rows), location))
    }

    async fn reopen(&self, location: &str) -> Result<Arc<dyn Store>> {
        let unknown = || Error::new(ErrorKind::Unavailable, "no such store");
        let number: usize = location.parse().map_err(|_| unknown())?;
        let rows = match self.fault {
            Some(Fault::NotDurable) => Arc::default(),
            _ => lock(&self.opened)
                .get(number)
                .cloned()
                .ok_or_else(unknown)?,
        };
        Ok(Arc::new(Mutant::new(self.fault, rows)))
    }

    fn waivers(&self) -> &[Waiver] {
        self.waivers
    }
}
