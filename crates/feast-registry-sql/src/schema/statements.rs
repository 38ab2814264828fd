//! The statements that make tables and indexes.

use feast_registry_core::Kind;

use super::version;
use crate::Dialect;
use crate::table::{PROJECT, columns, index_name, primary_key};

/// The statements that create all tables and indexes, exactly as Feast has them, and note the
/// version of the schema beside them: what an upgrade of an empty database does.
pub fn create_statements(dialect: &dyn Dialect) -> Vec<String> {
    let kinds = Kind::ALL.into_iter();
    let mut statements: Vec<String> = kinds.flat_map(|kind| create(dialect, kind)).collect();
    statements.push(version::create_table(dialect));
    statements.push(version::note(dialect));
    statements
}

/// The statements that create one table with its index.
pub(super) fn create(dialect: &dyn Dialect, kind: Kind) -> Vec<String> {
    let mut statements = vec![create_table(dialect, kind)];
    if !dialect.index_in_table() {
        statements.push(format!(
            "CREATE INDEX {} ON {} ({})",
            dialect.quote(&index_name(kind)),
            dialect.table(kind.spec().table),
            dialect.quote(PROJECT)
        ));
    }
    statements
}

fn create_table(dialect: &dyn Dialect, kind: Kind) -> String {
    let mut lines: Vec<String> = columns(kind)
        .into_iter()
        .map(|column| {
            let null = if column.nullable { "" } else { " NOT NULL" };
            format!(
                "{} {}{null}",
                dialect.quote(column.name),
                dialect.column_type(column.column_type)
            )
        })
        .collect();
    let key: Vec<String> = primary_key(kind)
        .into_iter()
        .map(|name| dialect.quote(name))
        .collect();
    lines.push(format!("PRIMARY KEY ({})", key.join(", ")));
    if dialect.index_in_table() {
        let (index, project) = (dialect.quote(&index_name(kind)), dialect.quote(PROJECT));
        lines.push(format!("INDEX {index} ({project})"));
    }
    format!(
        "CREATE TABLE {} (\n  {}\n)",
        dialect.table(kind.spec().table),
        lines.join(",\n  ")
    )
}
