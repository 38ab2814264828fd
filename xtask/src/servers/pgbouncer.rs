//! PgBouncer in transaction mode in front of a PostgreSQL of its own.

use std::process::Command;

use super::postgres::{self, START, USER};
use super::process::End;
use super::site::Site;
use super::{Running, Server, ports, programs, retry};
use crate::Result;

/// Every transaction may run on another connection, so nothing of a session survives.
#[derive(Debug)]
pub(crate) struct PgBouncer;

impl Server for PgBouncer {
    fn name(&self) -> &'static str {
        "pgbouncer"
    }

    fn start(&self, site: &Site) -> Result<Running> {
        let program = programs::need("pgbouncer", "pgbouncer")?;
        let version = programs::version(Command::new(&program))?;
        let cluster = postgres::start(site, &[])?;
        let folder = cluster.folder.path();
        let users = folder.join("users.txt");
        site.write(&users, &format!("\"{USER}\" \"\"\n"))?;
        let settings = folder.join("pgbouncer.ini");
        let (port, bouncer) = retry(|| {
            let [port] = ports::free()?;
            site.write(
                &settings,
                &ini(cluster.port, port, &users.to_string_lossy()),
            )?;
            let mut command = Command::new(&program);
            command.arg(&settings);
            let log = folder.join("pgbouncer.log");
            let process = site.spawn(command, &log, End::Kill)?;
            process.ready(START, || postgres::ask(port).map(drop))?;
            Ok((port, process))
        })?;
        let url = format!("postgresql://{USER}@127.0.0.1:{port}/postgres");
        let version = format!("{version} in front of {}", cluster.version);
        Ok(Running::new(
            url,
            version,
            vec![cluster.process, bouncer],
            cluster.folder,
        ))
    }
}

/// Startup parameters that PgBouncer does not know are refused, as they are by default.
fn ini(server: u16, port: u16, users: &str) -> String {
    format!(
        "[databases]\n\
         * = host=127.0.0.1 port={server}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = trust\n\
         auth_file = {users}\n\
         admin_users = {USER}\n\
         pool_mode = transaction\n\
         default_pool_size = 20\n\
         max_client_conn = 1000\n"
    )
}
