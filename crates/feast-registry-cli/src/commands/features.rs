//! The features of views.

use feast_registry_core::listing::{feature_type, features_of};
use feast_registry_core::{Error, ErrorKind, Kind, Query, Record};
use feast_registry_proto::core::FeatureSpecV2;
use serde_json::{Value, json};

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
    let mut query = Query::views(session.project().await?);
    query.kinds = VIEWS.to_vec();
    let views = session.registry().await?.list(&query).await?.records;
    match command {
        FeatureCommand::List => list(&views, session),
        FeatureCommand::Describe { name } => describe(&name, &views, session).await,
    }
}

fn data_type(feature: &FeatureSpecV2) -> String {
    feature_type(feature.value_type())
}

fn list(views: &[Record], session: &mut Session<'_>) -> Outcome {
    let mut found = Vec::new();
    for view in views {
        found.extend(
            features_of(view)?
                .into_iter()
                .map(|feature| (view, feature)),
        );
    }
    let format = session.format(Format::Table);
    let out = &mut session.streams.out;
    if format == Format::Table {
        let mut table = Table::new(&["Feature", "Feature View", "Data Type"]);
        for (view, feature) in found {
            table.push(vec![
                feature.name.as_str().into(),
                (*view.key.name).into(),
                data_type(&feature).into(),
            ]);
        }
        return Ok(table.print(out, session.streams.styled)?);
    }
    let values = found.iter().map(|(view, feature)| {
        Ok(json!({
            "feature_name": feature.name,
            "feature_view": *view.key.name,
            "dtype": data_type(feature),
        }))
    });
    output::values(out, format, values)
}

async fn describe(name: &str, views: &[Record], session: &mut Session<'_>) -> Outcome {
    let mut found = Vec::new();
    for view in views {
        for feature in features_of(view)?
            .iter()
            .filter(|feature| feature.name == name)
        {
            found.push(described(view, feature)?);
        }
    }
    if found.is_empty() {
        let project = session.project().await?;
        let message = format!("no view in project {project} has a feature {name}");
        return Err(Error::new(ErrorKind::NotFound(Kind::FeatureView), message).into());
    }
    let format = session.format(Format::Json);
    output::values(&mut session.streams.out, format, found.into_iter().map(Ok))
}

fn described(view: &Record, feature: &FeatureSpecV2) -> Outcome<Value> {
    let message = message_json(view)?;
    let spec = &message["spec"];
    let online = match view.key.kind {
        Kind::OnDemandFeatureView => Value::from("N/A"),
        _ => spec.get("online").cloned().unwrap_or(Value::Bool(false)),
    };
    let source = ["batchSource", "source"]
        .iter()
        .find_map(|key| spec.get(*key));
    Ok(json!({
        "Feature Name": feature.name,
        "Feature View": *view.key.name,
        "Data Type": data_type(feature),
        "Description": feature.description,
        "Online Store": online,
        "Source": source,
    }))
}
