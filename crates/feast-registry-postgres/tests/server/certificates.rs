//! Certificates made for one trial.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A root, and what it has signed; the files are there as long as this is.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

/// A certificate and its key.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
    /// The same as PEM files: certificate and key.
    pub(crate) files: [PathBuf; 2],
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Authority {
            issuer: CertifiedIssuer::self_signed(params, key).unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }

    /// The root as a PEM file.
    pub(crate) fn file(&self) -> PathBuf {
        self.write("root.crt", &self.issuer.pem())
    }

    /// A certificate for a name, signed by this root.
    pub(crate) fn sign(&self, name: &str) -> Identity {
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        self.identity(name, certificate.der().clone(), &certificate.pem(), &key)
    }

    /// A certificate for a name that nobody else has signed, as `openssl req -x509` makes it.
    pub(crate) fn self_signed(&self, name: &str) -> Identity {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        self.identity(name, certificate.der().clone(), &certificate.pem(), &key)
    }

    fn identity(
        &self,
        name: &str,
        certificate: CertificateDer<'static>,
        pem: &str,
        key: &KeyPair,
    ) -> Identity {
        let files = [
            self.write(&format!("{name}.crt"), pem),
            self.write(&format!("{name}.key"), &key.serialize_pem()),
        ];
        Identity {
            certificate,
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            files,
        }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}
