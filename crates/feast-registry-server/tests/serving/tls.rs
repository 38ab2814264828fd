//! TLS and mutual TLS.

use std::fs;
use std::path::PathBuf;

use feast_registry_server::{Options, Server, TlsFiles};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tonic::Code;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error, Identity};
use tonic_health::ServingStatus::Serving;

use crate::client::{get_project, named, until};
use crate::running::{Running, options};

/// A root, and certificates that it has signed.
struct Authority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM.
struct Signed {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Authority {
            folder: tempfile::tempdir().unwrap(),
            issuer,
        }
    }

    fn sign(&self, name: &str) -> Signed {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Signed {
            certificate: params.signed_by(&key, &self.issuer).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        fs::write(&file, text).unwrap();
        file
    }

    /// Options of a server with a certificate of this root.
    fn options(&self, mutual: bool) -> Options {
        let signed = self.sign("localhost");
        let mut options = options();
        options.tls = Some(TlsFiles {
            certificate: self.write("tls.crt", &signed.certificate),
            key: self.write("tls.key", &signed.key),
            client_ca: mutual.then(|| self.write("ca.crt", &self.issuer.pem())),
        });
        options
    }

    fn client(&self) -> ClientTlsConfig {
        let root = Certificate::from_pem(self.issuer.pem());
        ClientTlsConfig::new()
            .ca_certificate(root)
            .domain_name("localhost")
    }
}

async fn connect(server: &Running, tls: ClientTlsConfig) -> Result<Channel, Error> {
    let endpoint = Endpoint::from_shared(format!("https://{}", server.address()))?;
    endpoint.tls_config(tls)?.connect().await
}

async fn is_answered(client: &Channel) {
    until(client, "", Serving).await;
    let answer = get_project(client, named("rides")).await.unwrap_err();
    assert_eq!(answer.code(), Code::NotFound);
}

#[tokio::test]
async fn a_client_that_trusts_the_root_is_served() {
    let authority = Authority::new();
    let server = Running::start(authority.options(false)).await;
    is_answered(&connect(&server, authority.client()).await.unwrap()).await;
    assert!(connect(&server, Authority::new().client()).await.is_err());
}

#[tokio::test]
async fn mutual_tls_asks_for_a_certificate_of_the_root() {
    let authority = Authority::new();
    let server = Running::start(authority.options(true)).await;
    let with = |signed: Signed| {
        let identity = Identity::from_pem(signed.certificate, signed.key);
        authority.client().identity(identity)
    };
    is_answered(
        &connect(&server, with(authority.sign("client")))
            .await
            .unwrap(),
    )
    .await;
    for tls in [authority.client(), with(Authority::new().sign("client"))] {
        // In TLS 1.3 the client learns of it with the first answer.
        let refused = match connect(&server, tls).await {
            Err(_) => true,
            Ok(client) => {
                get_project(&client, named("rides"))
                    .await
                    .unwrap_err()
                    .code()
                    != Code::NotFound
            }
        };
        assert!(refused);
    }
}

#[tokio::test]
async fn new_connections_get_the_new_certificate_and_old_ones_go_on() {
    let authority = Authority::new();
    let server = Running::start(authority.options(false)).await;
    let old = connect(&server, authority.client()).await.unwrap();
    is_answered(&old).await;

    let another = Authority::new();
    let renewed = another.sign("localhost");
    authority.write("tls.crt", &renewed.certificate);
    authority.write("tls.key", &renewed.key);
    server.reload.now();
    let new = loop {
        // Until it is read, the old one is shown.
        if let Ok(new) = connect(&server, another.client()).await {
            break new;
        }
    };
    is_answered(&new).await;
    is_answered(&old).await;
    assert!(connect(&server, authority.client()).await.is_err());
}

#[tokio::test]
async fn files_that_are_of_no_use_are_named() {
    let authority = Authority::new();
    let mut options = authority.options(false);
    authority.write("tls.key", &authority.sign("localhost").key);
    let mismatch = Server::bind(options.clone()).await.unwrap_err();
    assert!(mismatch.message().contains("tls.key"), "{mismatch}");
    authority.write("tls.crt", "no certificate");
    let empty = Server::bind(options.clone()).await.unwrap_err();
    assert!(empty.message().contains("tls.crt"), "{empty}");
    options.tls.as_mut().unwrap().key = authority.folder.path().join("absent.key");
    let absent = Server::bind(options).await.unwrap_err();
    assert!(absent.message().contains("absent.key"), "{absent}");
}
