//! Creating, checking and upgrading the tables.

mod log;
mod statements;
mod version;

use feast_registry_core::store::{Flaw, SchemaMode, Teardown};
use feast_registry_core::{Error, ErrorKind, Kind, Result};

pub(crate) use self::log::keep as keep_log;
pub use self::statements::create_statements;
pub use self::version::SCHEMA_VERSION;
use crate::retry::{Attempts, repeat};
use crate::{Access, Driver, DriverError, FaultClass, Row, Step, Value};

/// Makes the tables ready, as the mode says. Answers whether there is a log of changes beside them.
pub(crate) async fn initialize(driver: &dyn Driver, mode: SchemaMode) -> Result<bool> {
    if mode == SchemaMode::Skip {
        return Ok(false);
    }
    let tables = tables(driver).await?;
    version::check(version::current(driver, &tables).await?)?;
    let missing = missing(&tables);
    match mode {
        _ if missing.is_empty() => {}
        SchemaMode::Verify => return Err(incomplete(&missing)),
        _ => create(driver, &missing).await?,
    }
    Ok(has_log(&tables))
}

fn has_log(tables: &[String]) -> bool {
    tables.iter().any(|table| table == crate::log::TABLE)
}

/// What is not as it should be.
pub(crate) async fn flaws(driver: &dyn Driver) -> Result<Vec<Flaw>> {
    let tables = tables(driver).await?;
    let (found, known) = (version::current(driver, &tables).await?, SCHEMA_VERSION);
    if found > known {
        return Ok(vec![Flaw::NewerSchema { found, known }]);
    }
    let missing = missing(&tables).into_iter();
    let missing = missing.map(|kind| Flaw::MissingTable(kind.spec().table.to_owned()));
    let narrow = driver.upgrades().await?.into_iter();
    Ok(missing.chain(narrow.map(Flaw::NarrowColumn)).collect())
}

/// Brings the tables to the version of this build; answers the statements that do.
pub(crate) async fn upgrade(driver: &dyn Driver, dry_run: bool) -> Result<Vec<String>> {
    let dialect = driver.dialect();
    let found = tables(driver).await?;
    let current = version::current(driver, &found).await?;
    version::check(current)?;
    let missing = missing(&found);
    let mut statements: Vec<String> = missing
        .iter()
        .flat_map(|kind| statements::create(dialect, *kind))
        .collect();
    let altered = driver.upgrades().await?;
    statements.extend(altered.iter().cloned());
    let has_table = found.iter().any(|table| table == version::TABLE);
    if !has_table {
        statements.push(version::create_table(dialect));
    }
    if current < SCHEMA_VERSION {
        statements.push(version::note(dialect));
    }
    if !dry_run {
        create(driver, &missing).await?;
        for statement in &altered {
            run(driver, vec![Step::control(statement.as_str())])
                .await
                .map_err(|fault| Error::from(fault).context("cannot alter a table"))?;
        }
        if current < SCHEMA_VERSION {
            note(driver, has_table).await?;
        }
    }
    Ok(statements)
}

/// Writes down that the database was upgraded. Another process may do so at the same time: what
/// fails because it did is no failure.
async fn note(driver: &dyn Driver, has_table: bool) -> Result<()> {
    let dialect = driver.dialect();
    let failed = |fault| Error::from(fault).context("cannot note the version of the schema");
    if !has_table
        && let Err(fault) = run(
            driver,
            in_transaction(driver, vec![version::create_table(dialect)]),
        )
        .await
        && !tables(driver)
            .await?
            .iter()
            .any(|table| table == version::TABLE)
    {
        return Err(failed(fault));
    }
    if let Err(fault) = run(driver, in_transaction(driver, vec![version::note(dialect)])).await
        && version::current(driver, &tables(driver).await?).await? < SCHEMA_VERSION
    {
        return Err(failed(fault));
    }
    Ok(())
}

/// The names of all tables in reach, in small letters.
async fn tables(driver: &dyn Driver) -> Result<Vec<String>> {
    let rows = ask(driver, &driver.dialect().list_tables()).await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.into_iter().next() {
            Some(Value::Text(name)) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect())
}

/// The rows of a question.
async fn ask(driver: &dyn Driver, sql: &str) -> Result<Vec<Row>> {
    let step = Step::query(&sql.into(), Vec::new());
    let results = repeat(
        || async {
            let mut connection = driver.acquire(Access::Read).await?;
            connection.run(vec![step.clone()]).await
        },
        Attempts::after,
    );
    let results = results.await?.into_iter();
    Ok(results.flat_map(|result| result.rows).collect())
}

fn missing(tables: &[String]) -> Vec<Kind> {
    let is_missing = |kind: &Kind| !tables.iter().any(|table| table == kind.spec().table);
    Kind::ALL.into_iter().filter(is_missing).collect()
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

/// Creates tables: all together where a transaction has the database for itself, else one by one, as
/// not every database can undo them.
async fn create(driver: &dyn Driver, kinds: &[Kind]) -> Result<()> {
    let together = match driver.dialect().one_writer() {
        true => kinds.len().max(1),
        false => 1,
    };
    for kinds in kinds.chunks(together) {
        create_together(driver, kinds.to_vec()).await?;
    }
    Ok(())
}

/// Creates tables in one transaction. Another process may create them at the same time: what fails
/// because a table is there by now is tried again without it. So is what failed with its connection, even
/// if nobody knows whether it happened: a table that comes after all is in the way of the next attempt.
async fn create_together(driver: &dyn Driver, mut kinds: Vec<Kind>) -> Result<()> {
    let mut attempts = Attempts::new(false);
    while !kinds.is_empty() {
        let statements = kinds
            .iter()
            .flat_map(|kind| statements::create(driver.dialect(), *kind));
        let steps = in_transaction(driver, statements.collect());
        let Err(mut fault) = run(driver, steps).await else {
            return Ok(());
        };
        let missing = missing(&tables(driver).await?);
        let before = kinds.len();
        kinds.retain(|kind| missing.contains(kind));
        if kinds.len() == before {
            if fault.class == FaultClass::UnknownOutcome {
                fault.class = FaultClass::Disconnected;
            }
            let pause = match fault.class {
                FaultClass::Disconnected => attempts.after(fault),
                _ => Err(Error::from(fault)),
            };
            let pause = pause.map_err(|error| {
                let tables: Vec<&str> = kinds.iter().map(|kind| kind.spec().table).collect();
                error.context(format_args!("cannot create table {}", tables.join(", ")))
            })?;
            tokio::time::sleep(pause).await;
        }
    }
    Ok(())
}

pub(crate) fn in_transaction(driver: &dyn Driver, statements: Vec<String>) -> Vec<Step> {
    let begin = Step::control(driver.dialect().begin_write());
    let statements = statements.into_iter().map(Step::control);
    let steps = std::iter::once(begin).chain(statements);
    steps.chain([Step::control("COMMIT")]).collect()
}

/// Runs statements that change the schema; a transaction that fails is rolled back, and one that met
/// a conflict is tried again.
pub(crate) async fn run(driver: &dyn Driver, steps: Vec<Step>) -> Result<(), DriverError> {
    let mut attempts = Attempts::new(false);
    loop {
        let fault = match run_once(driver, steps.clone()).await {
            Err(fault) if fault.class == FaultClass::Conflict => fault,
            outcome => return outcome,
        };
        match attempts.after(fault.clone()) {
            Ok(pause) => tokio::time::sleep(pause).await,
            Err(_) => return Err(fault),
        }
    }
}

async fn run_once(driver: &dyn Driver, steps: Vec<Step>) -> Result<(), DriverError> {
    let mut connection = driver.acquire(Access::Write).await?;
    let outcome = connection.run(steps).await;
    if outcome.is_err() {
        // The transaction may not have begun: then there is nothing to roll back.
        let _ = connection.run(vec![Step::control("ROLLBACK")]).await;
    }
    outcome.map(drop)
}

/// Removes all rows, or the tables.
pub(crate) async fn teardown(driver: &dyn Driver, what: Teardown) -> Result<()> {
    let dialect = driver.dialect();
    let tables = Kind::ALL.into_iter().map(|kind| kind.spec().table);
    let mut statements = Vec::new();
    match what {
        Teardown::Rows => {
            statements.extend(tables.map(|table| format!("DELETE FROM {}", dialect.table(table))));
        }
        Teardown::Tables => {
            if has_log(&self::tables(driver).await?) {
                statements.extend(crate::log::drop(dialect));
            }
            let drop = |table| format!("DROP TABLE IF EXISTS {}", dialect.table(table));
            statements.extend(tables.chain([version::TABLE]).map(drop));
        }
    }
    run(driver, in_transaction(driver, statements))
        .await
        .map_err(|fault| Error::from(fault).context("cannot tear the registry down"))
}
