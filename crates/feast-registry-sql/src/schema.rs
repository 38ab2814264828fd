//! Creating and checking the tables.

use feast_registry_core::store::{SchemaMode, Teardown};
use feast_registry_core::{Error, ErrorKind, Kind, Result};

use crate::table::{PROJECT, columns, index_name, primary_key};
use crate::{Access, Dialect, Driver, Step, Value};

/// The statements that create all tables and indexes, exactly as Feast has them.
pub fn create_statements(dialect: &dyn Dialect) -> Vec<String> {
    Kind::ALL
        .into_iter()
        .flat_map(|kind| [create_table(dialect, kind), create_index(dialect, kind)])
        .collect()
}

fn create_table(dialect: &dyn Dialect, kind: Kind) -> String {
    let mut lines: Vec<String> = columns(kind)
        .into_iter()
        .map(|column| {
            let null = if column.nullable { "" } else { " NOT NULL" };
            format!(
                "{} {}{null}",
                dialect.quote(column.name),
                dialect.column_type(column.column_type)
            )
        })
        .collect();
    let key: Vec<String> = primary_key(kind)
        .into_iter()
        .map(|name| dialect.quote(name))
        .collect();
    lines.push(format!("PRIMARY KEY ({})", key.join(", ")));
    format!(
        "CREATE TABLE {} (\n  {}\n)",
        dialect.table(kind.spec().table),
        lines.join(",\n  ")
    )
}

fn create_index(dialect: &dyn Dialect, kind: Kind) -> String {
    let quote = |name: &str| dialect.quote(name);
    format!(
        "CREATE INDEX {} ON {} ({})",
        quote(&index_name(kind)),
        dialect.table(kind.spec().table),
        quote(PROJECT)
    )
}

/// Makes the tables ready, as the mode says.
pub(crate) async fn initialize(driver: &dyn Driver, mode: SchemaMode) -> Result<()> {
    if mode == SchemaMode::Skip {
        return Ok(());
    }
    let missing = missing(driver).await?;
    match mode {
        _ if missing.is_empty() => Ok(()),
        SchemaMode::Verify => Err(incomplete(&missing)),
        _ => create(driver, &missing).await,
    }
}

async fn missing(driver: &dyn Driver) -> Result<Vec<Kind>> {
    let list = Step::query(&driver.dialect().list_tables().into(), Vec::new());
    let results = driver.acquire(Access::Read).await?.run(vec![list]).await?;
    let tables: Vec<String> = results
        .into_iter()
        .flat_map(|result| result.rows)
        .filter_map(|row| match row.into_iter().next() {
            Some(Value::Text(name)) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect();
    Ok(Kind::ALL
        .into_iter()
        .filter(|kind| !tables.iter().any(|table| table == kind.spec().table))
        .collect())
}

fn incomplete(missing: &[Kind]) -> Error {
    let mut tables: Vec<&str> = missing.iter().map(|kind| kind.spec().table).collect();
    tables.sort_unstable();
    Error::new(
        ErrorKind::Schema,
        format!("the database lacks the tables {}", tables.join(", ")),
    )
    .with_hint("create them with `feast-registry schema create`, or set `schema_mode: auto`")
}

/// Creates tables. Another process may do so at the same time: what fails because a table is
/// there by now is no failure.
async fn create(driver: &dyn Driver, kinds: &[Kind]) -> Result<()> {
    let dialect = driver.dialect();
    let mut connection = driver.acquire(Access::Write).await?;
    for kind in kinds {
        let steps = vec![
            Step::control(dialect.begin_write()),
            Step::control(create_table(dialect, *kind)),
            Step::control(create_index(dialect, *kind)),
            Step::control("COMMIT"),
        ];
        if let Err(fault) = connection.run(steps).await {
            // The transaction may not have begun: then there is nothing to roll back.
            let _ = connection.run(vec![Step::control("ROLLBACK")]).await;
            if missing(driver).await?.contains(kind) {
                return Err(Error::from(fault)
                    .context(format_args!("cannot create table {}", kind.spec().table)));
            }
        }
    }
    Ok(())
}

/// Removes all rows, or the tables.
pub(crate) async fn teardown(driver: &dyn Driver, what: Teardown) -> Result<()> {
    let dialect = driver.dialect();
    let mut steps = vec![Step::control(dialect.begin_write())];
    steps.extend(Kind::ALL.into_iter().map(|kind| {
        let table = dialect.table(kind.spec().table);
        Step::control(match what {
            Teardown::Rows => format!("DELETE FROM {table}"),
            Teardown::Tables => format!("DROP TABLE IF EXISTS {table}"),
        })
    }));
    steps.push(Step::control("COMMIT"));
    let mut connection = driver.acquire(Access::Write).await?;
    if let Err(fault) = connection.run(steps).await {
        let _ = connection.run(vec![Step::control("ROLLBACK")]).await;
        return Err(Error::from(fault).context("cannot tear the registry down"));
    }
    Ok(())
}
