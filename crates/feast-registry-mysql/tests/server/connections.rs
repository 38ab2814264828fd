//! What broken, killed and abandoned connections mean.

use std::sync::Arc;
use std::time::Duration;

use feast_registry_conformance::proxy::Fault;
use feast_registry_core::store::{Decision, Lock, ReadSet, StoreExt};
use feast_registry_core::{Effect, Freshness, Key, Kind, Registry, RegistryOptions};
use feast_registry_mysql::MysqlDriver;
use feast_registry_sql::{Access, Driver, DriverError, FaultClass, Row, Step};
use libtest_mimic::Trial;
use mysql_async::prelude::Queryable;
use tokio::time::timeout;

use crate::common::{Server, settings};
use crate::fixture::{Fixture, entity, until};

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials!(server, "connections":
        one_cut_before_commit_is_replaced_and_the_change_made_once,
        none_free_in_time_is_an_error,
        a_writer_that_was_dropped_while_waiting_is_ended,
        a_transaction_that_the_server_ended_does_not_count_as_committed,
        a_ping_notices_a_lost_connection_before_it_is_used,
        one_that_is_too_old_is_replaced,
        a_server_that_does_not_answer_is_not_waited_for,
    )
}

fn it() -> Key {
    Key::new(Kind::Entity, "p", "it")
}

async fn one_cut_before_commit_is_replaced_and_the_change_made_once(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (registry, proxy) = fixture.behind_proxy().await;
    registry.apply(entity("it", "first")).await.unwrap();
    proxy.set(Fault::LoseRequest(Vec::new()));
    let outcome = registry.apply(entity("it", "second")).await.unwrap();
    assert_eq!(outcome.effect, Effect::Updated);
    registry.get(&it(), Freshness::Store).await.unwrap();
    fixture.end().await;
}

async fn none_free_in_time_is_an_error(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let mut settings = settings(&fixture.url()).unwrap();
    settings.max_size = 1;
    settings.acquire_timeout = Duration::from_millis(200);
    let driver = MysqlDriver::connect(&settings).await.unwrap();
    let held = driver.acquire(Access::Write).await.unwrap();
    let Err(fault) = driver.acquire(Access::Write).await else {
        panic!("there is only one connection");
    };
    assert_eq!(fault.class, FaultClass::Unavailable, "{fault}");
    drop(held);
    assert!(driver.acquire(Access::Write).await.is_ok());
    fixture.end().await;
}

async fn a_writer_that_was_dropped_while_waiting_is_ended(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let store = fixture.store().await;
    let registry = Registry::open(Arc::clone(&store) as _, RegistryOptions::default());
    let registry = registry.await.unwrap();
    registry.apply(entity("first", "")).await.unwrap();
    registry.apply(entity("it", "")).await.unwrap();
    // Somebody else holds the second row, so that the writer has the first one and waits.
    let mut other = server.connect(Some(&fixture.database)).await.unwrap();
    let hold = "SELECT 1 FROM entities WHERE entity_name = 'it' FOR UPDATE";
    other.query_drop("BEGIN").await.unwrap();
    other.query_drop(hold).await.unwrap();
    let mut reads = ReadSet::new();
    reads.key(Key::new(Kind::Entity, "p", "first"), Lock::Update);
    reads.key(it(), Lock::Update);
    let waiting = store.transact_typed(reads, |_, _| {
        Ok(Decision::Commit {
            writes: Vec::new(),
            answer: (),
        })
    });
    timeout(Duration::from_millis(300), waiting)
        .await
        .unwrap_err();
    until("nobody waits for the row", || async {
        let sessions = server.sessions(&fixture.database).await.unwrap();
        !sessions.iter().any(|(_, doing)| doing == "Execute")
    })
    .await;
    // Without waiting for the one that holds the second row.
    let change = registry.apply(entity("first", "changed"));
    timeout(Duration::from_secs(5), change)
        .await
        .unwrap()
        .unwrap();
    other.query_drop("ROLLBACK").await.unwrap();
    other.disconnect().await.unwrap();
    fixture.end().await;
}

async fn a_transaction_that_the_server_ended_does_not_count_as_committed(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let store = fixture.store().await;
    let registry = Registry::open(Arc::clone(&store) as _, RegistryOptions::default());
    let registry = registry.await.unwrap();
    registry.apply(entity("it", "first")).await.unwrap();
    let mut reads = ReadSet::new();
    reads.key(it(), Lock::Update);
    let (database, runtime) = (fixture.database.clone(), tokio::runtime::Handle::current());
    let killer = Arc::clone(&server);
    let attempts = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let seen = Arc::clone(&attempts);
    let result = store
        .transact_typed(reads, move |view, _| {
            if seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
                // Between the read and the write.
                let kill = killer.kill(&database);
                let killed = tokio::task::block_in_place(|| runtime.block_on(kill));
                assert!(killed.unwrap() > 0);
            }
            let row = view.key(&it(), Lock::Update).flatten().unwrap();
            let write = feast_registry_core::store::Write::Update {
                key: it(),
                body: row.body.clone(),
                stamp: 7,
            };
            Ok(Decision::Commit {
                writes: vec![write],
                answer: (),
            })
        })
        .await;
    result.unwrap();
    assert_eq!(attempts.load(std::sync::atomic::Ordering::SeqCst), 2);
    let stamp = "SELECT last_updated_timestamp FROM entities WHERE entity_name = 'it'";
    assert_eq!(fixture.number(stamp).await, 7);
    fixture.end().await;
}

/// The number of the session that a driver gives.
async fn session(driver: &MysqlDriver) -> Result<Vec<Row>, DriverError> {
    let mut connection = driver.acquire(Access::Read).await?;
    let step = Step::query(&"SELECT CONNECTION_ID()".into(), Vec::new());
    let results = connection.run(vec![step]).await?;
    Ok(results.into_iter().flat_map(|result| result.rows).collect())
}

async fn a_ping_notices_a_lost_connection_before_it_is_used(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (url, proxy) = fixture.proxy().await;
    let mut settings = settings(&url).unwrap();
    settings.max_size = 1;
    for ping in [true, false] {
        settings.pre_ping = ping;
        let driver = MysqlDriver::connect(&settings).await.unwrap();
        session(&driver).await.unwrap();
        // Whatever comes first on the connection finds it cut.
        proxy.set(Fault::LoseRequest(Vec::new()));
        let answer = session(&driver).await;
        assert_eq!(answer.is_ok(), ping, "{answer:?}");
    }
    assert_eq!(proxy.tripped(), 2);
    fixture.end().await;
}

async fn one_that_is_too_old_is_replaced(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let mut settings = settings(&fixture.url()).unwrap();
    settings.max_size = 1;
    for (age, same) in [(Duration::ZERO, false), (Duration::from_secs(3600), true)] {
        settings.recycle = Some(age);
        let driver = MysqlDriver::connect(&settings).await.unwrap();
        let first = session(&driver).await.unwrap();
        assert_eq!(first == session(&driver).await.unwrap(), same, "{age:?}");
    }
    fixture.end().await;
}

async fn a_server_that_does_not_answer_is_not_waited_for(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (url, proxy) = fixture.proxy().await;
    proxy.set(Fault::BlackHole);
    let mut settings = settings(&url).unwrap();
    settings.connect_timeout = Duration::from_secs(1);
    let connected = timeout(Duration::from_secs(10), MysqlDriver::connect(&settings)).await;
    let Err(error) = connected.expect("it is waited for") else {
        panic!("nothing passes the proxy");
    };
    assert!(error.to_string().contains("no answer in 1 s"), "{error}");
    fixture.end().await;
}
