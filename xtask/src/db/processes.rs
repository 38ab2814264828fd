//! Ending processes that another run of this program has started.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Result;

/// How long servers may take to end when they are asked to, before they are killed.
const GRACE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

/// Whether the process is the server of this folder: a number may be another program's by now.
pub(super) fn is(pid: u32, folder: &Path) -> bool {
    command_line(pid).is_some_and(|line| line.contains(&*folder.to_string_lossy()))
}

/// Ends the servers of a folder, the last started first, and removes the folder.
pub(super) fn end(pids: &[u32], folder: &Path) -> Result {
    for pid in pids.iter().rev() {
        ask(*pid, folder)?;
    }
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()).into())
        }
        _ => Ok(()),
    }
}

fn ask(pid: u32, folder: &Path) -> Result {
    let number = i32::try_from(pid)?;
    let number = Pid::from_raw(number).ok_or("0 is no process")?;
    for (signal, patience) in [
        // PostgreSQL then ends its children and frees its shared memory at once, MySQL shuts down.
        (Signal::QUIT, GRACE),
        // Its data are removed in any case.
        (Signal::KILL, GRACE),
    ] {
        if !is(pid, folder) {
            return Ok(());
        }
        kill_process(number, signal).map_err(|error| format!("process {pid}: {error}"))?;
        let deadline = Instant::now() + patience;
        while is(pid, folder) && Instant::now() < deadline {
            sleep(PAUSE);
        }
    }
    if is(pid, folder) {
        return Err(format!("process {pid} does not end").into());
    }
    Ok(())
}

fn command_line(pid: u32) -> Option<String> {
    if let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) {
        return Some(String::from_utf8_lossy(&line).into_owned());
    }
    if Path::new("/proc/self").exists() {
        return None;
    }
    // Where there is no such file system.
    let mut command = Command::new("ps");
    command.args(["-ww", "-o", "args=", "-p", &pid.to_string()]);
    let output = command.output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_another_program_has_is_left_alone() {
        let me = std::process::id();
        let folder = tempfile::tempdir().unwrap();
        assert!(!is(me, folder.path()));
        end(&[me], folder.path()).unwrap();
        assert!(!folder.path().exists());
    }

    #[test]
    fn a_process_of_the_folder_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("tail");
        command.arg("-f").arg(folder.path().join("none"));
        command.arg("/dev/null").stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        // Its command line may be there a moment after it.
        while !is(child.id(), folder.path()) {
            std::thread::yield_now();
        }
        end(&[child.id()], folder.path()).unwrap();
        assert!(!child.wait().unwrap().success());
    }
}
