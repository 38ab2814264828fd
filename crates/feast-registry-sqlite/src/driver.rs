//! Readers from a pool, writes through the one thread.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use async_trait::async_trait;
use deadpool::Runtime;
use deadpool::managed::{self, Metrics, Object, Pool, PoolError, QueueMode, RecycleResult};

use feast_registry_core::store::Answer;
use feast_registry_sql::{
    Access, Connection, Dialect, Driver, DriverError, FaultClass, Step, StepResult, WriteFault,
    WriteJob,
};

use crate::connection::{AsConnection, Inline};
use crate::error::classify;
use crate::file::{self, Role, connect};
use crate::writer::Writer;
use crate::{SqliteDialect, SqliteSettings};

/// An SQLite database.
#[derive(Debug)]
pub struct SqliteDriver {
    dialect: SqliteDialect,
    place: Place,
}

/// Where the database is.
#[derive(Debug)]
enum Place {
    File {
        readers: Pool<Readers>,
        writer: Mutex<Option<Writer>>,
        /// Reads nothing but the version, which SQLite counts for each connection.
        watcher: Mutex<Option<rusqlite::Connection>>,
        thread: Mutex<Option<JoinHandle<()>>>,
    },
    /// Only one connection can see a database in memory, so everybody takes turns. None once the
    /// store is closed.
    Memory(tokio::sync::Mutex<Option<rusqlite::Connection>>),
}

impl SqliteDriver {
    /// Opens a database, creating the file if there is none.
    ///
    /// # Errors
    ///
    /// [`FaultClass::Unavailable`] and [`FaultClass::Damaged`], naming the file and what it is.
    pub fn open(settings: &SqliteSettings) -> Result<Self, DriverError> {
        let place = match &settings.file {
            Some(path) => open_file(path, settings)?,
            None => Place::Memory(tokio::sync::Mutex::new(Some(connect(
                settings,
                Role::Writer,
            )?))),
        };
        Ok(SqliteDriver {
            dialect: SqliteDialect,
            place,
        })
    }
}

fn open_file(path: &Path, settings: &SqliteSettings) -> Result<Place, DriverError> {
    file::check(path)?;
    // The writer comes first: it creates the file.
    let (writer, thread) = Writer::start(connect(settings, Role::Writer)?)?;
    let readers = Pool::builder(Readers {
        settings: settings.clone(),
    })
    .max_size(settings.readers)
    .queue_mode(QueueMode::Lifo)
    .wait_timeout(Some(settings.acquire_timeout))
    .runtime(Runtime::Tokio1)
    .build()
    .map_err(|error| DriverError::new(FaultClass::Other, error.to_string()))?;
    Ok(Place::File {
        readers,
        writer: Mutex::new(Some(writer)),
        watcher: Mutex::new(Some(connect(settings, Role::Reader)?)),
        thread: Mutex::new(Some(thread)),
    })
}

#[async_trait]
impl Driver for SqliteDriver {
    fn dialect(&self) -> &dyn Dialect {
        &self.dialect
    }

    async fn describe(&self) -> Result<String, DriverError> {
        Ok(format!("SQLite {}", rusqlite::version()))
    }

    async fn acquire(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        match (&self.place, access) {
            (Place::Memory(connection), _) => Ok(Box::new(in_memory(connection).await?)),
            (Place::File { writer, .. }, Access::Write) => {
                Ok(Box::new(ThroughWriter(current(writer)?)))
            }
            (Place::File { readers, .. }, Access::Read | Access::Replica) => Ok(Box::new(
                Inline::new(readers.get().await.map_err(pool_error)?),
            )),
        }
    }

    /// Other connections' commits change it, and this one makes none.
    async fn version(&self) -> Result<Option<Arc<str>>, DriverError> {
        let Place::File { watcher, .. } = &self.place else {
            return Ok(None);
        };
        let watcher = lock(watcher);
        let connection = watcher.as_ref().ok_or_else(closed)?;
        let version = connection.query_row("PRAGMA data_version", (), |row| row.get(0));
        let version: i64 = version.map_err(classify)?;
        Ok(Some(version.to_string().into()))
    }

    async fn write(&self, job: WriteJob) -> Result<Answer, WriteFault> {
        match &self.place {
            Place::Memory(connection) => job.run(&mut in_memory(connection).await?).await,
            Place::File { writer, .. } => current(writer)?.run(job).await,
        }
    }

    async fn close(&self) -> Result<(), DriverError> {
        match &self.place {
            Place::Memory(connection) => drop(connection.lock().await.take()),
            Place::File {
                readers,
                writer,
                watcher,
                thread,
            } => {
                readers.close();
                drop(lock(writer).take());
                drop(lock(watcher).take());
                let thread = lock(thread).take();
                if let Some(thread) = thread {
                    // It ends once those who still hold a handle are done.
                    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
                }
            }
        }
        Ok(())
    }
}

/// The connection to a database in memory, as soon as nobody has it.
async fn in_memory(
    connection: &tokio::sync::Mutex<Option<rusqlite::Connection>>,
) -> Result<Inline<InMemory<'_>>, DriverError> {
    tokio::sync::MutexGuard::try_map(connection.lock().await, Option::as_mut)
        .map(Inline::new)
        .map_err(|_| closed())
}

fn current(writer: &Mutex<Option<Writer>>) -> Result<Writer, DriverError> {
    lock(writer).clone().ok_or_else(closed)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn closed() -> DriverError {
    DriverError::new(FaultClass::Unavailable, "the store is closed")
}

fn pool_error(error: PoolError<DriverError>) -> DriverError {
    match error {
        PoolError::Backend(fault) => fault,
        PoolError::Closed => closed(),
        other => DriverError::new(
            FaultClass::Unavailable,
            format!("no connection was free in time: {other}"),
        ),
    }
}

/// Makes connections for readers.
#[derive(Debug)]
struct Readers {
    settings: SqliteSettings,
}

impl managed::Manager for Readers {
    type Type = rusqlite::Connection;
    type Error = DriverError;

    async fn create(&self) -> Result<Self::Type, DriverError> {
        connect(&self.settings, Role::Reader)
    }

    /// Whoever drops a connection has ended its transaction: nothing is left to do.
    async fn recycle(
        &self,
        _connection: &mut Self::Type,
        _metrics: &Metrics,
    ) -> RecycleResult<DriverError> {
        Ok(())
    }
}

impl AsConnection for Object<Readers> {
    fn connection(&self) -> &rusqlite::Connection {
        self
    }
}

type InMemory<'a> = tokio::sync::MappedMutexGuard<'a, rusqlite::Connection>;

impl AsConnection for InMemory<'_> {
    fn connection(&self) -> &rusqlite::Connection {
        self
    }
}

/// Statements that the writer's thread runs, each run without others in between.
struct ThroughWriter(Writer);

#[async_trait]
impl Connection for ThroughWriter {
    async fn run(&mut self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        self.0.steps(steps).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_closed_database_in_memory_is_gone() {
        let driver = SqliteDriver::open(&SqliteSettings::memory()).unwrap();
        drop(driver.acquire(Access::Read).await.unwrap());
        driver.close().await.unwrap();
        driver.close().await.unwrap();
        for access in [Access::Read, Access::Write] {
            let fault = driver.acquire(access).await.map(drop).unwrap_err();
            assert_eq!(fault.class, FaultClass::Unavailable);
        }
    }
}
