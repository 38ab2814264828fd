//! What moves registries and compares them.

use clap::{Args, ValueHint};

const MIGRATE: &str = "\
To run it again continues where it ended, and picks up what has changed in the source since: what
is equal already is not written again. The source may be written to all the time; it is only read.
The target is to be left alone until the migration is done.";

#[derive(Debug, Args)]
#[command(after_help = MIGRATE)]
pub(crate) struct Migrate {
    /// The registry to read
    #[arg(long, value_name = "URL-or-path", value_hint = ValueHint::AnyPath)]
    pub(crate) from: String,
    /// The registry to write
    #[arg(long, value_name = "URL-or-path", value_hint = ValueHint::AnyPath)]
    pub(crate) to: String,
    /// Read the target again and compare checksums; fail if they differ or anything is lost
    #[arg(long)]
    pub(crate) verify: bool,
    /// Succeed though the target cannot hold everything
    #[arg(long)]
    pub(crate) allow_loss: bool,
    /// Overwrite what the target holds otherwise, and delete what only the target holds
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Repeat until a pass finds nothing to do
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) watch_until_quiet: bool,
    /// Say what would be done, and do nothing
    #[arg(long, conflicts_with = "verify")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// A registry: a URL or a path
    #[arg(value_name = "A", value_hint = ValueHint::AnyPath)]
    pub(crate) a: String,
    /// Another one
    #[arg(value_name = "B", value_hint = ValueHint::AnyPath)]
    pub(crate) b: String,
}
