//! A GCS of one's own for hand work: the fake of the tests, until it is interrupted.
//!
//! ```sh
//! cargo run --package feast-registry-file --all-features --example fake-gcs
//! ```

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a command-line tool"
)]

#[path = "../tests/fake/mod.rs"]
mod fake;

use self::fake::{BUCKET, Fake, Kind};

fn main() {
    let fake = Fake::start(Kind::Gcs);
    println!("export STORAGE_EMULATOR_HOST={}", fake.url);
    println!("export FEAST_REGISTRY_PATH=gs://{BUCKET}/registry.pb");
    loop {
        std::thread::park();
    }
}
