//! What a connection leaves behind.

use std::time::Duration;

use feast_registry_conformance::proxy::{Fault, Proxy};
use feast_registry_postgres::{PostgresDialect, PostgresDriver, PostgresSettings};
use feast_registry_sql::{Access, Connection, Driver, FaultClass, Step, Value};
use tokio::time::timeout;

use crate::fixture::{Fixture, address, query, rows, through};

const PATIENCE: Duration = Duration::from_secs(10);

/// A driver with one connection, so that the next user gets what the last one left.
fn single(fixture: &Fixture) -> PostgresDriver {
    let mut settings = fixture.settings();
    settings.max_size = 1;
    settings.acquire_timeout = Duration::from_millis(200);
    PostgresDriver::new(&settings, PostgresDialect::new()).unwrap()
}

/// One connection, through a proxy.
async fn behind_proxy(fixture: &Fixture) -> (PostgresSettings, Proxy) {
    let settings = fixture.settings();
    let proxy = Proxy::start(address(&settings)).await.unwrap();
    let mut settings = through(&settings, proxy.address().port());
    settings.max_size = 1;
    (settings, proxy)
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

pub(crate) async fn a_ping_notices_a_lost_connection_before_it_is_used() {
    let fixture = Fixture::new().await;
    let (mut settings, proxy) = behind_proxy(&fixture).await;
    for ping in [true, false] {
        settings.pre_ping = ping;
        let driver = PostgresDriver::new(&settings, PostgresDialect::new()).unwrap();
        drop(driver.acquire(Access::Read).await.unwrap());
        // Whatever comes first on the connection finds it cut.
        proxy.set(Fault::LoseRequest(Vec::new()));
        let mut connection = driver.acquire(Access::Read).await.unwrap();
        let answer = rows(&mut *connection, "SELECT 1").await;
        assert_eq!(answer.is_ok(), ping, "{answer:?}");
    }
    assert_eq!(proxy.tripped(), 2);
    fixture.end().await;
}

pub(crate) async fn a_connection_that_is_too_old_is_replaced() {
    let fixture = Fixture::new().await;
    let mut settings = fixture.settings();
    settings.max_size = 1;
    for (age, same) in [(Duration::ZERO, false), (Duration::from_secs(3600), true)] {
        settings.recycle = Some(age);
        let driver = PostgresDriver::new(&settings, PostgresDialect::new()).unwrap();
        let first = process(&mut *driver.acquire(Access::Read).await.unwrap()).await;
        let second = process(&mut *driver.acquire(Access::Read).await.unwrap()).await;
        assert_eq!(first == second, same, "{age:?}");
    }
    fixture.end().await;
}

pub(crate) async fn a_server_that_does_not_answer_is_not_waited_for() {
    let fixture = Fixture::new().await;
    let (mut settings, proxy) = behind_proxy(&fixture).await;
    proxy.set(Fault::BlackHole);
    settings.connect_timeout = Duration::from_secs(1);
    let driver = PostgresDriver::new(&settings, PostgresDialect::new()).unwrap();
    let connected = timeout(PATIENCE, driver.acquire(Access::Read)).await;
    let Err(fault) = connected.expect("it is waited for") else {
        panic!("nothing passes the proxy");
    };
    assert_eq!(fault.class, FaultClass::Unavailable, "{fault}");
    assert!(fault.message.contains("no answer in 1s"), "{fault}");
    fixture.end().await;
}
