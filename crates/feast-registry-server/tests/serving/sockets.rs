//! Where a server listens.

use std::os::unix::net::UnixListener;

use feast_registry_server::{Address, Server};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::ServingStatus::Serving;

use crate::client::{get_project, named, until};
use crate::running::{Running, options};

#[tokio::test]
async fn a_unix_socket_is_served_and_goes_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.sock");
    // What a dead process left is in nobody's way.
    drop(UnixListener::bind(&path).unwrap());
    let mut options = options();
    options.unix_socket = Some(path.clone());
    let server = Running::start(options).await;

    let target = path.clone();
    let connector = tower::service_fn(move |_| {
        let path = target.clone();
        async move { UnixStream::connect(path).await.map(TokioIo::new) }
    });
    let endpoint = Endpoint::from_static("http://localhost");
    let client = endpoint.connect_with_connector(connector).await.unwrap();
    until(&client, "", Serving).await;
    let answer = get_project(&client, named("rides")).await.unwrap_err();
    assert_eq!(answer.code(), Code::NotFound);
    drop(client);
    server.stop().await.unwrap().unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn a_unix_socket_in_use_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    let mut options = options();
    options.unix_socket = Some(path);
    let error = Server::bind(options).await.unwrap_err();
    assert!(error.message().contains("registry.sock"), "{error}");
}

#[tokio::test]
async fn a_port_in_use_is_an_error_that_names_it() {
    let server = Running::start(options()).await;
    let mut options = options();
    options.port = server.address().port();
    let error = Server::bind(options).await.unwrap_err();
    let port = server.address().port().to_string();
    assert!(error.message().contains(&port), "{error}");
}

#[tokio::test]
async fn the_default_is_loopback() {
    let mut options = feast_registry_server::Options::default();
    options.port = 0;
    let server = Server::bind(options).await.unwrap();
    assert!(!server.addresses().is_empty());
    for address in server.addresses() {
        assert!(
            matches!(address, Address::Tcp(address) if address.ip().is_loopback()),
            "{address}"
        );
    }
}
