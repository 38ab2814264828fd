//! The one connection that writes, and the thread that serves those who queue for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;

use futures::executor::block_on;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{mpsc, oneshot};

use feast_registry_core::store::Answer;
use feast_registry_sql::{
    Connection, DriverError, FaultClass, Step, StepResult, WriteFault, WriteJob,
};

use crate::connection::{AsConnection, Inline};

/// How many writers may queue before the next one waits outside.
const QUEUE: usize = 1_024;

/// Work for the thread, with where to answer.
pub(crate) enum Work {
    Job(Box<WriteJob>, oneshot::Sender<Result<Answer, WriteFault>>),
    Steps(
        Vec<Step>,
        oneshot::Sender<Result<Vec<StepResult>, DriverError>>,
    ),
}

/// A handle on the thread; the thread ends when the last one is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Work>,
    shared: Arc<Shared>,
}

/// What the thread and a writer that needs no queue have in common.
struct Shared {
    connection: Mutex<Inline<Owned>>,
    /// How much work is queued or under way in the thread.
    waiting: AtomicUsize,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// The connection, if nobody has it or queues for it.
    fn idle(&self) -> Option<MutexGuard<'_, Inline<Owned>>> {
        if self.waiting.load(Ordering::Acquire) > 0 {
            return None;
        }
        match self.connection.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poison)) => Some(self.clean(poison)),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// The connection, as soon as nobody has it.
    fn wait(&self) -> MutexGuard<'_, Inline<Owned>> {
        self.connection
            .lock()
            .unwrap_or_else(|poison| self.clean(poison))
    }

    /// The connection of a caller who panicked, without the transaction that was under way.
    fn clean<'a>(
        &self,
        poison: PoisonError<MutexGuard<'a, Inline<Owned>>>,
    ) -> MutexGuard<'a, Inline<Owned>> {
        let connection = poison.into_inner();
        connection.roll_back();
        self.connection.clear_poison();
        connection
    }
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
        let connection = Mutex::new(Inline::new(Owned(connection)));
        let shared = Arc::new(Shared {
            connection,
            waiting: AtomicUsize::new(0),
        });
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("feast-registry-sqlite".to_owned())
            .spawn(move || serve(&served, work))
            .map_err(|error| DriverError::new(FaultClass::Other, error.to_string()))?;
        Ok((Writer { queue, shared }, thread))
    }

    /// Runs a job after those that were queued before it. Once it has begun, it is finished even
    /// if nobody waits for it any more.
    pub(crate) async fn run(&self, mut job: WriteJob) -> Result<Answer, WriteFault> {
        match self.run_here(job) {
            Ok(answer) => return answer,
            Err(back) => job = back,
        }
        let (answer, answered) = oneshot::channel();
        self.enqueue(Work::Job(Box::new(job), answer))
            .await
            .ok_or_else(closed)?;
        answered.await.map_err(|_| closed())?
    }

    /// Runs a job on the calling thread if nobody else writes: two hops to another thread and back
    /// would cost as much as the transaction. Gives the job back if it must queue.
    fn run_here(&self, job: WriteJob) -> Result<Result<Answer, WriteFault>, WriteJob> {
        let may_block = Handle::try_current()
            .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
        match self.shared.idle().filter(|_| may_block) {
            Some(mut connection) => Ok(tokio::task::block_in_place(|| {
                block_on(job.run(&mut *connection))
            })),
            None => Err(job),
        }
    }

    /// Runs plain statements: those that create and drop tables.
    pub(crate) async fn steps(&self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        let (answer, answered) = oneshot::channel();
        self.enqueue(Work::Steps(steps, answer))
            .await
            .ok_or_else(closed)?;
        answered.await.map_err(|_| closed())?
    }

    /// Queues work; `None` if the thread has ended. Counted only once it is queued, so that a
    /// caller who gives up while waiting for a place leaves nothing behind.
    async fn enqueue(&self, work: Work) -> Option<()> {
        let place = self.queue.reserve().await.ok()?;
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        place.send(work);
        Some(())
    }
}

fn closed() -> DriverError {
    DriverError::new(FaultClass::Unavailable, "the store is closed")
}

/// Does one piece of work after the other. The futures are never pending: the connection answers
/// at once, so that blocking on them only runs them.
fn serve(shared: &Shared, mut work: mpsc::Receiver<Work>) {
    while let Some(work) = work.blocking_recv() {
        let mut connection = shared.wait();
        match work {
            // Nobody waits for it any more, and it has not begun.
            Work::Job(_, answer) if answer.is_closed() => {}
            Work::Job(job, answer) => {
                let done = survive(&mut connection, |connection| block_on(job.run(connection)));
                let _ = answer.send(done.unwrap_or_else(|| Err(panicked().into())));
            }
            Work::Steps(steps, answer) => {
                let done = survive(&mut connection, |connection| {
                    block_on(connection.run(steps))
                });
                // The next work must not find the transaction of one that failed.
                connection.roll_back();
                let _ = answer.send(done.unwrap_or_else(|| Err(panicked())));
            }
        }
        drop(connection);
        shared.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Does work whose panic ends its transaction, not the thread: others queue behind it.
fn survive<T>(
    connection: &mut Inline<Owned>,
    work: impl FnOnce(&mut Inline<Owned>) -> T,
) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(|| work(connection)));
    if done.is_err() {
        connection.roll_back();
    }
    done.ok()
}

fn panicked() -> DriverError {
    DriverError::new(
        FaultClass::Other,
        "a fault of the program ended the transaction",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> Writer {
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        Writer::start(connection).unwrap().0
    }

    fn begin(connection: &Inline<Owned>) {
        let begin = "BEGIN IMMEDIATE; CREATE TABLE half (n INTEGER)";
        connection.connection().execute_batch(begin).unwrap();
    }

    /// Whoever comes next can begin a transaction of its own, and finds nothing of the other one.
    async fn is_clean(writer: &Writer) {
        let steps = [
            "BEGIN IMMEDIATE",
            "CREATE TABLE half (n INTEGER)",
            "ROLLBACK",
        ];
        writer.steps(steps.map(Step::control).into()).await.unwrap();
    }

    fn panic_in_a_transaction(writer: &Writer) {
        let shared = Arc::clone(&writer.shared);
        let panicking = std::thread::spawn(move || {
            let connection = shared.idle().unwrap();
            begin(&connection);
            panic!("on purpose, outside a decision");
        });
        panicking.join().unwrap_err();
    }

    #[tokio::test]
    async fn a_panic_of_a_caller_leaves_nothing_to_the_thread() {
        let writer = writer();
        panic_in_a_transaction(&writer);
        is_clean(&writer).await;
    }

    #[tokio::test]
    async fn a_panic_of_a_caller_leaves_nothing_to_the_next_caller() {
        let writer = writer();
        panic_in_a_transaction(&writer);
        let idle = |shared: &Shared| shared.idle().unwrap().connection().is_autocommit();
        assert!(idle(&writer.shared));
        is_clean(&writer).await;
    }

    #[tokio::test]
    async fn a_panic_in_the_thread_ends_its_transaction_only() {
        let writer = writer();
        {
            let mut connection = writer.shared.wait();
            let done = survive(&mut connection, |connection| {
                begin(connection);
                panic!("on purpose, in the thread");
            });
            assert!(done.is_none());
        }
        is_clean(&writer).await;
    }
}
