//! Feast's tables: which columns each kind has.

use feast_registry_core::{Kind, Shape};

use crate::ColumnType;

/// A column of one of Feast's tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) column_type: ColumnType,
    pub(crate) nullable: bool,
}

const fn required(name: &'static str, column_type: ColumnType) -> Column {
    Column {
        name,
        column_type,
        nullable: false,
    }
}

const fn optional(name: &'static str, column_type: ColumnType) -> Column {
    Column {
        name,
        column_type,
        nullable: true,
    }
}

const NAME: ColumnType = ColumnType::Varchar(255);
const SHORT: ColumnType = ColumnType::Varchar(50);
const UUID: ColumnType = ColumnType::Varchar(36);

pub(crate) const PROJECT: &str = "project_id";
pub(crate) const USER_METADATA: &str = "user_metadata";
pub(crate) const NUMBER: &str = "version_number";

/// The column of the row's stamp.
pub(crate) fn stamp_column(kind: Kind) -> &'static str {
    match kind.spec().shape {
        Shape::Version => "created_timestamp",
        _ => "last_updated_timestamp",
    }
}

/// The columns of a table in Feast's order.
pub(crate) fn columns(kind: Kind) -> Vec<Column> {
    let spec = kind.spec();
    let stamp = required(stamp_column(kind), ColumnType::BigInt);
    let body = required(spec.body_column, ColumnType::Bytes);
    let project = required(PROJECT, NAME);
    match spec.shape {
        Shape::Project => vec![project, required(spec.name_column, NAME), stamp, body],
        Shape::Named => vec![required(spec.name_column, NAME), project, stamp, body],
        Shape::View => {
            let mut columns = vec![required(spec.name_column, NAME), project, stamp];
            // Feast has this column in one table only and never writes it.
            if kind == Kind::FeatureView {
                columns.push(optional("materialized_intervals", ColumnType::Bytes));
            }
            columns.extend([body, optional(USER_METADATA, ColumnType::Bytes)]);
            columns
        }
        Shape::Version => vec![
            required(spec.name_column, NAME),
            project,
            required(NUMBER, ColumnType::Integer),
            required("feature_view_type", SHORT),
            body,
            stamp,
            optional("description", ColumnType::Text),
            required("version_id", UUID),
        ],
        Shape::Metadata => {
            vec![
                project,
                required(spec.name_column, SHORT),
                required(spec.body_column, ColumnType::Text),
                stamp,
            ]
        }
    }
}

/// The columns of the primary key, in Feast's order.
pub(crate) fn primary_key(kind: Kind) -> Vec<&'static str> {
    let name = kind.spec().name_column;
    match kind.spec().shape {
        Shape::Project => vec![PROJECT],
        Shape::Named | Shape::View => vec![name, PROJECT],
        Shape::Version => vec![name, PROJECT, NUMBER],
        Shape::Metadata => vec![PROJECT, name],
    }
}

/// Feast's index on the project, beside the primary key.
pub(crate) fn index_name(kind: Kind) -> String {
    match kind {
        Kind::Version => "idx_fv_version_history_project_id".to_owned(),
        kind => format!("idx_{}_project_id", kind.spec().table),
    }
}

/// The columns that make a [`Record`](feast_registry_core::Record), in the order in which
/// [`rows`](crate::rows) reads and writes them.
pub(crate) fn record_columns(kind: Kind) -> Vec<&'static str> {
    let spec = kind.spec();
    let mut columns = vec![
        PROJECT,
        spec.name_column,
        stamp_column(kind),
        spec.body_column,
    ];
    match spec.shape {
        Shape::View => columns.push(USER_METADATA),
        Shape::Version => {
            columns.extend([NUMBER, "feature_view_type", "version_id", "description"])
        }
        Shape::Named | Shape::Project | Shape::Metadata => {}
    }
    columns
}
