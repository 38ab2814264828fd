//! Trials as data: a name, what it needs and what it does.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use feast_registry_core::Kind;
use futures::future::{BoxFuture, FutureExt};

use crate::check::Checked;
use crate::context::Context;

type Run = Arc<dyn Fn(Context) -> BoxFuture<'static, Checked> + Send + Sync>;

/// What a trial needs beyond the `Store` trait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Data that survives its store.
    Durable,
    /// Several handles on the same data.
    Shared,
    /// A log of changes.
    Log,
    /// Worker processes.
    Processes,
    /// A server that may be let fail.
    Server,
}

/// One behaviour that a store must show.
#[derive(Clone)]
pub(crate) struct Trial {
    name: String,
    needs: Vec<Need>,
    run: Run,
}

impl Trial {
    pub(crate) fn new<F, R>(name: impl Into<String>, run: F) -> Self
    where
        F: Fn(Context) -> R + Send + Sync + 'static,
        R: Future<Output = Checked> + Send + 'static,
    {
        Trial {
            name: name.into(),
            needs: Vec::new(),
            run: Arc::new(move |context| run(context).boxed()),
        }
    }

    pub(crate) fn needing(mut self, needs: &[Need]) -> Self {
        self.needs.extend_from_slice(needs);
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Why the trial cannot be run here, if it cannot.
    pub(crate) fn obstacle(&self, context: &Context) -> Option<&'static str> {
        let capabilities = context.facts().capabilities;
        self.needs.iter().find_map(|need| match need {
            Need::Durable if !capabilities.durable => Some("the store is not durable"),
            Need::Shared if !capabilities.shared => {
                Some("the store is not shared between processes")
            }
            Need::Log if !capabilities.change_log => Some("the store keeps no log of changes"),
            Need::Processes if !context.has_workers() => {
                Some("worker processes need the suite's own main function")
            }
            Need::Server if context.harness().server().is_none() => {
                Some("the harness names no server")
            }
            _ => None,
        })
    }

    pub(crate) fn start(&self, context: Context) -> BoxFuture<'static, Checked> {
        (self.run)(context)
    }
}

impl fmt::Debug for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The same behaviour for several kinds, each a trial of its own.
pub(crate) fn for_kinds<F, R>(group: &str, behaviour: &str, kinds: &[Kind], run: F) -> Vec<Trial>
where
    F: Fn(Context, Kind) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Checked> + Send + 'static,
{
    kinds
        .iter()
        .map(|&kind| {
            let run = run.clone();
            let name = format!("{group}::{}::{behaviour}", slug(kind));
            Trial::new(name, move |context| run(context, kind))
        })
        .collect()
}

/// The name of a kind as it stands in the name of a trial: `feature_view`.
pub(crate) fn slug(kind: Kind) -> String {
    let mut slug = String::new();
    for letter in kind.spec().name.chars() {
        if letter.is_uppercase() && !slug.is_empty() {
            slug.push('_');
        }
        slug.extend(letter.to_lowercase());
    }
    slug
}

/// Trials that are named after the functions that run them.
macro_rules! trials {
    ($group:literal: $($run:ident),+ $(,)?) => {
        vec![$($crate::trial::Trial::new(concat!($group, "::", stringify!($run)), $run)),+]
    };
}

/// Trials for each of some kinds, named after the functions that run them.
macro_rules! trials_for {
    ($group:literal, $kinds:expr; $($run:ident),+ $(,)?) => {{
        let mut trials = Vec::new();
        $(trials.extend($crate::trial::for_kinds($group, stringify!($run), &$kinds, $run));)+
        trials
    }};
}
