//! TLS whose certificates may be replaced while the server runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::{Error, ErrorKind, Result};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::sync::{Notify, watch};

/// How often the files are looked at. Certificates live for days.
const INTERVAL: Duration = Duration::from_secs(10);

/// PEM files. They are read again every ten seconds, so that a renewed certificate is served
/// without a restart.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate of the server, and those between it and the root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Roots of the certificates that clients must show: mutual TLS.
    pub client_ca: Option<PathBuf>,
}

/// What stands in the files; compared to see whether anything is new.
#[derive(PartialEq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// What connections are accepted with, now.
#[derive(Clone, Debug)]
pub(super) struct Certificates {
    current: watch::Receiver<Arc<ServerConfig>>,
    again: Arc<Notify>,
}

/// Has a server read its certificates without waiting for the next look at them. Clones do the same.
#[derive(Clone, Debug)]
pub struct Reload(Option<Arc<Notify>>);

impl Reload {
    /// Of a server that may have no certificates: then there is nothing to read.
    pub(super) fn of(certificates: Option<&Certificates>) -> Self {
        Reload(certificates.map(|it| Arc::clone(&it.again)))
    }

    /// Asks for it, and does not wait.
    pub fn now(&self) {
        if let Some(again) = &self.0 {
            again.notify_one();
        }
    }
}

impl Certificates {
    /// Reads the files, and goes on looking at them as long as the answer lives.
    pub(super) async fn follow(files: TlsFiles) -> Result<Self> {
        Self::follow_every(files, INTERVAL).await
    }

    async fn follow_every(files: TlsFiles, interval: Duration) -> Result<Self> {
        let contents = files.read().await?;
        let (sender, receiver) = watch::channel(Arc::new(files.parse(&contents)?));
        let again = Arc::<Notify>::default();
        tokio::spawn(reload(
            files,
            contents,
            sender,
            (interval, Arc::clone(&again)),
        ));
        Ok(Certificates {
            current: receiver,
            again,
        })
    }

    pub(super) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.borrow())
    }
}

/// A failure keeps what was served before, and is told once.
async fn reload(
    files: TlsFiles,
    mut seen: Contents,
    sender: watch::Sender<Arc<ServerConfig>>,
    (interval, again): (Duration, Arc<Notify>),
) {
    let mut told = None;
    loop {
        tokio::select! {
            () = sender.closed() => return,
            () = tokio::time::sleep(interval) => {}
            () = again.notified() => {}
        }
        let reloaded = match files.read().await {
            Ok(contents) if contents == seen => continue,
            Ok(contents) => files.parse(&contents).map(|config| (contents, config)),
            Err(error) => Err(error),
        };
        match reloaded {
            Ok((contents, config)) => {
                tracing::info!("new certificates are served");
                sender.send_replace(Arc::new(config));
                (seen, told) = (contents, None);
            }
            Err(error) => {
                let text = error.to_string();
                if told.as_ref() != Some(&text) {
                    tracing::error!(%error, "the old certificates are kept");
                    told = Some(text);
                }
            }
        }
    }
}

impl TlsFiles {
    async fn read(&self) -> Result<Contents> {
        Ok(Contents {
            certificate: read(&self.certificate).await?,
            key: read(&self.key).await?,
            client_ca: match &self.client_ca {
                Some(file) => Some(read(file).await?),
                None => None,
            },
        })
    }

    fn parse(&self, contents: &Contents) -> Result<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable("the versions of TLS", error))?;
        let builder = match (&self.client_ca, &contents.client_ca) {
            (Some(file), Some(pem)) => {
                let mut roots = RootCertStore::empty();
                for root in certificates(file, pem)? {
                    roots.add(root).map_err(|error| bad(file, error))?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .map_err(|error| bad(file, error))?;
                builder.with_client_cert_verifier(verifier)
            }
            _ => builder.with_no_client_auth(),
        };
        let chain = certificates(&self.certificate, &contents.certificate)?;
        let key =
            PrivateKeyDer::from_pem_slice(&contents.key).map_err(|error| bad(&self.key, error))?;
        let mut config = builder.with_single_cert(chain, key).map_err(|error| {
            let both = format!("{} with {}", self.certificate.display(), self.key.display());
            unusable(&both, error)
        })?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }
}

async fn read(file: &Path) -> Result<Vec<u8>> {
    let content = tokio::fs::read(file).await;
    content.map_err(|error| unusable(&file.display().to_string(), error))
}

fn certificates(file: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| bad(file, error))?;
    if found.is_empty() {
        return Err(bad(file, "it holds no certificate in PEM"));
    }
    Ok(found)
}

fn bad(file: &Path, why: impl std::fmt::Display) -> Error {
    unusable(&file.display().to_string(), why)
}

/// Errors of these libraries name no part of a key.
fn unusable(what: &str, why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Config, format!("TLS cannot use {what}: {why}"))
}

#[cfg(test)]
mod tests {
    use rcgen::generate_simple_self_signed;
    use tempfile::TempDir;

    use super::*;

    /// Writes a new certificate and its key.
    fn renew(folder: &TempDir) -> TlsFiles {
        let signed = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let files = TlsFiles {
            certificate: folder.path().join("tls.crt"),
            key: folder.path().join("tls.key"),
            client_ca: None,
        };
        std::fs::write(&files.key, signed.signing_key.serialize_pem()).unwrap();
        std::fs::write(&files.certificate, signed.cert.pem()).unwrap();
        files
    }

    #[tokio::test]
    async fn renewed_certificates_are_served_and_broken_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = renew(&folder);
        let interval = Duration::from_millis(1);
        let mut followed = Certificates::follow_every(files.clone(), interval)
            .await
            .unwrap();
        let first = followed.current();

        std::fs::write(&files.certificate, "broken").unwrap();
        let told =
            tokio::time::timeout(Duration::from_millis(50), followed.current.changed()).await;
        assert!(told.is_err());
        assert!(Arc::ptr_eq(&first, &followed.current()));

        renew(&folder);
        followed.current.changed().await.unwrap();
        assert!(!Arc::ptr_eq(&first, &followed.current()));
    }

    #[tokio::test]
    async fn certificates_are_read_at_once_when_that_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let never = Duration::from_secs(3600);
        let mut followed = Certificates::follow_every(renew(&folder), never)
            .await
            .unwrap();
        renew(&folder);
        Reload::of(Some(&followed)).now();
        followed.current.changed().await.unwrap();
    }
}
