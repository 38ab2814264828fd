//! One session on a server: runs steps, and knows what it has left open.

use std::collections::HashMap;
use std::sync::Arc;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Params, Statement};

use feast_registry_sql::{Dialect, DriverError, FaultClass, Step, StepResult, Value};

use crate::address::Host;
use crate::connect::Role;
use crate::error::{Phase, cannot_be_there, classify};
use crate::exact::exactly;
use crate::fold::{Group, fold};
use crate::packets::fitting;
use crate::value;

/// How many statements a session keeps prepared. The server counts those of all sessions.
const STATEMENTS: usize = 128;

/// One session on a server.
pub(crate) struct Session {
    conn: Conn,
    /// Where it is, for whoever has to end it from outside.
    pub(crate) host: Host,
    /// Which server answered there.
    pub(crate) server: String,
    role: Role,
    packet: usize,
    statements: HashMap<Arc<str>, Prepared>,
    /// Counts uses, so that the statement that was not used for longest can be found.
    uses: u64,
    /// Whether a transaction may be open.
    open: bool,
    /// Whether a statement is under way. It stays so when whoever waits for it goes away.
    busy: bool,
    /// Whether the server has said that it is over.
    dead: bool,
}

struct Prepared {
    statement: Statement,
    used: u64,
}

/// What a step does to the transaction.
enum Effect {
    Begin,
    Commit,
    RollBack,
    Work,
}

impl Effect {
    fn of(step: &Step) -> Self {
        match &*step.sql {
            "BEGIN" => Effect::Begin,
            "COMMIT" => Effect::Commit,
            "ROLLBACK" => Effect::RollBack,
            _ => Effect::Work,
        }
    }
}

impl Session {
    pub(crate) fn new(conn: Conn, host: Host, server: String, role: Role, packet: usize) -> Self {
        Session {
            conn,
            host,
            server,
            role,
            packet,
            statements: HashMap::new(),
            uses: 0,
            open: false,
            busy: false,
            dead: false,
        }
    }

    /// The server's number for this session.
    pub(crate) fn id(&self) -> u32 {
        self.conn.id()
    }

    /// Whether somebody else may use it: nothing is open, under way or broken.
    pub(crate) fn is_clean(&self) -> bool {
        !self.open && !self.busy && !self.dead && !self.conn.is_disconnected()
    }

    /// Whether the server may still be waiting for a lock on behalf of somebody who has gone.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.busy && self.role == Role::Writer
    }

    /// Asks the server for a sign of life.
    pub(crate) async fn ping(&mut self) -> Result<(), Error> {
        self.conn.ping().await
    }

    pub(crate) async fn run(
        &mut self,
        steps: Vec<Step>,
        dialect: &dyn Dialect,
    ) -> Result<Vec<StepResult>, DriverError> {
        let mut results = Vec::with_capacity(steps.len());
        for group in fold(steps, dialect) {
            let (step, widths) = group.into_parts();
            let result = self.step(step, dialect).await?;
            results.extend(Group::unfold(widths, result));
        }
        Ok(results)
    }

    async fn step(&mut self, step: Step, dialect: &dyn Dialect) -> Result<StepResult, DriverError> {
        let effect = Effect::of(&step);
        match effect {
            // It begins by itself.
            Effect::Begin if self.role == Role::Writer => return Ok(StepResult::default()),
            Effect::Commit | Effect::RollBack if !self.open => return Ok(StepResult::default()),
            _ => {}
        }
        let phase = match effect {
            Effect::Commit => Phase::Commit,
            _ => Phase::Statement,
        };
        let must_change = step.must_change;
        let result = self.send(step, phase, dialect).await?;
        if matches!(effect, Effect::Commit | Effect::RollBack) {
            self.open = false;
        }
        if must_change.is_some_and(|rows| rows != result.changed) {
            let message = "a row that was read is gone";
            return Err(DriverError::new(FaultClass::RowGone, message));
        }
        Ok(result)
    }

    async fn send(
        &mut self,
        step: Step,
        phase: Phase,
        dialect: &dyn Dialect,
    ) -> Result<StepResult, DriverError> {
        let is_text = step.parameters.is_empty() && !step.returns_rows;
        self.open |= self.role == Role::Writer || is_text;
        let reads = step.returns_rows;
        let parts = fitting(exactly(step, dialect), self.packet)?;
        let mut whole = StepResult::default();
        for (sql, parameters) in parts {
            self.busy = true;
            let part = match is_text {
                true => self.control(&sql).await,
                false => self.execute(&sql, parameters).await,
            };
            self.busy = false;
            let part = match part {
                Err(error) if reads && cannot_be_there(&error) => Ok(StepResult::default()),
                part => part,
            };
            let part = part.map_err(|error| {
                let fault = classify(error, phase, dialect);
                self.dead |= matches!(
                    fault.class,
                    FaultClass::Disconnected | FaultClass::UnknownOutcome
                );
                fault
            })?;
            whole.rows.extend(part.rows);
            whole.changed += part.changed;
        }
        Ok(whole)
    }

    /// As text, since preparing it would be another trip.
    async fn control(&mut self, sql: &str) -> Result<StepResult, Error> {
        let result = self.conn.query_iter(sql).await?;
        let changed = result.affected_rows();
        result.drop_result().await?;
        Ok(StepResult {
            rows: Vec::new(),
            changed,
        })
    }

    async fn execute(
        &mut self,
        sql: &Arc<str>,
        parameters: Vec<Value>,
    ) -> Result<StepResult, Error> {
        let statement = self.prepared(sql).await?;
        let parameters = match parameters.is_empty() {
            true => Params::Empty,
            false => Params::Positional(parameters.into_iter().map(value::to_wire).collect()),
        };
        let mut result = self.conn.exec_iter(&statement, parameters).await?;
        let rows = result.map(value::row).await?;
        let changed = result.affected_rows();
        result.drop_result().await?;
        Ok(StepResult { rows, changed })
    }

    async fn prepared(&mut self, sql: &Arc<str>) -> Result<Statement, Error> {
        self.uses += 1;
        if let Some(known) = self.statements.get_mut(sql) {
            known.used = self.uses;
            return Ok(known.statement.clone());
        }
        if self.statements.len() >= STATEMENTS {
            self.forget_one().await?;
        }
        let statement = self.conn.prep(&**sql).await?;
        let known = Prepared {
            statement: statement.clone(),
            used: self.uses,
        };
        self.statements.insert(Arc::clone(sql), known);
        Ok(statement)
    }

    async fn forget_one(&mut self) -> Result<(), Error> {
        let oldest = self.statements.iter().min_by_key(|(_, known)| known.used);
        let Some(sql) = oldest.map(|(sql, _)| Arc::clone(sql)) else {
            return Ok(());
        };
        match self.statements.remove(&sql) {
            Some(known) => self.conn.close(known.statement).await,
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("host", &self.host)
            .field("id", &self.conn.id())
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
