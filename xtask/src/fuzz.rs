//! Fuzzing: libFuzzer looks for bytes that a subject of `tests/fuzz` does not bear.

use std::fs;
use std::process::Command;

use crate::servers::programs;
use crate::{Result, shell, workspace_root};

/// Fuzz what takes bytes from outside.
///
/// Works with the stable toolchain and needs a C++ compiler. What was found interesting stays in `fuzz/corpus`, what
/// failed in `fuzz/artifacts`; both are not checked in.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// request, apply, file or config; all, one after the other, if none is named.
    targets: Vec<String>,
    /// How long each runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

const TARGETS: [&str; 4] = ["request", "apply", "file", "config"];

/// What builds libFuzzer.
const COMPILER: &str = "c++";

/// How long each runs in the large tier of the tests.
const SOAK_SECONDS: u32 = 300;

/// What lets libFuzzer see where an input leads, without a sanitizer: those need the nightly toolchain.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0 --cfg fuzzing";

pub(crate) fn run(args: &Args) -> Result {
    let unknown = args
        .targets
        .iter()
        .find(|name| !TARGETS.contains(&&name[..]));
    if let Some(unknown) = unknown {
        return Err(format!(
            "there is no target `{unknown}`; there are {}",
            TARGETS.join(", ")
        )
        .into());
    }
    let asked =
        |target: &&&str| args.targets.is_empty() || args.targets.iter().any(|t| t == **target);
    let targets: Vec<&str> = TARGETS.iter().filter(asked).copied().collect();
    let host = host()?;
    build(&host)?;
    for target in targets {
        fuzz(target, &host, args.seconds)?;
    }
    Ok(())
}

/// Every target, for as long as the large tier has.
pub(crate) fn soak() -> Result {
    if programs::find(COMPILER).is_none() {
        println!("\nleft out: the fuzzer, {COMPILER} is not installed");
        return Ok(());
    }
    run(&Args {
        targets: Vec::new(),
        seconds: SOAK_SECONDS,
    })
}

fn build(host: &str) -> Result {
    let root = workspace_root();
    // The versions of the workspace; Cargo adds what only the fuzzer needs.
    fs::copy(root.join("Cargo.lock"), root.join("fuzz/Cargo.lock"))?;
    let mut command = shell::cargo(&["build", "--quiet", "--release", "--bins"]);
    // With a target named, build scripts and macros are not instrumented.
    command.args(["--manifest-path", "fuzz/Cargo.toml", "--target", host]);
    command.args(["--target-dir", "fuzz/target"]);
    command.env("RUSTFLAGS", COVERAGE);
    shell::run(command)
}

/// What this machine is called where a target is named.
fn host() -> Result<String> {
    let said = shell::output(shell::program("rustc", &["-vV"]))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc does not name its host")?.to_owned())
}

fn fuzz(target: &str, host: &str, seconds: u32) -> Result {
    let root = workspace_root().join("fuzz");
    let (corpus, artifacts) = (root.join("corpus").join(target), root.join("artifacts"));
    fs::create_dir_all(&artifacts)?;
    let mut seeds = shell::cargo(&["run", "--quiet", "--package", "feast-registry-fuzz"]);
    seeds.args(["--bin", "seeds", target]).arg(&corpus);
    shell::run(seeds)?;
    let program = root.join("target").join(host).join("release").join(target);
    let mut command = Command::new(program);
    command.arg(&corpus).current_dir(&root);
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!(
        "-artifact_prefix={}/{target}-",
        artifacts.display()
    ));
    // An input takes a millisecond or so, and a request has at most a few KiB in use.
    command.args(["-timeout=10", "-rss_limit_mb=1024", "-max_len=16384"]);
    command.args(["-print_final_stats=1"]);
    shell::run(command)
}
