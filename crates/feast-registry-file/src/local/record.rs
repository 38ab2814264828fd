//! What writers tell each other in the lock file.
//!
//! Nothing of it is needed after the machine has stopped, so none of it is put on the disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use uuid::Uuid;

use super::tag;
use crate::blob::Version;

/// How many bytes each of the two parts takes.
const PART: usize = 512;
const DURABLE_AT: u64 = PART as u64;

/// Contents that were handed on one after the other, each decided on the one before. Whoever finds that
/// somebody else has written the file begins another run: nothing of the old one can land any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Which start of which machine it belongs to.
    boot: String,
    id: Uuid,
}

impl Run {
    /// A new one.
    pub(super) fn new(boot: &str) -> Self {
        Run {
            boot: boot.to_owned(),
            id: Uuid::new_v4(),
        }
    }

    /// What a content of this run is called.
    pub(super) fn version(&self, number: u64) -> Version {
        Version {
            etag: None,
            generation: Some(format!("{}:{number}", self.id.simple())),
        }
    }
}

/// Where a run stands. Only who holds the lock reads and writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) run: Run,
    /// The tag of the registry file as this run has left or found it.
    pub(super) base: String,
    /// The number of the newest content that was handed on.
    pub(super) put: u64,
    /// The number of the content that the registry file is.
    pub(super) done: u64,
}

impl Record {
    pub(super) fn new(boot: &str, base: String) -> Self {
        Record {
            run: Run::new(boot),
            base,
            put: 0,
            done: 0,
        }
    }

    /// The record of a lock file, if there is one.
    pub(super) fn read(lock: &File) -> Option<Self> {
        let text = read(lock, 0)?;
        let mut words = text.split_ascii_whitespace();
        let mut word = || words.next();
        let record = Record {
            run: Run {
                boot: word()?.to_owned(),
                id: word()?.parse().ok()?,
            },
            base: word()?.to_owned(),
            put: word()?.parse().ok()?,
            done: word()?.parse().ok()?,
        };
        // The last word says that it was written to its end.
        (word()? == END && record.done <= record.put).then_some(record)
    }

    pub(super) fn write(&self, lock: &File) -> io::Result<()> {
        let Record {
            run,
            base,
            put,
            done,
        } = self;
        write(
            lock,
            0,
            &format!("{} {} {base} {put} {done} {END}", run.boot, run.id.simple()),
        )
    }

    /// The record of another run on top of the same file.
    pub(super) fn anew(&self) -> Self {
        Record::new(&self.run.boot, self.base.clone())
    }

    /// Whether the run goes on: it began since the machine did, and the registry file is what it has left.
    pub(super) fn goes_on(&self, boot: &str, base: &str) -> bool {
        self.run.boot == boot && self.base == base
    }

    /// Whether the registry file was more than an empty one.
    pub(super) fn had_content(&self) -> bool {
        tag::size(&self.base).is_some_and(|size| size > 0)
    }

    /// Whether there are contents that the registry file is not yet.
    pub(super) fn is_ahead(&self) -> bool {
        self.put > self.done
    }
}

const END: &str = ".";

/// The number of the newest content of a run that is on the disk. Anybody may ask at any time; only who
/// holds the lock of the disk says so.
pub(super) fn durable(lock: &File, run: &Run) -> u64 {
    let of_run = || {
        let text = read(lock, DURABLE_AT)?;
        let mut words = text.split_ascii_whitespace();
        let id: Uuid = words.next()?.parse().ok()?;
        let number = words.next()?;
        // It may be written while it is read: then the two are not the same.
        let whole = words.next()? == number && id == run.id;
        whole.then(|| number.parse().ok()).flatten()
    };
    of_run().unwrap_or(0)
}

/// Says that the contents of a run are on the disk up to a number.
pub(super) fn set_durable(lock: &File, run: &Run, number: u64) -> io::Result<()> {
    write(
        lock,
        DURABLE_AT,
        &format!("{} {number:020} {number:020}", run.id.simple()),
    )
}

fn read(lock: &File, at: u64) -> Option<String> {
    let mut bytes = [0; PART];
    let mut length = 0;
    while length < PART {
        match lock.read_at(&mut bytes[length..], at + length as u64) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    let text = bytes[..length].split(|byte| *byte == b'\n').next()?;
    String::from_utf8(text.to_vec()).ok()
}

fn write(lock: &File, at: u64, text: &str) -> io::Result<()> {
    let line = format!("{text}\n");
    if line.len() > PART {
        return Err(io::Error::other("it does not fit"));
    }
    lock.write_all_at(line.as_bytes(), at)
}

/// Which start of the machine this is: what was handed on before another one may not be whole.
pub(super) fn boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let id = id.trim();
    (!id.is_empty() && !id.contains(char::is_whitespace)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            put: 7,
            done: 5,
            ..Record::new("boot", "a-b-c".to_owned())
        }
    }

    #[test]
    fn a_record_comes_back_as_it_was() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(Record::read(&file), None);
        record().write(&file).unwrap();
        let long = record();
        long.write(&file).unwrap();
        assert_eq!(Record::read(&file), Some(long));
        let short = Record {
            base: "-".to_owned(),
            ..record()
        };
        short.write(&file).unwrap();
        assert_eq!(Record::read(&file), Some(short));
    }

    #[test]
    fn what_is_no_record_is_none() {
        for text in ["\n", "x", "boot id base 1 2 .\n", "boot 0 b 1\n", "\u{0}\n"] {
            let file = tempfile::tempfile().unwrap();
            file.write_all_at(text.as_bytes(), 0).unwrap();
            assert_eq!(Record::read(&file), None, "{text:?}");
        }
    }

    #[test]
    fn it_is_known_whether_there_was_anything() {
        let base = |size: u64| format!("fe01-2a-{size:x}-1.000000000-1.000000000");
        for (base, had) in [("-".to_owned(), false), (base(0), false), (base(300), true)] {
            assert_eq!(
                Record::new("boot", base.clone()).had_content(),
                had,
                "{base}"
            );
        }
    }

    #[test]
    fn what_is_durable_is_so_of_its_run_alone() {
        let file = tempfile::tempfile().unwrap();
        let (mine, other) = (record().run, record().run);
        assert_eq!(durable(&file, &mine), 0);
        set_durable(&file, &mine, 7).unwrap();
        assert_eq!((durable(&file, &mine), durable(&file, &other)), (7, 0));
        file.write_all_at(format!("{} 9 8\n", mine.id).as_bytes(), DURABLE_AT)
            .unwrap();
        assert_eq!(durable(&file, &mine), 0);
    }
}
