//! What holds registry files that processes share, and files there.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use tempfile::TempDir;

use feast_registry::{Registry, RegistryOptions};
use feast_registry_core::url::RegistryUrl;
use feast_registry_file::object::{Bucket, Careless, Environment, GcsSettings};
use feast_registry_file::{FileOptions, FileStore};

use crate::fake::{self, Fake};
use crate::python;
use crate::trials::Ground;

/// What holds a registry file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// A disk of this machine.
    Disk,
    /// A server that [`Keeper::variable`] names.
    S3,
    /// A server that [`Keeper::variable`] names.
    SeaweedFs,
    /// A fake in this process, which Feast's client cannot talk to.
    Gcs,
}

impl Keeper {
    pub(crate) const ALL: [Keeper; 4] = [Keeper::Disk, Keeper::S3, Keeper::SeaweedFs, Keeper::Gcs];

    /// The variable with the URL of a server that speaks S3, with key and secret.
    fn variable(self) -> Option<&'static str> {
        match self {
            Keeper::Disk | Keeper::Gcs => None,
            Keeper::S3 => Some("FEAST_REGISTRY_INTEROP_S3_URL"),
            Keeper::SeaweedFs => Some("FEAST_REGISTRY_INTEROP_SEAWEEDFS_URL"),
        }
    }

    /// Whether Feast is to show what it loses there. It cannot talk to the fake, and on a second
    /// server of S3 it shows nothing new.
    pub(crate) fn is_feasts(self, is_soak: bool) -> bool {
        match self {
            Keeper::Disk | Keeper::S3 => true,
            Keeper::SeaweedFs => is_soak,
            Keeper::Gcs => false,
        }
    }
}

impl Ground for Keeper {
    fn name(self) -> &'static str {
        match self {
            Keeper::Disk => "file",
            Keeper::S3 => "s3",
            Keeper::SeaweedFs => "seaweedfs",
            Keeper::Gcs => "gcs",
        }
    }

    fn missing(self) -> Option<String> {
        let variable = self.variable()?;
        let reason = || format!("{variable} is not set: `cargo xtask interop` starts a server");
        std::env::var_os(variable).is_none().then(reason)
    }
}

/// How a process reaches a registry.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) url: String,
    /// Where GCS is not itself.
    pub(crate) emulator: Option<String>,
}

impl Location {
    /// What anybody opens who has the URL.
    pub(crate) fn url(url: String) -> Self {
        let emulator = None;
        Location { url, emulator }
    }

    pub(crate) async fn open(&self) -> Registry {
        let Some(emulator) = &self.emulator else {
            return feast_registry::open_url(&self.url).await.unwrap();
        };
        // The variable of a process cannot be set while it runs.
        let environment = Environment::from_iter([("STORAGE_EMULATOR_HOST", emulator.as_str())]);
        let url = RegistryUrl::parse(&self.url).unwrap();
        let settings = GcsSettings::new(&url, &environment).unwrap();
        let bucket = Bucket::gcs(&settings, Careless::Refuse).unwrap();
        let blob = bucket.blob(&settings.key).unwrap();
        let store = FileStore::new(blob, FileOptions::default());
        let options = RegistryOptions::default();
        Registry::open(Arc::new(store), options).await.unwrap()
    }
}

/// A registry file of a test's own.
pub(crate) struct Shared {
    keeper: Keeper,
    pub(crate) location: Location,
    /// A folder that goes with it.
    pub(crate) folder: TempDir,
}

impl Shared {
    pub(crate) fn absent(keeper: Keeper) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let key = format!("interop/{}/{number}.pb", std::process::id());
        let folder = TempDir::new().unwrap();
        let location = match keeper {
            Keeper::Disk => Location::url(folder.path().join("registry.db").display().to_string()),
            Keeper::S3 | Keeper::SeaweedFs => {
                let given = given(keeper);
                Location::url(given.expose().replacen(given.key().unwrap(), &key, 1))
            }
            Keeper::Gcs => Location {
                url: format!("gs://{}/{key}", fake::BUCKET),
                emulator: Some(gcs().url.clone()),
            },
        };
        Shared {
            keeper,
            location,
            folder,
        }
    }

    /// Runs `registry_file.py` on it.
    pub(crate) fn python(&self, arguments: &[&str]) -> Value {
        let path = &self.location.url;
        if self.keeper == Keeper::Disk {
            let place = ["--path", path, "--project", PROJECT];
            return python::run("registry_file.py", &[&place, arguments].concat());
        }
        let url = RegistryUrl::parse(path).unwrap();
        let path = format!("s3://{}/{}", url.bucket().unwrap(), url.key().unwrap());
        let place = ["--path", &path, "--project", PROJECT, "--endpoint"];
        let endpoint = url.query_value("endpoint_url").unwrap();
        let who = ["--key", url.username().unwrap(), "--secret"];
        let secret = url.expose_password().unwrap();
        let all = [&place[..], &[endpoint], &who, &[secret], arguments].concat();
        python::run("registry_file.py", &all)
    }
}

/// The project of these files.
pub(crate) const PROJECT: &str = "processes";

fn given(keeper: Keeper) -> RegistryUrl {
    let variable = keeper.variable().unwrap();
    RegistryUrl::parse(&std::env::var(variable).unwrap()).unwrap()
}

fn gcs() -> &'static Fake {
    static FAKE: OnceLock<Fake> = OnceLock::new();
    FAKE.get_or_init(|| Fake::start(fake::Kind::Gcs))
}
