//! `serve`: the registry over gRPC, for Feast's clients.

mod demo;
mod files;
mod greeting;

use std::io::Write as _;

use feast_registry::config::Config;
use feast_registry_core::backend::Backends;
use feast_registry_core::{Error, ErrorKind, Registry, Result};
use feast_registry_server::{Reload, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use crate::args::Serve;
use crate::failure::Outcome;
use crate::session::Session;

/// Feast's variable that protects the project of the server from deletion.
const PROTECTED_PROJECT: &str = "FEAST_PROTECTED_PROJECT";

pub(super) async fn run(args: Serve, session: &mut Session<'_>) -> Outcome {
    let config = session.config()?;
    // Wrong settings must not look like a store that is not there yet.
    feast_registry::store_options(&config)?;
    let protection = protection(args.as_feast, &config)?;
    let mut options = args.options();
    options.limits.connections = files::make_room(options.limits.connections);
    let (mut first, mut second) = (Signals::new()?, Signals::new()?);
    let server = Server::bind(options.clone()).await?;
    let reloading = reload_on_hangup(server.reload())?;
    let plan = Plan {
        config: config.clone(),
        backends: session.backends,
        demo: args.demo,
        protection,
        opened: Notify::new(),
    };
    let greeting = greeting::text(&server, &options, &config, args.demo);
    let serving = server.run(|| plan.open(), first.next());
    let impatience = async {
        second.next().await;
        second.next().await;
    };
    let greet = async {
        plan.opened.notified().await;
        greeting.lines().try_for_each(|line| session.say(line))?;
        session.streams.out.flush()?;
        std::future::pending::<Outcome>().await
    };
    tokio::select! {
        served = serving => Ok(served?),
        failed = greet => failed,
        () = reloading => Ok(()),
        () = impatience => {
            let message = "stopped at once: calls may still have been under way";
            Err(Error::new(ErrorKind::Unavailable, message).into())
        }
    }
}

/// How the registry is made ready.
struct Plan<'a> {
    config: Config,
    backends: &'a Backends,
    demo: bool,
    /// Whether the project of the server is to be protected, if that is said.
    protection: Option<bool>,
    /// The registry was opened: clients can be told of the server.
    opened: Notify,
}

impl Plan<'_> {
    async fn open(&self) -> Result<Registry> {
        let registry = feast_registry::open(&self.config, self.backends).await?;
        if self.demo {
            demo::fill(&registry).await?;
        }
        if let (Some(protected), Some(project)) = (self.protection, &self.config.project) {
            registry.set_protected(project, protected).await?;
        }
        self.opened.notify_one();
        Ok(registry)
    }
}

/// Feast's server takes the protection away where the variable is not set; ours leaves it.
fn protection(as_feast: bool, config: &Config) -> Result<Option<bool>> {
    let said = std::env::var(PROTECTED_PROJECT).ok();
    let protected = said.map(|value| value.eq_ignore_ascii_case("true"));
    if protected == Some(true) && config.project.is_none() {
        let message =
            format!("{PROTECTED_PROJECT} is true, but which project is meant is not said");
        return Err(Error::new(ErrorKind::Config, message).with_hint(
            "set `project` in feature_store.yaml, FEAST_REGISTRY_PROJECT or --project",
        ));
    }
    Ok(protected.or(as_feast.then_some(false)))
}

/// Does not end. Without certificates the signal means nothing, as to other servers.
fn reload_on_hangup(reload: Reload) -> Result<impl Future<Output = ()>> {
    let mut hangups = listen(SignalKind::hangup())?;
    Ok(async move {
        while hangups.recv().await.is_some() {
            tracing::info!("the certificates are read again, as the signal asks");
            reload.now();
        }
        std::future::pending().await
    })
}

fn listen(kind: SignalKind) -> Result<Signal> {
    signal(kind).map_err(|error| {
        let message = format!("signals cannot be listened for: {error}");
        Error::new(ErrorKind::Internal, message)
    })
}

/// What ends the server. The first signal lets it finish, the second does not.
struct Signals([Signal; 2]);

impl Signals {
    fn new() -> Result<Self> {
        Ok(Signals([
            listen(SignalKind::terminate())?,
            listen(SignalKind::interrupt())?,
        ]))
    }

    async fn next(&mut self) {
        let [terminate, interrupt] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
