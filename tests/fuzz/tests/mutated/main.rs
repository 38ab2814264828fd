//! Every subject, over its seeds and over seeds of which somebody changed some of their bytes.
//!
//! `FEAST_REGISTRY_SOAK=1` asks for a long run. Subjects run one after the other: what is allocated is counted for the
//! whole process.

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod mutation;

use std::process::ExitCode;

use feast_registry_fuzz::{MEMORY, SUBJECTS, Subject};
use libtest_mimic::{Arguments, Trial};
use peak_alloc::PeakAlloc;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::mutation::mutation;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let trials = SUBJECTS.iter().map(|subject| {
        Trial::test(subject.name, || {
            mutate(subject);
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Never a panic, and never much memory.
fn mutate(subject: &Subject) {
    let seeds = (subject.seeds)();
    seeds.iter().for_each(|seed| watched(subject, seed));
    let soak = std::env::var("FEAST_REGISTRY_SOAK").is_ok_and(|value| value == "1");
    let config = Config {
        cases: if soak { 20_000 } else { 700 },
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let changes = (select(seeds), proptest::collection::vec(mutation(), 0..5));
    let result = runner.run(&changes, |(mut input, changes)| {
        changes.iter().for_each(|change| change.apply(&mut input));
        watched(subject, &input);
        Ok(())
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, (mut input, changes))) => {
            changes.iter().for_each(|change| change.apply(&mut input));
            panic!("{why}: `{}` with {input:02x?}", subject.name);
        }
        Err(aborted) => panic!("{aborted}"),
    }
}

fn watched(subject: &Subject, input: &[u8]) {
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    (subject.run)(input);
    let most = ALLOCATED.peak_usage().saturating_sub(before);
    assert!(most < MEMORY, "{most} bytes of memory");
}
