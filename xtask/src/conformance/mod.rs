//! The conformance suite over the backends, and one row for each.

mod backends;
mod rows;
mod suite;

use std::path::PathBuf;

pub(crate) use self::backends::check_required;
pub(crate) use self::rows::Row;
pub(crate) use self::suite::SOAK_VARIABLE;

use self::backends::Backend;
use self::suite::Suite;
use crate::Result;
use crate::provision::{Provision, Starting, Target, compose};
use crate::servers::{Running, Ward};
use crate::shell::Count;

/// Run the conformance suite on backends and print a row for each.
///
/// Servers are started for the run and stopped after it.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// A backend, or `all`, which is the default. May be repeated. A backend that is named and
    /// cannot be reached is a failure.
    #[arg(long)]
    pub(crate) backend: Vec<String>,
    /// Backends that must be among those reached, separated by commas.
    #[arg(long, value_delimiter = ',')]
    pub(crate) require: Vec<String>,
    /// Where servers come from.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) provision: Provision,
    /// An existing server instead, for one backend: the URL of an administrator.
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// The Cargo.toml of another crate, whose test `conformance` is run instead of ours, on the
    /// server of the backend.
    #[arg(long)]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Write the rows to this file, as a JSON array.
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// Go on with the next backend after one has failed.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// The large tier: full concurrency, long runs.
    #[arg(long)]
    pub(crate) soak: bool,
    /// Only trials whose name contains this.
    pub(crate) filter: Option<String>,
}

impl Args {
    /// Whether the user asked for this backend by its name.
    fn names(&self, backend: &str) -> bool {
        let mut named = self.backend.iter().chain(&self.require);
        named.any(|name| name == backend)
    }
}

pub(crate) fn run(args: &Args) -> Result {
    let (count, rows) = conform(args)?;
    if let Some(row) = unreached(&rows, |row| args.names(&row.backend)) {
        return Err(unreached_error(row).into());
    }
    if count.failed > 0 {
        return Err("the conformance suite failed".into());
    }
    Ok(())
}

/// Runs the suites, prints the table, and counts.
pub(crate) fn conform(args: &Args) -> Result<(Count, Vec<Row>)> {
    check_required(&args.require)?;
    let backends = backends(args)?;
    let ward = Ward::watching_signals()?;
    let mut starting = start(&ward, args, &backends)?;
    let manifest = args.manifest_path.as_deref().map(suite::absolute);
    let manifest = manifest.transpose()?;
    let mut total = Count::default();
    let mut rows = Vec::new();
    if let (Some(manifest), []) = (&manifest, &backends[..]) {
        let label = "third party";
        let target = match &args.url {
            Some(url) => Target::existing(label, url),
            None => Target::without_server(label),
        };
        try_targets(
            Suite::ThirdParty(manifest),
            vec![target],
            args,
            &mut total,
            &mut rows,
        )?;
    }
    for backend in backends {
        let suite = match &manifest {
            Some(manifest) => Suite::ThirdParty(manifest),
            None => Suite::Ours(backend),
        };
        match targets(backend, suite, args, &mut starting) {
            Ok(targets) => try_targets(suite, targets, args, &mut total, &mut rows)?,
            Err(reason) => rows.push(Row::not_run(backend.name, &reason.to_string())),
        }
        if !args.keep_going && rows.iter().any(|row| failed(row, args)) {
            break;
        }
    }
    rows::print(&rows);
    if let Some(json) = &args.json {
        rows::write(&rows, json)?;
    }
    Ok((total, rows))
}

fn failed(row: &Row, args: &Args) -> bool {
    row.failed > 0 || (row.not_run.is_some() && args.names(&row.backend))
}

/// The backends to run; none for a third party's crate that needs no server of ours.
fn backends(args: &Args) -> Result<Vec<&'static Backend>> {
    let backends = match (&args.backend[..], &args.manifest_path) {
        ([], Some(_)) => Vec::new(),
        ([], None) => backends::chosen(&["all".to_owned()])?,
        (names, _) => backends::chosen(names)?,
    };
    let alone = backends.len() == 1 || (backends.is_empty() && args.manifest_path.is_some());
    if args.url.is_some() && !alone {
        return Err("--url is for one backend: say which by --backend".into());
    }
    Ok(backends)
}

fn start(ward: &Ward, args: &Args, backends: &[&Backend]) -> Result<Starting> {
    let needed: Vec<_> = backends
        .iter()
        .filter(|backend| args.url.is_none() && on_a_server(backend, args))
        .filter(|backend| args.manifest_path.is_some() || backend.has(backend.tests[0]))
        .map(|backend| backend.name)
        .collect();
    Starting::begin(ward, args.provision, &needed)
}

/// Whether it runs on a server: it needs one, or this is the one that is wanted.
fn on_a_server(backend: &Backend, args: &Args) -> bool {
    let wanted = args.url.is_some() || args.provision == Provision::Compose;
    backend.needs_server() || (wanted && !compose::services_of(backend.name).is_empty())
}

/// The servers that a backend is tried on.
fn targets(
    backend: &Backend,
    suite: Suite<'_>,
    args: &Args,
    starting: &mut Starting,
) -> Result<Vec<Target>> {
    if let (Suite::Ours(_), false) = (suite, backend.has(backend.tests[0])) {
        let Backend { package, tests, .. } = backend;
        return Err(format!("{package} has no test `{}`", tests[0]).into());
    }
    match &args.url {
        _ if !on_a_server(backend, args) => Ok(vec![Target::without_server(backend.name)]),
        Some(url) => Ok(vec![Target::existing(backend.name, url)]),
        None => starting.targets(backend.name),
    }
}

fn try_targets(
    suite: Suite<'_>,
    targets: Vec<Target>,
    args: &Args,
    total: &mut Count,
    rows: &mut Vec<Row>,
) -> Result {
    for target in targets {
        println!("\n== {}: {}", target.label, target.origin);
        let (count, row) = suite::run(suite, &target, args)?;
        *total += count;
        rows.push(row);
        // What the trials then report, refused connections, is not the cause.
        if let Some(Err(error)) = target.running.as_ref().map(Running::check) {
            println!("{}: {error}", target.label);
            total.failed = total.failed.max(1);
        }
    }
    Ok(())
}

/// The first backend that was wanted and could not be had.
pub(crate) fn unreached(rows: &[Row], wanted: impl Fn(&Row) -> bool) -> Option<&Row> {
    rows.iter().find(|row| row.not_run.is_some() && wanted(row))
}

/// What to say of it.
pub(crate) fn unreached_error(row: &Row) -> String {
    let reason = row.not_run.as_deref().unwrap_or_default();
    format!("{} was asked for and not reached: {reason}", row.backend)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(backend: &[&str]) -> Args {
        Args {
            backend: backend.iter().map(|name| (*name).to_owned()).collect(),
            ..Args::default()
        }
    }

    #[test]
    fn all_backends_are_the_default_unless_the_suite_is_somebody_elses() {
        let all = backends(&args(&["all"])).unwrap().len();
        assert_eq!(backends(&args(&[])).unwrap().len(), all);
        let mut third_party = args(&[]);
        third_party.manifest_path = Some("Cargo.toml".into());
        assert!(backends(&third_party).unwrap().is_empty());
    }

    #[test]
    fn a_url_is_for_one_backend() {
        let mut one = args(&["postgres"]);
        one.url = Some("postgresql://127.0.0.1/".to_owned());
        assert!(backends(&one).is_ok());
        one.backend.push("mysql".to_owned());
        assert!(backends(&one).is_err());
    }

    #[test]
    fn what_needs_no_server_runs_on_one_that_is_wanted() {
        let on = |name: &str, args: &Args| {
            let backend = backends::chosen(&[name.to_owned()]).unwrap()[0];
            on_a_server(backend, args)
        };
        let mut wanted = args(&[]);
        assert!(on("s3", &wanted) && !on("gcs", &wanted));
        wanted.provision = Provision::Compose;
        assert!(on("gcs", &wanted) && !on("file", &wanted));
    }

    #[test]
    fn only_a_backend_that_was_asked_for_must_be_reached() {
        let rows = [Row::not_run("mysql", "not installed")];
        assert!(!failed(&rows[0], &args(&["all"])));
        assert!(failed(&rows[0], &args(&["mysql"])));
        let error = unreached_error(unreached(&rows, |_| true).unwrap());
        assert!(error.contains("not installed"));
    }
}
