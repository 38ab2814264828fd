//! Contents that are handed on before they are on the disk.
//!
//! A writer decides on the newest content that was handed on, hands its own one on, lets go of the lock, and
//! waits until that is on the disk, or one that was decided on it. Whoever finds nobody putting contents on the
//! disk does so, for all who wait: as many processes as write at once share one sync. Readers, Feast's among
//! them, only ever see what is on the disk.
//!
//! The lock makes everybody decide in turn. The lock of the disk is held by who syncs; nobody waits for it who
//! holds the other one. What writers must know of each other stands in the [`Record`]. Where that and the
//! files do not fit together, somebody else has written the registry, or the machine was stopped meanwhile:
//! then the [`Run`] is over, nothing of it can land any more, and its writers find out from the registry file
//! whether theirs had.

use std::fs::{self, File};
use std::sync::Arc;
use std::time::Duration;

use feast_registry_core::{Error, ErrorKind, Result};

use super::folder;
use super::head::Head;
use super::lock::{self, Lock};
use super::place::{Place, error};
use super::record::{self, Run};
use super::replace::{Written, unknown};
use crate::blob::{Replaced, Version};

/// A content that was handed on.
pub(super) struct Handed {
    pub(super) run: Run,
    pub(super) number: u64,
    /// The lock of the disk, where nobody had it.
    pub(super) disk: Option<File>,
    /// The content, if it is what is put on the disk next.
    pub(super) staged: Option<Written>,
}

/// What there is to do for a content that was handed on.
enum Stage {
    /// To put this one on the disk, which has that number.
    Next(Written, u64),
    /// The registry file is the content with this number, and so holds it.
    Landed(u64),
}

/// Where contents are handed on, for whoever does not hold the lock.
pub(super) struct Relay<'a> {
    pub(super) place: &'a Place,
    /// The lock file by which runs tell what is on the disk.
    pub(super) lock: Arc<File>,
    pub(super) boot: &'a str,
    pub(super) patience: Duration,
}

impl Relay<'_> {
    /// Waits until a content is on the disk, and sees to it where nobody does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownOutcome`] if the registry file alone can tell what became of it; with any other one,
    /// it has not landed and cannot any more.
    pub(super) fn settle(&self, handed: Handed) -> Result<Replaced> {
        let Handed {
            run,
            number,
            mut disk,
            staged,
        } = handed;
        let settled = self.wait(&run, number, &mut disk, staged);
        // The lock of the disk is still held: nobody puts on the disk what is given up, and perhaps could not be.
        settled.or_else(|problem| match problem.kind() {
            ErrorKind::UnknownOutcome => Err(problem),
            _ => self.give_up(&run, number, problem),
        })
    }

    fn wait(
        &self,
        run: &Run,
        number: u64,
        disk: &mut Option<File>,
        staged: Option<Written>,
    ) -> Result<Replaced> {
        let name = || run.version(number);
        if disk.is_none() {
            *disk = self.disk(run, number)?;
        }
        // Who had the lock until now may have done it.
        if disk.is_none() || record::durable(&self.lock, run) >= number {
            return Ok(Replaced::Covered(name()));
        }
        let (staged, last) = match staged {
            Some(staged) => (staged, number),
            None => match self.stage(run, number)? {
                Stage::Next(staged, last) => (staged, last),
                Stage::Landed(done) => {
                    // Who put it there has not come to say so.
                    self.finish(run, done)?;
                    return Ok(Replaced::Covered(name()));
                }
            },
        };
        let temporary = self.place.temporary();
        staged
            .sync()
            .map_err(|problem| error("write", &temporary, &problem))?;
        let version = self.locked(run, |head| head.land(staged, last))?;
        self.finish(run, last)?;
        Ok(match last == number {
            true => Replaced::Done(Version {
                etag: version.etag,
                ..name()
            }),
            false => Replaced::Covered(name()),
        })
    }

    /// The lock of the disk; `None` if a content is there without it. Others who put contents there are no reason
    /// to give up: one of the next two holds this one.
    fn disk(&self, run: &Run, number: u64) -> Result<Option<File>> {
        let durable = || record::durable(&self.lock, run);
        loop {
            let before = durable();
            let disk = lock::acquire_unless(self.place, Lock::Disk, self.patience, || {
                durable() >= number
            });
            match disk {
                Err(busy) if busy.kind() == ErrorKind::Contention && durable() > before => {}
                disk => return disk,
            }
        }
    }

    /// What is put on the disk next, if a content is not there.
    fn stage(&self, run: &Run, number: u64) -> Result<Stage> {
        self.locked(run, |head| match head.landed() {
            done if done >= number => Ok(Stage::Landed(done)),
            _ => head.stage().map(|(staged, last)| Stage::Next(staged, last)),
        })
    }

    /// Puts the folder on the disk, and says so. The number is never less than what was said before: those
    /// who wait for one in between would find nobody who tells them.
    fn finish(&self, run: &Run, number: u64) -> Result<()> {
        folder::sync(self.place.folder()).map_err(unknown)?;
        let said = record::set_durable(&self.lock, run, number);
        said.map_err(|problem| unknown(error("write", &self.place.lock(), &problem)))
    }

    /// Does something under the lock, if a run goes on.
    fn locked<T>(&self, run: &Run, work: impl FnOnce(&mut Head<'_>) -> Result<T>) -> Result<T> {
        let lock = lock::acquire(self.place, Lock::Content, self.patience)?;
        let mut head = Head::look(self.place, &lock, self.boot)?;
        match head.is_of(run) {
            true => work(&mut head),
            false => Err(overwritten(self.place)),
        }
    }

    /// What could not be put on the disk must not land later, when its writer has been told that it did not. What
    /// has landed was on the disk before; its name is put there now.
    fn give_up(&self, run: &Run, number: u64, problem: Error) -> Result<Replaced> {
        let landed = self.locked(run, |head| match head.landed() >= number {
            true => Ok(true),
            false => head.begin_anew().map(|()| false),
        });
        match landed {
            Ok(true) => folder::sync(self.place.folder())
                .map(|()| Replaced::Covered(run.version(number)))
                .map_err(unknown),
            Ok(false) => Err(problem),
            Err(error) if error.kind() == ErrorKind::UnknownOutcome => Err(error),
            Err(_) => Err(unknown(problem)),
        }
    }
}

/// Puts on the disk what was handed on, for a writer who has both locks.
pub(super) fn flush(place: &Place, lock: &File, boot: &str) -> Result<()> {
    let mut head = Head::look(place, lock, boot)?;
    if !head.is_ahead() {
        return Ok(());
    }
    let (staged, last) = head.stage()?;
    let synced = staged.sync();
    if let Err(problem) = synced {
        head.begin_anew()?;
        return Err(error("write", place.path(), &problem));
    }
    head.land(staged, last)?;
    folder::sync(place.folder()).map_err(unknown)?;
    // Whoever waits for that and is not told finds it out by himself.
    let _ = record::set_durable(lock, head.run(), last);
    Ok(())
}

/// Waits until a content that a decision saw is on the disk; whether it has come there.
pub(super) fn settle_seen(relay: &Relay<'_>, handed: Handed) -> Result<bool> {
    match relay.settle(handed) {
        Ok(_) => Ok(true),
        Err(problem) if problem.kind() == ErrorKind::UnknownOutcome => Ok(false),
        Err(problem) => Err(problem),
    }
}

fn overwritten(place: &Place) -> Error {
    let message = format!(
        "{} was written by another program meanwhile, or one of its writers gave up",
        place.path().display()
    );
    Error::new(ErrorKind::UnknownOutcome, message)
}

pub(super) fn rename(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    fs::rename(from, to).map_err(|problem| error("rename", from, &problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: &str = "boot";
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A registry file that is the seventh content of a run.
    struct World {
        _folder: tempfile::TempDir,
        place: Place,
        lock: Arc<File>,
        run: Run,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("registry.db");
            fs::write(&path, "content").unwrap();
            let place = Place::of(&path).unwrap();
            let lock = lock::acquire(&place, Lock::Content, PATIENCE).unwrap();
            Head::look(&place, &lock, BOOT).unwrap();
            let mut record = record::Record::read(&lock).unwrap();
            (record.put, record.done) = (7, 7);
            record.write(&lock).unwrap();
            lock.unlock().unwrap();
            World {
                _folder: folder,
                place,
                lock: Arc::new(lock),
                run: record.run,
            }
        }

        /// Waits for a content of the run, so long at most.
        fn settle(&self, number: u64, disk: Option<File>, patience: Duration) -> Result<Replaced> {
            let relay = Relay {
                place: &self.place,
                lock: Arc::clone(&self.lock),
                boot: BOOT,
                patience,
            };
            relay.settle(Handed {
                run: self.run.clone(),
                number,
                disk,
                staged: None,
            })
        }

        /// Waits for a content of the run that has landed: what is said to be on the disk then.
        fn wait_for(&self, number: u64, disk: Option<File>) -> u64 {
            let settled = self.settle(number, disk, PATIENCE).unwrap();
            assert_eq!(settled, Replaced::Covered(self.run.version(number)));
            record::durable(&self.lock, &self.run)
        }

        /// The lock of the disk, as another writer has it.
        fn slow_disk(&self) -> File {
            lock::attempt(&self.place, Lock::Disk).unwrap().unwrap()
        }
    }

    #[test]
    fn what_landed_with_others_is_said_of_them_too() {
        // Who put the seventh there was killed before it could say so.
        assert_eq!(World::new().wait_for(5, None), 7);
    }

    #[test]
    fn what_was_said_is_not_taken_back() {
        let world = World::new();
        record::set_durable(&world.lock, &world.run, 7).unwrap();
        // It was said before the lock was free, and after the last look.
        let disk = world.slow_disk();
        assert_eq!(world.wait_for(5, Some(disk)), 7);
    }

    #[test]
    fn who_has_landed_need_not_wait_for_the_disk_for_ever() {
        let world = World::new();
        let _disk = world.slow_disk();
        let settled = world.settle(5, None, Duration::ZERO).unwrap();
        assert_eq!(settled, Replaced::Covered(world.run.version(5)));
    }

    #[test]
    fn what_is_given_up_cannot_land_any_more() {
        let world = World::new();
        let mut record = record::Record::read(&world.lock).unwrap();
        record.put = 8;
        record.write(&world.lock).unwrap();
        fs::write(world.place.next(), "next").unwrap();
        let disk = world.slow_disk();
        let refused = world.settle(8, None, Duration::ZERO).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Contention);
        assert!(!world.place.next().exists());
        drop(disk);
        let refused = world.settle(8, None, PATIENCE).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::UnknownOutcome, "its run is over");
        assert_eq!(fs::read(world.place.path()).unwrap(), b"content");
    }
}
