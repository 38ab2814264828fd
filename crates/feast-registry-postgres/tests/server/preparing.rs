//! Statements that are prepared, and those that cannot be.

use feast_registry_core::store::Consistency;
use feast_registry_core::{Key, Kind, Store};
use feast_registry_sql::{Access, Driver, Step, Value};

use crate::fixture::{Fixture, query, rows, view};

pub(crate) async fn unprepared_statements_give_the_same() {
    let fixture = Fixture::new().await;
    let mut settings = fixture.settings();
    settings.prepared = Some(false);
    let test = fixture.registry(&settings).await;
    for description in ["first", "second"] {
        test.registry.apply(view("v", description)).await.unwrap();
    }
    let history = Key::version("p", "v", 0);
    for key in [Key::new(Kind::FeatureView, "p", "v"), history] {
        let row = test.store.get(&key, Consistency::Primary).await.unwrap();
        assert!(row.is_some(), "{key:?}");
    }
    fixture.end().await;
}

pub(crate) async fn a_statement_that_the_session_forgot_ends_preparing() {
    let fixture = Fixture::new().await;
    let driver = fixture.driver();
    let mut connection = driver.acquire(Access::Read).await.unwrap();
    let sql = "SELECT $1::int4 + 1";
    let step = || query(sql, vec![1.into()]);
    connection.run(vec![step()]).await.unwrap();
    // What a pooler does that gives the next transaction another session.
    connection
        .run(vec![Step::control("DEALLOCATE ALL")])
        .await
        .unwrap();
    let steps = vec![Step::control("BEGIN"), step(), Step::control("COMMIT")];
    let results = connection.run(steps).await.unwrap();
    assert_eq!(results[1].rows, [[Value::Integer(2)]]);
    let count = "SELECT COUNT(*) FROM pg_prepared_statements";
    let found = rows(&mut *connection, count).await.unwrap();
    assert_eq!(found, [[Value::Integer(0)]]);
    drop(connection);
    fixture.end().await;
}

pub(crate) async fn a_table_altered_behind_a_statement_is_read_again() {
    let fixture = Fixture::new().await;
    let table = fixture.table("t");
    fixture
        .execute(format!("CREATE TABLE {table} (a INTEGER)"))
        .await;
    fixture
        .execute(format!("INSERT INTO {table} VALUES (1)"))
        .await;
    let driver = fixture.driver();
    let mut connection = driver.acquire(Access::Read).await.unwrap();
    let sql = format!("SELECT a FROM {table}");
    let before = rows(&mut *connection, &sql).await.unwrap();
    fixture
        .execute(format!("ALTER TABLE {table} ALTER COLUMN a TYPE TEXT"))
        .await;
    let after = rows(&mut *connection, &sql).await.unwrap();
    assert_eq!(
        (before, after),
        (vec![vec![1.into()]], vec![vec!["1".into()]])
    );
    drop(connection);
    fixture.end().await;
}
