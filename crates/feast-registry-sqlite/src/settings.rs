//! Where a database is and how its connections are set up.

use std::path::PathBuf;
use std::time::Duration;

use feast_registry_core::backend::StoreOptions;
use feast_registry_core::{Error, ErrorKind, Result};

/// How SQLite keeps a transaction that is not finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JournalMode {
    /// A write-ahead log: readers and the writer don't wait for each other. The mode is a
    /// property of the file: setting it changes the file for every program that opens it.
    #[default]
    Wal,
    /// The classic rollback journal, which leaves the file as Feast makes it.
    Delete,
}

impl JournalMode {
    pub(crate) fn pragma(self) -> &'static str {
        match self {
            JournalMode::Wal => "WAL",
            JournalMode::Delete => "DELETE",
        }
    }
}

/// Where a database is and how its connections are set up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqliteSettings {
    /// The file; `None` for a database in memory, which lives as long as the store.
    pub file: Option<PathBuf>,
    /// How SQLite keeps a transaction that is not finished.
    pub journal_mode: JournalMode,
    /// How long to wait for a lock that another process holds.
    pub busy_timeout: Duration,
    /// Connections for readers at most.
    pub readers: usize,
    /// How long a reader waits for a connection.
    pub acquire_timeout: Duration,
    /// Log every statement.
    pub echo: bool,
}

impl SqliteSettings {
    /// A file, everything else at its default.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        SqliteSettings {
            file: Some(path.into()),
            ..SqliteSettings::memory()
        }
    }

    /// A database in memory.
    pub fn memory() -> Self {
        SqliteSettings {
            file: None,
            journal_mode: JournalMode::default(),
            busy_timeout: Duration::from_secs(5),
            readers: 8,
            acquire_timeout: Duration::from_secs(30),
            echo: false,
        }
    }

    /// What the options of a registry mean for SQLite.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] for a journal mode that is not offered.
    pub fn from_options(options: &StoreOptions) -> Result<Self> {
        let file = options
            .url
            .path()
            .filter(|_| !options.url.is_memory())
            .map(|path| options.base.join(path));
        let journal_mode = match options
            .journal_mode
            .as_deref()
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            None | Some("wal") => JournalMode::Wal,
            Some("delete") => JournalMode::Delete,
            Some(other) => {
                let message =
                    format!("`journal_mode: {other}` is not offered; `wal` and `delete` are");
                return Err(Error::new(ErrorKind::Config, message));
            }
        };
        Ok(SqliteSettings {
            file,
            journal_mode,
            busy_timeout: options.pool.busy_timeout,
            readers: options.pool.max_size.max(1),
            acquire_timeout: options.pool.acquire_timeout,
            echo: options.pool.echo,
        })
    }
}
