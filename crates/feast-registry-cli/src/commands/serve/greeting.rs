//! What `serve` says when it begins: where it listens, and how a Python client gets there.

use feast_registry::config::Config;
use feast_registry_server::{Address, Options, Server};

use super::demo;

/// How the address that others are told begins, where the server listens on all of them.
const ANY: &str = "localhost";

/// The text, in lines.
pub(super) fn text(server: &Server, options: &Options, config: &Config, demo: bool) -> String {
    let list = |addresses: Vec<Address>| {
        let addresses: Vec<String> = addresses.iter().map(Address::to_string).collect();
        addresses.join(", ")
    };
    let mut text = format!(
        "serving {} on {}\n",
        config.registry.path,
        list(server.addresses())
    );
    if options.metrics_port.is_some() {
        text += &format!("metrics on {}\n", list(server.metrics_addresses()));
    }
    let project = match (&config.project, demo) {
        (Some(project), _) => project,
        (None, true) => demo::PROJECT,
        (None, false) => "my_project",
    };
    text += &format!(
        "\nfeature_store.yaml of a Python client:\n\n\
         project: {project}\n\
         provider: local\n\
         registry:\n  registry_type: remote\n  path: {}\n",
        target(server, options)
    );
    if let Some(tls) = &options.tls {
        text += "  cert: ca.pem    # the root of this server's certificate\n";
        if tls.client_ca.is_some() {
            text += "  client_cert: client.pem\n  client_key: client.key\n";
        }
    }
    text
}

/// The server as clients on this machine name it.
fn target(server: &Server, options: &Options) -> String {
    let mut addresses = server.addresses().into_iter();
    match (addresses.next(), options.hosts.first()) {
        (Some(Address::Tcp(address)), Some(host)) => {
            let host = match host.as_str() {
                "::" | "0.0.0.0" => ANY,
                host => host,
            };
            let bracketed = if host.contains(':') {
                format!("[{host}]")
            } else {
                host.to_owned()
            };
            format!("{bracketed}:{}", address.port())
        }
        (Some(address), _) => address.to_string(),
        (None, _) => String::new(),
    }
}
