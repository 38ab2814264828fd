//! What must be undone however the program ends: at the end of a scope, by a panic, by Ctrl-C.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::iterator::Signals;

use crate::Result;

type Cleanup = Box<dyn FnOnce() + Send>;

/// Keeps the clean-ups of everything that outlives a crash of this program: processes, folders,
/// containers. A clone is the same ward.
#[derive(Clone, Default)]
pub(crate) struct Ward(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    closed: bool,
    next: u64,
    cleanups: BTreeMap<u64, Cleanup>,
}

impl Ward {
    /// The ward that cleans up and ends the program when it is interrupted. There is one: of two,
    /// the first to be done would end the program while the other cleans up.
    pub(crate) fn watching_signals() -> Result<Self> {
        static WATCHING: Mutex<Option<Ward>> = Mutex::new(None);
        let mut watching = WATCHING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ward) = &*watching {
            return Ok(ward.clone());
        }
        let ward = Self::default();
        let mut signals = Signals::new(TERM_SIGNALS)?;
        let watched = ward.clone();
        std::thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                watched.end();
                // What a shell reports for a program that a signal ended.
                std::process::exit(128 + signal);
            }
        });
        *watching = Some(ward.clone());
        Ok(ward)
    }

    /// Makes something and registers its clean-up in one step, so that no signal comes between.
    pub(crate) fn hold<T>(
        &self,
        make: impl FnOnce() -> io::Result<T>,
        cleanup: impl FnOnce(&T) -> Cleanup,
    ) -> io::Result<(T, Held)> {
        let mut state = self.lock();
        if state.closed {
            return Err(io::Error::other("interrupted"));
        }
        let made = make()?;
        let id = state.next;
        state.next += 1;
        state.cleanups.insert(id, cleanup(&made));
        let ward = self.clone();
        Ok((made, Held { ward, id }))
    }

    /// Cleans up everything, the newest first, and lets nothing new begin.
    fn end(&self) {
        let mut state = self.lock();
        state.closed = true;
        while let Some((_, cleanup)) = state.cleanups.pop_last() {
            cleanup();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Ward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ward")
    }
}

/// One clean-up, which runs when this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    ward: Ward,
    id: u64,
}

impl Held {
    /// Leaves the thing as it is: it shall outlive this program.
    pub(crate) fn release(self) {
        self.ward.lock().cleanups.remove(&self.id);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Under the lock: an interruption in the middle waits for the end of the clean-up.
        let mut state = self.ward.lock();
        if let Some(cleanup) = state.cleanups.remove(&self.id) {
            cleanup();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    fn hold(ward: &Ward, name: &'static str, done: &Sender<&'static str>) -> io::Result<Held> {
        let done = done.clone();
        let cleanup = move |_: &()| -> Cleanup {
            Box::new(move || {
                let _ = done.send(name);
            })
        };
        ward.hold(|| Ok(()), cleanup).map(|(_, held)| held)
    }

    #[test]
    fn what_is_dropped_is_cleaned_up_and_what_is_released_is_not() {
        let (done, seen) = channel();
        let ward = Ward::default();
        hold(&ward, "released", &done).unwrap().release();
        drop(hold(&ward, "dropped", &done).unwrap());
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), ["dropped"]);
    }

    #[test]
    fn an_interruption_cleans_up_the_newest_first_and_ends_it_all() {
        let (done, seen) = channel();
        let ward = Ward::default();
        let _folder = hold(&ward, "folder", &done).unwrap();
        let _process = hold(&ward, "process", &done).unwrap();
        ward.end();
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), ["process", "folder"]);
        assert!(hold(&ward, "late", &done).is_err());
    }
}
