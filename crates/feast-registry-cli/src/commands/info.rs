//! About the program and its settings.

use clap::CommandFactory as _;
use clap_complete::Shell;
use serde_json::{Value, json};

use crate::args::{Cli, Format};
use crate::failure::Outcome;
use crate::output::{self, Table};
use crate::session::Session;

/// Which backends this build has.
pub(super) fn backends(session: &mut Session<'_>) -> Outcome {
    let found: Vec<(&str, &[&str])> = session
        .backends
        .iter()
        .map(|backend| (backend.name(), backend.schemes()))
        .collect();
    match session.format(Format::Table) {
        Format::Table => {
            let mut table = Table::new(&["NAME", "SCHEMES"]);
            for (name, schemes) in found {
                table.push(vec![name.into(), schemes.join(", ").into()]);
            }
            Ok(table.print(&mut session.streams.out, session.streams.styled)?)
        }
        format => {
            let value = |(name, schemes)| Ok(json!({"name": name, "schemes": schemes}));
            output::values(
                &mut session.streams.out,
                format,
                found.into_iter().map(value),
            )
        }
    }
}

/// Every setting in effect, secrets hidden.
pub(super) fn config(session: &mut Session<'_>) -> Outcome {
    let loaded = session.loaded()?;
    match session.format(Format::Table) {
        Format::Table => {
            let mut table = Table::new(&["KEY", "VALUE", "SOURCE"]);
            for origin in &loaded.origins {
                table.push(vec![
                    origin.key.as_str().into(),
                    origin.value.as_str().into(),
                    origin.source.as_str().into(),
                ]);
            }
            Ok(table.print(&mut session.streams.out, session.streams.styled)?)
        }
        format => {
            let values = loaded.origins.iter().map(|origin| -> Outcome<Value> {
                Ok(json!({"key": origin.key, "value": origin.value, "source": origin.source}))
            });
            output::values(&mut session.streams.out, format, values)
        }
    }
}

/// A completion script.
pub(super) fn completions(shell: Shell, session: &mut Session<'_>) -> Outcome {
    let mut script = Vec::new();
    let mut command = Cli::command();
    clap_complete::generate(shell, &mut command, "feast-registry", &mut script);
    Ok(session.streams.out.write_all(&script)?)
}

/// The version.
pub(super) fn version(session: &mut Session<'_>) -> Outcome {
    session.say(concat!("feast-registry ", env!("CARGO_PKG_VERSION")))
}
