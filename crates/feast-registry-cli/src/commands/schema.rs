//! The tables of the registry.

use std::io::Write as _;

use feast_registry_core::store::SchemaMode;
use feast_registry_core::{Error, ErrorKind};

use crate::args::SchemaCommand;
use crate::failure::Outcome;
use crate::session::Session;

pub(super) async fn run(command: SchemaCommand, session: &mut Session<'_>) -> Outcome {
    let config = session.config()?;
    let place = config.registry.path.to_string();
    match command {
        SchemaCommand::Print => {
            let backend = session.backends.for_scheme(config.registry.path.scheme())?;
            let statements = backend.schema_statements();
            if statements.is_empty() {
                let message = format!("the backend {} has no tables", backend.name());
                return Err(Error::new(ErrorKind::Unsupported, message).into());
            }
            for statement in statements {
                writeln!(session.streams.out, "{};", statement.trim_end_matches(';'))?;
            }
            Ok(())
        }
        SchemaCommand::Create => {
            initialize(SchemaMode::Auto, session).await?;
            session.say(&format!("the tables of {place} are there"))
        }
        SchemaCommand::Upgrade { dry_run } => upgrade(dry_run, &place, session).await,
        SchemaCommand::Verify => {
            initialize(SchemaMode::Verify, session).await?;
            session.say(&format!("the tables of {place} are complete"))
        }
    }
}

/// Brings the tables up to date, or says what that would be.
async fn upgrade(dry_run: bool, place: &str, session: &mut Session<'_>) -> Outcome {
    let mut options = feast_registry::store_options(&session.config()?)?;
    options.schema_mode = SchemaMode::Skip;
    let store = session.backends.open(&options).await?;
    let done = store.upgrade(dry_run).await;
    store.close().await?;
    let done = done?;
    for statement in &done {
        writeln!(session.streams.out, "{statement};")?;
    }
    // A comment of SQL below statements: what is printed can be given to a database as it is.
    session.say(&match (done.len(), dry_run) {
        (0, _) => format!("the tables of {place} are up to date"),
        (statements, true) => {
            format!("-- {place} needs these {statements} statements; nothing was changed")
        }
        (statements, false) => {
            format!("-- {place} was upgraded with these {statements} statements")
        }
    })
}

/// Opens the store with another schema mode than the configured one.
async fn initialize(mode: SchemaMode, session: &mut Session<'_>) -> Outcome {
    let mut options = feast_registry::store_options(&session.config()?)?;
    options.schema_mode = mode;
    let store = session.backends.open(&options).await?;
    let result = store.initialize(mode).await;
    store.close().await?;
    Ok(result?)
}
