//! Servers for hand work, which run until they are told to end.

mod processes;
mod state;

use clap::Subcommand;

use self::state::{Entry, State};
use crate::provision::{Provision, Starting, Target, compose};
use crate::servers::{SERVERS, Ward};
use crate::{Result, conformance};

/// Database servers for hand work: start them, list them, end them.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start servers and print their URLs. They run until `down`.
    Up {
        /// Backends whose servers are wanted; every one that can be had if none is named.
        names: Vec<String>,
        /// Where they come from.
        #[arg(long, value_enum, default_value_t)]
        provision: Provision,
    },
    /// End servers that `up` has started, and remove their data.
    Down {
        /// Names as `status` shows them; all if none is given.
        names: Vec<String>,
    },
    /// List the servers that `up` has started.
    Status,
}

pub(crate) fn run(args: &Args) -> Result {
    match &args.action {
        Action::Up { names, provision } => up(names, *provision),
        Action::Down { names } => down(names),
        Action::Status => status(),
    }
}

fn up(names: &[String], provision: Provision) -> Result {
    conformance::check_required(names)?;
    check_servers(names)?;
    let state = State::change(|state| {
        state.forget_ended();
        state.clone()
    })?;
    let (wanted, running): (Vec<_>, Vec<_>) = SERVERS
        .iter()
        .map(|server| server.name())
        .filter(|name| names.is_empty() || names.iter().any(|named| named == name))
        .partition(|name| !state.has(name));
    for name in running {
        println!("{name} runs already");
    }
    let ward = Ward::watching_signals()?;
    let mut starting = Starting::begin(&ward, provision, &wanted)?;
    let mut missing = Vec::new();
    for name in wanted {
        match starting.targets(name) {
            Ok(targets) => {
                for target in targets {
                    keep(name, target)?;
                }
            }
            Err(reason) => {
                println!("{name}: not started: {reason}");
                missing.push(name);
            }
        }
    }
    starting.release();
    print(&State::load()?);
    if names.is_empty() || missing.is_empty() {
        Ok(())
    } else {
        Err(format!("not started: {}", missing.join(", ")).into())
    }
}

/// Refuses the names of backends that have no server to start.
fn check_servers(names: &[String]) -> Result {
    let known: Vec<_> = SERVERS.iter().map(|server| server.name()).collect();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let known = known.join(", ");
            Err(format!("`{name}` is no server that can be started here; known are {known}").into())
        }
    }
}

fn down(names: &[String]) -> Result {
    let state = State::load()?;
    if let Some(unknown) = names.iter().find(|name| !state.has(name)) {
        return Err(format!("`{unknown}` was not started by `cargo xtask db up`").into());
    }
    let wanted = |entry: &Entry| names.is_empty() || names.iter().any(|name| entry.is(name));
    let mut failure = None;
    for entry in State::change(|state| state.take(wanted))? {
        match end(&entry) {
            Ok(()) => println!("{} ended", entry.label),
            Err(error) => {
                failure = Some(error);
                // It is still there, for another try.
                State::change(|state| state.servers.push(entry))?;
            }
        }
    }
    failure.map_or(Ok(()), Err)
}

fn end(entry: &Entry) -> Result {
    if let Some(folder) = &entry.folder {
        processes::end(&entry.pids, folder)
    } else {
        compose::down(&[&entry.label])
    }
}

fn status() -> Result {
    let state = State::load()?;
    print(&state);
    Ok(())
}

fn print(state: &State) {
    if state.servers.is_empty() {
        println!("no server was started by `cargo xtask db up`");
    }
    for entry in &state.servers {
        let Entry { label, origin, .. } = entry;
        let gone = if entry.runs() { "" } else { " (has ended)" };
        println!("{label}: {origin}{gone}");
        if let Some(server) = &entry.stands_in {
            println!("    {server} in its place");
        }
        for url in entry.url.split_whitespace() {
            println!("    {url}");
        }
    }
}

/// Records a server, and only then leaves it running.
fn keep(backend: &str, mut target: Target) -> Result {
    let running = target.running.take();
    let mut entry = Entry {
        label: target.label,
        backend: backend.to_owned(),
        url: target.url.unwrap_or_default(),
        origin: target.origin,
        stands_in: target.stands_in.map(str::to_owned),
        pids: Vec::new(),
        folder: None,
    };
    if let Some(running) = &running {
        entry.pids = running.pids();
        entry.folder = Some(running.folder().to_owned());
    }
    State::change(|state| state.servers.push(entry))?;
    if let Some(running) = running {
        running.release();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_server_cannot_be_started() {
        for name in ["file", "gcs", "memory", "sqlite", "all"] {
            let error = check_servers(&[name.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("mariadb"), "{error}");
        }
        assert!(check_servers(&["galera".to_owned(), "s3".to_owned()]).is_ok());
        assert!(check_servers(&[]).is_ok());
    }
}
