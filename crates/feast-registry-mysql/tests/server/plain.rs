//! A server that seems to have no TLS, whatever it has.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// In the lower half of what a server says that it can do.
const TLS: u16 = 1 << 11;

/// Starts a proxy that takes TLS out of the greetings of a server, `host:port`; its own port.
pub(crate) async fn without_tls(server: String) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(serve(client, server));
        }
    });
    port
}

async fn serve(mut client: TcpStream, mut server: TcpStream) -> io::Result<()> {
    let mut header = [0; 4];
    server.read_exact(&mut header).await?;
    let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
    let mut greeting = vec![0; usize::try_from(length).unwrap()];
    server.read_exact(&mut greeting).await?;
    // The number of the protocol and a text with an end; then the session, eight bytes and a zero.
    let text = greeting.iter().position(|byte| *byte == 0).unwrap();
    let place = text + 1 + 4 + 8 + 1;
    let can = u16::from_le_bytes([greeting[place], greeting[place + 1]]) & !TLS;
    greeting[place..place + 2].copy_from_slice(&can.to_le_bytes());
    client.write_all(&[&header[..], &greeting].concat()).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
