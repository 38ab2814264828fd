//! A cluster of two MariaDB nodes with Galera: a distributed server with writers on both nodes.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::mysql_family::{HASTY, PASSWORD, START, USER, option, settings, url};
use super::process::{End, Process};
use super::site::{Folder, Site};
use super::{Running, Server, mariadb, ports, programs, retry};
use crate::Result;

/// Where Linux distributions put the library that replicates.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/galera/libgalera_smm.so",
    "/usr/lib64/galera/libgalera_smm.so",
    "/usr/lib64/galera-4/libgalera_smm.so",
];

/// Two nodes; the URL holds that of each, with a blank between.
#[derive(Debug)]
pub(crate) struct Galera;

impl Server for Galera {
    fn name(&self) -> &'static str {
        "galera"
    }

    fn start(&self, site: &Site) -> Result<Running> {
        let programs = Programs::find()?;
        let folder = site.folder()?;
        mariadb::initialise(
            site,
            folder.path(),
            &folder.path().join("1"),
            &programs.version,
        )?;
        // It copies everything from the first node.
        let second = folder.path().join("2");
        std::fs::create_dir(&second)?;
        site.give(&second)?;
        let (ports, nodes) = retry(|| programs.start(site, &folder))?;
        let urls = ports.map(|port| url("mariadb", port)).join(" ");
        let version = format!("two nodes of {}", programs.version);
        Ok(Running::new(urls, version, nodes, folder))
    }
}

/// What a cluster needs on this machine.
#[derive(Debug)]
struct Programs {
    mariadbd: PathBuf,
    version: String,
    client: PathBuf,
    library: PathBuf,
}

/// A node and its ports: for clients, for the group, for changes and for copies of everything.
#[derive(Clone, Copy, Debug)]
struct Node {
    number: usize,
    ports: [u16; 4],
    /// The port of the group of the node that it joins; the first one makes the cluster.
    joins: Option<u16>,
}

impl Programs {
    fn find() -> Result<Self> {
        let (mariadbd, version) = mariadb::program()?;
        let library = LIBRARIES.map(PathBuf::from);
        let library = library.into_iter().find(|file| file.is_file());
        programs::need("rsync", "rsync")?;
        Ok(Programs {
            mariadbd,
            version,
            client: programs::need("mariadb", "mariadb-client")?,
            library: library.ok_or(
                "Galera's libgalera_smm.so is not installed (Debian: apt-get install galera-4)",
            )?,
        })
    }

    fn start(&self, site: &Site, folder: &Folder) -> Result<([u16; 2], Vec<Process>)> {
        let [a, b, c, d, e, f, g, h] = ports::free()?;
        let first = Node {
            number: 1,
            ports: [a, b, c, d],
            joins: None,
        };
        let second = Node {
            number: 2,
            ports: [e, f, g, h],
            joins: Some(b),
        };
        let mut nodes = Vec::new();
        for node in [first, second] {
            let log = folder.path().join(format!("log{}", node.number));
            let process = site.spawn(self.command(node, folder.path()), &log, End::Kill)?;
            process.ready(START, || self.ask(node))?;
            nodes.push(process);
        }
        Ok(([a, e], nodes))
    }

    fn command(&self, node: Node, folder: &Path) -> Command {
        let Node { number, ports, .. } = node;
        let [clients, group, changes, copies] = ports;
        let mut command = mariadb::command(&self.mariadbd, &folder.join(number.to_string()));
        settings(&mut command, folder, clients);
        command.args(HASTY);
        // The later of an option given twice counts: both nodes live in one folder.
        command.arg(option("socket", &folder.join(format!("s{number}.sock"))));
        command.arg(option("pid-file", &folder.join(format!("pid{number}"))));
        command.args([
            "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2",
            "--wsrep-on=ON",
            "--wsrep-cluster-name=feast",
            "--wsrep-node-address=127.0.0.1",
            "--wsrep-sst-method=rsync",
        ]);
        command.arg(option("wsrep-provider", &self.library));
        command.arg(format!("--wsrep-node-name=node{number}"));
        command.arg(format!("--wsrep-sst-receive-address=127.0.0.1:{copies}"));
        command.arg(format!(
            "--wsrep-provider-options=base_host=127.0.0.1;base_port={group};\
             gmcast.listen_addr=tcp://127.0.0.1:{group};ist.recv_addr=127.0.0.1:{changes};\
             gcache.size=16M"
        ));
        match node.joins {
            Some(port) => {
                command.arg(format!("--wsrep-cluster-address=gcomm://127.0.0.1:{port}"));
            }
            None => {
                command.args(["--wsrep-cluster-address=gcomm://", "--wsrep-new-cluster"]);
            }
        }
        command
    }

    /// A node greets before it takes statements, so it is asked for the state of the cluster.
    fn ask(&self, node: Node) -> Result {
        let mut command = Command::new(&self.client);
        command.args(["--no-defaults", "-h", "127.0.0.1", "-N", "-B", "-u", USER]);
        command.arg(format!("-P{}", node.ports[0]));
        command.args(["--connect-timeout=5", "-e"]);
        command.arg("SHOW STATUS WHERE variable_name IN ('wsrep_cluster_size', 'wsrep_ready')");
        // On the command line every user of the machine could read it.
        command.env("MYSQL_PWD", PASSWORD);
        let output = command.output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).trim().into());
        }
        let said = String::from_utf8_lossy(&output.stdout);
        let said: Vec<_> = said.split_whitespace().collect();
        let size = node.number.to_string();
        if said == ["wsrep_cluster_size", &size, "wsrep_ready", "ON"] {
            Ok(())
        } else {
            Err(format!("node {size} says {said:?}").into())
        }
    }
}
