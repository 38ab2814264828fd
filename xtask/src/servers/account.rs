//! The user that servers run as: database servers refuse to be run by root.

use std::fs;
use std::process::Command;

use crate::Result;

/// The user that is made on a machine where this program is run by root.
const NAME: &str = "dbtest";

/// An account without rights, by its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// The account that servers must be given, which is none unless this program is run by root.
    pub(crate) fn for_servers() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        if let Some(account) = find(NAME)? {
            return Ok(Some(account));
        }
        create()?;
        find(NAME)?
            .map(Some)
            .ok_or_else(|| format!("useradd made no user `{NAME}`").into())
    }
}

fn find(name: &str) -> Result<Option<Account>> {
    Ok(parse(&fs::read_to_string("/etc/passwd")?, name))
}

fn parse(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { uid, gid })
    })
}

fn create() -> Result {
    let mut command = Command::new("useradd");
    command.args(["--system", "--no-create-home", "--shell"]);
    command.args(["/usr/sbin/nologin", NAME]);
    let status = command.status().map_err(|error| {
        format!("servers do not run as root, and no user can be made for them: useradd: {error}")
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("servers do not run as root, and useradd {NAME} failed: {status}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\ndbtest2:x:7:7::/:/bin/sh\n\
                      dbtest:x:999:995::/home/dbtest:/usr/sbin/nologin\n";
        let account = Account { uid: 999, gid: 995 };
        assert_eq!(parse(passwd, "dbtest"), Some(account));
        assert_eq!(parse(passwd, "db"), None);
    }
}
