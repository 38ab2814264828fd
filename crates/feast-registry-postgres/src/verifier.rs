//! Who decides whether a server's certificate will do.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Holds a server to a rule about its certificate.
#[derive(Debug)]
pub(crate) struct Verifier {
    rule: Rule,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Rule {
    /// Every certificate will do, as in libpq below `verify-ca`.
    Any,
    /// A known root must have signed it, or it must be one itself.
    Known {
        roots: Vec<CertificateDer<'static>>,
        chain: Arc<WebPkiServerVerifier>,
        /// Whether it must be made for the host, too.
        name: bool,
    },
}

impl Verifier {
    /// Accepts everybody.
    pub(crate) fn any(provider: &CryptoProvider) -> Self {
        Verifier {
            rule: Rule::Any,
            algorithms: provider.signature_verification_algorithms,
        }
    }

    /// Accepts those whom one of these roots has signed, for any host or for the right one.
    pub(crate) fn known(
        roots: Vec<CertificateDer<'static>>,
        name: bool,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().cloned());
        let chain = WebPkiServerVerifier::builder_with_provider(store.into(), Arc::clone(provider))
            .build()
            .map_err(|error| format!("the root certificates are of no use: {error}"))?;
        Ok(Verifier {
            rule: Rule::Known { roots, chain, name },
            algorithms: provider.signature_verification_algorithms,
        })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Rule::Known { roots, chain, name } = &self.rule else {
            return Ok(ServerCertVerified::assertion());
        };
        match chain.verify_server_cert(certificate, intermediates, host, ocsp, now) {
            // The name is looked at last: everything else was right.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !name => Ok(ServerCertVerified::assertion()),
            // Small installations make one certificate and hand it to everybody as the root.
            // OpenSSL takes it, the usual rules for chains do not. Its dates were looked at first.
            Err(Error::InvalidCertificate(
                CertificateError::Other(_) | CertificateError::UnknownIssuer,
            )) if roots
                .iter()
                .any(|root| root.as_ref() == certificate.as_ref()) =>
            {
                if *name {
                    verify_server_name(&ParsedCertificate::try_from(certificate)?, host)?;
                }
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
