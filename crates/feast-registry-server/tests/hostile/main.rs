//! Clients that mean harm, and the memory of the server meanwhile. Its trials run one after the other: what is
//! allocated is counted for the whole process, these clients included.

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

#[allow(dead_code, reason = "shared with tests that need more of it")]
#[path = "../serving/client.rs"]
mod client;
mod floods;
#[allow(dead_code, reason = "shared with tests that need more of it")]
mod frames;
mod memory;
mod readers;
#[allow(dead_code, reason = "shared with tests that need more of it")]
#[path = "../serving/running.rs"]
mod running;
#[path = "../protocol/samples.rs"]
mod samples;
#[allow(dead_code, reason = "shared with tests that need more of it")]
#[path = "../serving/store.rs"]
mod store;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = Some(1);
    let trials = [
        trial("readers_that_do_not_read", readers::that_do_not_read),
        trial("one_reader_with_many_calls", readers::one_with_many_calls),
        trial("readers_of_everything", readers::of_everything),
        trial(
            "readers_of_what_is_not_cached",
            readers::of_what_is_not_cached,
        ),
        trial("a_reader_that_stops", readers::that_stop),
        trial("a_reader_without_a_window", readers::without_a_window),
        trial(
            "calls_that_are_never_whole",
            floods::calls_that_are_never_whole,
        ),
        trial("headers_without_end", floods::headers_without_end),
        trial("calls_that_are_reset_at_once", floods::resets),
        trial("calls_whose_connection_ends_at_once", floods::ends),
        trial("messages_that_never_end", floods::messages_that_never_end),
        trial(
            "a_length_of_four_gibibytes",
            floods::a_length_of_four_gibibytes,
        ),
        trial("frames_of_nonsense", floods::nonsense),
        trial("many_connections", floods::connections),
    ];
    libtest_mimic::run(&arguments, trials.into()).exit_code()
}

fn trial<F: Future<Output = ()> + 'static>(name: &str, test: fn() -> F) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(test());
        Ok(())
    })
}
