//! The registry file and what was handed on, as whoever holds the lock sees them.

use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};

use feast_registry_core::Result;

use super::lock::{self, Lock};
use super::place::{Place, error};
use super::read;
use super::record::{Record, Run};
use super::relay::{Handed, rename};
use super::replace::{self, Written};
use super::tag;
use crate::blob::{Loaded, Version};

/// The registry file, and the run of contents that were handed on on top of it.
pub(super) struct Head<'a> {
    place: &'a Place,
    lock: &'a File,
    present: Option<Metadata>,
    record: Record,
}

impl<'a> Head<'a> {
    /// Looks at what there is. Where the files are not what the record says, a new run begins.
    pub(super) fn look(place: &'a Place, lock: &'a File, boot: &str) -> Result<Self> {
        let present = replace::present(place.path())?;
        let known = Record::read(lock);
        let base = base(present.as_ref());
        // Of a file that was emptied it stays known that there was more: nobody takes it for a new registry.
        let is_empty = present.as_ref().is_some_and(|file| file.len() == 0);
        let emptied = known
            .as_ref()
            .filter(|known| is_empty && known.had_content());
        let left = emptied.map_or(&base, |known| &known.base).clone();
        let mut head = Head {
            place,
            lock,
            present,
            record: Record::new(boot, left),
        };
        match known.filter(|known| known.goes_on(boot, &base)) {
            Some(record) if !record.is_ahead() || head.newest_file()?.is_some() => {
                head.record = record;
            }
            _ => head.begin_anew()?,
        }
        Ok(head)
    }

    /// Begins a new run: nothing of the last one can land any more.
    pub(super) fn begin_anew(&mut self) -> Result<()> {
        // Before the note: who is killed in between must leave nothing that the new run would take for its own.
        for path in self.place.unfinished() {
            remove(&path)?;
        }
        self.record = self.record.anew();
        self.note()
    }

    /// Tells the others. Who may not write into the lock file has both locks: what he does with the files ends
    /// every run for those who look at them.
    fn note(&self) -> Result<()> {
        if !lock::takes_notes(self.lock) {
            return Ok(());
        }
        let written = self.record.write(self.lock);
        written.map_err(|problem| error("write", &self.place.lock(), &problem))
    }

    pub(super) fn run(&self) -> &Run {
        &self.record.run
    }

    pub(super) fn is_of(&self, run: &Run) -> bool {
        self.record.run == *run
    }

    /// Whether there are contents that the registry file is not yet.
    pub(super) fn is_ahead(&self) -> bool {
        self.record.is_ahead()
    }

    /// The number of the content that the registry file is.
    pub(super) fn landed(&self) -> u64 {
        self.record.done
    }

    fn newest_file(&self) -> Result<Option<PathBuf>> {
        for path in [self.place.next(), self.place.temporary()] {
            if exists(&path)? {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// The content to decide on, unless it is the known one.
    pub(super) fn load(&self, known: Option<&Version>) -> Result<Loaded> {
        let version = self.record.run.version(self.record.put);
        if known.is_some_and(|known| known.generation == version.generation) {
            return Ok(Loaded::Unchanged);
        }
        let newest = match self.is_ahead() {
            true => self.newest_file()?,
            false => None,
        };
        let Some(path) = newest else {
            let had_content = || self.record.had_content();
            return read::load(self.place.path(), known, had_content);
        };
        let bytes = fs::read(&path).map_err(|problem| error("read", &path, &problem))?;
        let bytes = bytes.into();
        Ok(Loaded::Ahead { bytes, version })
    }

    fn is_expected(&self, expected: Option<&Version>) -> bool {
        match expected.and_then(|expected| expected.generation.as_ref()) {
            Some(_) => {
                let newest = self.record.run.version(self.record.put);
                expected.is_some_and(|expected| expected.generation == newest.generation)
            }
            None => !self.is_ahead() && replace::is_expected(expected, self.present.as_ref()),
        }
    }

    /// The content that a decision saw, as one to wait for.
    pub(super) fn seen(&self, version: &Version) -> Option<Handed> {
        self.is_expected(Some(version)).then(|| Handed {
            run: self.record.run.clone(),
            number: self.record.put,
            disk: None,
            staged: None,
        })
    }

    /// Hands a content on that was decided on the expected one; `None` if that is not the newest.
    pub(super) fn hand_on(
        &mut self,
        expected: Option<&Version>,
        bytes: &[u8],
    ) -> Result<Option<Handed>> {
        if !self.is_expected(expected) {
            return Ok(None);
        }
        replace::check_rights(self.place.path(), self.present.as_ref())?;
        let disk = lock::attempt(self.place, Lock::Disk)?;
        // What was handed on, by one who is no more, is put on the disk together with this.
        let is_next = disk.is_some() && !self.is_ahead();
        let path = match is_next {
            true => self.place.temporary(),
            false => self.place.draft(),
        };
        if !self.is_ahead() {
            // Left by one who was killed: it would be taken for newer than what is written now.
            remove(&self.place.temporary())?;
            remove(&self.place.next())?;
        }
        let written = self.write(&path, bytes, is_next);
        if written.is_err() {
            let _ = fs::remove_file(&path);
        }
        let written = written?;
        Ok(Some(Handed {
            run: self.record.run.clone(),
            number: self.record.put,
            disk,
            staged: is_next.then_some(written),
        }))
    }

    /// Writes a content, and then tells of it.
    fn write(&mut self, path: &Path, bytes: &[u8], is_next: bool) -> Result<Written> {
        let written = replace::write(path, self.present.as_ref(), bytes)
            .map_err(|problem| error("write", self.place.path(), &problem))?;
        self.record.put += 1;
        self.note()?;
        if !is_next {
            rename(path, &self.place.next())?;
        }
        Ok(written)
    }

    /// Makes the newest content the one that is put on the disk; it and its number.
    pub(super) fn stage(&self) -> Result<(Written, u64)> {
        let (next, temporary) = (self.place.next(), self.place.temporary());
        if exists(&next)? {
            rename(&next, &temporary)?;
        }
        let staged = Written::found(&temporary);
        let staged = staged.map_err(|problem| error("read", &temporary, &problem))?;
        Ok((staged, self.record.put))
    }

    /// Puts a content, which is on the disk, in place of the registry; what that is called then.
    pub(super) fn land(&mut self, staged: Written, number: u64) -> Result<Version> {
        let path = self.place.path();
        let landed = staged.take_place(&self.place.temporary(), path);
        let version = landed.map_err(|problem| error("write", path, &problem))?;
        self.record.base = tag::bare(&version).to_owned();
        self.record.done = number;
        // It is there, whether that can be told or not.
        self.note().map_err(replace::unknown)?;
        Ok(version)
    }
}

fn remove(path: &Path) -> Result<()> {
    replace::remove(path).map_err(|problem| error("remove", path, &problem))
}

/// Whether there is a file. Not to be able to tell is not the same as that there is none.
fn exists(path: &Path) -> Result<bool> {
    path.try_exists()
        .map_err(|problem| error("read", path, &problem))
}

/// What the registry file looks like.
fn base(present: Option<&Metadata>) -> String {
    let tag = present.map(tag::of_ours);
    tag.as_ref().map_or("-", tag::bare).to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Who began this run was killed before it had removed what the last one left.
    #[test]
    fn what_an_earlier_run_left_is_not_taken_for_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::of(&folder.path().join("registry.db")).unwrap();
        fs::write(place.path(), "content").unwrap();
        let lock = lock::acquire(&place, Lock::Content, Duration::ZERO).unwrap();
        let look = || Head::look(&place, &lock, "boot").unwrap();
        look();
        for path in place.unfinished() {
            fs::write(path, "left").unwrap();
        }
        for is_disk_busy in [false, true] {
            let busy = is_disk_busy.then(|| lock::attempt(&place, Lock::Disk).unwrap());
            let mut head = look();
            let expected = head.run().version(head.record.put);
            let handed = head.hand_on(Some(&expected), b"newer").unwrap();
            assert!(handed.is_some());
            let Loaded::Ahead { bytes, .. } = look().load(None).unwrap() else {
                panic!("nothing was handed on");
            };
            assert_eq!(bytes, "newer");
            drop((handed, busy));
            look().begin_anew().unwrap();
            for path in place.unfinished() {
                assert!(!path.exists(), "{}", path.display());
            }
        }
    }
}
