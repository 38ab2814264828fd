//! Virtual environments of Python below `target/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::shell::{self, program};
use crate::{Result, workspace_root};

/// The folder with the programs of an environment that has what a file of requirements names; made
/// anew when that changes.
pub(crate) fn programs(name: &str, requirements: &str) -> Result<PathBuf> {
    // Servers start at the same time.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let root = workspace_root();
    let folder = root.join("target").join(name);
    let programs = folder.join("bin");
    let wanted = fs::read_to_string(root.join(requirements))?;
    let installed = folder.join("installed.txt");
    let there = programs.join("python").exists();
    if there && fs::read_to_string(&installed).is_ok_and(|have| have == wanted) {
        return Ok(programs);
    }
    create(&folder, &programs.join("python"), requirements)?;
    fs::write(installed, wanted)?;
    Ok(programs)
}

fn create(folder: &Path, python: &Path, requirements: &str) -> Result {
    // What a link leads to is somebody else's, and making an environment empties its folder.
    if folder.is_symlink() {
        return Err(format!(
            "{} is a link to an environment without all that {requirements} names: install it there, or remove the link",
            folder.display()
        )
        .into());
    }
    let folder = folder.to_string_lossy();
    shell::run(program("python3", &["-m", "venv", "--clear", &folder]))?;
    let install = ["-m", "pip", "install", "--quiet", "--requirement"];
    shell::run(program(python, &[&install[..], &[requirements]].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_behind_a_link_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let (theirs, link) = (parent.path().join("theirs"), parent.path().join("link"));
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("kept"), "").unwrap();
        std::os::unix::fs::symlink(&theirs, &link).unwrap();
        let refused = create(&link, &link.join("bin/python"), "requirements.txt").unwrap_err();
        assert!(refused.to_string().contains("is a link"), "{refused}");
        assert!(theirs.join("kept").exists());
    }
}
