//! A running server: waiting until it answers, and ending it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::ward::{Held, Ward};
use crate::Result;

/// How often a server is asked whether it is ready or gone.
const PAUSE: Duration = Duration::from_millis(20);
/// How long a server may take to end when it is asked to, before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How many lines of a log an error shows.
const TAIL: usize = 40;

/// How a server is ended. Its data are thrown away, so the fastest way will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Killed: it has no children and leaves nothing behind.
    Kill,
    /// Asked by SIGQUIT: PostgreSQL then ends its children and frees its shared memory at once.
    Quit,
}

/// A program that was started here. It ends when this is dropped, and its whole group with it.
#[derive(Debug)]
pub(crate) struct Process {
    program: PathBuf,
    child: Arc<Mutex<Child>>,
    log: PathBuf,
    held: Held,
}

impl Process {
    pub(super) fn start(ward: &Ward, mut command: Command, log: &Path, end: End) -> Result<Self> {
        let program = PathBuf::from(command.get_program());
        let spawn = || command.spawn().map(|child| Arc::new(Mutex::new(child)));
        let (child, held) = ward
            .hold(spawn, |child| {
                let child = Arc::clone(child);
                Box::new(move || stop(&child, end))
            })
            .map_err(|error| format!("{}: {error}", program.display()))?;
        Ok(Process {
            program,
            child,
            log: log.to_owned(),
            held,
        })
    }

    /// Asks until the server answers. It fails with the end of the log if the server ends, or
    /// does not answer within the limit.
    pub(crate) fn ready(&self, limit: Duration, ask: impl Fn() -> Result) -> Result {
        let deadline = Instant::now() + limit;
        loop {
            let answer = ask();
            // Another server may have answered on that port: this one must be alive.
            if let Some(status) = self.status()? {
                return Err(self.failed(&format!("ended: {status}")));
            }
            match answer {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => {
                    let seconds = limit.as_secs();
                    return Err(self.failed(&format!("is not ready after {seconds} s: {error}")));
                }
                Err(_) => sleep(PAUSE),
            }
        }
    }

    /// Waits for the end of a program; it is killed when that takes longer than the limit.
    pub(super) fn finish(self, limit: Duration) -> Result {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            match self.status()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(self.failed(&format!("failed: {status}"))),
                None => sleep(PAUSE),
            }
        }
        Err(self.failed(&format!("has not ended after {} s", limit.as_secs())))
    }

    /// Fails with the end of the log if it has ended although nobody has asked it to.
    pub(crate) fn check(&self) -> Result {
        match self.status()? {
            Some(status) => Err(self.failed(&format!("ended during the run: {status}"))),
            None => Ok(()),
        }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Leaves it running when this program ends.
    pub(crate) fn release(self) {
        self.held.release();
    }

    fn status(&self) -> Result<Option<ExitStatus>> {
        Ok(lock(&self.child).try_wait()?)
    }

    fn failed(&self, what: &str) -> Box<dyn std::error::Error> {
        let program = self.program.file_name().unwrap_or_default();
        let tail = tail(&self.log);
        format!("{} {what}\n{tail}", program.to_string_lossy()).into()
    }
}

/// The last lines of a log file.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    let last = &lines[lines.len().saturating_sub(TAIL)..];
    last.iter().map(|line| format!("  | {line}\n")).collect()
}

fn lock(child: &Mutex<Child>) -> MutexGuard<'_, Child> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stop(child: &Mutex<Child>, end: End) {
    let mut child = lock(child);
    // Signals go out only while the child is not reaped, so the number is still its own.
    if end == End::Quit && running(&mut child) {
        signal(&child, Signal::QUIT);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && running(&mut child) {
            sleep(PAUSE);
        }
    }
    if running(&mut child) {
        signal(&child, Signal::KILL);
    }
    let _ = child.wait();
}

fn running(child: &mut Child) -> bool {
    matches!(child.try_wait(), Ok(None))
}

/// To the whole group, which is the child's own: helpers of the server get it too.
fn signal(child: &Child, signal: Signal) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::Site;

    const LONG: Duration = Duration::from_secs(60);

    fn site() -> Site {
        Site::new(Ward::default()).unwrap()
    }

    fn sleeper(site: &Site, log: &Path) -> Process {
        let mut command = Command::new("sleep");
        command.arg("60");
        site.spawn(command, log, End::Kill).unwrap()
    }

    #[test]
    fn a_dropped_process_has_ended() {
        let site = site();
        let folder = site.folder().unwrap();
        let process = sleeper(&site, &folder.path().join("log"));
        let child = Arc::clone(&process.child);
        drop(process);
        assert!(lock(&child).try_wait().unwrap().is_some());
    }

    #[test]
    fn a_process_ends_when_its_owner_panics() {
        let site = site();
        let folder = site.folder().unwrap();
        let process = sleeper(&site, &folder.path().join("log"));
        let child = Arc::clone(&process.child);
        let owner = std::thread::spawn(move || {
            let _process = process;
            std::panic::resume_unwind(Box::new("as wanted"));
        });
        assert!(owner.join().is_err());
        assert!(lock(&child).try_wait().unwrap().is_some());
    }

    #[test]
    fn a_server_that_ends_is_reported_with_its_log() {
        let site = site();
        let folder = site.folder().unwrap();
        let mut command = Command::new("ls");
        command.arg("/no/such/folder");
        let process = site
            .spawn(command, &folder.path().join("log"), End::Kill)
            .unwrap();
        let error = process.ready(LONG, || Err("no answer".into())).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("ended"), "{error}");
        assert!(error.contains("/no/such/folder"), "{error}");
    }

    #[test]
    fn a_server_that_does_not_answer_is_given_up() {
        let site = site();
        let folder = site.folder().unwrap();
        let process = sleeper(&site, &folder.path().join("log"));
        let error = process
            .ready(Duration::ZERO, || Err("no answer".into()))
            .unwrap_err();
        assert!(error.to_string().contains("no answer"));
    }
}
