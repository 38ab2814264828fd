//! A database of a test's own, and what Python says of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use feast_registry::{Record, Registry};

use crate::engine::Engine;
use crate::python;

/// A database that goes with this, and a folder for what belongs to it.
pub(crate) struct Database {
    engine: Engine,
    /// On a server.
    name: Option<String>,
    folder: TempDir,
}

impl Database {
    /// A database without tables.
    pub(crate) fn absent(engine: Engine) -> Self {
        Database {
            engine,
            name: engine.variable().map(|_| engine.create(None)),
            folder: TempDir::new().unwrap(),
        }
    }

    /// A database file of SQLite with this content.
    pub(crate) fn holding(content: &[u8]) -> Self {
        let database = Database::absent(Engine::Sqlite);
        fs::write(database.file(), content).unwrap();
        database
    }

    /// Another database with the same tables and rows. Nothing may have this one open.
    pub(crate) fn copy(&self) -> Self {
        let Some(name) = &self.name else {
            return Database::holding(&fs::read(self.file()).unwrap());
        };
        Database {
            engine: self.engine,
            name: Some(self.engine.create(Some(name))),
            folder: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("registry.db")
    }

    /// The database as Feast and we write it in `feature_store.yaml`.
    pub(crate) fn url(&self) -> String {
        match &self.name {
            Some(name) => self.engine.url(name),
            None if self.engine == Engine::File => self.file().display().to_string(),
            None => format!("sqlite:///{}", self.file().display()),
        }
    }

    /// Opens it with our library.
    pub(crate) async fn open(&self) -> Registry {
        feast_registry::open_url(&self.url()).await.unwrap()
    }

    /// Runs a script on it.
    pub(crate) fn python(&self, script: &str, arguments: &[&str]) -> Value {
        let url = self.url();
        python::run(script, &[&["--path", &url], arguments].concat())
    }

    /// Applies the entities and feature views of a specification, as `apply_objects.py` has it.
    pub(crate) fn python_applies(
        &self,
        project: &str,
        specification: &Value,
    ) -> Result<(), String> {
        let file = self.folder().join("specification.json");
        fs::write(&file, specification.to_string()).unwrap();
        let (url, file) = (self.url(), file.display().to_string());
        let arguments = ["--path", &url, "--project", project, "--spec", &file];
        python::try_run("apply_objects.py", &arguments).map(drop)
    }

    /// Everything in it as Feast reads it.
    pub(crate) fn dump(&self) -> Value {
        let mut dump = self.python("dump.py", &[]);
        sort_features_of_streams(&mut dump);
        dump
    }

    /// The same, and whether Feast can load the functions.
    pub(crate) fn dump_with_functions(&self) -> Value {
        let mut dump = self.python("dump.py", &["--functions"]);
        sort_features_of_streams(&mut dump);
        dump
    }

    /// Everything that is stored in it, read by Python without Feast.
    pub(crate) fn raw(&self) -> Value {
        self.python("dump.py", &["--raw"])["tables"].take()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            self.engine.drop(name);
        }
    }
}

/// Every row, in the order of the keys.
pub(crate) async fn rows(registry: &Registry) -> Vec<Record> {
    let mut rows = registry.export_rows(None).await.unwrap();
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

/// Feast writes the features of a stream feature view from a set, in any order.
pub(crate) fn sort_features_of_streams(dump: &mut Value) {
    let mut sort = |view: &mut Value| {
        let features = view["spec"]["features"].as_array_mut().unwrap();
        features.sort_by_key(|feature| feature["name"].to_string());
    };
    let active = dump["stream_feature_views"]
        .as_object_mut()
        .unwrap()
        .values_mut();
    active
        .flat_map(|views| views.as_object_mut().unwrap().values_mut())
        .for_each(&mut sort);
    let versions = dump["versions"].as_object_mut().unwrap().values_mut();
    let versions = versions
        .flat_map(|views| views.as_object_mut().unwrap().values_mut())
        .flat_map(|versions| versions.as_array_mut().unwrap());
    versions
        .filter(|version| version["feature_view_type"] == "stream_feature_view")
        .for_each(|version| sort(&mut version["view"]));
}
