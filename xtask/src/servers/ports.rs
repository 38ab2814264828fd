//! Free ports of the loopback address.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// As many different ports as asked for, free a moment ago. Another program may take one before
/// the server does, so a start that fails over its port is tried again.
pub(crate) fn free<const N: usize>() -> io::Result<[u16; N]> {
    let mut ports = [0; N];
    // All are open at the same time, so they differ.
    let mut open = Vec::with_capacity(N);
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        open.push(listener);
    }
    Ok(ports)
}

/// Whether the log of a server says that somebody else had its port.
pub(crate) fn was_taken(log: &str) -> bool {
    log.to_lowercase().contains("address already in use")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_differ() {
        let mut ports = free::<8>().unwrap().to_vec();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 8);
    }

    #[test]
    fn a_taken_port_is_seen_in_the_log() {
        assert!(was_taken("FATAL: bind: Address already in use"));
        assert!(!was_taken("FATAL: no space left on device"));
    }
}
