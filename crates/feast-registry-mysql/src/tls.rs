//! Encryption, under the keys that PyMySQL and mysqlclient have for it.

use std::path::PathBuf;

use mysql_async::{ClientIdentity, SslOpts};
use rustls::CertificateError;

use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind, Result};

/// How a connection is encrypted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls {
    mode: Mode,
    ca: Option<PathBuf>,
    identity: Option<(PathBuf, PathBuf)>,
}

/// How much is asked of the server. The names are those of `ssl_mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Disabled,
    /// Encrypted if the server can.
    Preferred,
    /// Encrypted, whoever the server is.
    Required,
    /// Encrypted, with a certificate of a known authority.
    VerifyCa,
    /// Encrypted, with a certificate for the host's name.
    VerifyIdentity,
}

impl Tls {
    /// The keys that are understood.
    pub(crate) const KEYS: [&'static str; 9] = [
        "ssl",
        "ssl_mode",
        "ssl_ca",
        "ssl_cert",
        "ssl_key",
        "ssl_check_hostname",
        "ssl_verify_cert",
        "ssl_verify_identity",
        "ssl_disabled",
    ];

    /// As the keys of a URL say. A certificate authority is there to be checked: with `ssl_ca` the
    /// server's certificate and name are, unless a key says otherwise.
    pub(crate) fn from_url(url: &RegistryUrl) -> Result<Self> {
        let file = |key: &str| url.query_value(key).map(PathBuf::from);
        let ca = file("ssl_ca");
        let identity = match (file("ssl_cert"), file("ssl_key")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => {
                return Err(config(
                    "`ssl_cert` and `ssl_key` of the URL need each other",
                ));
            }
        };
        let mode = match url.query_value("ssl_mode") {
            Some(text) => Mode::parse(text)?,
            None => Mode::from_switches(url, ca.is_some(), identity.is_some())?,
        };
        Ok(Tls { mode, ca, identity })
    }

    /// Whether a connection without encryption will do as well.
    pub(crate) fn is_optional(&self) -> bool {
        self.mode == Mode::Preferred
    }

    /// Whether a certificate of a known authority will do, whatever its name.
    pub(crate) fn ignores_name(&self) -> bool {
        self.mode == Mode::VerifyCa
    }

    /// What the driver needs; `name` is the one to look for in the certificate, instead of the host's.
    pub(crate) fn options(&self, name: Option<String>) -> Option<SslOpts> {
        if self.mode == Mode::Disabled {
            return None;
        }
        let mut options = SslOpts::default();
        if let Some(ca) = &self.ca {
            options = options
                .with_root_certs(vec![ca.clone().into()])
                .with_disable_built_in_roots(true);
        }
        if let Some((certificate, key)) = &self.identity {
            let identity = ClientIdentity::new(certificate.clone().into(), key.clone().into());
            options = options.with_client_identity(Some(identity));
        }
        let verified = matches!(self.mode, Mode::VerifyCa | Mode::VerifyIdentity);
        Some(
            options
                .with_danger_accept_invalid_certs(!verified)
                .with_danger_tls_hostname_override(name),
        )
    }
}

/// A name that the certificate has, from the error that it does not have the host's. The driver's own
/// switch for certificates with another name does not know this error.
pub(crate) fn presented_name(error: &mysql_async::Error) -> Option<String> {
    let mysql_async::Error::Io(mysql_async::IoError::Io(error)) = error else {
        return None;
    };
    let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext {
        presented,
        ..
    }) = error
    else {
        return None;
    };
    presented.iter().find_map(|name| plain_name(name))
}

/// `DnsName("*.db.example")` is valid for `any.db.example`.
fn plain_name(presented: &str) -> Option<String> {
    let (kind, name) = presented.strip_suffix(')')?.split_once('(')?;
    match kind {
        "DnsName" => Some(name.trim_matches('"').replacen('*', "any", 1)),
        "IpAddress" => Some(name.to_owned()),
        _ => None,
    }
}

impl Mode {
    fn parse(text: &str) -> Result<Self> {
        Ok(match text.to_ascii_uppercase().replace('-', "_").as_str() {
            "DISABLED" | "DISABLE" => Mode::Disabled,
            "PREFERRED" | "PREFER" => Mode::Preferred,
            "REQUIRED" | "REQUIRE" => Mode::Required,
            "VERIFY_CA" => Mode::VerifyCa,
            "VERIFY_IDENTITY" => Mode::VerifyIdentity,
            _ => {
                return Err(config(format!(
                    "`ssl_mode={text}` of the URL is not known; DISABLED, PREFERRED, REQUIRED, VERIFY_CA and \
                     VERIFY_IDENTITY are"
                )));
            }
        })
    }

    fn from_switches(url: &RegistryUrl, ca: bool, identity: bool) -> Result<Self> {
        if switch(url, "ssl_disabled")? == Some(true) || switch(url, "ssl")? == Some(false) {
            return Ok(Mode::Disabled);
        }
        let verify = switch(url, "ssl_verify_cert")?;
        let check_name = match switch(url, "ssl_check_hostname")? {
            Some(check) => Some(check),
            None => switch(url, "ssl_verify_identity")?,
        };
        let wanted = ca || identity || verify.is_some() || check_name.is_some();
        if !wanted && switch(url, "ssl")? != Some(true) {
            return Ok(Mode::Disabled);
        }
        let verify = verify.unwrap_or(ca || check_name == Some(true));
        Ok(match (verify, check_name.unwrap_or(true)) {
            (false, _) => Mode::Required,
            (true, false) => Mode::VerifyCa,
            (true, true) => Mode::VerifyIdentity,
        })
    }
}

fn switch(url: &RegistryUrl, key: &str) -> Result<Option<bool>> {
    let Some(text) = url.query_value(key) else {
        return Ok(None);
    };
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(Some(true)),
        "false" | "0" | "no" | "off" => Ok(Some(false)),
        _ => Err(config(format!(
            "`{key}={text}` of the URL must be true or false"
        ))),
    }
}

fn config(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(query: &str) -> Result<Mode> {
        let url = RegistryUrl::parse(&format!("mysql://h/d?{query}")).unwrap();
        Tls::from_url(&url).map(|tls| tls.mode)
    }

    #[test]
    fn an_authority_is_there_to_be_checked() {
        for (query, expected) in [
            ("", Mode::Disabled),
            ("ssl=true", Mode::Required),
            ("ssl_ca=a", Mode::VerifyIdentity),
            ("ssl_ca=a&ssl_check_hostname=false", Mode::VerifyCa),
            ("ssl_ca=a&ssl_verify_identity=false", Mode::VerifyCa),
            ("ssl_ca=a&ssl_verify_cert=false", Mode::Required),
            ("ssl_cert=c&ssl_key=k", Mode::Required),
            ("ssl_verify_cert=true", Mode::VerifyIdentity),
            ("ssl_ca=a&ssl_disabled=true", Mode::Disabled),
            ("ssl_mode=verify-ca", Mode::VerifyCa),
            ("ssl_ca=a&ssl_mode=REQUIRED", Mode::Required),
        ] {
            assert_eq!(mode(query).unwrap(), expected, "{query}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in ["ssl_mode=MAYBE", "ssl=perhaps", "ssl_cert=c", "ssl_key=k"] {
            let error = mode(query).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{query}");
        }
    }

    #[test]
    fn names_of_certificates_are_made_names_of_hosts() {
        assert_eq!(plain_name("DnsName(\"a.b\")").as_deref(), Some("a.b"));
        assert_eq!(plain_name("DnsName(\"*.b\")").as_deref(), Some("any.b"));
        assert_eq!(plain_name("IpAddress(::1)").as_deref(), Some("::1"));
        assert_eq!(plain_name("UnifiedName"), None);
    }
}
