//! Reads that come while others are under way wait, and are read together.
//!
//! Whoever finds nobody reading reads at once. Who comes meanwhile is served by a task, which takes all
//! that wait, asks for them at once, and goes on until nobody waits. If two wait while it asks, another
//! task asks for them: so the database has work while answers are dealt with, and is not asked for one at
//! a time. There is no timer, and nobody gets what was asked for before he came. That it is a task of its
//! own keeps a caller who gives up, or is not polled any more, from taking others along.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// After so long, those who come later wait no more for a read that hangs: they get another task.
const SLOW: Duration = Duration::from_millis(100);

/// How many tasks read at a time, as long as they are not slow. Each takes a connection.
const TASKS: usize = 4;

/// Reads everything that is asked for; as many answers, in the same order.
type Read<Q, A> = Box<dyn Fn(Vec<Q>) -> BoxFuture<'static, Vec<A>> + Send + Sync>;

/// Those who read, and those who wait: with questions `Q` and answers `A`.
pub(crate) struct Together<Q, A>(Arc<Shared<Q, A>>);

struct Shared<Q, A> {
    read: Read<Q, A>,
    state: Mutex<State<Q, A>>,
}

struct State<Q, A> {
    /// Whether somebody reads alone.
    alone: bool,
    /// How many tasks read for those who wait.
    serving: usize,
    /// When one of them began to read, the last time.
    begun: Instant,
    waiting: Vec<Waiting<Q, A>>,
}

impl<Q, A> State<Q, A> {
    /// Whether another task is to read for one who begins to wait.
    fn wants_task(&self) -> bool {
        let others_wait = !self.waiting.is_empty();
        self.serving == 0 || (self.serving < TASKS && others_wait) || self.begun.elapsed() > SLOW
    }
}

struct Waiting<Q, A> {
    question: Q,
    answer: oneshot::Sender<A>,
}

/// What becomes of a read.
pub(crate) enum Joined<Q, A> {
    /// The caller reads by himself, with the turn in his hands if others are to wait meanwhile.
    Alone(Option<Turn<Q, A>>),
    /// The answer will come, unless the task ends with its runtime: then the caller reads by himself.
    Waiting(oneshot::Receiver<A>),
}

impl<Q, A> Together<Q, A>
where
    Q: Clone + Send + 'static,
    A: Send + 'static,
{
    pub(crate) fn new(
        read: impl Fn(Vec<Q>) -> BoxFuture<'static, Vec<A>> + Send + Sync + 'static,
    ) -> Self {
        let state = State {
            alone: false,
            serving: 0,
            begun: Instant::now(),
            waiting: Vec::new(),
        };
        Together(Arc::new(Shared {
            read: Box::new(read),
            state: Mutex::new(state),
        }))
    }

    /// Joins those who wait, if somebody reads; else the caller does.
    pub(crate) fn join(&self, question: &Q) -> Joined<Q, A> {
        let mut state = self.0.state();
        if !state.alone && state.serving == 0 {
            state.alone = true;
            return Joined::Alone(Some(Turn(Arc::clone(&self.0))));
        }
        let task = if state.wants_task() {
            let Ok(runtime) = Handle::try_current() else {
                return Joined::Alone(None);
            };
            state.serving += 1;
            state.begun = Instant::now();
            Some(runtime)
        } else {
            None
        };
        let (answer, answered) = oneshot::channel();
        let question = question.clone();
        state.waiting.push(Waiting { question, answer });
        drop(state);
        if let Some(runtime) = task {
            let serving = Serving {
                shared: Arc::clone(&self.0),
                over: false,
            };
            // A runtime that ends drops it at once, and that takes the lock.
            runtime.spawn(serving.serve());
        }
        Joined::Waiting(answered)
    }
}

impl<Q, A> Shared<Q, A> {
    fn state(&self) -> MutexGuard<'_, State<Q, A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn of who reads alone: as long as it lasts, others wait.
pub(crate) struct Turn<Q, A>(Arc<Shared<Q, A>>);

impl<Q, A> Drop for Turn<Q, A> {
    fn drop(&mut self) {
        self.0.state().alone = false;
    }
}

/// A task that reads for those who wait.
struct Serving<Q, A> {
    shared: Arc<Shared<Q, A>>,
    /// Whether nobody waited any more.
    over: bool,
}

impl<Q, A> Serving<Q, A> {
    async fn serve(mut self) {
        loop {
            // Those whose turn it is on this thread may be about to join.
            tokio::task::yield_now().await;
            let Some(waiting) = self.next() else { return };
            let (questions, mut askers): (Vec<Q>, Vec<_>) = waiting
                .into_iter()
                .map(|one| (one.question, one.answer))
                .unzip();
            // A read that hangs must not outlive those who wait for it.
            let answers = tokio::select! {
                answers = (self.shared.read)(questions) => answers,
                () = given_up(&mut askers) => continue,
            };
            for (asker, answer) in askers.into_iter().zip(answers) {
                // Whoever gave up meanwhile need not know.
                let _ = asker.send(answer);
            }
        }
    }

    /// All who wait and have not given up; with none the task is over.
    fn next(&mut self) -> Option<Vec<Waiting<Q, A>>> {
        let mut state = self.shared.state();
        state.waiting.retain(|one| !one.answer.is_closed());
        self.over = state.waiting.is_empty();
        if self.over {
            state.serving -= 1;
            return None;
        }
        state.begun = Instant::now();
        Some(std::mem::take(&mut state.waiting))
    }
}

/// Waits until nobody waits for an answer any more.
async fn given_up<A>(askers: &mut [oneshot::Sender<A>]) {
    for asker in askers {
        asker.closed().await;
    }
}

/// A task that ends before its time, with its runtime, leaves nobody waiting for it.
impl<Q, A> Drop for Serving<Q, A> {
    fn drop(&mut self) {
        if !self.over {
            let mut state = self.shared.state();
            state.serving -= 1;
            state.waiting.clear();
        }
    }
}

impl<Q, A> fmt::Debug for Together<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures::FutureExt as _;
    use tokio::sync::{Semaphore, mpsc};

    use super::*;

    /// Questions are numbers; the answer to one is twice it, and how many reads there had been before.
    type Answer = (u32, usize);

    struct Trial {
        together: Together<u32, Answer>,
        /// What was asked for, read by read.
        read: mpsc::UnboundedReceiver<Vec<u32>>,
        /// A read is answered when there is a permit.
        may_answer: Arc<Semaphore>,
    }

    impl Trial {
        fn new() -> Self {
            let (asked, read) = mpsc::unbounded_channel();
            let may_answer = Arc::new(Semaphore::new(0));
            let (wait, count) = (Arc::clone(&may_answer), AtomicU32::new(0));
            let together = Together::new(move |questions: Vec<u32>| {
                let before = count.fetch_add(1, Ordering::Relaxed) as usize;
                let answers = questions.iter().map(|one| (one * 2, before)).collect();
                // A trial that is over listens no more.
                let _ = asked.send(questions);
                let wait = Arc::clone(&wait);
                async move {
                    wait.acquire().await.unwrap().forget();
                    answers
                }
                .boxed()
            });
            Trial {
                together,
                read,
                may_answer,
            }
        }

        /// One that reads for somebody who waits, and has no answer yet.
        async fn reading() -> (Self, Turn<u32, Answer>, oneshot::Receiver<Answer>) {
            let mut trial = Trial::new();
            let turn = trial.alone();
            let waits = trial.waits(1);
            assert_eq!(trial.read.recv().await, Some(vec![1]));
            (trial, turn, waits)
        }

        fn alone(&self) -> Turn<u32, Answer> {
            match self.together.join(&0) {
                Joined::Alone(Some(turn)) => turn,
                _ => panic!("somebody else reads"),
            }
        }

        fn waits(&self, question: u32) -> oneshot::Receiver<Answer> {
            match self.together.join(&question) {
                Joined::Waiting(answered) => answered,
                Joined::Alone(_) => panic!("nobody else reads"),
            }
        }
    }

    #[tokio::test]
    async fn who_is_alone_waits_for_nobody() {
        let trial = Trial::new();
        drop(trial.alone());
        drop(trial.alone());
    }

    #[tokio::test]
    async fn all_who_wait_are_read_at_once() {
        let mut trial = Trial::new();
        let _turn = trial.alone();
        let answers: Vec<_> = (1..=50).map(|question| trial.waits(question)).collect();
        trial.may_answer.add_permits(1);
        for (question, answer) in (1..).zip(answers) {
            assert_eq!(answer.await, Ok((question * 2, 0)));
        }
        assert_eq!(trial.read.recv().await.map(|all| all.len()), Some(50));
        assert!(trial.read.is_empty());
    }

    #[tokio::test]
    async fn nobody_gets_what_was_asked_for_before_he_came() {
        let (trial, turn, early) = Trial::reading().await;
        drop(turn);
        let late = trial.waits(1);
        trial.may_answer.add_permits(2);
        assert_eq!(early.await, Ok((2, 0)));
        assert_eq!(late.await, Ok((2, 1)));
    }

    #[tokio::test]
    async fn whoever_gives_up_takes_nobody_along() {
        let mut trial = Trial::new();
        let turn = trial.alone();
        let (given_up, asked) = (trial.waits(1), trial.waits(2));
        drop((turn, given_up));
        trial.may_answer.add_permits(1);
        assert_eq!(asked.await, Ok((4, 0)));
        assert_eq!(trial.read.recv().await, Some(vec![2]));
    }

    #[tokio::test]
    async fn a_read_that_nobody_waits_for_is_given_up() {
        let (mut trial, turn, hangs) = Trial::reading().await;
        let next = trial.waits(2);
        drop((turn, hangs));
        assert_eq!(trial.read.recv().await, Some(vec![2]));
        trial.may_answer.add_permits(1);
        assert_eq!(next.await, Ok((4, 1)));
    }

    #[tokio::test]
    async fn two_who_wait_for_a_read_are_read_meanwhile() {
        let (mut trial, _turn, first) = Trial::reading().await;
        let _second = trial.waits(2);
        tokio::task::yield_now().await;
        assert!(trial.read.is_empty());
        let third = trial.waits(3);
        assert_eq!(trial.read.recv().await, Some(vec![2, 3]));
        trial.may_answer.add_permits(2);
        assert_eq!(first.await, Ok((2, 0)));
        assert_eq!(third.await, Ok((6, 1)));
    }

    #[tokio::test]
    async fn only_so_many_tasks_read_at_a_time() {
        let (mut trial, _turn, _first) = Trial::reading().await;
        let mut waiting = Vec::new();
        for task in 1..TASKS {
            waiting.extend([trial.waits(1), trial.waits(1)]);
            assert_eq!(trial.read.recv().await, Some(vec![1, 1]), "{task}");
        }
        waiting.extend([trial.waits(2), trial.waits(2)]);
        tokio::task::yield_now().await;
        assert!(trial.read.is_empty());
        trial.may_answer.add_permits(1);
        assert_eq!(trial.read.recv().await, Some(vec![2, 2]));
    }

    #[tokio::test]
    async fn reads_that_hang_hold_up_nobody_for_long() {
        let (mut trial, _turn, _hangs) = Trial::reading().await;
        let _waits = trial.waits(2);
        let state = || trial.together.0.state();
        let long_ago = state().begun.checked_sub(2 * SLOW).unwrap();
        state().serving = TASKS;
        state().begun = long_ago;
        let _comes = trial.waits(3);
        assert_eq!(trial.read.recv().await, Some(vec![2, 3]));
    }

    #[tokio::test]
    async fn when_nobody_waits_any_more_the_next_one_is_alone() {
        let trial = Trial::new();
        let turn = trial.alone();
        let asked = trial.waits(1);
        drop(turn);
        trial.may_answer.add_permits(1);
        assert_eq!(asked.await, Ok((2, 0)));
        // The task looks once more whether somebody came.
        while trial.together.0.state().serving > 0 {
            tokio::task::yield_now().await;
        }
        drop(trial.alone());
    }

    #[test]
    fn a_runtime_that_is_over_leaves_nobody_waiting() {
        let runtime = || tokio::runtime::Runtime::new().unwrap();
        let trial = Trial::new();
        let turn = trial.alone();
        let over = runtime();
        let handle = over.handle().clone();
        drop(over);
        let entered = handle.enter();
        let asked = trial.waits(1);
        drop((entered, turn));
        assert!(runtime().block_on(asked).is_err());
        drop(trial.alone());
    }

    #[test]
    fn a_task_that_ends_with_its_runtime_leaves_nobody_waiting() {
        let runtime = || tokio::runtime::Runtime::new().unwrap();
        let trial = Trial::new();
        let turn = trial.alone();
        let first = runtime();
        let entered = first.enter();
        let asked = trial.waits(1);
        drop(entered);
        drop((first, turn));
        assert!(runtime().block_on(asked).is_err());
        drop(trial.alone());
    }
}
