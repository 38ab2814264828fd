//! The greeting of a server that speaks MySQL's protocol.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::Result;

/// A server on loopback answers at once, or is not ready.
const PATIENCE: Duration = Duration::from_secs(2);
/// The protocol that every server of this family speaks today.
const PROTOCOL: u8 = 10;
/// No greeting is longer; a header that says more is not one.
const LONGEST: usize = 1024;

/// The version that the server on this port of the loopback address greets with. A server greets
/// when it takes connections, so this says that it is ready.
pub(super) fn version(port: u16) -> Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut header = [0; 4];
    stream.read_exact(&mut header)?;
    let length =
        usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16;
    if length > LONGEST {
        return Err("the greeting of the server is too long to be one".into());
    }
    let mut packet = vec![0; length];
    stream.read_exact(&mut packet)?;
    parse(&packet)
}

fn parse(packet: &[u8]) -> Result<String> {
    let Some((&PROTOCOL, rest)) = packet.split_first() else {
        // Anything else is an error, such as "too many connections", with a code before its text.
        let text = String::from_utf8_lossy(packet.get(3..).unwrap_or_default());
        return Err(format!("the server refuses connections: {text}").into());
    };
    let version = rest.split(|byte| *byte == 0).next().unwrap_or_default();
    let version = String::from_utf8_lossy(version);
    // Older MariaDB puts this before its version, for replicas of old MySQL.
    Ok(version
        .strip_prefix("5.5.5-")
        .unwrap_or(&version)
        .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_a_greeting() {
        assert_eq!(parse(b"\x0a9.7.4-2\0rest").unwrap(), "9.7.4-2");
        let mariadb = parse(b"\x0a5.5.5-10.11.19-MariaDB\0rest").unwrap();
        assert_eq!(mariadb, "10.11.19-MariaDB");
    }

    #[test]
    fn a_refusal_is_an_error_with_its_text() {
        let error = parse(b"\xff\x10\x04Too many connections").unwrap_err();
        assert!(error.to_string().contains("Too many connections"));
        assert!(parse(b"").is_err());
    }
}
