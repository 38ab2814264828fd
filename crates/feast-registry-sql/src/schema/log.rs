//! Making and removing the log of changes.

use std::time::{SystemTime, UNIX_EPOCH};

use feast_registry_core::{Error, ErrorKind, Result};

use super::{has_log, in_transaction, incomplete, missing, run, tables};
use crate::{Driver, log};

/// Makes the log or removes it, if it is not as it should be; answers the statements that do.
pub(crate) async fn keep(
    driver: &dyn Driver,
    keep: bool,
    complete: bool,
    dry_run: bool,
) -> Result<Vec<String>> {
    let dialect = driver.dialect();
    // Microseconds: more than any log can have counted since it was made before.
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let first = i64::try_from(now.unwrap_or_default().as_micros()).unwrap_or(i64::MAX >> 1);
    let create = log::create(dialect, first).ok_or_else(|| unsupported(dialect.name()))?;
    let found = tables(driver).await?;
    let missing = missing(&found);
    if keep && !missing.is_empty() {
        return Err(incomplete(&missing));
    }
    let mut statements = Vec::new();
    if has_log(&found) && !(keep && complete) {
        statements.extend(log::drop(dialect));
    }
    if keep && !complete {
        statements.extend(create);
    }
    if !dry_run && !statements.is_empty() {
        let steps = in_transaction(driver, statements.clone());
        run(driver, steps).await.map_err(|fault| {
            Error::from(fault)
                .context("cannot make or remove the log of changes")
                .with_hint("it needs the right to create tables and triggers; MySQL with a binary log also wants `log_bin_trust_function_creators`, or an administrator who runs what a dry run prints")
        })?;
    }
    Ok(statements)
}

fn unsupported(dialect: &str) -> Error {
    let message = format!("there is no log of changes on {dialect}");
    Error::new(ErrorKind::Unsupported, message)
        .with_hint("everything works without it; a refresh of the cache asks for figures of all tables instead")
}
