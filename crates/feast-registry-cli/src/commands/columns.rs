//! The columns of each kind, which are Feast's.

use std::collections::{BTreeMap, BTreeSet};

use feast_registry_core::listing::camel_case;
use feast_registry_core::{Freshness, Key, Kind, Life, Record, Result, decode, wire};
use feast_registry_proto::core;
use feast_registry_proto::core::data_source::SourceType;
use feast_registry_proto::core::on_demand_source::Source;
use feast_registry_proto::core::policy::PolicyType;
use feast_registry_proto::types::value_type;

use crate::failure::Outcome;
use crate::output::{Cell, Table};
use crate::session::Session;

/// How a kind is shown in a table.
struct Columns {
    kind: Kind,
    headers: &'static [&'static str],
    cells: fn(&Record, &Entities) -> Result<Vec<Cell>>,
}

/// The entities of views by the name of the view, for views on top of others.
type Entities = BTreeMap<String, BTreeSet<String>>;

/// Kinds that are not here have their name only.
static COLUMNS: [Columns; 7] = [
    Columns {
        kind: Kind::Project,
        headers: &["NAME", "DESCRIPTION", "TAGS", "OWNER"],
        cells: project,
    },
    Columns {
        kind: Kind::Entity,
        headers: &["NAME", "DESCRIPTION", "TYPE"],
        cells: entity,
    },
    Columns {
        kind: Kind::DataSource,
        headers: &["NAME", "CLASS"],
        cells: data_source,
    },
    Columns {
        kind: Kind::FeatureView,
        headers: &["NAME", "ENTITIES", "TYPE", "ENABLED", "STATE"],
        cells: feature_view,
    },
    Columns {
        kind: Kind::LabelView,
        headers: &["NAME", "ENTITIES", "CONFLICT_POLICY"],
        cells: label_view,
    },
    Columns {
        kind: Kind::FeatureService,
        headers: &["NAME", "FEATURES"],
        cells: feature_service,
    },
    Columns {
        kind: Kind::Permission,
        headers: &[
            "NAME",
            "TYPES",
            "NAME_PATTERNS",
            "ACTIONS",
            "ROLES",
            "REQUIRED_TAGS",
        ],
        cells: permission,
    },
];

static NAME_ONLY: Columns = Columns {
    kind: Kind::Metadata,
    headers: &["NAME"],
    cells: |row, _| Ok(vec![name(row)]),
};

/// A table of rows; kinds that share one have the columns of the first.
pub(super) async fn table(
    kinds: &[Kind],
    rows: &[Record],
    session: &mut Session<'_>,
) -> Outcome<Table> {
    let columns = COLUMNS
        .iter()
        .find(|columns| kinds.first() == Some(&columns.kind))
        .unwrap_or(&NAME_ONLY);
    let entities = entities(rows, session).await?;
    let mut table = Table::new(columns.headers);
    for row in rows {
        table.push((columns.cells)(row, &entities)?);
    }
    Ok(table)
}

/// The entities of the views in `rows`, and of those that they are on top of.
async fn entities(rows: &[Record], session: &mut Session<'_>) -> Outcome<Entities> {
    let mut entities = Entities::new();
    for row in rows {
        entities.insert(row.key.name.to_string(), own_entities(row)?);
    }
    for row in rows
        .iter()
        .filter(|row| row.key.kind == Kind::OnDemandFeatureView)
    {
        for view in sources(row)? {
            if entities.contains_key(&view) {
                continue;
            }
            let key = Key::new(Kind::FeatureView, row.key.project.clone(), &*view);
            let registry = session.registry().await?;
            let found = registry.find(&key, Freshness::Store).await?;
            let found = found.as_ref().map(own_entities).transpose()?;
            entities.insert(view, found.unwrap_or_default());
        }
    }
    Ok(entities)
}

fn own_entities(row: &Record) -> Result<BTreeSet<String>> {
    let Some(view) = row.key.kind.view() else {
        return Ok(BTreeSet::new());
    };
    wire::strings(&row.body, view.entities_path)
        .map(|names| names.into_iter().collect())
        .map_err(|why| feast_registry_core::Error::corrupt(&row.key, why))
}

/// The views that an on-demand view computes from.
fn sources(row: &Record) -> Result<Vec<String>> {
    let view: core::OnDemandFeatureView = decode(row)?;
    let sources = view.spec.unwrap_or_default().sources;
    let name = |source: core::OnDemandSource| match source.source? {
        Source::FeatureView(view) => Some(view.spec?.name),
        Source::FeatureViewProjection(projection) => Some(projection.feature_view_name),
        Source::RequestDataSource(_) => None,
    };
    Ok(sources.into_values().filter_map(name).collect())
}

fn name(row: &Record) -> Cell {
    Cell::from(&*row.key.name)
}

fn project(row: &Record, _: &Entities) -> Result<Vec<Cell>> {
    let spec = decode::<core::Project>(row)?.spec.unwrap_or_default();
    let tags: Vec<String> = spec
        .tags
        .iter()
        .map(|(key, value)| format!("'{key}': '{value}'"))
        .collect();
    Ok(vec![
        name(row),
        spec.description.into(),
        format!("{{{}}}", tags.join(", ")).into(),
        spec.owner.into(),
    ])
}

fn entity(row: &Record, _: &Entities) -> Result<Vec<Cell>> {
    let spec = decode::<core::Entity>(row)?.spec.unwrap_or_default();
    let value_type = match spec.value_type() {
        value_type::Enum::Invalid => "UNKNOWN",
        known => known.as_str_name(),
    };
    Ok(vec![
        name(row),
        spec.description.clone().into(),
        format!("ValueType.{value_type}").into(),
    ])
}

fn data_source(row: &Record, _: &Entities) -> Result<Vec<Cell>> {
    let source: core::DataSource = decode(row)?;
    let class = match (source.data_source_class_type.as_str(), source.r#type()) {
        ("", known) => built_in_class(known),
        (class, _) => class,
    };
    // As Python prints a class.
    Ok(vec![name(row), format!("<class '{class}'>").into()])
}

/// Feast's class of a source that does not name one.
fn built_in_class(source: SourceType) -> &'static str {
    match source {
        SourceType::BatchFile => "feast.infra.offline_stores.file_source.FileSource",
        SourceType::BatchBigquery => "feast.infra.offline_stores.bigquery_source.BigQuerySource",
        SourceType::BatchRedshift => "feast.infra.offline_stores.redshift_source.RedshiftSource",
        SourceType::BatchSnowflake => "feast.infra.offline_stores.snowflake_source.SnowflakeSource",
        SourceType::BatchSpark => {
            "feast.infra.offline_stores.contrib.spark_offline_store.spark_source.SparkSource"
        }
        SourceType::BatchTrino => {
            "feast.infra.offline_stores.contrib.trino_offline_store.trino_source.TrinoSource"
        }
        SourceType::BatchAthena => {
            "feast.infra.offline_stores.contrib.athena_offline_store.athena_source.AthenaSource"
        }
        SourceType::StreamKafka => "feast.data_source.KafkaSource",
        SourceType::StreamKinesis => "feast.data_source.KinesisSource",
        SourceType::RequestSource => "feast.data_source.RequestSource",
        SourceType::PushSource => "feast.data_source.PushSource",
        other => other.as_str_name(),
    }
}

/// Batch views and on-demand views, which stand in one table.
fn feature_view(row: &Record, entities: &Entities) -> Result<Vec<Cell>> {
    let shown = match row.key.kind {
        Kind::OnDemandFeatureView => sources(row)?
            .iter()
            .filter_map(|view| entities.get(view))
            .flatten()
            .cloned()
            .collect(),
        _ => entities.get(&*row.key.name).cloned().unwrap_or_default(),
    };
    let life = Life::of(row)?.unwrap_or_default();
    Ok(vec![
        name(row),
        set(&shown).into(),
        class(row).into(),
        if life.enabled { "Yes" } else { "No" }.into(),
        life.state.as_str_name().into(),
    ])
}

/// The Python class that an object becomes: batch feature views have a transformation.
pub(super) fn class(row: &Record) -> &'static str {
    const TRANSFORMATION: &[u32] = &[1, 15];
    let transformed =
        || wire::message(&row.body, TRANSFORMATION).is_ok_and(|found| found.is_some());
    match row.key.kind {
        Kind::FeatureView if transformed() => "BatchFeatureView",
        kind => kind.spec().name,
    }
}

/// As Python prints a set.
fn set(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "n/a".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    format!("{{{}}}", quoted.join(", "))
}

fn label_view(row: &Record, entities: &Entities) -> Result<Vec<Cell>> {
    let spec = decode::<core::LabelView>(row)?.spec.unwrap_or_default();
    let names = entities
        .get(&*row.key.name)
        .filter(|names| !names.is_empty());
    let names = names.map(|names| {
        names
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    });
    Ok(vec![
        name(row),
        names.unwrap_or_else(|| "n/a".to_owned()).into(),
        spec.conflict_policy()
            .as_str_name()
            .to_ascii_lowercase()
            .into(),
    ])
}

fn feature_service(row: &Record, _: &Entities) -> Result<Vec<Cell>> {
    let spec = decode::<core::FeatureService>(row)?
        .spec
        .unwrap_or_default();
    let features: Vec<String> = spec
        .features
        .iter()
        .flat_map(|view| {
            let columns = view.feature_columns.iter();
            columns.map(|feature| format!("{}:{}", view.feature_view_name, feature.name))
        })
        .collect();
    Ok(vec![name(row), features.join(", ").into()])
}

fn permission(row: &Record, _: &Entities) -> Result<Vec<Cell>> {
    let spec = decode::<core::Permission>(row)?.spec.unwrap_or_default();
    let policy = spec
        .policy
        .as_ref()
        .and_then(|policy| policy.policy_type.as_ref());
    let roles: BTreeSet<&String> = match policy {
        Some(PolicyType::RoleBasedPolicy(policy)) => policy.roles.iter().collect(),
        _ => BTreeSet::new(),
    };
    Ok(vec![
        name(row),
        Cell::lines(spec.types().map(|of| camel_case(of.as_str_name()))),
        Cell::lines(&spec.name_patterns),
        Cell::lines(spec.actions().map(|action| action.as_str_name())),
        Cell::lines(roles),
        Cell::lines(
            spec.required_tags
                .iter()
                .map(|(key, value)| format!("{key} : {value}")),
        ),
    ])
}
