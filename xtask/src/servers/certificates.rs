//! Certificates for one server: its own, and one for clients that must show who they are.

use std::net::Ipv4Addr;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, DnValue, IsCa, KeyPair};

use super::mysql_family::option;
use super::site::Site;
use crate::Result;

/// Writes an authority and what it has signed into the folder of a server on the loopback address, with the
/// names that MySQL gives to such files, where tests find them through `@@ssl_ca`. The server's options.
pub(super) fn write(site: &Site, folder: &Path) -> Result<[String; 3]> {
    let mut params = params("the authority of the tests", Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let file = |name: &str| folder.join(name);
    site.write(&file("ca.pem"), &authority.pem())?;
    for (who, names) in [
        ("server", vec![Ipv4Addr::LOCALHOST.to_string()]),
        ("client", Vec::new()),
    ] {
        let key = KeyPair::generate()?;
        let certificate = self::params(who, names)?.signed_by(&key, &authority)?;
        site.write(&file(&format!("{who}-cert.pem")), &certificate.pem())?;
        site.write(&file(&format!("{who}-key.pem")), &key.serialize_pem())?;
    }
    Ok([
        option("ssl-ca", &file("ca.pem")),
        option("ssl-cert", &file("server-cert.pem")),
        option("ssl-key", &file("server-key.pem")),
    ])
}

/// OpenSSL takes a certificate whose subject is its issuer's for one that signed itself.
fn params(subject: &str, names: Vec<String>) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(names)?;
    let name = DnValue::Utf8String(subject.to_owned());
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
