//! The record of the servers that were left running.

use std::fs::{self, File};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::processes;
use crate::{Result, workspace_root};

const FILE: &str = "target/servers/state.json";
/// Locked while the record changes.
const LOCK: &str = "target/servers/state.lock";

/// The servers that run until they are told to end.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct State {
    pub(super) servers: Vec<Entry>,
}

/// A server: processes of this machine in a folder, or a container.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Entry {
    /// Its name; that of its service if it is a container.
    pub(super) label: String,
    pub(super) backend: String,
    pub(super) url: String,
    pub(super) origin: String,
    pub(super) stands_in: Option<String>,
    /// In the order of their start; none for a container.
    pub(super) pids: Vec<u32>,
    /// Their data; every command line of theirs names it. None for a container.
    pub(super) folder: Option<PathBuf>,
}

impl Entry {
    /// Whether this is what a user means by the name.
    pub(super) fn is(&self, name: &str) -> bool {
        self.label == name || self.backend == name
    }

    /// Whether its processes are there; a container is left to its engine.
    pub(super) fn runs(&self) -> bool {
        let Some(folder) = &self.folder else {
            return true;
        };
        self.pids.iter().all(|pid| processes::is(*pid, folder))
    }
}

impl State {
    /// The record, which is empty if there is none.
    pub(super) fn load() -> Result<Self> {
        match fs::read(workspace_root().join(FILE)) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| format!("{FILE}: {error}; remove it if nothing runs").into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{FILE}: {error}").into()),
        }
    }

    /// Changes the record. Others who do so at the same time wait, so nobody's entry is lost.
    pub(super) fn change<T>(change: impl FnOnce(&mut Self) -> T) -> Result<T> {
        let file = workspace_root().join(LOCK);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let lock = File::create(file)?;
        lock.lock()?;
        let mut state = Self::load()?;
        let changed = change(&mut state);
        state.save()?;
        Ok(changed)
    }

    fn save(&self) -> Result {
        fs::write(
            workspace_root().join(FILE),
            serde_json::to_string_pretty(self)?,
        )
        .map_err(|error| format!("{FILE}: {error}").into())
    }

    /// Whether a server with this name was started.
    pub(super) fn has(&self, name: &str) -> bool {
        self.servers.iter().any(|entry| entry.is(name))
    }

    /// Drops servers that ended by themselves, for example when the machine was started anew.
    pub(super) fn forget_ended(&mut self) {
        self.servers.retain(Entry::runs);
    }

    /// Takes out those that are wanted.
    pub(super) fn take(&mut self, wanted: impl Fn(&Entry) -> bool) -> Vec<Entry> {
        let all = std::mem::take(&mut self.servers);
        let (taken, left) = all.into_iter().partition(wanted);
        self.servers = left;
        taken
    }
}
