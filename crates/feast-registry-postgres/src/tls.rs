//! TLS as libpq's parameters describe it, done by rustls.
//!
//! | `sslmode` | encrypted | whose certificate |
//! |---|---|---|
//! | `disable` | no | |
//! | `allow` | if the server insists | any |
//! | `prefer` (default) | if the server can | any |
//! | `require` | yes | any; with `sslrootcert` as `verify-ca` |
//! | `verify-ca` | yes | signed by `sslrootcert` |
//! | `verify-full` | yes | the same, and made for the host of the URL |
//!
//! `sslrootcert=system` means `verify-full`, and goes with no other mode.
//!
//! Below `verify-ca` nobody knows who answers: it protects from those who listen, not from those
//! who stand between. That is how libpq has it, and what users of its URLs expect.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use feast_registry_sql::{DriverError, FaultClass};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::verifier::Verifier;

/// Whether a connection is encrypted, and whose certificate will do (`sslmode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server insists.
    Allow,
    /// Encrypted if the server can.
    #[default]
    Prefer,
    /// Encrypted; the certificate is looked at only if root certificates are given.
    Require,
    /// Encrypted; the certificate must be signed by a root certificate.
    VerifyCa,
    /// Encrypted; the certificate must also be made for the host.
    VerifyFull,
}

impl SslMode {
    /// The modes by libpq's names.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "disable" => SslMode::Disable,
            "allow" => SslMode::Allow,
            "prefer" => SslMode::Prefer,
            "require" => SslMode::Require,
            "verify-ca" => SslMode::VerifyCa,
            "verify-full" => SslMode::VerifyFull,
            _ => return Err("`sslmode` in the URL must be one of disable, allow, prefer, require, verify-ca, verify-full".to_owned()),
        })
    }
}

/// Whose signature on a certificate counts (`sslrootcert`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RootCertificates {
    /// Those in libpq's usual file, `~/.postgresql/root.crt`, if it is there.
    #[default]
    Usual,
    /// Those that the operating system trusts.
    System,
    /// Those in a PEM file.
    File(PathBuf),
}

/// TLS as libpq's parameters describe it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TlsSettings {
    /// Whether a connection is encrypted, and whose certificate will do.
    pub mode: SslMode,
    /// Whose signature counts.
    pub roots: RootCertificates,
    /// A PEM file with the certificate that this client shows, and those between it and its root.
    pub certificate: Option<PathBuf>,
    /// The PEM file of that certificate's key, not encrypted.
    pub key: Option<PathBuf>,
    /// Begin with TLS at once instead of asking first (PostgreSQL 17).
    pub direct: bool,
    /// Refuse servers that do not prove, while checking the password, that nobody stands between.
    pub require_channel_binding: bool,
}

impl TlsSettings {
    /// Fails if the settings promise more than they keep. The system trusts roots that sign for
    /// everybody: whose certificate it is, only the name in it says.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.roots == RootCertificates::System && self.mode != SslMode::VerifyFull {
            return Err(
                "`sslrootcert=system` needs `sslmode=verify-full`: anybody may have a certificate that \
                 the operating system trusts"
                    .to_owned(),
            );
        }
        Ok(())
    }
}

/// Makes the connector of these settings; files are read here, once.
pub(crate) fn connector(settings: &TlsSettings) -> Result<MakeRustlsConnect, DriverError> {
    settings.check().map_err(wrong)?;
    let provider = Arc::new(ring::default_provider());
    let verifier = match roots(settings)? {
        None => Verifier::any(&provider),
        Some(roots) => {
            let host = settings.mode == SslMode::VerifyFull;
            Verifier::known(roots, host, &provider).map_err(wrong)?
        }
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(format!("TLS cannot be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match (&settings.certificate, &settings.key) {
        (Some(certificate), Some(key)) => builder
            .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
            .map_err(|error| {
                let path = certificate.display();
                wrong(format!(
                    "the client certificate {path} does not fit its key: {error}"
                ))
            })?,
        (None, None) => builder.with_no_client_auth(),
        _ => {
            return Err(wrong(
                "`sslcert` and `sslkey` belong together: give both".to_owned(),
            ));
        }
    };
    if settings.direct {
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(MakeRustlsConnect::new(config))
}

/// The certificates that servers are held to; `None` where any server will do.
fn roots(settings: &TlsSettings) -> Result<Option<Vec<CertificateDer<'static>>>, DriverError> {
    let verify = matches!(settings.mode, SslMode::VerifyCa | SslMode::VerifyFull);
    if !verify && settings.mode != SslMode::Require {
        return Ok(None);
    }
    match &settings.roots {
        RootCertificates::File(path) => certificates(path).map(Some),
        RootCertificates::System => Ok(Some(rustls_native_certs::load_native_certs().certs)),
        RootCertificates::Usual => match usual_file().filter(|path| path.exists()) {
            Some(path) => certificates(&path).map(Some),
            None if verify => Err(wrong(
                "`sslmode=verify-ca` and `verify-full` need root certificates: name a PEM file with \
                 `sslrootcert`, or take those of the operating system with `sslrootcert=system`"
                    .to_owned(),
            )),
            None => Ok(None),
        },
    }
}

fn usual_file() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join(".postgresql").join("root.crt"))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, DriverError> {
    let unreadable = |error| {
        let path = path.display();
        wrong(format!(
            "{path} cannot be read as PEM certificates: {error}"
        ))
    };
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .map_err(unreadable)?
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    if certificates.is_empty() {
        let path = path.display();
        return Err(wrong(format!("{path} holds no certificate in PEM")));
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, DriverError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| {
        let path = path.display();
        wrong(format!(
            "{path} cannot be read as a PEM key without a password: {error}"
        ))
    })
}

fn wrong(message: String) -> DriverError {
    DriverError::new(FaultClass::Unavailable, message)
}
