//! A driver in which the server refuses statements as planned.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use feast_registry_postgres::PostgresDriver;
use feast_registry_sql::{Access, Connection, Dialect, Driver, DriverError, Step, StepResult};

/// More often than anybody tries.
pub(crate) const FOREVER: usize = usize::MAX;

/// What the server does in place of a statement.
const REFUSE: &str = "DO $$ BEGIN RAISE EXCEPTION USING errcode = '40001', \
                      message = 'restart transaction: planned by the test'; END $$";

/// Which statements are refused.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// How many statements of a transaction stand before it.
    position: AtomicUsize,
    left: AtomicUsize,
    done: AtomicUsize,
}

impl Plan {
    /// Refuses the statement at a position behind BEGIN, in so many transactions.
    pub(crate) fn refuse(&self, position: usize, times: usize) {
        self.position.store(position, Ordering::SeqCst);
        self.done.store(0, Ordering::SeqCst);
        self.left.store(times, Ordering::SeqCst);
    }

    /// Refuses nothing any more; how many were.
    pub(crate) fn stop(&self) -> usize {
        self.left.store(0, Ordering::SeqCst);
        self.done.swap(0, Ordering::SeqCst)
    }

    fn hits(&self, position: usize) -> bool {
        let hit = position == self.position.load(Ordering::SeqCst)
            && self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_ok();
        self.done.fetch_add(usize::from(hit), Ordering::SeqCst);
        hit
    }
}

/// A driver in which the server refuses statements as planned.
#[derive(Debug)]
pub(crate) struct Refusing {
    driver: PostgresDriver,
    plan: Arc<Plan>,
}

impl Refusing {
    pub(crate) fn new(driver: PostgresDriver, plan: &Arc<Plan>) -> Self {
        Refusing {
            driver,
            plan: Arc::clone(plan),
        }
    }
}

#[async_trait]
impl Driver for Refusing {
    fn dialect(&self) -> &dyn Dialect {
        self.driver.dialect()
    }

    async fn describe(&self) -> Result<String, DriverError> {
        self.driver.describe().await
    }

    async fn acquire(&self, access: Access) -> Result<Box<dyn Connection + '_>, DriverError> {
        Ok(Box::new(RefusingConnection {
            connection: self.driver.acquire(access).await?,
            plan: &self.plan,
            position: None,
        }))
    }

    async fn close(&self) -> Result<(), DriverError> {
        self.driver.close().await
    }
}

struct RefusingConnection<'a> {
    connection: Box<dyn Connection + 'a>,
    plan: &'a Plan,
    /// How many statements of the writing transaction have been sent, if there is one.
    position: Option<usize>,
}

#[async_trait]
impl Connection for RefusingConnection<'_> {
    async fn run(&mut self, mut steps: Vec<Step>) -> Result<Vec<StepResult>, DriverError> {
        for step in &mut steps {
            if step.sql.starts_with("BEGIN") {
                self.position = (!step.sql.ends_with("READ ONLY")).then_some(0);
            } else if step.sql.starts_with("ROLLBACK") {
                self.position = None;
            } else if let Some(position) = &mut self.position {
                if self.plan.hits(*position) {
                    *step = Step::control(REFUSE);
                }
                *position += 1;
            }
        }
        self.connection.run(steps).await
    }
}
