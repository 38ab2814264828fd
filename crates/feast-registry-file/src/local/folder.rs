//! Folders: made where they are missing, and on the disk.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use feast_registry_core::Result;

use super::place::error;

/// Makes a folder and those above it, where they are missing.
pub(super) fn create(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder
        .parent()
        .filter(|above| !above.as_os_str().is_empty())
    {
        create(above)?;
    }
    match fs::create_dir(folder) {
        Err(problem) if problem.kind() != io::ErrorKind::AlreadyExists => {
            Err(error("create the folder", folder, &problem))
        }
        Err(_) => Ok(()),
        Ok(()) => sync(folder.parent().unwrap_or(Path::new("."))),
    }
}

/// Puts the names in a folder on the disk.
pub(super) fn sync(folder: &Path) -> Result<()> {
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|problem| error("write to the disk", folder, &problem))
}
