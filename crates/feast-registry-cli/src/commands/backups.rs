//! Earlier versions that the registry keeps by itself.

use feast_registry_core::store::{Backup, Backups};
use feast_registry_core::{Error, ErrorKind, Registry};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::args::{BackupCommand, Format};
use crate::failure::Outcome;
use crate::output::{self, Table};
use crate::session::Session;

pub(super) async fn run(command: BackupCommand, session: &mut Session<'_>) -> Outcome {
    match command {
        BackupCommand::List => list(session).await,
        BackupCommand::Restore { name } => {
            let place = session.config()?.registry.path.to_string();
            session.confirm(&format!("put {name} in place of {place}?"))?;
            let registry = session.registry().await?;
            let backup = of(&registry)?.restore(&name).await?;
            session.say(&format!("{place} is as it was at {}", moment(&backup)))
        }
    }
}

async fn list(session: &mut Session<'_>) -> Outcome {
    let registry = session.registry().await?;
    let backups = of(&registry)?.list().await?;
    match session.format(Format::Table) {
        Format::Table => {
            let mut table = Table::new(&["NAME", "WRITTEN", "ROWS", "BYTES", "VERSION_ID"]);
            for backup in &backups {
                table.push(vec![
                    backup.name.as_str().into(),
                    moment(backup).into(),
                    backup.rows.to_string().into(),
                    backup.bytes.to_string().into(),
                    backup.version_id.as_str().into(),
                ]);
            }
            Ok(table.print(&mut session.streams.out, session.streams.styled)?)
        }
        format => {
            let values = backups.iter().map(|backup| -> Outcome<Value> {
                Ok(json!({
                    "name": backup.name,
                    "written": moment(backup),
                    "rows": backup.rows,
                    "bytes": backup.bytes,
                    "versionId": backup.version_id,
                }))
            });
            output::values(&mut session.streams.out, format, values)
        }
    }
}

fn of(registry: &Registry) -> Result<&dyn Backups, Error> {
    registry.store().backups().ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, "this registry keeps no backups")
            .with_hint("a registry file does, with `backup_versions: 3` or the like")
    })
}

fn moment(backup: &Backup) -> String {
    let moment = backup
        .updated
        .and_then(|time| Timestamp::new(time.seconds, time.nanos).ok());
    moment.map_or_else(|| "an unknown time".to_owned(), |time| time.to_string())
}
