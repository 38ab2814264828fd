//! TLS, as the keys of a URL ask for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use feast_registry_core::ErrorKind;
use libtest_mimic::Trial;
use tokio::runtime::Runtime;

use crate::common::Server;
use crate::fixture::Fixture;
use crate::options::open;
use crate::plain::without_tls;

pub(crate) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    let trials = crate::trials!(server, "tls":
        without_it_on_the_server_required_fails_and_preferred_does_not,
    );
    let known = Runtime::new().unwrap().block_on(certificates(server));
    let with_certificates = crate::trials!(server, "tls with certificates of the server in reach":
        any_certificate_will_do_unless_it_is_checked,
        a_certificate_of_a_known_authority_is_accepted,
        the_client_shows_its_certificate,
    );
    let with_certificates = with_certificates
        .into_iter()
        .map(|trial| trial.with_ignored_flag(known.is_none()));
    trials.into_iter().chain(with_certificates).collect()
}

/// The folder with certificates for the server's address and for its clients, if it is on this machine:
/// `cargo xtask` starts servers so.
async fn certificates(server: &Arc<Server>) -> Option<PathBuf> {
    let fixture = Fixture::new(server).await;
    let authority = fixture.text("SELECT COALESCE(@@ssl_ca, '')").await;
    fixture.end().await;
    let authority = Path::new(&authority);
    let folder = authority.parent().filter(|_| authority.is_absolute())?;
    folder
        .join("client-cert.pem")
        .is_file()
        .then(|| folder.to_owned())
}

/// A key of a URL and the file that it names.
fn file(folder: &Path, key: &str, name: &str) -> String {
    format!("{key}={}", folder.join(name).display())
}

/// A URL with one key more.
fn with(url: &str, pair: &str) -> String {
    let url = url.trim_end_matches('?');
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{pair}")
}

async fn refused(url: &str) {
    let error = open(url).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
}

async fn without_it_on_the_server_required_fails_and_preferred_does_not(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let (host, port) = server.authority();
    let proxy = without_tls(format!("{host}:{port}")).await;
    let url = server.through(&fixture.database, ([127, 0, 0, 1], proxy).into());
    refused(&with(&url, "ssl_mode=REQUIRED")).await;
    open(&with(&url, "ssl_mode=PREFERRED")).await.unwrap();
    fixture.end().await;
}

async fn any_certificate_will_do_unless_it_is_checked(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let url = fixture.url();
    for pair in ["ssl=true", "ssl_mode=REQUIRED", "ssl_mode=PREFERRED"] {
        open(&with(&url, pair)).await.unwrap();
    }
    for pair in ["ssl_mode=VERIFY_CA", "ssl_mode=VERIFY_IDENTITY"] {
        refused(&with(&url, pair)).await;
    }
    fixture.end().await;
}

async fn a_certificate_of_a_known_authority_is_accepted(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let folder = certificates(&server).await.unwrap();
    // With an authority, certificate and name are checked.
    let url = with(&fixture.url(), &file(&folder, "ssl_ca", "ca.pem"));
    open(&url).await.unwrap();
    let (host, _) = server.authority();
    let other = url.replace(&format!("@{host}:"), "@localhost:");
    refused(&other).await;
    open(&with(&other, "ssl_check_hostname=false"))
        .await
        .unwrap();
    fixture.end().await;
}

async fn the_client_shows_its_certificate(server: Arc<Server>) {
    let fixture = Fixture::new(&server).await;
    let folder = certificates(&server).await.unwrap();
    let user = &fixture.database[..30];
    let account = format!("{user}@'127.0.0.1'");
    for sql in [
        format!("CREATE USER {account} IDENTIFIED BY 'pw' REQUIRE X509"),
        format!("GRANT ALL ON {}.* TO {account}", fixture.database),
    ] {
        server.administer(&sql).await.unwrap();
    }
    let url = fixture.url();
    let (_, address) = url.split_once('@').unwrap();
    let url = format!("mysql://{user}:pw@{address}");
    let without = with(&url, &file(&folder, "ssl_ca", "ca.pem"));
    refused(&without).await;
    let certificate = file(&folder, "ssl_cert", "client-cert.pem");
    let key = file(&folder, "ssl_key", "client-key.pem");
    open(&with(&with(&without, &certificate), &key))
        .await
        .unwrap();
    server
        .administer(&format!("DROP USER {account}"))
        .await
        .unwrap();
    fixture.end().await;
}
