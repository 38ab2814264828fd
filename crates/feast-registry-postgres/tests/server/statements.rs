//! Statements that are sent together.

use bytes::Bytes;
use feast_registry_sql::{Access, Driver, FaultClass, Step, Value};

use crate::fixture::{Fixture, change, query, rows};

/// A table `t (id integer primary key, body bytea)`.
async fn with_table() -> Fixture {
    let fixture = Fixture::new().await;
    let table = fixture.table("t");
    fixture
        .execute(format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY, body BYTEA)"
        ))
        .await;
    fixture
}

fn insert(fixture: &Fixture, id: i64, body: &Bytes) -> Step {
    let sql = format!("INSERT INTO {} VALUES ($1, $2)", fixture.table("t"));
    change(&sql, vec![id.into(), Value::Bytes(body.clone())])
}

async fn count(fixture: &Fixture) -> Value {
    let sql = format!("SELECT COUNT(*) FROM {}", fixture.table("t"));
    fixture.rows(&sql).await.remove(0).remove(0)
}

pub(crate) async fn a_failed_statement_fails_what_is_sent_with_it() {
    let fixture = with_table().await;
    let driver = fixture.driver();
    let mut connection = driver.acquire(Access::Write).await.unwrap();
    let steps = vec![
        Step::control("BEGIN"),
        insert(&fixture, 1, &Bytes::new()),
        insert(&fixture, 1, &Bytes::new()),
        Step::control("COMMIT"),
    ];
    // The server answers COMMIT without an error: it has rolled back.
    let fault = connection.run(steps).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Duplicate);
    assert_eq!(count(&fixture).await, Value::Integer(0));
    // The connection is good for more.
    connection
        .run(vec![insert(&fixture, 1, &Bytes::new())])
        .await
        .unwrap();
    assert_eq!(count(&fixture).await, Value::Integer(1));
    drop(connection);
    fixture.end().await;
}

pub(crate) async fn nothing_behind_a_miscount_takes_effect() {
    let fixture = with_table().await;
    let driver = fixture.driver();
    let mut connection = driver.acquire(Access::Write).await.unwrap();
    let update = format!("UPDATE {} SET body = $1 WHERE id = $2", fixture.table("t"));
    let update = change(&update, vec![Value::Null, 7.into()]).must_change(1);
    let steps = vec![
        Step::control("BEGIN"),
        insert(&fixture, 1, &Bytes::new()),
        update,
        Step::control("COMMIT"),
    ];
    let fault = connection.run(steps).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::RowGone);
    connection
        .run(vec![Step::control("ROLLBACK")])
        .await
        .unwrap();
    assert_eq!(count(&fixture).await, Value::Integer(0));
    drop(connection);
    fixture.end().await;
}

pub(crate) async fn a_large_batch_fits_through_a_window() {
    let fixture = with_table().await;
    let driver = fixture.driver();
    let body = Bytes::from(vec![7; 1 << 20]);
    let mut steps = vec![Step::control("BEGIN")];
    steps.extend((0..24).map(|id| insert(&fixture, id, &body)));
    let all = format!("SELECT id, body FROM {} ORDER BY id", fixture.table("t"));
    steps.extend([query(&all, Vec::new()), Step::control("COMMIT")]);
    let mut connection = driver.acquire(Access::Write).await.unwrap();
    let results = connection.run(steps).await.unwrap();
    assert_eq!(results.len(), 27);
    assert_eq!(results[25].rows.len(), 24);
    assert_eq!(results[25].rows[23], [23.into(), Value::Bytes(body)]);
    drop(connection);
    fixture.end().await;
}

pub(crate) async fn a_nul_character_is_refused_before_anything_is_sent() {
    let fixture = with_table().await;
    let driver = fixture.driver();
    let mut connection = driver.acquire(Access::Write).await.unwrap();
    let steps = vec![
        Step::control("BEGIN"),
        query("SELECT $1::text", vec!["a\0b".into()]),
        Step::control("COMMIT"),
    ];
    let fault = connection.run(steps).await.unwrap_err();
    assert!(fault.message.contains("NUL"), "{fault}");
    // No transaction was begun, so that there is none to end.
    let step = query("SELECT 1", Vec::new());
    connection.run(vec![step]).await.unwrap();
    drop(connection);
    fixture.end().await;
}

pub(crate) async fn a_duplicate_names_table_and_key() {
    let fixture = with_table().await;
    let driver = fixture.driver();
    let mut connection = driver.acquire(Access::Write).await.unwrap();
    let step = || insert(&fixture, 4711, &Bytes::new());
    let fault = connection.run(vec![step(), step()]).await.unwrap_err();
    assert_eq!(fault.class, FaultClass::Duplicate);
    for part in ["table t", "(id)=(4711)", "23505"] {
        assert!(fault.message.contains(part), "{fault}");
    }
    drop(connection);
    fixture.end().await;
}

pub(crate) async fn values_of_every_type_come_back() {
    let fixture = Fixture::new().await;
    let sql = "SELECT 1::int2, 2::int4, 3::int8, SUM(n), 'a'::text, 'b'::varchar(9), 'c'::name, \
               '\\x00ff'::bytea, NULL::text, true FROM (VALUES (5::int8), (6)) AS t (n)";
    let expected: Vec<Value> = vec![
        1.into(),
        2.into(),
        3.into(),
        11.into(),
        "a".into(),
        "b".into(),
        "c".into(),
        Bytes::from_static(&[0, 255]).into(),
        Value::Null,
        1.into(),
    ];
    assert_eq!(fixture.rows(sql).await, [expected]);
    fixture.end().await;
}

pub(crate) async fn a_statement_that_takes_too_long_is_ended() {
    let fixture = Fixture::new().await;
    let mut settings = fixture.settings();
    settings.options = "-c statement_timeout=50".to_owned();
    let dialect = feast_registry_postgres::PostgresDialect::new();
    let driver = feast_registry_postgres::PostgresDriver::new(&settings, dialect).unwrap();
    let mut connection = driver.acquire(Access::Read).await.unwrap();
    let fault = rows(&mut *connection, "SELECT pg_sleep(60)")
        .await
        .unwrap_err();
    assert_eq!(fault.class, FaultClass::Unavailable);
    assert!(fault.message.contains("statement timeout"), "{fault}");
    drop(connection);
    fixture.end().await;
}
