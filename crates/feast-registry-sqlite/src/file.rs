//! Opening a database file, and saying clearly why it cannot be.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use feast_registry_sql::{DriverError, FaultClass};

use crate::SqliteSettings;
use crate::error::classify;

/// How many statements a connection keeps prepared: more than there are for all kinds.
const STATEMENTS: usize = 512;

/// Whether a connection writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Reader,
    Writer,
}

/// Opens a connection and sets it up.
pub(crate) fn connect(settings: &SqliteSettings, role: Role) -> Result<Connection, DriverError> {
    let connection = match &settings.file {
        Some(path) => open(path, role)?,
        None => Connection::open_in_memory().map_err(classify)?,
    };
    if let (Some(path), Role::Writer) = (&settings.file, role) {
        recognise(&connection, path)?;
    }
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without it, SQLite prepares a statement anew whenever a parameter differs that its plan might
    // depend on, which doubles what a write costs; all our plans are one look into one index.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(classify)?;
    connection
        .busy_timeout(settings.busy_timeout)
        .map_err(classify)?;
    // FULL, which is all there is to a write-ahead log. Without one, a commit is the removal of the
    // journal: EXTRA also puts that on the disk, or a power failure might undo what was acknowledged.
    connection
        .pragma_update(None, "synchronous", "EXTRA")
        .map_err(classify)?;
    if role == Role::Writer {
        set_journal_mode(&connection, settings)?;
    }
    Ok(connection)
}

fn open(path: &Path, role: Role) -> Result<Connection, DriverError> {
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let written = match role {
        Role::Writer => Connection::open_with_flags(
            path,
            flags | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        ),
        Role::Reader => {
            Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_READ_WRITE)
        }
    };
    // A file that may only be read is a registry that may only be read.
    written
        .or_else(|_| Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_READ_ONLY))
        .map_err(|error| {
            let fault = classify(error);
            DriverError::new(
                fault.class,
                format!("{} cannot be opened: {}", path.display(), fault.message),
            )
        })
}

/// The mode is a property of the file: set only by who may write, and only if it differs.
fn set_journal_mode(connection: &Connection, settings: &SqliteSettings) -> Result<(), DriverError> {
    let wanted = settings.journal_mode.pragma();
    let current: String = connection
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .map_err(classify)?;
    if settings.file.is_none() || current.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    match connection
        .pragma_update_and_check(None, "journal_mode", wanted, |row| row.get::<_, String>(0))
    {
        Ok(_) => Ok(()),
        Err(error) => match classify(error) {
            fault if fault.class == FaultClass::ReadOnly => Ok(()),
            // Another process is using the file: it keeps the mode that it has.
            fault if fault.class == FaultClass::Conflict => {
                tracing::warn!(%wanted, %current, "the journal mode could not be changed: the file is in use");
                Ok(())
            }
            fault => Err(fault),
        },
    }
}

/// Fails if a path cannot lead to a database, and says why.
///
/// The file itself is not opened: to close it again would end all locks that other handles of this process have on it, and a
/// process that believes itself alone removes the log that they go on with.
pub(crate) fn check(path: &Path) -> Result<(), DriverError> {
    let unavailable = |why: String| Err(DriverError::new(FaultClass::Unavailable, why));
    if path.is_dir() {
        return unavailable(format!(
            "{} is a folder, not a database file",
            path.display()
        ));
    }
    if let Some(parent) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir())
    {
        return unavailable(format!("the folder {} does not exist", parent.display()));
    }
    Ok(())
}

/// Fails if a file is no database, and says what it may be. Other faults are for who uses it.
fn recognise(connection: &Connection, path: &Path) -> Result<(), DriverError> {
    let read = connection.pragma_query(None, "schema_version", |_| Ok(()));
    let is_none = |error: &rusqlite::Error| {
        error.sqlite_error_code() == Some(rusqlite::ffi::ErrorCode::NotADatabase)
    };
    if !read.is_err_and(|error| is_none(&error)) {
        return Ok(());
    }
    let path = path.display();
    Err(DriverError::new(
        FaultClass::Damaged,
        format!(
            "{path} is not an SQLite database. Feast's templates give a protobuf registry file this name: \
             if it is one, its URL is `file:{path}`, and `feast-registry --registry sqlite:///other.db apply {path}` \
             copies its objects into a database"
        ),
    ))
}
