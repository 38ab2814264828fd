//! A connection as the SQL store uses it.

use std::sync::Arc;

use async_trait::async_trait;
use feast_registry_sql::{Connection, DriverError, FaultClass, Step, StepResult};
use futures::future::try_join_all;
use tokio_postgres::Error;

use crate::arguments::arguments;
use crate::driver::Shared;
use crate::error::{classify, is_broken, is_pooler_mixup, is_stale_plan};
use crate::manager::Pooled;
use crate::pipeline::{self, Failure, Report, Role, Way};
use crate::session::Session;
use crate::value;

/// How many bytes of parameters the server takes with one statement; the frame needs some, too.
const STATEMENT_BYTES: usize = 1_060_000_000;

/// Statements that look for more rows are planned anew, which takes little beside their work.
const PREPARED_ROWS: usize = 64;

/// What the server is doing for this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing: the next user may have the connection.
    Idle,
    /// A transaction waits for its next statement, or for its end.
    Open,
    /// Statements are on their way.
    Running,
}

/// A connection as the SQL store uses it.
#[derive(Debug)]
pub(crate) struct PostgresConnection {
    /// Always there until it is dropped.
    pooled: Option<Pooled>,
    state: State,
    shared: Arc<Shared>,
}

/// Why statements were not done, and whether they would be if they were sent another way.
struct Refusal {
    fault: DriverError,
    another_way: bool,
}

impl From<DriverError> for Refusal {
    fn from(fault: DriverError) -> Self {
        Refusal {
            fault,
            another_way: false,
        }
    }
}

#[async_trait]
impl Connection for PostgresConnection {
    async fn run(&mut self, steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        if let ([step], State::Open) = (&steps[..], self.state)
            && Role::of(step) == Role::Rollback
            && !self.shared.is_pooled()
        {
            self.roll_back(step).await?;
            return Ok(vec![StepResult::default()]);
        }
        let fresh = self.state == State::Idle;
        match self.attempt(&steps).await {
            Err(refusal) if refusal.another_way && fresh => {
                // Nothing of it has happened, and nobody has seen any of it.
                if self.state == State::Open {
                    self.roll_back(&Step::control("ROLLBACK")).await?;
                }
                self.attempt(&steps).await.map_err(|refusal| refusal.fault)
            }
            outcome => outcome.map_err(|refusal| refusal.fault),
        }
    }
}

impl PostgresConnection {
    pub(crate) fn new(pooled: Pooled, shared: &Arc<Shared>) -> Self {
        PostgresConnection {
            pooled: Some(pooled),
            state: State::Idle,
            shared: Arc::clone(shared),
        }
    }

    /// Sends ROLLBACK and does not wait: whatever is sent next comes behind it, from here or from
    /// the next user, and nobody wants to know its answer.
    async fn roll_back(&mut self, step: &Step) -> Result<(), DriverError> {
        let session = self.pooled.as_deref().ok_or_else(gone)?;
        let sent = pipeline::send_only(&session.client, step).await;
        sent.map_err(|error| classify(self.shared.dialect(), &error))?;
        self.state = State::Idle;
        Ok(())
    }

    async fn attempt(&mut self, steps: &[Step]) -> Result<Vec<StepResult>, Refusal> {
        let inside = self.state != State::Idle;
        let pooled = self.shared.is_pooled();
        let Some(session) = self.pooled.as_deref_mut() else {
            return Err(gone().into());
        };
        // Whoever drops the future from here on drops statements that are on their way.
        self.state = State::Running;
        let ways = ways(session, steps, &self.shared).await;
        let report = match ways {
            Ok(ways) => pipeline::run(&session.client, steps, &ways, inside, pooled).await,
            Err(Refused::Value(fault)) => {
                self.state = open(inside);
                return Err(fault.into());
            }
            Err(Refused::Server(error)) => Report {
                failure: Some(Failure::Server(error)),
                ..Report::default()
            },
        };
        self.state = open(report.open.unwrap_or(inside));
        match report.failure {
            None => Ok(report.results),
            Some(failure) => Err(self.explain(failure, report.commits)),
        }
    }

    /// What a failure means, and what must be done about it before the next statement.
    fn explain(&mut self, failure: Failure, commits: bool) -> Refusal {
        let error = match failure {
            Failure::Server(error) => error,
            Failure::Count { sql, must, changed } => {
                let message = format!("{changed} rows were changed instead of {must} by `{sql}`");
                return DriverError::new(FaultClass::RowGone, message).into();
            }
        };
        let mut fault = classify(self.shared.dialect(), &error);
        if is_broken(&error) {
            // Nobody else may have it, even if it takes a moment to be seen as closed.
            self.state = State::Open;
            if commits {
                fault.class = FaultClass::UnknownOutcome;
            }
        }
        let another_way = self.find_another_way(&error);
        if another_way {
            // Whoever cannot send it again here can begin anew.
            fault.class = FaultClass::Conflict;
        }
        Refusal { fault, another_way }
    }

    fn find_another_way(&mut self, error: &Error) -> bool {
        if is_pooler_mixup(error) {
            self.shared.stop_preparing(&error.to_string());
        } else if !is_stale_plan(error) {
            return false;
        }
        if let Some(session) = self.pooled.as_deref_mut() {
            session.statements.clear();
        }
        true
    }
}

fn open(inside: bool) -> State {
    match inside {
        true => State::Open,
        false => State::Idle,
    }
}

fn gone() -> DriverError {
    DriverError::new(FaultClass::Unavailable, "the connection is closed")
}

/// Why statements cannot be sent.
enum Refused {
    Value(DriverError),
    Server(Error),
}

impl From<DriverError> for Refused {
    fn from(fault: DriverError) -> Self {
        Refused::Value(fault)
    }
}

/// How each statement is sent. Those not prepared yet are, all in one round trip.
async fn ways(session: &mut Session, steps: &[Step], shared: &Shared) -> Result<Vec<Way>, Refused> {
    let prepare = shared.prepares();
    if prepare {
        prepare_missing(session, steps)
            .await
            .map_err(Refused::Server)?;
    }
    steps
        .iter()
        .map(|step| {
            let way = match has_plan(step) {
                false => Way::Simple,
                true if !is_prepared(step) => Way::Unprepared,
                true => match session.statements.get(&step.sql).filter(|_| prepare) {
                    Some(statement) => Way::Prepared(statement),
                    // More statements at once than are kept.
                    None => Way::Unprepared,
                },
            };
            check(step, &way)?;
            Ok(way)
        })
        .collect()
}

async fn prepare_missing(session: &mut Session, steps: &[Step]) -> Result<(), Error> {
    let mut missing: Vec<&Arc<str>> = Vec::new();
    for step in steps.iter().filter(|step| is_prepared(step)) {
        if session.statements.get(&step.sql).is_none() && !missing.contains(&&step.sql) {
            missing.push(&step.sql);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let client = &session.client;
    let prepared = try_join_all(missing.iter().map(|sql| client.prepare(sql))).await?;
    for (sql, statement) in missing.into_iter().zip(prepared) {
        session.statements.insert(sql, statement);
    }
    Ok(())
}

/// Whether a statement has parameters or rows, which one that is sent as text has not.
fn has_plan(step: &Step) -> bool {
    step.returns_rows || !step.parameters.is_empty()
}

/// Whether a statement is worth keeping prepared. The plan of one that looks for many rows is not: the
/// server makes it for the tables as they are, and a batch may have begun when they were empty.
fn is_prepared(step: &Step) -> bool {
    has_plan(step) && (step.rows() <= PREPARED_ROWS || step.sql.starts_with("INSERT"))
}

/// Fails if the parameters of a statement cannot be sent.
fn check(step: &Step, way: &Way) -> Result<(), DriverError> {
    let types = match way {
        Way::Prepared(statement) => statement.params(),
        Way::Simple | Way::Unprepared => &[],
    };
    let arguments = arguments(step);
    if matches!(way, Way::Prepared(_)) && types.len() != arguments.len() {
        let message = format!(
            "{} parameters for a statement with {}: `{}`",
            arguments.len(),
            types.len(),
            step.sql
        );
        return Err(DriverError::new(FaultClass::Other, message));
    }
    if pipeline::size(step) > STATEMENT_BYTES {
        let message = "a statement with more than a gigabyte of values cannot be sent";
        return Err(DriverError::new(FaultClass::TooLarge, message));
    }
    arguments
        .into_iter()
        .enumerate()
        .try_for_each(|(at, argument)| {
            let mut values = argument.values();
            values.try_for_each(|value| value::check(value, types.get(at)))
        })
}

/// An open transaction must not reach the next user, nor keep its locks.
impl Drop for PostgresConnection {
    fn drop(&mut self) {
        let Some(pooled) = self.pooled.take_if(|_| self.state != State::Idle) else {
            return;
        };
        Pooled::take(pooled).end(self.state == State::Running, self.shared.is_pooled());
    }
}
