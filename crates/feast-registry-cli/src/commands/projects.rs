//! Projects.

use feast_registry_core::Kind;

use super::{describe, object};
use crate::args::{Describe, ProjectCommand};
use crate::failure::Outcome;
use crate::session::Session;

pub(super) async fn run(command: ProjectCommand, session: &mut Session<'_>) -> Outcome {
    match command {
        ProjectCommand::Object(command) => object(command, &[Kind::Project], session).await,
        ProjectCommand::CurrentProject => {
            let name = session.project().await?.to_string();
            let args = Describe {
                name,
                revision: false,
            };
            describe::run(args, Kind::Project, session).await
        }
        ProjectCommand::Delete { name } => {
            session.confirm(&format!("delete project {name} with everything in it?"))?;
            let registry = session.registry().await?;
            registry.delete_project(&name, None).await?;
            session.say(&format!("deleted project {name}"))
        }
    }
}
