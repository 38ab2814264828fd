//! Objects as people write them: `kind`, and the fields of the protobuf message.

use bytes::Bytes;
use feast_registry_core::{Error, Kind, KindSpec, Record, Result, json, message};
use serde_json::{Map, Value};

use super::{Definition, complaint, locate};

/// Reads `{kind, project, name, …}`.
pub(super) fn read(place: &str, value: Value) -> Result<Definition, Error> {
    let Value::Object(mut fields) = value else {
        return Err(complaint(
            place,
            format_args!("an object is expected, not {}", what(&value)),
        ));
    };
    let kind = kind(place, &mut fields)?;
    let spec = kind.spec();
    if kind == Kind::Infra {
        return infra(place, spec, fields);
    }
    lower(place, spec, &mut fields, "name", Some(spec.name_path))?;
    if kind == Kind::Project {
        lower(place, spec, &mut fields, "project", Some(spec.name_path))?;
    } else {
        lower(place, spec, &mut fields, "project", spec.project_path)?;
    }
    Definition::new(place, kind, encode(place, spec, fields)?)
}

/// Reads `{kind: Infra, project, infraObjects}`. The message itself does not say its project.
fn infra(
    place: &str,
    spec: &KindSpec,
    mut fields: Map<String, Value>,
) -> Result<Definition, Error> {
    let project = match fields.shift_remove("project") {
        None => None,
        Some(Value::String(project)) => Some(project),
        Some(other) => {
            let problem = format!("`project` is {}, not text", what(&other));
            return Err(complaint(place, problem));
        }
    };
    let body = encode(place, spec, fields)?;
    Ok(Definition::infra(place, project.as_deref(), body))
}

fn encode(place: &str, spec: &KindSpec, fields: Map<String, Value>) -> Result<Bytes, Error> {
    let value = Value::Object(fields);
    json::from_json(spec.message, value.clone())
        .map(Bytes::from)
        .map_err(|error| explain(place, spec, &value, &error))
}

/// The object of a row in the form that [`read`] takes.
pub(crate) fn export(row: &Record) -> Result<Value> {
    let spec = row.key.kind.spec();
    let mut document = Map::new();
    document.insert("kind".to_owned(), spec.name.into());
    document.insert("project".to_owned(), (*row.key.project).into());
    if row.key.kind != Kind::Infra {
        document.insert("name".to_owned(), (*row.key.name).into());
    }
    if let Value::Object(fields) = json::to_json(spec.message, &message::with_project(row)?)? {
        document.extend(fields);
    }
    Ok(Value::Object(document))
}

/// The kinds that people write down.
pub(crate) fn defined() -> impl Iterator<Item = Kind> {
    Kind::OBJECTS.into_iter().chain([Kind::Infra])
}

fn kind(place: &str, fields: &mut Map<String, Value>) -> Result<Kind, Error> {
    let accepted = || {
        let names: Vec<&str> = defined().map(|kind| kind.spec().name).collect();
        format!("accepted are {}", names.join(", "))
    };
    let text = match fields.shift_remove("kind") {
        Some(Value::String(text)) => text,
        Some(other) => {
            let problem = format!("`kind` is {}, not text", what(&other));
            return Err(complaint(place, problem).with_hint(accepted()));
        }
        None => return Err(complaint(place, "it has no `kind`").with_hint(accepted())),
    };
    text.parse()
        .ok()
        .filter(|kind| defined().any(|known| known == *kind))
        .ok_or_else(|| {
            complaint(place, format_args!("there is no kind `{text}`")).with_hint(accepted())
        })
}

/// Moves a field from the top into `spec`, for messages that keep it there. The two must agree.
fn lower(
    place: &str,
    spec: &KindSpec,
    fields: &mut Map<String, Value>,
    field: &str,
    path: Option<&[u32]>,
) -> Result<(), Error> {
    if path.is_some_and(|path| path.len() == 1) {
        return Ok(());
    }
    let Some(given) = fields.shift_remove(field) else {
        return Ok(());
    };
    // A project is its own name.
    let inside = if spec.kind == Kind::Project {
        "name"
    } else {
        field
    };
    let below = fields
        .entry("spec")
        .or_insert_with(|| Value::Object(Map::new()));
    let Value::Object(below) = below else {
        return Ok(());
    };
    match below.get(inside) {
        Some(there) if *there != given && *there != "" => Err(complaint(
            place,
            format_args!("`{field}` is {given}, but `spec.{inside}` is {there}"),
        )),
        _ => {
            below.insert(inside.to_owned(), given);
            Ok(())
        }
    }
}

fn explain(place: &str, spec: &KindSpec, value: &Value, error: &Error) -> Error {
    let name = value.pointer("/spec/name").or_else(|| value.get("name"));
    let place = match name.and_then(Value::as_str) {
        Some(name) => format!("{place} ({} {name})", spec.name),
        None => format!("{place} ({})", spec.name),
    };
    match locate::culprit(spec.message, value) {
        Some((path, problem)) => complaint(&format!("{place}: {path}"), problem),
        None => complaint(&place, error.message()),
    }
}

/// What a value is, for messages.
fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a flag",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn name_and_project_may_stand_at_the_top() {
        let value = json!({"kind": "entity", "project": "rides", "name": "driver"});
        let definition = read("f", value).unwrap();
        assert_eq!(
            (definition.kind, &*definition.name),
            (Kind::Entity, "driver")
        );
        assert_eq!(definition.project.as_deref(), Some("rides"));
    }

    #[test]
    fn two_names_must_agree() {
        let value = json!({"kind": "Entity", "name": "a", "spec": {"name": "b"}});
        let error = read("f", value).unwrap_err();
        assert!(error.message().contains("`spec.name` is \"b\""), "{error}");
    }

    #[test]
    fn a_wrong_type_is_named_with_its_path() {
        let value = json!({"kind": "Entity", "spec": {"name": "a", "tags": {"x": "y", "tier": 1}}});
        let error = read("f:3", value).unwrap_err();
        assert!(
            error
                .message()
                .starts_with("f:3 (Entity a): spec.tags.tier: "),
            "{error}"
        );
    }

    #[test]
    fn what_is_exported_can_be_read() {
        let source =
            json!({"kind": "DataSource", "project": "p", "name": "s", "type": "BATCH_FILE"});
        let table = json!({"sqliteTable": {"path": "online.db", "name": "p_v"}});
        let infra = json!({"kind": "Infra", "project": "p", "infraObjects": [table]});
        for value in [source, infra] {
            let definition = read("f", value.clone()).unwrap();
            let row = Record::new(definition.key(None).unwrap(), definition.body, 0);
            assert_eq!(export(&row).unwrap(), value);
        }
    }
}
