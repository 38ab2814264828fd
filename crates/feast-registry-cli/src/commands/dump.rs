//! `registry-dump`: a project as one JSON object, in Feast's form.

use std::collections::BTreeMap;
use std::sync::Arc;

use feast_registry_core::{Freshness, Key, Kind, PROJECT_UUID, Query, json};
use serde_json::{Map, Value, json};

use super::list::message_json;
use crate::args::Format;
use crate::failure::Outcome;
use crate::output;
use crate::session::Session;

pub(super) async fn run(session: &mut Session<'_>) -> Outcome {
    let project = session.project().await?;
    let mut dump = BTreeMap::new();
    for kind in Kind::OBJECTS {
        if kind != Kind::Project {
            objects(kind, &project, &mut dump, session).await?;
        }
    }
    about(&project, &mut dump, session).await?;
    dump.insert("project".to_owned(), Value::from(&*project));
    let dump = Value::Object(dump.into_iter().collect());
    let format = session.format(Format::Json);
    output::object(&mut session.streams.out, format, &sorted(dump))
}

async fn objects(
    kind: Kind,
    project: &Arc<str>,
    dump: &mut BTreeMap<String, Value>,
    session: &mut Session<'_>,
) -> Outcome {
    let query = Query::new(kind, Arc::clone(project));
    let listing = session.registry().await?.list(&query).await?;
    let objects = listing.records.iter().map(message_json);
    let mut objects = objects.collect::<Outcome<Vec<Value>>>()?;
    objects.iter_mut().for_each(show_functions);
    if !objects.is_empty() {
        dump.insert(camel_case(kind.spec().plural), Value::Array(objects));
    }
    Ok(())
}

async fn about(
    project: &Arc<str>,
    dump: &mut BTreeMap<String, Value>,
    session: &mut Session<'_>,
) -> Outcome {
    let registry = session.registry().await?;
    if let Some(uuid) = registry.project_metadata(project, PROJECT_UUID).await? {
        let metadata = json!([{"project": **project, "projectUuid": uuid}]);
        dump.insert("projectMetadata".to_owned(), metadata);
    }
    let infra = registry
        .find(&Key::infra(Arc::clone(project)), Freshness::Store)
        .await?;
    if let Some(infra) = infra.filter(|infra| !infra.body.is_empty()) {
        let value = json::to_json(Kind::Infra.spec().message, &infra.body)?;
        dump.insert("infra".to_owned(), value);
    }
    Ok(())
}

/// Puts the source text of functions in the place of their pickled bytes.
fn show_functions(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, child) in fields.iter_mut() {
                if key == "userDefinedFunction"
                    && let Some(text) = child.get("bodyText").cloned()
                {
                    child["body"] = text;
                }
                show_functions(child);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(show_functions),
        _ => {}
    }
}

/// `data-sources` is `dataSources`.
fn camel_case(plural: &str) -> String {
    let mut words = plural.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (head, tail) = word.split_at_checked(1).unwrap_or((word, ""));
        text + &head.to_ascii_uppercase() + tail
    })
}

/// The value with the keys of every object in order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<String, Value> = fields
                .into_iter()
                .map(|(key, child)| (key, sorted(child)))
                .collect();
            Value::Object(fields.into_iter().collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        scalar => scalar,
    }
}
