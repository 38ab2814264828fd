//! Where data lies: the table or the path that a source or a dataset names.

use std::iter;

use prost::Message;
use sha2::{Digest, Sha256};

use feast_registry_proto::core::data_source::Options;
use feast_registry_proto::core::saved_dataset_storage::Kind;
use feast_registry_proto::core::{DataSource, SavedDatasetStorage};

/// A table, a path or both; what is not given is empty.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    path: &'a str,
    table: &'a str,
}

impl<'a> Place<'a> {
    fn at_path(path: &'a str) -> Self {
        Place { path, table: "" }
    }

    fn in_table(table: &'a str) -> Self {
        Place { path: "", table }
    }

    fn names(self) -> impl Iterator<Item = &'a str> {
        [self.path, self.table]
            .into_iter()
            .filter(|name| !name.is_empty())
    }
}

/// The tables and paths of a source, and of the batch source inside it.
pub(super) fn of_source(source: &DataSource) -> impl Iterator<Item = &str> {
    iter::successors(Some(source), |source| source.batch_source.as_deref())
        .flat_map(|source| options_place(source).names())
}

/// The tables and paths of a saved dataset.
pub(super) fn of_storage(storage: &SavedDatasetStorage) -> impl Iterator<Item = &str> {
    storage_place(storage).names()
}

/// What a source is called: by its name, else by its place, else by what it holds.
pub(super) fn source_name(source: &DataSource) -> String {
    let Place { path, table } = options_place(source);
    if !source.name.is_empty() {
        source.name.clone()
    } else if !table.is_empty() {
        format!("table:{table}")
    } else if !path.is_empty() {
        format!("path:{path}")
    } else {
        format!("unnamed_source_{}", digest(source))
    }
}

/// The same for the same definition, in every process. Stamps are not part of it.
fn digest(source: &DataSource) -> String {
    let definition = DataSource {
        meta: None,
        ..source.clone()
    };
    let digest = Sha256::digest(definition.encode_to_vec());
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn options_place(source: &DataSource) -> Place<'_> {
    match &source.options {
        Some(Options::FileOptions(file)) => Place::at_path(&file.uri),
        Some(Options::BigqueryOptions(bigquery)) => Place::in_table(&bigquery.table),
        Some(Options::RedshiftOptions(redshift)) => Place::in_table(&redshift.table),
        Some(Options::SnowflakeOptions(snowflake)) => Place::in_table(&snowflake.table),
        Some(Options::TrinoOptions(trino)) => Place::in_table(&trino.table),
        Some(Options::AthenaOptions(athena)) => Place::in_table(&athena.table),
        Some(Options::SparkOptions(spark)) => Place {
            path: &spark.path,
            table: &spark.table,
        },
        _ => Place::default(),
    }
}

fn storage_place(storage: &SavedDatasetStorage) -> Place<'_> {
    match &storage.kind {
        Some(Kind::FileStorage(file)) => Place::at_path(&file.uri),
        Some(Kind::BigqueryStorage(bigquery)) => Place::in_table(&bigquery.table),
        Some(Kind::RedshiftStorage(redshift)) => Place::in_table(&redshift.table),
        Some(Kind::SnowflakeStorage(snowflake)) => Place::in_table(&snowflake.table),
        Some(Kind::TrinoStorage(trino)) => Place::in_table(&trino.table),
        Some(Kind::AthenaStorage(athena)) => Place::in_table(&athena.table),
        Some(Kind::SparkStorage(spark)) => Place {
            path: &spark.path,
            table: &spark.table,
        },
        Some(Kind::CustomStorage(_)) | None => Place::default(),
    }
}
