//! The database systems that tests of tables run on, and databases on them.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use url::Url;

use crate::python;
use crate::trials::Ground;

/// A database system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    /// Files in temporary folders.
    Sqlite,
    /// A server that [`Engine::variable`] names.
    Postgres,
    /// A server that [`Engine::variable`] names.
    Mariadb,
    /// Registry files, which are no database: only some tests run on them.
    File,
}

/// Databases that are on servers now.
static THERE: Mutex<BTreeSet<(Engine, String)>> = Mutex::new(BTreeSet::new());

impl Engine {
    /// Every database.
    pub(crate) const ALL: [Engine; 3] = [Engine::Sqlite, Engine::Postgres, Engine::Mariadb];

    /// Where Feast's own is that ours is compared with. Its files differ from its tables; ours do not.
    pub(crate) fn tables(self) -> Engine {
        match self {
            Engine::File => Engine::Sqlite,
            database => database,
        }
    }

    /// The variable with the URL of an administrator of the server; none if no server is needed.
    pub(crate) fn variable(self) -> Option<&'static str> {
        match self {
            Engine::Sqlite | Engine::File => None,
            Engine::Postgres => Some("FEAST_REGISTRY_INTEROP_POSTGRES_URL"),
            Engine::Mariadb => Some("FEAST_REGISTRY_INTEROP_MARIADB_URL"),
        }
    }

    /// The scheme of URLs as Feast's users write them, with the driver that Feast wants.
    fn scheme(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgresql+psycopg",
            Engine::Mariadb => "mysql+pymysql",
            Engine::File => "file",
        }
    }

    /// The URL of a database on the server.
    ///
    /// # Panics
    ///
    /// If there is no server, or its URL is none.
    pub(crate) fn url(self, database: &str) -> String {
        let variable = self.variable().unwrap();
        let given = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set"));
        let mut url = Url::parse(&given).unwrap_or_else(|error| panic!("{variable}: {error}"));
        url.set_scheme(self.scheme()).unwrap();
        url.set_path(database);
        url.into()
    }

    /// A new database on the server, empty or with the tables of another one; its name.
    pub(crate) fn create(self, copied: Option<&str>) -> String {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("interop_{}_{number}", std::process::id());
        THERE.lock().unwrap().insert((self, name.clone()));
        let copied: Vec<&str> = copied.iter().flat_map(|from| ["--copy", from]).collect();
        self.administer(&[&["--create", &name], &copied[..]].concat())
            .unwrap();
        name
    }

    /// Drops a database that [`Engine::create`] made.
    pub(crate) fn drop(self, name: &str) {
        THERE.lock().unwrap().remove(&(self, name.to_owned()));
        if let Err(error) = self.administer(&["--drop", name]) {
            crate::say(&format!("{name} on {}: {error}", self.name()));
        }
    }

    fn administer(self, arguments: &[&str]) -> Result<(), String> {
        // Neither server needs more than this database to connect to.
        let database = if self == Engine::Postgres {
            "postgres"
        } else {
            ""
        };
        let url = self.url(database);
        let arguments = [&["--path", &url], arguments].concat();
        python::try_run("databases.py", &arguments).map(|_| ())
    }
}

impl Ground for Engine {
    fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
            Engine::Mariadb => "mariadb",
            Engine::File => "file",
        }
    }

    fn missing(self) -> Option<String> {
        let variable = self.variable()?;
        let reason = || format!("{variable} is not set: `cargo xtask interop` starts a server");
        std::env::var_os(variable).is_none().then(reason)
    }
}

/// Drops what is left: databases that tests share.
pub(crate) fn drop_all() {
    let left = THERE.lock().unwrap().clone();
    for (engine, name) in left {
        engine.drop(&name);
    }
}
