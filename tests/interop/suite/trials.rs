//! The list of tests: those of tables once for each database.

use std::time::Duration;

use libtest_mimic::Trial;
use tokio::runtime::Builder;

use crate::cluster::System;
use crate::engine::Engine;
use crate::keeper::Keeper;

/// What tests run on.
pub(crate) trait Ground: Copy + Send + 'static {
    /// Its name in the list of tests.
    fn name(self) -> &'static str;

    /// Why tests cannot run on it, if so.
    fn missing(self) -> Option<String>;
}

/// A test: what it says of itself, and how it is run.
pub(crate) type Test<G = Engine> = (&'static str, fn(G));

/// Makes a function `trials` of a module from the names of its tests, by where they run:
/// one of the functions of [`crate::trials`].
macro_rules! trials {
    ($($group:ident { $($test:ident),+ $(,)? })+) => {
        /// The tests of this module.
        pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
            let mut trials = Vec::new();
            $(trials.extend(crate::trials::$group(
                module_path!(),
                &[$((stringify!($test), crate::trials::trials!(@call $group $test))),+],
            ));)+
            trials
        }
    };
    (@call alone $test:ident) => { |_| $test() };
    (@call $group:ident $test:ident) => { |engine| crate::trials::finish($test(engine)) };
}
pub(crate) use trials;

/// Tests of `async fn(Engine)` that run on every database.
pub(crate) fn everywhere(module: &str, tests: &[Test]) -> Vec<Trial> {
    on(&Engine::ALL, module, tests)
}

/// Tests of several servers of ours, which need a database for many.
pub(crate) fn on_postgres(module: &str, tests: &[Test]) -> Vec<Trial> {
    on(&[Engine::Postgres], module, tests)
}

/// Tests that stop a database server and start it again.
pub(crate) fn on_clusters(module: &str, tests: &[Test<System>]) -> Vec<Trial> {
    on(&System::ALL, module, tests)
}

/// Tests of what servers of databases keep for their clients.
pub(crate) fn on_servers(module: &str, tests: &[Test]) -> Vec<Trial> {
    on(&[Engine::Postgres, Engine::Mariadb], module, tests)
}

/// Tests that run on every database and on registry files.
pub(crate) fn on_files_too(module: &str, tests: &[Test]) -> Vec<Trial> {
    let mut trials = everywhere(module, tests);
    trials.extend(on_files(module, tests));
    trials
}

/// Tests of registry files.
pub(crate) fn on_files(module: &str, tests: &[Test]) -> Vec<Trial> {
    on(&[Engine::File], module, tests)
}

/// Tests of registry files that processes share, wherever those are.
pub(crate) fn on_shared_files(module: &str, tests: &[Test<Keeper>]) -> Vec<Trial> {
    on(&Keeper::ALL, module, tests)
}

/// The same without a second server of S3, which is slow under contention and would show nothing more.
pub(crate) fn on_files_of_any_kind(module: &str, tests: &[Test<Keeper>]) -> Vec<Trial> {
    on(&[Keeper::Disk, Keeper::S3, Keeper::Gcs], module, tests)
}

/// Tests of registry files where Feast can write them as well.
pub(crate) fn on_files_of_feast(module: &str, tests: &[Test<Keeper>]) -> Vec<Trial> {
    on(&[Keeper::Disk, Keeper::S3], module, tests)
}

/// Tests of what Feast and we do with objects of S3.
pub(crate) fn on_s3(module: &str, tests: &[Test<Keeper>]) -> Vec<Trial> {
    on(&[Keeper::S3], module, tests)
}

/// Tests of what is particular to MySQL and MariaDB.
pub(crate) fn on_mariadb(module: &str, tests: &[Test]) -> Vec<Trial> {
    on(&[Engine::Mariadb], module, tests)
}

/// Tests that would show nothing more on another database.
pub(crate) fn on_sqlite(module: &str, tests: &[Test]) -> Vec<Trial> {
    on(&[Engine::Sqlite], module, tests)
}

/// Measurements, which take minutes and are run with `--ignored`.
pub(crate) fn on_request(module: &str, tests: &[Test]) -> Vec<Trial> {
    let trials = on(&Engine::ALL, module, tests).into_iter();
    trials.map(|trial| trial.with_ignored_flag(true)).collect()
}

/// Tests of `fn()` that need no database.
pub(crate) fn alone(module: &str, tests: &[Test]) -> Vec<Trial> {
    let trial = |&(name, test): &Test| {
        Trial::test(full_name(module, name), move || {
            test(Engine::Sqlite);
            Ok(())
        })
    };
    tests.iter().map(trial).collect()
}

/// On what is not there, a trial is listed as ignored.
fn on<G: Ground>(grounds: &[G], module: &str, tests: &[Test<G>]) -> Vec<Trial> {
    let mut trials = Vec::new();
    for &ground in grounds {
        for &(name, test) in tests {
            let run = move || {
                test(ground);
                Ok(())
            };
            let trial = Trial::test(full_name(module, name), run)
                .with_kind(ground.name())
                .with_ignored_flag(ground.missing().is_some());
            trials.push(trial);
        }
    }
    trials
}

fn full_name(module: &str, name: &str) -> String {
    let module = module.split_once("::").map_or("", |(_, module)| module);
    format!("{module}::{name}")
}

/// Runs a test to its end.
pub(crate) fn finish(test: impl Future<Output = ()>) {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
    // What a test left running must not keep the next one waiting.
    runtime.shutdown_timeout(Duration::from_secs(5));
}
