//! The tables of the registry.

use std::io::Write as _;
use std::sync::Arc;

use feast_registry_core::store::{SchemaMode, Store};
use feast_registry_core::{Error, ErrorKind};

use crate::args::{SchemaCommand, Switch};
use crate::failure::{Failure, Outcome};
use crate::session::Session;

pub(super) async fn run(command: SchemaCommand, session: &mut Session<'_>) -> Outcome {
    let config = session.config()?;
    let place = config.registry.path.to_string();
    match command {
        SchemaCommand::Print => {
            let backend = session.backends.for_scheme(config.registry.path.scheme())?;
            let statements = backend.schema_statements(&feast_registry::store_options(&config)?);
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
        SchemaCommand::Upgrade { dry_run } => {
            let store = open(SchemaMode::Skip, session).await?;
            let done = store.upgrade(dry_run).await;
            store.close().await?;
            report(&done?, dry_run, ["up to date", "upgraded"], &place, session)
        }
        SchemaCommand::ChangeLog { state, dry_run } => {
            let store = open(SchemaMode::Skip, session).await?;
            let done = store.keep_log(state == Switch::On, dry_run).await;
            store.close().await?;
            let what = match state {
                Switch::On => ["logged already", "given a log of changes"],
                Switch::Off => ["not logged", "freed of its log of changes"],
            };
            report(&done?, dry_run, what, &place, session)
        }
        SchemaCommand::Verify => {
            initialize(SchemaMode::Verify, session).await?;
            session.say(&format!("the tables of {place} are complete"))
        }
    }
}

/// Prints the statements that were run, or would be, and what that means for the tables: how they
/// are if there is nothing to do, and what was done else.
fn report(
    done: &[String],
    dry_run: bool,
    [nothing, changed]: [&str; 2],
    place: &str,
    session: &mut Session<'_>,
) -> Outcome {
    for statement in done {
        writeln!(session.streams.out, "{statement};")?;
    }
    // A comment of SQL below statements: what is printed can be given to a database as it is.
    session.say(&match (done.len(), dry_run) {
        (0, _) => format!("the tables of {place} are {nothing}"),
        (statements, true) => {
            format!("-- {place} needs these {statements} statements; nothing was changed")
        }
        (statements, false) => {
            format!("-- {place} was {changed} with these {statements} statements")
        }
    })
}

/// Opens the store with another schema mode than the configured one, and does nothing to its tables.
async fn open(mode: SchemaMode, session: &mut Session<'_>) -> Result<Arc<dyn Store>, Failure> {
    let mut options = feast_registry::store_options(&session.config()?)?;
    options.schema_mode = mode;
    Ok(session.backends.open(&options).await?)
}

async fn initialize(mode: SchemaMode, session: &mut Session<'_>) -> Outcome {
    let store = open(mode, session).await?;
    let result = store.initialize(mode).await;
    store.close().await?;
    Ok(result?)
}
