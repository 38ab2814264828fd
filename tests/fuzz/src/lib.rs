//! What is done with bytes that mean harm, as functions that fail if something goes wrong.
//!
//! `fuzz/` hands them to libFuzzer; `tests/mutated` runs them over their seeds and over seeds of which somebody changed
//! some bytes, so that they hold in every run of the tests. A subject panics where the code that it is about does, where
//! that answers what it must not answer, and where a registry is not whole afterwards.

#![allow(clippy::unwrap_used, reason = "what is not as expected is a finding")]

mod apply;
mod config;
mod examples;
mod file;
mod request;
mod valid;
mod whole;

/// Something that takes bytes from outside.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Its name, which is that of its target in `fuzz/`.
    pub name: &'static str,
    /// Takes bytes.
    pub run: fn(&[u8]),
    /// Bytes to begin with: such as make sense.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// How many bytes of memory a subject may take: all of a small registry, more than once.
pub const MEMORY: usize = 8 * 1024 * 1024;

/// All subjects.
pub const SUBJECTS: [Subject; 4] = [
    Subject {
        name: "request",
        run: request::run,
        seeds: request::seeds,
    },
    Subject {
        name: "apply",
        run: apply::run,
        seeds: apply::seeds,
    },
    Subject {
        name: "file",
        run: file::run,
        seeds: file::seeds,
    },
    Subject {
        name: "config",
        run: config::run,
        seeds: config::seeds,
    },
];

/// The subject with a name; that there is none is a panic.
pub fn subject(name: &str) -> &'static Subject {
    let found = SUBJECTS.iter().find(|subject| subject.name == name);
    found.unwrap_or_else(|| panic!("there is no subject `{name}`"))
}

/// Runs something to its end. One runtime for all of a thread: making one takes longer than most inputs.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
    }
    RUNTIME.with(|runtime| runtime.block_on(work))
}
