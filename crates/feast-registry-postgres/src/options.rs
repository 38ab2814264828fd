//! What the URL and options of a registry mean for PostgreSQL.

use feast_registry_core::backend::{PoolOptions, StoreOptions};
use feast_registry_core::url::RegistryUrl;
use feast_registry_core::{Error, ErrorKind, Result};

use crate::parameters;
use crate::settings::{Host, PORT, PostgresSettings};

impl PostgresSettings {
    /// What the options of a registry mean for PostgreSQL.
    ///
    /// Parameters of the URL that mean nothing here are named in a warning.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] that names the parameter whose value makes no sense, and what would.
    pub fn from_options(options: &StoreOptions) -> Result<Self> {
        let mut settings = from_url(&options.url, options)?;
        settings.schema = options.schema.clone();
        if let Some(url) = &options.read_url {
            let mut replica = from_url(url, options)?;
            replica.schema = options.schema.clone();
            settings.replica = Some(Box::new(replica));
        }
        Ok(settings)
    }
}

fn from_url(url: &RegistryUrl, options: &StoreOptions) -> Result<PostgresSettings> {
    let mut settings = PostgresSettings {
        user: url.username().map(str::to_owned),
        password: url.password().cloned(),
        database: url.database().map(str::to_owned),
        ..PostgresSettings::default()
    };
    apply_pool(&options.pool, &mut settings);
    let found = parameters::apply(url.query(), &options.base, &mut settings)
        .map_err(|message| Error::new(ErrorKind::Config, message))?;
    settings.hosts =
        hosts(url, &found).map_err(|message| Error::new(ErrorKind::Config, message))?;
    Ok(settings)
}

fn apply_pool(pool: &PoolOptions, settings: &mut PostgresSettings) {
    settings.max_size = pool.max_size.max(1);
    settings.acquire_timeout = pool.acquire_timeout;
    settings.connect_timeout = pool.connect_timeout;
    settings.recycle = pool.recycle;
    settings.pre_ping = pool.pre_ping;
    settings.echo = pool.echo;
}

/// Hosts may stand before the path or, as sockets must, among the parameters: SQLAlchemy takes
/// `?host=a:1&host=b:2`, libpq `?host=a,b&port=1,2`.
fn hosts(url: &RegistryUrl, found: &parameters::Hosts) -> Result<Vec<Host>, String> {
    let ports = found.ports()?;
    if found.addresses && !url.hosts().is_empty() {
        return Err(parameters::BOTH_NAMES_AND_ADDRESSES.to_owned());
    }
    if found.hosts.is_empty() {
        let port = ports.first().copied().unwrap_or(PORT);
        let hosts: Vec<Host> = url
            .hosts()
            .iter()
            .map(|(host, own)| Host::parse(host, own.unwrap_or(port)))
            .collect();
        return Ok(match hosts.is_empty() {
            true => vec![Host::local(port)],
            false => hosts,
        });
    }
    found
        .hosts
        .iter()
        .enumerate()
        .map(|(at, host)| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(PORT);
            one_host(host, port)
        })
        .collect()
}

fn one_host(text: &str, port: u16) -> Result<Host, String> {
    match text.rsplit_once(':') {
        Some((host, own)) if !text.starts_with('/') && !host.contains(':') => {
            let port = own
                .parse()
                .map_err(|_| format!("`host={text}` in the URL has no port behind its colon"))?;
            Ok(Host::parse(host, port))
        }
        _ => Ok(Host::parse(text, port)),
    }
}

#[cfg(test)]
mod tests;
