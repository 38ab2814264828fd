//! Transactions that are told to give way, and rows that somebody else holds.

use std::sync::Arc;

use feast_registry_core::{Effect, ErrorKind, Key, Kind};
use feast_registry_mysql::MysqlDriver;
use feast_registry_sql::testing::{Failing, deadlock, restarts_at_every_place, restarts_for_ever};
use libtest_mimic::Trial;
use mysql_async::prelude::Queryable;

use crate::common::{Server, settings};
use crate::fixture::{Fixture, entity, registry};

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    crate::trials!(server, "conflicts":
        a_deadlock_is_tried_again,
        a_conflict_at_any_statement_is_tried_again,
        conflicts_without_end_are_given_up,
        a_row_that_stays_locked_is_given_up,
    )
}

const DEADLOCK: u16 = 1213;
const LOCK_TIMEOUT: u16 = 1205;

/// Fails with the number of an error after which a transaction must start again.
fn failing(number: u16) -> Failing {
    let text = format!(
        "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = 'planned by the test'"
    );
    Failing {
        at_once: text.as_str().into(),
        at_commit: text.into(),
    }
}

async fn driver(fixture: &Fixture) -> MysqlDriver {
    let settings = settings(&fixture.url()).unwrap();
    MysqlDriver::connect(&settings).await.unwrap()
}

async fn a_deadlock_is_tried_again(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let registry = fixture.registry().await;
    let rows = ["a", "b"].map(|name| Key::new(Kind::Entity, "p", name));
    for row in &rows {
        registry.apply(entity(&row.name, "")).await.unwrap();
    }
    let (store, beside) = (fixture.store().await, driver(&fixture).await);
    deadlock(&*store, &beside, &rows).await.unwrap();
    fixture.end().await;
}

async fn a_conflict_at_any_statement_is_tried_again(server: Arc<Server>) {
    for number in [DEADLOCK, LOCK_TIMEOUT] {
        let fixture = Fixture::new(&server).await;
        restarts_at_every_place(async || Ok(driver(&fixture).await), &failing(number))
            .await
            .unwrap();
        fixture.end().await;
    }
}

async fn conflicts_without_end_are_given_up(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    restarts_for_ever(driver(&fixture).await, &failing(DEADLOCK))
        .await
        .unwrap();
    fixture.end().await;
}

/// The server ends the wait itself, with 1205.
async fn a_row_that_stays_locked_is_given_up(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let registry = registry(&fixture.url()).await;
    registry.apply(entity("it", "first")).await.unwrap();
    let mut other = server.connect(Some(&fixture.database)).await.unwrap();
    let hold = "SELECT 1 FROM entities WHERE entity_name = 'it' FOR UPDATE";
    other.query_drop("BEGIN").await.unwrap();
    other.query_drop(hold).await.unwrap();
    let error = registry.apply(entity("it", "second")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contention, "{error}");
    assert!(error.to_string().contains("1205"), "{error}");
    other.query_drop("ROLLBACK").await.unwrap();
    other.disconnect().await.unwrap();
    let outcome = registry.apply(entity("it", "second")).await.unwrap();
    assert_eq!(outcome.effect, Effect::Updated);
    fixture.end().await;
}
