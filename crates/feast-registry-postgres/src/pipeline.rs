//! Statements that are sent together and need no answer in between: one round trip.
//!
//! A request is on its way once its future has been polled, and requests arrive in the order of
//! first polling. So every future is polled once when it is made, and awaited later, in order.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::Poll;

use feast_registry_sql::{Row, Step, StepResult, Value};
use futures::future::{BoxFuture, FutureExt, MaybeDone, maybe_done};
use futures::{TryStreamExt, poll};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, RowStream, SimpleQueryMessage, Statement};

use crate::arguments::arguments;
use crate::value::Column;

/// How many bytes of parameters may be on their way: a large batch would be in memory twice.
const WINDOW: usize = 8 << 20;

/// How a statement is sent.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// As text, without parameters: BEGIN, COMMIT, DDL.
    Simple,
    /// By the name under which it was prepared.
    Prepared(Statement),
    /// Parsed anew, the types of its parameters left to the server.
    Unprepared,
}

/// What a statement means for the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Begin,
    Commit,
    Rollback,
    Other,
}

impl Role {
    pub(crate) fn of(step: &Step) -> Self {
        let word = step.sql.split_whitespace().next().unwrap_or_default();
        match word.trim_end_matches(';').to_ascii_uppercase().as_str() {
            "BEGIN" | "START" => Role::Begin,
            "COMMIT" | "END" => Role::Commit,
            "ROLLBACK" | "ABORT" => Role::Rollback,
            _ => Role::Other,
        }
    }
}

/// Why a run ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server said no, or the connection broke.
    Server(Error),
    /// A statement changed another number of rows than it must.
    Count {
        sql: String,
        must: u64,
        changed: u64,
    },
}

/// What has become of the statements of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) results: Vec<StepResult>,
    /// The first failure.
    pub(crate) failure: Option<Failure>,
    /// Whether a transaction is open, as far as the run has said anything about it.
    pub(crate) open: Option<bool>,
    /// Whether something was sent that makes changes last: COMMIT, or a change outside of a
    /// transaction.
    pub(crate) commits: bool,
}

type Answer = Result<StepResult, Error>;

/// A statement on its way.
struct Flight<'a> {
    step: &'a Step,
    role: Role,
    bytes: usize,
    answer: Pin<Box<MaybeDone<BoxFuture<'a, Answer>>>>,
}

struct Pipeline<'a> {
    client: &'a Client,
    flights: VecDeque<Flight<'a>>,
    bytes: usize,
    /// Whether what is sent next is inside a transaction.
    inside: bool,
    report: Report,
}

/// Sends statements and collects their answers. Nothing is on its way any more when it returns.
///
/// A pooler gives the session to somebody else as soon as no transaction is open, perhaps with
/// answers still to come: outside of one, it gets one statement at a time.
pub(crate) async fn run(
    client: &Client,
    steps: &[Step],
    ways: &[Way],
    inside: bool,
    pooled: bool,
) -> Report {
    let mut pipeline = Pipeline {
        client,
        flights: VecDeque::with_capacity(steps.len()),
        bytes: 0,
        inside,
        report: Report::default(),
    };
    for (step, way) in steps.iter().zip(ways) {
        pipeline.make_room(size(step)).await;
        if pipeline.report.failure.is_some() {
            break;
        }
        pipeline.launch(step, way).await;
        if step.must_change.is_some() || (pooled && !pipeline.inside) {
            pipeline.make_room(usize::MAX).await;
        }
    }
    pipeline.make_room(usize::MAX).await;
    pipeline.report
}

/// About how many bytes a statement's parameters are.
pub(crate) fn size(step: &Step) -> usize {
    let size = |value: &Value| match value {
        Value::Null | Value::Integer(_) => 8,
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
    };
    step.parameters.iter().map(size).sum()
}

impl<'a> Pipeline<'a> {
    /// Takes answers, oldest first, until so many bytes more may be on their way; all of them if
    /// that is more than ever may be.
    async fn make_room(&mut self, bytes: usize) {
        while self.bytes.saturating_add(bytes) > WINDOW {
            let Some(flight) = self.flights.pop_front() else {
                return;
            };
            self.bytes -= flight.bytes;
            self.land(flight).await;
        }
    }

    async fn launch(&mut self, step: &'a Step, way: &Way) {
        let role = Role::of(step);
        let mut answer = Box::pin(maybe_done(send(self.client, step, way.clone()).boxed()));
        // What is sent to a closed connection goes nowhere. That it fails at once says nothing: the
        // server may have had it, and the connection broken, before this thread went on.
        let sent = !self.client.is_closed();
        let done = poll!(&mut answer).is_ready();
        let alone = role == Role::Other && !self.inside && !step.returns_rows;
        self.inside = match role {
            Role::Begin => true,
            Role::Commit | Role::Rollback => false,
            Role::Other => self.inside,
        };
        self.report.commits |= sent && (role == Role::Commit || alone);
        let bytes = size(step);
        self.bytes += bytes;
        self.flights.push_back(Flight {
            step,
            role,
            bytes,
            answer,
        });
        // A statement that cannot be sent must keep those behind it from being sent.
        if done {
            self.make_room(usize::MAX).await;
        }
    }

    async fn land(&mut self, mut flight: Flight<'a>) {
        (&mut flight.answer).await;
        let Some(answer) = flight.answer.as_mut().take_output() else {
            return;
        };
        let report = &mut self.report;
        match (flight.role, &answer) {
            (Role::Begin, Ok(_)) => report.open = Some(true),
            // The server ends the transaction whatever it answers.
            (Role::Commit | Role::Rollback, _) => report.open = Some(false),
            _ => {}
        }
        if report.failure.is_some() {
            return;
        }
        match answer {
            Ok(result) => {
                report.failure = miscounted(flight.step, &result);
                report.results.push(result);
            }
            Err(error) => report.failure = Some(Failure::Server(error)),
        }
    }
}

/// Sends a statement without parameters; its answer is thrown away when it comes.
pub(crate) async fn send_only(client: &Client, step: &Step) -> Result<(), Error> {
    match poll!(simple(client, step).boxed()) {
        Poll::Ready(answer) => answer.map(drop),
        Poll::Pending => Ok(()),
    }
}

fn miscounted(step: &Step, result: &StepResult) -> Option<Failure> {
    let must = step.must_change.filter(|must| *must != result.changed)?;
    Some(Failure::Count {
        sql: step.sql.chars().take(80).collect(),
        must,
        changed: result.changed,
    })
}

async fn send(client: &Client, step: &Step, way: Way) -> Answer {
    let parameters = arguments(step);
    match way {
        Way::Simple => simple(client, step).await,
        Way::Prepared(statement) => collect(client.query_raw(&statement, parameters).await?).await,
        Way::Unprepared => {
            let typed = parameters
                .into_iter()
                .map(|argument| (argument, Type::UNKNOWN));
            collect(client.query_typed_raw(&step.sql, typed).await?).await
        }
    }
}

async fn simple(client: &Client, step: &Step) -> Answer {
    let changed = client
        .simple_query(&step.sql)
        .await?
        .iter()
        .map(|message| match message {
            SimpleQueryMessage::CommandComplete(rows) => *rows,
            _ => 0,
        })
        .sum();
    Ok(StepResult {
        rows: Vec::new(),
        changed,
    })
}

async fn collect(rows: RowStream) -> Answer {
    let mut rows = Box::pin(rows);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let values: Row = (0..row.len())
            .map(|column| row.try_get(column).map(|Column(value)| value))
            .collect::<Result<_, _>>()?;
        found.push(values);
    }
    Ok(StepResult {
        rows: found,
        changed: rows.rows_affected().unwrap_or_default(),
    })
}
