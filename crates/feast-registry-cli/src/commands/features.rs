//! The features of views.

use feast_registry_core::{Error, ErrorKind, Kind, Query, Record};
use serde_json::{Value, json};

use super::data_types::feast_type;
use super::list::message_json;
use crate::args::{FeatureCommand, Format};
use crate::failure::Outcome;
use crate::output::{self, Table};
use crate::session::Session;

/// Feast's order, and the label views that it forgets.
const VIEWS: [Kind; 4] = [
    Kind::FeatureView,
    Kind::OnDemandFeatureView,
    Kind::StreamFeatureView,
    Kind::LabelView,
];

pub(super) async fn run(command: FeatureCommand, session: &mut Session<'_>) -> Outcome {
    let features = find(session).await?;
    match command {
        FeatureCommand::List => list(&features, session),
        FeatureCommand::Describe { name } => describe(&name, &features, session).await,
    }
}

/// One feature of one view.
struct Feature {
    name: String,
    view: String,
    data_type: String,
    description: String,
    online: Value,
    source: Value,
}

fn list(features: &[Feature], session: &mut Session<'_>) -> Outcome {
    let out = &mut session.streams.out;
    match session.global.output.unwrap_or(Format::Table) {
        Format::Table => {
            let mut table = Table::new(&["Feature", "Feature View", "Data Type"]);
            for feature in features {
                table.push(vec![
                    feature.name.as_str().into(),
                    feature.view.as_str().into(),
                    feature.data_type.as_str().into(),
                ]);
            }
            Ok(table.print(out, session.streams.styled)?)
        }
        format => {
            let values = features.iter().map(|feature| {
                Ok(json!({
                    "feature_name": feature.name,
                    "feature_view": feature.view,
                    "dtype": feature.data_type,
                }))
            });
            output::values(out, format, values)
        }
    }
}

async fn describe(name: &str, features: &[Feature], session: &mut Session<'_>) -> Outcome {
    let found: Vec<Value> = features
        .iter()
        .filter(|feature| feature.name == name)
        .map(|feature| {
            json!({
                "Feature Name": feature.name,
                "Feature View": feature.view,
                "Data Type": feature.data_type,
                "Description": feature.description,
                "Online Store": feature.online,
                "Source": feature.source,
            })
        })
        .collect();
    if found.is_empty() {
        let project = session.project().await?;
        let message = format!("no view in project {project} has a feature {name}");
        return Err(Error::new(ErrorKind::NotFound(Kind::FeatureView), message).into());
    }
    let format = session.format(Format::Json);
    output::values(&mut session.streams.out, format, found.into_iter().map(Ok))
}

async fn find(session: &mut Session<'_>) -> Outcome<Vec<Feature>> {
    let mut query = Query::views(session.project().await?);
    query.kinds = VIEWS.to_vec();
    let listing = session.registry().await?.list(&query).await?;
    let mut features = Vec::new();
    for row in &listing.records {
        features.extend(of_view(row)?);
    }
    Ok(features)
}

fn of_view(row: &Record) -> Outcome<Vec<Feature>> {
    let view = message_json(row)?;
    let spec = &view["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let source = ["batchSource", "source"]
        .iter()
        .find_map(|key| spec.get(*key));
    let feature = |feature: &Value| Feature {
        name: text(&feature["name"]),
        view: row.key.name.to_string(),
        data_type: feast_type(feature["valueType"].as_str().unwrap_or("INVALID")),
        description: text(&feature["description"]),
        online: match row.key.kind {
            Kind::OnDemandFeatureView => Value::from("N/A"),
            _ => spec.get("online").cloned().unwrap_or(Value::Bool(false)),
        },
        source: source.cloned().unwrap_or(Value::Null),
    };
    let features = spec["features"].as_array();
    Ok(features.into_iter().flatten().map(feature).collect())
}
