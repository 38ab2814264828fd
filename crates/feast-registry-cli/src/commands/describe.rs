//! One object.

use feast_registry_core::{Freshness, Key, Kind, Life, Record};

use super::columns;
use super::list::message_json;
use crate::args::{Describe, Format};
use crate::failure::Outcome;
use crate::session::Session;
use crate::{input, output};

/// Shows the object of a kind.
pub(super) async fn run(args: Describe, kind: Kind, session: &mut Session<'_>) -> Outcome {
    let row = if kind == Kind::Project {
        let registry = session.registry().await?;
        registry
            .get(&Key::project(&*args.name), Freshness::Store)
            .await?
    } else {
        let project = session.project().await?;
        let registry = session.registry().await?;
        registry
            .get(&Key::new(kind, project, &*args.name), Freshness::Store)
            .await?
    };
    show(&row, args.revision, session).await
}

/// Shows the view of any kind. Like Feast, adds whether it is enabled, and its state, to the text
/// for people.
pub(super) async fn any_view(args: Describe, session: &mut Session<'_>) -> Outcome {
    let project = session.project().await?;
    let registry = session.registry().await?;
    let row = registry
        .get_any_view(&project, &args.name, Freshness::Store)
        .await?;
    if args.revision || session.global.output.is_some() {
        return show(&row, args.revision, session).await;
    }
    let mut value = message_json(&row)?;
    if let (Some(fields), Some(life)) = (value.as_object_mut(), Life::of(&row)?) {
        fields.insert("enabled".to_owned(), life.enabled.into());
        fields.insert("state".to_owned(), life.state.as_str_name().into());
    }
    output::yaml(&mut session.streams.out, &value)
}

/// Prints a row, or its revision only. YAML that was asked for is a document that `apply` takes; else the
/// message is shown as Feast does it.
pub(super) async fn show(row: &Record, revision: bool, session: &mut Session<'_>) -> Outcome {
    if revision {
        return session.say(&row.revision().to_string());
    }
    match session.global.output {
        Some(Format::Table) => {
            let table = columns::table(&[row.key.kind], std::slice::from_ref(row), session).await?;
            Ok(table.print(&mut session.streams.out, session.streams.styled)?)
        }
        Some(Format::Yaml) => output::yaml(&mut session.streams.out, &input::export(row)?),
        format => {
            let format = format.unwrap_or(Format::Yaml);
            output::object(&mut session.streams.out, format, &message_json(row)?)
        }
    }
}
