//! What a connection leaves behind.

use std::time::Duration;

use feast_registry_postgres::{PostgresDialect, PostgresDriver};
use feast_registry_sql::{Access, Connection, Driver, FaultClass, Step, Value};
use tokio::time::timeout;

use crate::fixture::{Fixture, query, rows};

const PATIENCE: Duration = Duration::from_secs(10);

/// A driver with one connection, so that the next user gets what the last one left.
fn single(fixture: &Fixture) -> PostgresDriver {
    let mut settings = fixture.settings();
    settings.max_size = 1;
    settings.acquire_timeout = Duration::from_millis(200);
    PostgresDriver::new(&settings, PostgresDialect::new()).unwrap()
}

/// The server's process that serves a connection.
pub(crate) async fn process(connection: &mut dyn Connection) -> Value {
    let mut found = rows(connection, "SELECT pg_backend_pid()").await.unwrap();
    found.remove(0).remove(0)
}

/// Waits until a session is no more.
pub(crate) async fn gone(administrator: &PostgresDriver, process: &Value) {
    let Value::Integer(process) = process else {
        panic!("{process:?} is no process");
    };
    let sql = format!("SELECT 1 FROM pg_stat_activity WHERE pid = {process}");
    let mut connection = administrator.acquire(Access::Read).await.unwrap();
    timeout(PATIENCE, async {
        while !rows(&mut *connection, &sql).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the session is still there");
}

pub(crate) async fn a_dropped_connection_is_not_handed_on_with_its_transaction() {
    let fixture = Fixture::new().await;
    let driver = single(&fixture);
    let mut connection = driver.acquire(Access::Write).await.unwrap();
    let first = process(&mut *connection).await;
    connection.run(vec![Step::control("BEGIN")]).await.unwrap();
    drop(connection);
    let mut connection = driver.acquire(Access::Write).await.unwrap();
    assert_ne!(process(&mut *connection).await, first);
    gone(fixture.server.administrator(), &first).await;
    drop(connection);
    fixture.end().await;
}

pub(crate) async fn a_dropped_wait_for_a_lock_ends_at_once() {
    let fixture = Fixture::new().await;
    let table = fixture.table("t");
    fixture
        .execute(format!("CREATE TABLE {table} (a INTEGER)"))
        .await;
    let holder = fixture.driver();
    let mut holder = holder.acquire(Access::Write).await.unwrap();
    let lock = || {
        vec![
            Step::control("BEGIN"),
            Step::control(format!("LOCK {table}")),
        ]
    };
    holder.run(lock()).await.unwrap();

    let driver = single(&fixture);
    let mut connection = driver.acquire(Access::Write).await.unwrap();
    let waiting = process(&mut *connection).await;
    let run = timeout(Duration::from_millis(100), connection.run(lock())).await;
    assert!(run.is_err(), "the lock was not held");
    drop(connection);
    gone(fixture.server.administrator(), &waiting).await;
    drop(holder);
    fixture.end().await;
}

pub(crate) async fn no_connection_in_time_is_an_error() {
    let fixture = Fixture::new().await;
    let driver = single(&fixture);
    let held = driver.acquire(Access::Write).await.unwrap();
    let Err(fault) = driver.acquire(Access::Read).await else {
        panic!("there is only one connection");
    };
    assert_eq!(fault.class, FaultClass::Unavailable);
    drop(held);
    assert!(driver.acquire(Access::Read).await.is_ok());
    fixture.end().await;
}

pub(crate) async fn a_terminated_connection_is_replaced() {
    let fixture = Fixture::new().await;
    let driver = single(&fixture);
    let mut connection = driver.acquire(Access::Write).await.unwrap();
    let first = process(&mut *connection).await;
    connection.run(vec![Step::control("BEGIN")]).await.unwrap();
    let mut administrator = fixture
        .server
        .administrator()
        .acquire(Access::Write)
        .await
        .unwrap();
    let terminate = query("SELECT pg_terminate_backend($1)", vec![first.clone()]);
    administrator.run(vec![terminate]).await.unwrap();
    drop(administrator);
    let fault = connection
        .run(vec![query("SELECT 1", Vec::new())])
        .await
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Disconnected, "{fault}");
    drop(connection);
    let mut connection = driver.acquire(Access::Write).await.unwrap();
    assert_ne!(process(&mut *connection).await, first);
    drop(connection);
    fixture.end().await;
}
