//! `teardown`: a project, or everything.

use feast_registry_core::store::Teardown as What;

use crate::args::Teardown;
use crate::failure::Outcome;
use crate::session::Session;

pub(super) async fn run(args: Teardown, session: &mut Session<'_>) -> Outcome {
    if !args.all {
        let project = session.project().await?;
        session.confirm(&format!("delete project {project} with everything in it?"))?;
        let registry = session.registry().await?;
        registry.teardown_project(&project).await?;
        return session.say(&format!("deleted project {project}"));
    }
    let place = session.config()?.registry.path.to_string();
    let (what, doing, done) = if args.drop_tables {
        (What::Tables, "drop the tables of", "dropped the tables of")
    } else {
        (
            What::Rows,
            "delete every project in",
            "deleted every project in",
        )
    };
    session.confirm(&format!("{doing} {place}?"))?;
    session.registry().await?.teardown_all(what).await?;
    session.say(&format!("{done} {place}"))
}
