//! The same rows, written and read by rusqlite alone.

use std::path::Path;

use rusqlite::{Connection, params};

pub(crate) struct Raw {
    connection: Connection,
}

const INSERT: &str = "INSERT INTO feature_views (feature_view_name, project_id, last_updated_timestamp, \
     feature_view_proto) VALUES (?, 'bench', ?, ?)";
const UPDATE: &str = "UPDATE feature_views SET feature_view_proto = ?, last_updated_timestamp = ? \
     WHERE project_id = 'bench' AND feature_view_name = ?";
const HISTORY: &str = "INSERT INTO feature_view_version_history (feature_view_name, project_id, version_number, \
     feature_view_type, feature_view_proto, created_timestamp, description, version_id) \
     VALUES (?, 'bench', ?, 'feature_view', ?, ?, '', '00000000-0000-4000-8000-000000000000')";
const GET: &str = "SELECT project_id, feature_view_name, last_updated_timestamp, feature_view_proto, user_metadata \
     FROM feature_views WHERE project_id = ? AND feature_view_name = ?";
const LIST: &str = "SELECT project_id, feature_view_name, last_updated_timestamp, feature_view_proto, user_metadata \
     FROM feature_views WHERE project_id = ? ORDER BY project_id, feature_view_name";

type Row = (String, String, i64, Vec<u8>, Option<Vec<u8>>);

impl Raw {
    pub(crate) fn open(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection
            .pragma_update(None, "synchronous", "FULL")
            .unwrap();
        Raw { connection }
    }

    fn transaction(&self, work: impl FnOnce(&Connection)) {
        self.connection
            .prepare_cached("BEGIN IMMEDIATE")
            .unwrap()
            .execute([])
            .unwrap();
        work(&self.connection);
        self.connection
            .prepare_cached("COMMIT")
            .unwrap()
            .execute([])
            .unwrap();
    }

    pub(crate) fn insert(&mut self, views: &[(String, Vec<u8>)]) {
        self.transaction(|connection| {
            for (name, body) in views {
                connection
                    .prepare_cached(INSERT)
                    .unwrap()
                    .execute(params![name, 1, body])
                    .unwrap();
                connection
                    .prepare_cached(HISTORY)
                    .unwrap()
                    .execute(params![name, 0, body, 1])
                    .unwrap();
            }
        });
    }

    pub(crate) fn update(&self, name: &str, body: &[u8]) {
        self.transaction(|connection| {
            get(connection, name);
            connection
                .prepare_cached(UPDATE)
                .unwrap()
                .execute(params![body, 2, name])
                .unwrap();
        });
    }

    pub(crate) fn update_with_history(&self, name: &str, body: &[u8], number: i32) {
        self.transaction(|connection| {
            get(connection, name);
            connection
                .prepare_cached(HISTORY)
                .unwrap()
                .execute(params![name, number, body, 1])
                .unwrap();
            connection
                .prepare_cached(UPDATE)
                .unwrap()
                .execute(params![body, 2, name])
                .unwrap();
        });
    }

    pub(crate) fn update_all(&self, views: &[(String, Vec<u8>)], number: i32) {
        self.transaction(|connection| {
            for (name, body) in views {
                get(connection, name);
                connection
                    .prepare_cached(HISTORY)
                    .unwrap()
                    .execute(params![name, number, body, 1])
                    .unwrap();
                connection
                    .prepare_cached(UPDATE)
                    .unwrap()
                    .execute(params![body, 2, name])
                    .unwrap();
            }
        });
    }

    pub(crate) fn get(&self, name: &str) -> Row {
        get(&self.connection, name)
    }

    pub(crate) fn list(&self) -> Vec<Row> {
        let mut statement = self.connection.prepare_cached(LIST).unwrap();
        let rows = statement.query_map(["bench"], row).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

fn get(connection: &Connection, name: &str) -> Row {
    connection
        .prepare_cached(GET)
        .unwrap()
        .query_row(["bench", name], row)
        .unwrap()
}

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
    ))
}
