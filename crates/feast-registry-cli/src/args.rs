//! The command line.

mod moving;
mod nouns;
#[cfg(feature = "server")]
mod serve;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use feast_registry_core::Revision;
use feast_registry_proto::prost_types::Timestamp;

pub(crate) use self::moving::{Diff, Migrate};
pub(crate) use self::nouns::Noun;
#[cfg(feature = "server")]
pub(crate) use self::serve::Serve;
pub(crate) use self::values::{Tag, tags};

const EXAMPLES: &str = "\
Examples:
  feast-registry serve --demo                    serve registry.db to Feast's clients
  feast-registry apply features.yaml             put definitions into registry.db
  feast-registry feature-views list              see what is there
  feast-registry --registry postgresql://… projects list -o json

With no configuration the registry is sqlite:///registry.db in the working folder.
A feature_store.yaml there, or named with -f or -c, is read as Feast reads it;
`feast-registry config` shows what is in effect.";

/// A feature registry, compatible with Feast's
#[derive(Debug, Parser)]
#[command(name = "feast-registry", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes, before or after its name.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Where the registry is: sqlite:///registry.db, postgresql://…, a path
    #[arg(long, global = true, value_name = "URL-or-path", value_hint = ValueHint::AnyPath)]
    pub(crate) registry: Option<String>,
    /// The project; may be left out where the registry holds one
    #[arg(long, global = true)]
    pub(crate) project: Option<String>,
    /// How to print; tables are for people, JSON and YAML hold protobuf JSON
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        ignore_case = true,
        value_name = "FORMAT"
    )]
    pub(crate) output: Option<Format>,
    /// Answer yes to every question
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,
    /// The folder of feature_store.yaml, from which relative paths start
    #[arg(short, long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) chdir: Option<PathBuf>,
    /// The configuration file, if it is not ./feature_store.yaml
    #[arg(short, long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) feature_store_yaml: Option<PathBuf>,
    /// What to log on standard error
    #[arg(
        long,
        global = true,
        value_enum,
        ignore_case = true,
        value_name = "LEVEL",
        default_value = "warning"
    )]
    pub(crate) log_level: LogLevel,
    /// How to log: lines for people, or a JSON object in each line
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,
    /// When to use colours; `auto` is on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto"
    )]
    pub(crate) color: Color,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Json,
    Yaml,
}

/// What to log; the names are Python's, as in Feast.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogLevel {
    Trace,
    Debug,
    Info,
    #[value(alias = "warn")]
    Warning,
    #[value(alias = "critical")]
    Error,
}

/// How to log.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl From<LogLevel> for tracing::Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Trace => tracing::Level::TRACE,
            LogLevel::Debug => tracing::Level::DEBUG,
            LogLevel::Info => tracing::Level::INFO,
            LogLevel::Warning => tracing::Level::WARN,
            LogLevel::Error => tracing::Level::ERROR,
        }
    }
}

/// When to use colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Makes this the choice of the process.
    pub(crate) fn apply(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Noun(Noun),
    /// Feature views: batch and on-demand ones in lists, any kind by name
    #[command(subcommand)]
    FeatureViews(FeatureViewCommand),
    /// Projects
    #[command(subcommand)]
    Projects(ProjectCommand),
    /// Permissions
    #[command(subcommand)]
    Permissions(PermissionCommand),
    /// The features of all views
    #[command(subcommand)]
    Features(FeatureCommand),
    /// Put definitions into the registry, all of them or none
    Apply(Apply),
    /// Show what an apply would do, field by field, and do nothing
    Plan(Plan),
    /// Delete the first object with this name
    Delete(Delete),
    /// Write the registry into one file
    Export(Export),
    /// Put an exported registry back exactly: stamps, history and all
    Import(Import),
    /// Make one registry hold what another one holds, whatever backends they have
    Migrate(Migrate),
    /// Show in what two registries differ
    Diff(Diff),
    /// The versions of a feature view, or the definition of one of them
    Versions(Versions),
    /// What was materialised
    #[command(subcommand)]
    Materializations(MaterializationCommand),
    /// Look for what is wrong with the registry, and mend it
    Doctor(Doctor),
    /// Print a project as one JSON object
    RegistryDump,
    /// Remove a project, or everything
    Teardown(Teardown),
    /// Earlier versions of a registry file
    #[command(subcommand)]
    Backups(BackupCommand),
    /// The tables of the registry
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Serve the registry over gRPC, for Feast's clients
    #[cfg(feature = "server")]
    Serve(Serve),
    /// The backends of this build and the URLs they serve
    Backends,
    /// Every setting in effect, and where it comes from
    #[command(alias = "configuration")]
    Config,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the version
    Version,
}

impl Command {
    /// Whether it runs until it is told to stop.
    pub(crate) fn is_server(&self) -> bool {
        #[cfg(feature = "server")]
        return matches!(self, Command::Serve(_));
        #[cfg(not(feature = "server"))]
        false
    }
}

/// What can be done with objects of any kind.
#[derive(Debug, Subcommand)]
pub(crate) enum ObjectCommand {
    /// List them
    List(List),
    /// Show one
    Describe(Describe),
}

#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct List {
    /// Only objects with this tag; may be repeated, and all must match
    #[arg(long, short, value_name = "KEY:VALUE", value_parser = tags, action = clap::ArgAction::Append)]
    pub(crate) tags: Vec<Vec<Tag>>,
}

#[derive(Debug, Args)]
pub(crate) struct Describe {
    /// The name
    pub(crate) name: String,
    /// Print the revision only, for --expected-revision
    #[arg(long)]
    pub(crate) revision: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FeatureViewCommand {
    #[command(flatten)]
    Object(ObjectCommand),
    /// List the version history of a view
    ListVersions {
        /// The view
        name: String,
    },
    /// Let a view be served and materialised again
    Enable {
        /// The view
        name: String,
    },
    /// Keep a view from being served and materialised
    Disable {
        /// The view
        name: String,
    },
    /// Move a view to the next state of its life
    SetState {
        /// The view
        name: String,
        /// The state
        #[arg(value_enum, ignore_case = true)]
        state: State,
    },
}

/// The states that a view can be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum State {
    Created,
    Generated,
    Materializing,
    AvailableOnline,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectCommand {
    #[command(flatten)]
    Object(ObjectCommand),
    /// Show the project in effect
    #[command(name = "current_project", alias = "current-project")]
    CurrentProject,
    /// Delete a project with everything in it
    Delete {
        /// The project
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PermissionCommand {
    /// List them
    List {
        #[command(flatten)]
        list: List,
        /// Print the objects that each permission covers
        #[arg(long, short)]
        verbose: bool,
    },
    /// Show one
    Describe(Describe),
    /// List the roles that permissions name
    ListRoles {
        /// Print what each role may do with each object
        #[arg(long, short)]
        verbose: bool,
    },
    /// List the objects and actions that no permission covers
    Check,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FeatureCommand {
    /// List the features of all views
    List,
    /// Show the features with this name
    Describe {
        /// The feature
        name: String,
    },
}

const APPLY: &str = "\
A file is one of these, told by its content:
  a Feast registry file (protobuf). Its objects are applied as new definitions; history,
  infrastructure and metadata are what `import` takes.
  YAML, any number of documents, one object each:
      kind: Entity
      project: rides
      spec: {name: driver, valueType: INT64, joinKey: driver_id}
  JSON: one such object, several one after the other, or an array of them.
Fields are those of Feast's protobuf messages, in camelCase or snake_case. An object that names no
project belongs to --project, or to the only project there is.";

/// What to apply.
#[derive(Debug, Args)]
pub(crate) struct Definitions {
    /// Files with definitions; `-` is standard input
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) files: Vec<PathBuf>,
    /// Record changed views as new versions without making them the active ones
    #[arg(long)]
    pub(crate) no_promote: bool,
    /// Delete what the files no longer have: entities, data sources, views, services and permissions
    /// of the projects that they are about
    #[arg(long)]
    pub(crate) prune: bool,
}

#[derive(Debug, Args)]
#[command(after_help = APPLY)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) definitions: Definitions,
    /// Fail unless the object is at this revision; for one object only
    #[arg(long, value_name = "REVISION")]
    pub(crate) expected_revision: Option<Revision>,
    /// Do exactly what this plan says (`plan --out`), or nothing
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) expected_plan: Option<PathBuf>,
    /// Show what was changed, field by field
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(Debug, Args)]
#[command(after_help = APPLY)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) definitions: Definitions,
    /// Write the plan into a file, for `apply --expected-plan`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// The name
    pub(crate) name: String,
    /// The kind, where objects of several kinds have the name
    #[arg(long, value_parser = values::kind)]
    pub(crate) kind: Option<feast_registry_core::Kind>,
    /// Fail unless the object is at this revision
    #[arg(long, value_name = "REVISION")]
    pub(crate) expected_revision: Option<Revision>,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// proto is Feast's registry file and keeps every byte; JSON and YAML are what `apply` takes
    #[arg(long, value_enum, default_value = "proto")]
    pub(crate) format: ExportFormat,
    /// The file; standard output if none is named
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
}

/// The forms of an exported registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Proto,
    Json,
    Yaml,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A Feast registry file; `-` is standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Versions {
    /// The view
    pub(crate) name: String,
    /// The version to show: v2 or 2
    #[arg(value_parser = values::version)]
    pub(crate) version: Option<i32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MaterializationCommand {
    /// List the intervals in which a view was materialised
    List {
        /// The view
        view: String,
    },
    /// Record that a view was materialised
    Add {
        /// The view
        view: String,
        /// The beginning: 2026-01-31 or 2026-01-31T12:00:00Z; without an offset it is UTC
        #[arg(long, value_name = "TIME", value_parser = values::time)]
        start: Timestamp,
        /// The end
        #[arg(long, value_name = "TIME", value_parser = values::time)]
        end: Timestamp,
    },
    /// Merge the intervals of a view that touch or overlap
    Compact {
        /// The view
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        view: Option<String>,
        /// Every view of the project
        #[arg(long)]
        all: bool,
        /// Print what would be merged, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Mend what can be mended without a doubt
    #[arg(long)]
    pub(crate) fix: bool,
    /// Print what --fix would do, and do nothing
    #[arg(long, requires = "fix")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Teardown {
    /// Remove the rows of every project
    #[arg(long, conflicts_with = "project")]
    pub(crate) all: bool,
    /// Remove the tables too
    #[arg(long, requires = "all")]
    pub(crate) drop_tables: bool,
}

/// What can be done with earlier versions.
#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    /// The versions that are kept, newest first
    List,
    /// Make an earlier version the present one
    Restore {
        /// Its name in the list
        name: String,
    },
}

/// Whether there is something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// There is
    On,
    /// There is not
    Off,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Create what is missing
    Create,
    /// Fail if a table is missing
    Verify,
    /// Bring what an older program made up to date, forward only
    Upgrade {
        /// Print the statements, change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Keep a log of changes, in which the cache finds what others changed, or end to keep it
    ChangeLog {
        /// Whether there is a log
        #[arg(value_enum)]
        state: Switch,
        /// Print the statements, change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Print the statements that create the tables
    Print,
}
