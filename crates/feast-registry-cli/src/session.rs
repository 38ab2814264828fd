//! What one run of the command works with.

use std::io::{self, Write as _};
use std::sync::Arc;

use feast_registry::config::{self, Config, LoadOptions, Loaded};
use feast_registry_core::backend::Backends;
use feast_registry_core::store::SchemaMode;
use feast_registry_core::{Error, Kind, Query, Registry, Store};

use crate::args::{Format, Global};
use crate::failure::{Failure, Outcome};
use crate::output::{Streams, style};

/// How many projects an error lists.
const LISTED: usize = 20;

/// What one run of the command works with: options, configuration, the registry, streams.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    pub(crate) global: Global,
    pub(crate) backends: &'a Backends,
    pub(crate) streams: &'a mut Streams,
    loaded: Option<Arc<Loaded>>,
    registry: Option<Registry>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(global: Global, backends: &'a Backends, streams: &'a mut Streams) -> Self {
        Session {
            global,
            backends,
            streams,
            loaded: None,
            registry: None,
        }
    }

    /// The configuration, read once; its warnings are logged.
    pub(crate) fn loaded(&mut self) -> Outcome<Arc<Loaded>> {
        if let Some(loaded) = &self.loaded {
            return Ok(Arc::clone(loaded));
        }
        let loaded = Arc::new(self.load(self.global.registry.clone())?);
        for warning in &loaded.warnings {
            tracing::warn!("{warning}");
        }
        self.loaded = Some(Arc::clone(&loaded));
        Ok(loaded)
    }

    fn load(&self, registry: Option<String>) -> Outcome<Loaded> {
        let mut options = LoadOptions::from_process_env();
        options.chdir = self.global.chdir.clone();
        options.feature_store_yaml = self.global.feature_store_yaml.clone();
        options.registry = registry;
        options.project = self.global.project.clone();
        #[cfg(feature = "server")]
        options
            .own_variables
            .extend(crate::args::Serve::variables());
        Ok(config::load(&options)?)
    }

    /// The store of a registry beside the one in effect, as it is: no rule looks at what it holds.
    /// It is closed by whoever asked for it.
    pub(crate) async fn store(&self, registry: &str, mode: SchemaMode) -> Outcome<Arc<dyn Store>> {
        let config = self.load(Some(registry.to_owned()))?.config;
        let mut options = feast_registry::store_options(&config)?;
        // What the configuration says of replicas is said of its own registry.
        options.read_url = None;
        options.schema_mode = mode;
        let store = self.backends.open(&options).await?;
        let named = |error: Error| error.context(&config.registry.path);
        store.initialize(mode).await.map_err(named)?;
        Ok(store)
    }

    /// The settings in effect.
    pub(crate) fn config(&mut self) -> Outcome<Config> {
        Ok(self.loaded()?.config.clone())
    }

    /// The registry, opened once.
    pub(crate) async fn registry(&mut self) -> Outcome<Registry> {
        if let Some(registry) = &self.registry {
            return Ok(registry.clone());
        }
        let registry = feast_registry::open(&self.config()?, self.backends).await?;
        self.registry = Some(registry.clone());
        Ok(registry)
    }

    /// The project in effect: the one that is named, or the only one there is.
    pub(crate) async fn project(&mut self) -> Outcome<Arc<str>> {
        match self.find_project().await? {
            Ok(project) => Ok(project),
            Err(names) => Err(choose(&names).into()),
        }
    }

    /// The project in effect, or the names of those to choose from.
    pub(crate) async fn find_project(&mut self) -> Outcome<Result<Arc<str>, Vec<Arc<str>>>> {
        if let Some(project) = self.config()?.project {
            return Ok(Ok(project.into()));
        }
        let registry = self.registry().await?;
        let listing = registry.list(&Query::everywhere(Kind::Project)).await?;
        let readable = listing.records.into_iter().map(|row| row.key.name);
        let skipped = listing.skipped.into_iter().map(|skipped| skipped.key.name);
        let mut names: Vec<Arc<str>> = readable.chain(skipped).collect();
        names.sort_unstable();
        Ok(match names.as_slice() {
            [only] => Ok(Arc::clone(only)),
            _ => Err(names),
        })
    }

    /// The format that the user asked for.
    pub(crate) fn format(&self, default: Format) -> Format {
        self.global.output.unwrap_or(default)
    }

    /// Says something in one line.
    pub(crate) fn say(&mut self, text: &str) -> Outcome {
        Ok(writeln!(self.streams.out, "{}", style::printable(text))?)
    }

    /// Asks whether to go on; an error if not.
    pub(crate) fn confirm(&mut self, question: &str) -> Outcome {
        if self.global.yes {
            return Ok(());
        }
        self.streams.out.flush()?;
        write!(self.streams.err, "{} [y/N] ", style::printable(question))?;
        self.streams.err.flush()?;
        let answer = read_line(&mut self.streams.input)
            .map_err(|error| Failure::from(crate::failure::file("read", "the answer", &error)))?;
        if !answer.ends_with('\n') {
            writeln!(self.streams.err)?;
        }
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Error::invalid("not confirmed, so nothing was changed")
                .with_hint("answer `y`, or pass --yes")
                .into()),
        }
    }

    /// Writes what is left of the output and lets go of the registry.
    pub(crate) async fn finish(self) -> Outcome {
        let flushed = self.streams.out.flush();
        if let Some(registry) = self.registry {
            registry.close().await?;
        }
        Ok(flushed?)
    }
}

fn choose(names: &[Arc<str>]) -> Error {
    if names.is_empty() {
        return Error::invalid("the registry holds no project yet, so there is none to choose")
            .with_hint("name one with --project, or apply something first");
    }
    let listed: Vec<&str> = names.iter().take(LISTED).map(|name| &**name).collect();
    let more = match names.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Error::invalid(format!(
        "the registry holds {} projects: {}{more}",
        names.len(),
        listed.join(", ")
    ))
    .with_hint("choose one with --project")
}

/// Reads a line byte by byte, so that nothing behind it is swallowed.
fn read_line(input: &mut dyn io::Read) -> io::Result<String> {
    const LONGEST: usize = 1024;
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < LONGEST && !line.ends_with(b"\n") && input.read(&mut byte)? == 1 {
        line.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}
