//! What a traced program did to files.

use std::path::PathBuf;

/// One thing that a program did, when it was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The content of a file changed.
    Wrote(PathBuf),
    /// A file, or the entries of a folder, are on the disk.
    Synced(PathBuf),
    /// A file was opened, and made if it was not there.
    Opened(PathBuf),
    /// A folder was made.
    Made(PathBuf),
    /// A file was removed.
    Removed(PathBuf),
    /// A file got another name.
    Renamed(PathBuf, PathBuf),
    /// Something was said on standard output.
    Said(String),
}
