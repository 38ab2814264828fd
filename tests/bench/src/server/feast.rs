//! Feast's own registry server.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use url::Url;

/// How long it may take to import itself and listen.
const START: Duration = Duration::from_secs(120);

/// Runs until it is dropped.
pub(super) struct Feast {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Feast {
    /// Starts the command on the tables of our registry.
    pub(super) fn start(command: &str, url: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let configuration = format!(
            "project: bench\nprovider: local\nregistry:\n  registry_type: sql\n  path: {}\n  cache_ttl_seconds: 600\nonline_store: {{type: sqlite, path: online.db}}\nentity_key_serialization_version: 3\n",
            of_feast(url)
        );
        fs::write(folder.path().join("feature_store.yaml"), configuration).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let child = Command::new(command)
            .args(["serve_registry", "--port", &address.port().to_string()])
            .current_dir(folder.path())
            .env("FEAST_USAGE", "False")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut feast = Feast {
            child,
            address,
            _folder: folder,
        };
        feast.wait();
        feast
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    fn wait(&mut self) {
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "Feast's server has ended: {ended:?}");
            assert!(begun.elapsed() < START, "Feast's server does not listen");
            sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Feast {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The URL with Feast's driver, and the schema of our tables.
fn of_feast(url: &str) -> Url {
    let mut url: Url = url.parse().unwrap();
    url.set_scheme("postgresql+psycopg").unwrap();
    url.query_pairs_mut()
        .append_pair("options", "-csearch_path=ours");
    url
}
