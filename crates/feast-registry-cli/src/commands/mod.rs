//! One file per command, or family of commands.

mod apply;
mod backups;
mod batch;
mod columns;
mod compact;
mod delete;
mod describe;
mod diff;
mod doctor;
mod dump;
mod export;
mod features;
mod import;
mod info;
mod life;
mod list;
mod materializations;
mod migrate;
mod permissions;
mod plan;
mod projects;
mod schema;
#[cfg(feature = "server")]
mod serve;
mod summary;
mod teardown;
mod versions;

use feast_registry_core::Kind;

use crate::args::{Command, FeatureViewCommand, ObjectCommand};
use crate::failure::Outcome;
use crate::session::Session;

/// What `feature-views list` lists, in Feast's order.
const LISTED_VIEWS: [Kind; 2] = [Kind::FeatureView, Kind::OnDemandFeatureView];

/// Runs a command.
pub(crate) async fn run(command: Command, session: &mut Session<'_>) -> Outcome {
    match command {
        Command::Noun(noun) => object(noun.command, &[noun.kind], session).await,
        Command::FeatureViews(command) => feature_views(command, session).await,
        Command::Projects(command) => projects::run(command, session).await,
        Command::Permissions(command) => permissions::run(command, session).await,
        Command::Features(command) => features::run(command, session).await,
        Command::Apply(args) => apply::run(args, session).await,
        Command::Plan(args) => plan::run(args, session).await,
        Command::Delete(args) => delete::run(args, session).await,
        Command::Export(args) => export::run(args, session).await,
        Command::Import(args) => import::run(args, session).await,
        Command::Migrate(args) => migrate::run(args, session).await,
        Command::Diff(args) => diff::run(args, session).await,
        Command::Versions(args) => versions::run(args, session).await,
        Command::Materializations(command) => materializations::run(command, session).await,
        Command::Doctor(args) => doctor::run(args, session).await,
        Command::RegistryDump => dump::run(session).await,
        Command::Teardown(args) => teardown::run(args, session).await,
        Command::Backups(command) => backups::run(command, session).await,
        Command::Schema(command) => schema::run(command, session).await,
        #[cfg(feature = "server")]
        Command::Serve(args) => serve::run(args, session).await,
        Command::Backends => info::backends(session),
        Command::Config => info::config(session),
        Command::Completions { shell } => info::completions(shell, session),
        Command::Version => info::version(session),
    }
}

async fn object(command: ObjectCommand, kinds: &[Kind], session: &mut Session<'_>) -> Outcome {
    match command {
        ObjectCommand::List(args) => list::run(args, kinds, session).await,
        ObjectCommand::Describe(args) => describe::run(args, kinds[0], session).await,
    }
}

async fn feature_views(command: FeatureViewCommand, session: &mut Session<'_>) -> Outcome {
    match command {
        FeatureViewCommand::Object(ObjectCommand::List(args)) => {
            list::run(args, &LISTED_VIEWS, session).await
        }
        FeatureViewCommand::Object(ObjectCommand::Describe(args)) => {
            describe::any_view(args, session).await
        }
        FeatureViewCommand::ListVersions { name } => versions::list(&name, session).await,
        FeatureViewCommand::Enable { name } => life::enable(&name, true, session).await,
        FeatureViewCommand::Disable { name } => life::enable(&name, false, session).await,
        FeatureViewCommand::SetState { name, state } => {
            life::set_state(&name, state, session).await
        }
    }
}
