//! `import`: an exported registry, put back as it was.

use std::collections::BTreeSet;

use feast_registry_core::{Kind, message};

use super::summary;
use crate::args::Import;
use crate::failure::Outcome;
use crate::input::{Content, Source};
use crate::output::Progress;
use crate::session::Session;

pub(super) async fn run(args: Import, session: &mut Session<'_>) -> Outcome {
    let source = Source::read(&args.file, &mut session.streams.input)?;
    if Content::of(&source)? != Content::Registry {
        let message = format!("{} is text, not a Feast registry file", source.name);
        return Err(feast_registry_core::Error::invalid(message)
            .with_hint("definitions in YAML or JSON are put into the registry by `apply`")
            .into());
    }
    let named = session.config()?.project;
    let split = |project: Option<&str>| {
        message::split(&source.bytes, project).map_err(|error| error.context(&source.name))
    };
    let mut rows = split(named.as_deref())?;
    if named.is_none() {
        // The infrastructure in a file names no project; it belongs to the only one there is.
        let projects: BTreeSet<_> = rows.iter().map(|row| row.key.project.clone()).collect();
        let mut projects = projects.iter();
        if let (Some(only), None) = (projects.next(), projects.next()) {
            rows = split(Some(&**only))?;
        } else if has_infra(&source) {
            tracing::warn!(
                "the infrastructure in {} is left out: say its project with --project",
                source.name
            );
        }
    }
    let registry = session.registry().await?;
    let doing = format!("importing {} rows", rows.len());
    let progress = Progress::spinner(session.streams, rows.len(), doing);
    let result = registry.import_rows(rows).await;
    drop(progress);
    let summary = result.map_err(|error| error.context(&source.name))?;
    summary::print(&summary, None, session)
}

fn has_infra(source: &Source) -> bool {
    let number = Kind::Infra.spec().registry_field;
    feast_registry_core::wire::fields(&source.bytes)
        .any(|field| field.is_ok_and(|field| field.number == number && !field.payload.is_empty()))
}
