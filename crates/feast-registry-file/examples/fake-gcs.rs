//! A GCS of one's own for hand work: the fake of the tests, until it is interrupted.
//!
//! ```sh
//! cargo run --package feast-registry-file --all-features --example fake-gcs -- 127.0.0.1:9023
//! ```
//!
//! Without an address it listens on a free port of loopback.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a command-line tool"
)]

#[path = "../tests/fake/mod.rs"]
mod fake;

use self::fake::{BUCKET, Fake, Kind};

fn main() {
    let address = std::env::args().nth(1);
    let fake = Fake::on(Kind::Gcs, address.as_deref().unwrap_or("127.0.0.1:0"));
    println!("export STORAGE_EMULATOR_HOST={}", fake.url);
    println!("export FEAST_REGISTRY_PATH=gs://{BUCKET}/registry.pb");
    loop {
        std::thread::park();
    }
}
