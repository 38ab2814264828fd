//! What broken, killed and abandoned connections mean.

use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::store::{Decision, Lock, ReadSet, StoreExt};
use feast_registry_core::{Effect, ErrorKind, Freshness, Key, Kind, Registry, RegistryOptions};
use libtest_mimic::Trial;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::common::Server;
use crate::fixture::{Fixture, entity, until};
use crate::proxy::Cut;

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials!(server, "connections":
        one_cut_before_commit_is_replaced_and_the_change_made_once,
        one_cut_when_commit_was_sent_leaves_the_outcome_open,
        one_cut_while_commit_was_sent_leaves_the_outcome_open,
        killed_ones_are_replaced,
        a_writer_that_was_dropped_while_waiting_is_ended,
        a_transaction_that_the_server_ended_does_not_count_as_committed,
    )
}

fn it() -> Key {
    Key::new(Kind::Entity, "p", "it")
}

async fn one_cut_before_commit_is_replaced_and_the_change_made_once(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (registry, proxy) = fixture.behind_proxy().await;
    registry.apply(entity("it", "first")).await.unwrap();
    proxy.cut(Cut::Statement);
    let outcome = registry.apply(entity("it", "second")).await.unwrap();
    assert_eq!(outcome.effect, Effect::Updated);
    registry.get(&it(), Freshness::Store).await.unwrap();
    fixture.end().await;
}

async fn one_cut_when_commit_was_sent_leaves_the_outcome_open(server: Arc<Server>) {
    outcome_of(server, Cut::AfterCommit).await;
}

async fn one_cut_while_commit_was_sent_leaves_the_outcome_open(server: Arc<Server>) {
    outcome_of(server, Cut::BeforeCommit).await;
}

async fn outcome_of(server: Arc<Server>, cut: Cut) {
    let fixture = Fixture::new(&server).await;
    let (registry, proxy) = fixture.behind_proxy().await;
    registry.apply(entity("it", "first")).await.unwrap();
    proxy.cut(cut);
    let error = registry.apply(entity("it", "second")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownOutcome, "{error}");
    // The next change waits for the lost transaction, if it is still there.
    registry.apply(entity("other", "")).await.unwrap();
    registry.apply(entity("it", "third")).await.unwrap();
    fixture.end().await;
}

async fn killed_ones_are_replaced(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let registry = fixture.registry().await;
    registry.apply(entity("it", "first")).await.unwrap();
    registry.get(&it(), Freshness::Store).await.unwrap();
    kill_all(&fixture).await;
    registry.apply(entity("it", "second")).await.unwrap();
    registry.get(&it(), Freshness::Store).await.unwrap();
    fixture.end().await;
}

async fn kill_all(fixture: &Fixture) {
    let mut conn = fixture.server.connect(None).await.unwrap();
    let sessions = sessions(&mut conn, &fixture.database).await;
    assert!(!sessions.is_empty());
    for (session, _) in sessions {
        conn.query_drop(format!("KILL {session}")).await.unwrap();
    }
    conn.disconnect().await.unwrap();
}

/// The sessions in a database, and what each is doing.
async fn sessions(conn: &mut Conn, database: &str) -> Vec<(u64, String)> {
    let rows: Vec<Row> = conn.query("SHOW PROCESSLIST").await.unwrap();
    rows.iter()
        .filter(|row| row.get::<Option<String>, _>("db").flatten().as_deref() == Some(database))
        .map(|row| (row.get("Id").unwrap(), row.get("Command").unwrap()))
        .collect()
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
    let watcher = Mutex::new(server.connect(None).await.unwrap());
    until("nobody waits for the row", || async {
        let sessions = sessions(&mut *watcher.lock().await, &fixture.database).await;
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
                let fixture = Fixture {
                    server: Arc::clone(&killer),
                    database: database.clone(),
                };
                // Between the read and the write.
                tokio::task::block_in_place(|| runtime.block_on(kill_all(&fixture)));
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
