//! TLS before a server that need not have it: the proxy answers as PostgreSQL does.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::certificates::{Authority, Identity};

/// What begins a request for TLS, behind its length.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// What a server thinks of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// It has none.
    None,
    /// It takes nobody without.
    Only,
}

/// Starts a proxy with a certificate; `clients` has signed those of the clients, if they need
/// one. The port.
pub(crate) async fn start(
    server: String,
    identity: &Identity,
    clients: Option<&Authority>,
    offer: Offer,
) -> u16 {
    let acceptor = TlsAcceptor::from(Arc::new(config(identity, clients)));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(serve(client, server, acceptor.clone(), offer));
        }
    });
    port
}

fn config(identity: &Identity, clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.certificate()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    let chain = vec![identity.certificate.clone()];
    builder
        .with_single_cert(chain, identity.key.clone_key())
        .unwrap()
}

async fn serve(
    mut client: TcpStream,
    server: TcpStream,
    acceptor: TlsAcceptor,
    offer: Offer,
) -> std::io::Result<()> {
    let mut first = [0; 8];
    client.read_exact(&mut first).await?;
    match (first == TLS_REQUEST, offer) {
        (true, Offer::Only) => {
            client.write_all(b"S").await?;
            forward(acceptor.accept(client).await?, server, &[]).await
        }
        (true, Offer::None) => {
            client.write_all(b"N").await?;
            forward(client, server, &[]).await
        }
        (false, Offer::None) => forward(client, server, &first).await,
        (false, Offer::Only) => client.write_all(&refusal()).await,
    }
}

async fn forward(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    mut server: TcpStream,
    first: &[u8],
) -> std::io::Result<()> {
    server.write_all(first).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// What a server answers whose rules for hosts want TLS.
fn refusal() -> Vec<u8> {
    let fields = b"SFATAL\0VFATAL\0C28000\0Mno pg_hba.conf entry, no encryption\0\0";
    let length = u32::try_from(fields.len() + 4).unwrap();
    [b"E", &length.to_be_bytes()[..], &fields[..]].concat()
}
