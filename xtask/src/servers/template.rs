//! Data folders that are initialised once for each version and copied for each run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::programs;
use super::site::Site;
use crate::{Result, workspace_root};

/// Goes up when a server is initialised differently, so that older templates are left alone.
const LAYOUT: u32 = 1;

/// A freshly initialised data folder for a server.
#[derive(Debug)]
pub(super) struct Template<'a> {
    /// The server.
    pub(super) name: &'a str,
    /// The log of what is done.
    pub(super) log: &'a Path,
    /// What it says of its version.
    pub(super) version: &'a str,
}

impl Template<'_> {
    /// Makes the folder `data`: a copy of the template, or by `initialise`, which is given the
    /// path and leaves a template for the next run.
    pub(super) fn make(
        &self,
        site: &Site,
        data: &Path,
        initialise: impl FnOnce(&Path) -> Result,
    ) -> Result {
        let template = self.folder();
        // The second of two that start at the same time waits, and copies.
        let _turn = turn(&template)?;
        if template.is_dir() && site.copy(&template, data, self.log).is_ok() {
            return Ok(());
        }
        // Left by a copy that failed, for example of a template of another user.
        let _ = fs::remove_dir_all(data);
        fs::create_dir(data)?;
        site.give(data)?;
        initialise(data)?;
        // Only a saving of time: a run without a template works as well.
        let _ = self.keep(site, data, &template);
        Ok(())
    }

    /// Puts a copy at its place in one step, so that nobody ever sees half of it.
    fn keep(&self, site: &Site, data: &Path, template: &Path) -> Result {
        let parent = template.parent().ok_or("a template has a folder")?;
        let new = site.folder_in(parent)?;
        let copied = new.path().join("data");
        site.copy(data, &copied, self.log)?;
        fs::rename(copied, template)?;
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        let Self { name, version, .. } = self;
        let number = programs::number(version);
        workspace_root().join(format!("target/servers/{name}-{number}-{LAYOUT}"))
    }
}

/// A lock on the making of a template, until it is dropped.
fn turn(template: &Path) -> Result<File> {
    if let Some(folder) = template.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = template.as_os_str().to_owned();
    name.push(".lock");
    let file = File::create(name)?;
    file.lock()?;
    Ok(file)
}
