//! Where the servers of a run come from: containers, programs of this machine, or a given URL.

pub(crate) mod compose;
#[cfg(test)]
mod compose_file;

use std::thread::{self, JoinHandle};

use clap::ValueEnum;

use self::compose::{Service, Session};
use crate::Result;
use crate::servers::{self, Running, Server, Site, Ward};

/// Where servers come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Provision {
    /// Containers where an engine runs, and the machine's programs for the rest.
    #[default]
    Auto,
    /// Containers only, by docker compose.
    Compose,
    /// Programs installed on this machine only.
    Local,
}

/// A server that a suite runs on.
#[derive(Debug)]
pub(crate) struct Target {
    /// The name of the row: that of the backend, or of the service when there are several.
    pub(crate) label: String,
    /// How an administrator connects; none if the backend needs no server.
    pub(crate) url: Option<String>,
    /// Where it came from, for people.
    pub(crate) origin: String,
    /// What it really is, if it only takes the place of the server that was asked for.
    pub(crate) stands_in: Option<&'static str>,
    /// What ends with this, if it was started here.
    pub(crate) running: Option<Running>,
}

impl Target {
    /// For a backend that needs no server.
    pub(crate) fn without_server(backend: &str) -> Self {
        Self::new(backend, None, "needs no server".to_owned())
    }

    /// A server that somebody else runs.
    pub(crate) fn existing(label: &str, url: &str) -> Self {
        Self::new(label, Some(url.to_owned()), "the given URL".to_owned())
    }

    fn new(label: &str, url: Option<String>, origin: String) -> Self {
        Target {
            label: label.to_owned(),
            url,
            origin,
            stands_in: None,
            running: None,
        }
    }

    fn service(service: Service) -> Self {
        let origin = format!("container `{}`", service.name);
        Self::new(service.name, Some(service.url.to_owned()), origin)
    }

    fn local(backend: &str, running: Running) -> Self {
        let origin = format!("program of this machine, {}", running.version);
        let mut target = Self::new(backend, Some(running.url.clone()), origin);
        target.stands_in = running.stands_in;
        target.running = Some(running);
        target
    }
}

/// The servers of some backends, which are starting in the background.
#[derive(Debug)]
pub(crate) struct Starting {
    containers: Option<Containers>,
    local: Vec<(&'static str, JoinHandle<Result<Running, String>>)>,
    /// Why there are no containers, where only containers are wanted.
    refused: Option<String>,
    ward: Ward,
    provision: Provision,
}

/// Services that are starting, and then run as long as this lives.
#[derive(Debug)]
enum Containers {
    Starting(JoinHandle<Result<Session, String>>),
    Running(Session),
    Failed(String),
}

impl Starting {
    /// Begins to start the servers of these backends. What cannot be had is told by
    /// [`Starting::targets`], for each backend alone.
    pub(crate) fn begin(ward: &Ward, provision: Provision, backends: &[&str]) -> Result<Self> {
        let engine = match provision {
            Provision::Local => Err("not asked for".into()),
            Provision::Auto | Provision::Compose => compose::engine(),
        };
        let mut starting = Starting {
            containers: None,
            local: Vec::new(),
            refused: None,
            ward: ward.clone(),
            provision,
        };
        let mut services = Vec::new();
        let mut local: Vec<&'static dyn Server> = Vec::new();
        for backend in backends {
            let found = compose::services_of(backend);
            if engine.is_ok() && !found.is_empty() {
                services.extend(found);
            } else if provision != Provision::Compose {
                local.extend(servers::find(backend));
            }
        }
        if let Err(reason) = engine {
            match provision {
                Provision::Auto if !local.is_empty() => {
                    println!("servers: programs of this machine, because {reason}");
                }
                Provision::Compose => starting.refused = Some(reason.to_string()),
                _ => {}
            }
        }
        starting.spawn(services, local)?;
        Ok(starting)
    }

    fn spawn(&mut self, services: Vec<Service>, local: Vec<&'static dyn Server>) -> Result {
        if !services.is_empty() {
            let ward = self.ward.clone();
            let up = move || compose::up(&ward, &services).map_err(|error| error.to_string());
            self.containers = Some(Containers::Starting(thread::spawn(up)));
        }
        if local.is_empty() {
            return Ok(());
        }
        let site = Site::new(self.ward.clone())?;
        for server in local {
            let site = site.clone();
            let start = move || server.start(&site).map_err(|error| error.to_string());
            self.local.push((server.name(), thread::spawn(start)));
        }
        Ok(())
    }

    /// The servers of a backend once they answer, or why there is none.
    pub(crate) fn targets(&mut self, backend: &str) -> Result<Vec<Target>> {
        if let Some(at) = self.local.iter().position(|(name, _)| *name == backend) {
            let (_, thread) = self.local.swap_remove(at);
            return Ok(vec![Target::local(backend, joined(thread)?)]);
        }
        if let Some(reason) = &self.refused {
            return Err(reason.clone().into());
        }
        let services = compose::services_of(backend);
        if services.is_empty() {
            return Err(format!("there is no container for {backend}").into());
        }
        match (self.containers(), self.provision) {
            (Ok(()), _) => Ok(services.into_iter().map(Target::service).collect()),
            (Err(reason), Provision::Auto) => self.fall_back(backend, &reason.to_string()),
            (Err(reason), _) => Err(reason),
        }
    }

    /// An engine that answers may still be unable to start a container, for example without a
    /// network for its image.
    fn fall_back(&self, backend: &str, reason: &str) -> Result<Vec<Target>> {
        println!("{backend}: a program of this machine, because its container fails: {reason}");
        let server = servers::find(backend).ok_or_else(|| reason.to_owned())?;
        let running = server.start(&Site::new(self.ward.clone())?)?;
        Ok(vec![Target::local(backend, running)])
    }

    fn containers(&mut self) -> Result {
        let settled = match self.containers.take() {
            Some(Containers::Starting(thread)) => match joined(thread) {
                Ok(session) => Containers::Running(session),
                Err(reason) => Containers::Failed(reason.to_string()),
            },
            Some(settled) => settled,
            None => return Err("its container was not asked for".into()),
        };
        let outcome = match &settled {
            Containers::Failed(reason) => Err(reason.clone().into()),
            _ => Ok(()),
        };
        self.containers = Some(settled);
        outcome
    }

    /// Leaves the containers running when this program ends.
    pub(crate) fn release(self) {
        if let Some(Containers::Running(session)) = self.containers {
            session.release();
        }
    }
}

fn joined<T>(thread: JoinHandle<Result<T, String>>) -> Result<T> {
    match thread.join() {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err("its start panicked".into()),
    }
}
