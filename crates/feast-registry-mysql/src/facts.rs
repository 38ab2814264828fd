//! What a server says of itself when it is opened.

use std::collections::HashMap;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};

use feast_registry_core::{Kind, Shape};

/// Which of the two servers it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    MySql,
    MariaDb,
}

/// What a server says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) flavour: Flavour,
    /// For people.
    pub(crate) version: String,
    /// The most bytes of a statement with its values.
    pub(crate) packet: usize,
    /// Whether row locks are those of one node among several.
    pub(crate) cluster: bool,
    /// Whether the cluster is a Galera cluster, whose reads can wait for the other nodes' writes.
    pub(crate) galera: bool,
    /// What the cluster takes in one transaction.
    pub(crate) cap: Cap,
    /// The statement that tells how far the log of the storage engine has come, if there is one that
    /// says something of all tables.
    pub(crate) position: Option<&'static str>,
    /// How many columns of names are there, and how many compare byte by byte.
    names: (u64, u64),
}

impl Facts {
    pub(crate) async fn ask(conn: &mut Conn) -> mysql_async::Result<Facts> {
        let server: Option<(String, String, u64)> = conn
            .query_first("SELECT @@version, @@version_comment, @@max_allowed_packet")
            .await?;
        let (version, comment, packet) = server.unwrap_or_default();
        let maria = [&version, &comment]
            .iter()
            .any(|text| text.to_ascii_lowercase().contains("mariadb"));
        let variables = variables(conn).await?;
        let is = |name: &str, value| variables.get(name).is_some_and(|known| known == value);
        let galera = is("wsrep_on", "ON");
        let flavour = if maria {
            Flavour::MariaDb
        } else {
            Flavour::MySql
        };
        Ok(Facts {
            flavour,
            position: position(conn, flavour).await?,
            version: format!("{version} ({comment})"),
            packet: usize::try_from(packet).unwrap_or(usize::MAX),
            cluster: galera || is("group_replication_single_primary_mode", "OFF"),
            galera,
            cap: Cap::of(&variables, galera),
            names: names(conn).await?,
        })
    }

    /// Whether names that differ are different in every table that is there; where there is none,
    /// whether they will be, which is so if we make them.
    pub(crate) fn exact_names(&self, creates: bool) -> bool {
        match self.names {
            (0, _) => creates,
            (all, exact) => all == exact,
        }
    }
}

/// Every change of a table of InnoDB goes through its log first. Who the server is stands before it: behind
/// one address there may be several.
const MARIADB_POSITION: &str = "SELECT CONCAT(@@hostname, ' ', @@server_id, ' ', VARIABLE_VALUE) \
     FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Innodb_lsn_current'";
/// MySQL can be told to do without the log.
const MYSQL_POSITION: &str = "SELECT CONCAT(@@server_uuid, ' ', VARIABLE_VALUE) \
     FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Innodb_redo_log_current_lsn' AND EXISTS \
     (SELECT 1 FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Innodb_redo_log_enabled' AND VARIABLE_VALUE = 'ON')";

async fn position(conn: &mut Conn, flavour: Flavour) -> mysql_async::Result<Option<&'static str>> {
    let engines = "SELECT @@default_storage_engine, COUNT(*) FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = DATABASE() AND ENGINE <> 'InnoDB'";
    let engines: Option<(String, u64)> = conn.query_first(engines).await?;
    if engines != Some(("InnoDB".to_owned(), 0)) {
        return Ok(None);
    }
    let query = match flavour {
        Flavour::MariaDb => MARIADB_POSITION,
        Flavour::MySql => MYSQL_POSITION,
    };
    match conn.query_first::<String, _>(query).await {
        Ok(position) => Ok(position.map(|_| query)),
        // Older servers, and those that only speak the protocol, have no such table.
        Err(mysql_async::Error::Server(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What not every server has.
const VARIABLES: &str = "SHOW VARIABLES WHERE Variable_name IN ('wsrep_on', 'wsrep_max_ws_rows', 'wsrep_max_ws_size', \
     'group_replication_single_primary_mode', 'group_replication_transaction_size_limit')";

async fn variables(conn: &mut Conn) -> mysql_async::Result<HashMap<String, String>> {
    let rows: Vec<(String, String)> = conn.query(VARIABLES).await?;
    Ok(rows.into_iter().collect())
}

/// Rows of a transaction that are nobody's data: what it relies on is written too.
const GUARDS: usize = 16;

/// The most that one transaction may write, where nodes exchange whole transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cap {
    pub(crate) rows: usize,
    pub(crate) bytes: usize,
}

impl Cap {
    pub(crate) const NONE: Cap = Cap {
        rows: usize::MAX,
        bytes: usize::MAX,
    };

    fn of(variables: &HashMap<String, String>, galera: bool) -> Self {
        let figure = |name| {
            let value = variables.get(name)?.parse().ok()?;
            // To both, 0 means as much as you like.
            Some(value).filter(|value: &usize| *value > 0)
        };
        let (rows, bytes) = match galera {
            true => (figure("wsrep_max_ws_rows"), figure("wsrep_max_ws_size")),
            false => (None, figure("group_replication_transaction_size_limit")),
        };
        Cap {
            rows: rows.map_or(usize::MAX, |rows| rows.saturating_sub(GUARDS).max(1)),
            // A row that changes is sent as it was and as it is.
            bytes: bytes.map_or(usize::MAX, |bytes| bytes / 2),
        }
    }
}

async fn names(conn: &mut Conn) -> mysql_async::Result<(u64, u64)> {
    let columns: Vec<String> = Kind::ALL
        .into_iter()
        .map(Kind::spec)
        .flat_map(|spec| {
            let name = (spec.shape != Shape::Project).then_some(spec.name_column);
            ["project_id"].into_iter().chain(name).map(|column| {
                format!(
                    "(TABLE_NAME = '{}' AND COLUMN_NAME = '{column}')",
                    spec.table
                )
            })
        })
        .collect();
    let row: Option<Row> = conn
        .query_first(format!(
            "SELECT COUNT(*), CAST(COALESCE(SUM(COLLATION_NAME IN ('utf8mb4_nopad_bin', 'utf8mb4_0900_bin')), 0) AS SIGNED) \
             FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND ({})",
            columns.join(" OR ")
        ))
        .await?;
    let figure = |index| row.as_ref().and_then(|row| row.get(index)).unwrap_or(0);
    Ok((figure(0), figure(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cap(variables: &[(&str, &str)], galera: bool) -> Cap {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Cap::of(&variables.iter().map(owned).collect(), galera)
    }

    #[test]
    fn each_kind_of_cluster_has_its_own_caps() {
        let galera = [("wsrep_max_ws_rows", "1016"), ("wsrep_max_ws_size", "4000")];
        let (rows, bytes) = (1_000, 2_000);
        assert_eq!(cap(&galera, true), Cap { rows, bytes });
        assert_eq!(cap(&galera, false), Cap::NONE);
        let group = [("group_replication_transaction_size_limit", "4000")];
        let rows = usize::MAX;
        assert_eq!(cap(&group, false), Cap { rows, bytes });
    }

    #[test]
    fn nothing_is_no_cap() {
        let none = [
            ("wsrep_max_ws_rows", "0"),
            ("group_replication_transaction_size_limit", "0"),
        ];
        assert_eq!(cap(&none, true), Cap::NONE);
        assert_eq!(cap(&none, false), Cap::NONE);
    }
}
