//! The one thread that writes.

use std::thread::JoinHandle;

use futures::executor::block_on;
use tokio::sync::{mpsc, oneshot};

use feast_registry_core::store::Answer;
use feast_registry_core::{Error, ErrorKind, Result};
use feast_registry_sql::{Connection, DriverError, Step, StepResult, WriteJob};

use crate::connection::{AsConnection, Inline};

/// How many writers may queue before the next one waits outside.
const QUEUE: usize = 1_024;

/// Work for the thread, with where to answer.
pub(crate) enum Work {
    Job(Box<WriteJob>, oneshot::Sender<Result<Answer>>),
    Steps(
        Vec<Step>,
        oneshot::Sender<Result<Vec<StepResult>, DriverError>>,
    ),
}

/// A handle on the thread; the thread ends when the last one is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Work>,
}

struct Owned(rusqlite::Connection);

impl AsConnection for Owned {
    fn connection(&self) -> &rusqlite::Connection {
        &self.0
    }
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(
        connection: rusqlite::Connection,
    ) -> Result<(Self, JoinHandle<()>), DriverError> {
        let (queue, work) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("feast-registry-sqlite".to_owned())
            .spawn(move || serve(connection, work))
            .map_err(|error| {
                DriverError::new(feast_registry_sql::FaultClass::Other, error.to_string())
            })?;
        Ok((Writer { queue }, thread))
    }

    /// Runs a job after those that were queued before it. Once it has begun, it is finished even
    /// if nobody waits for it any more.
    pub(crate) async fn run(&self, job: WriteJob) -> Result<Answer> {
        let (answer, answered) = oneshot::channel();
        self.queue
            .send(Work::Job(Box::new(job), answer))
            .await
            .map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Runs plain statements: those that create and drop tables.
    pub(crate) async fn steps(&self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        let (answer, answered) = oneshot::channel();
        let closed = || {
            DriverError::new(
                feast_registry_sql::FaultClass::Unavailable,
                "the store is closed",
            )
        };
        self.queue
            .send(Work::Steps(steps, answer))
            .await
            .map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::Unavailable, "the store is closed")
}

/// Does one piece of work after the other. The futures are never pending: the connection answers
/// at once, so that blocking on them only runs them.
fn serve(connection: rusqlite::Connection, mut work: mpsc::Receiver<Work>) {
    let mut connection = Inline::new(Owned(connection));
    while let Some(work) = work.blocking_recv() {
        match work {
            // Nobody waits for it any more, and it has not begun.
            Work::Job(_, answer) if answer.is_closed() => {}
            Work::Job(job, answer) => {
                let _ = answer.send(block_on(job.run(&mut connection)));
            }
            Work::Steps(steps, answer) => {
                let results = block_on(connection.run(steps));
                // The next work must not find the transaction of one that failed.
                connection.roll_back();
                let _ = answer.send(results);
            }
        }
    }
}
