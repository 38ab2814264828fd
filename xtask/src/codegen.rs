//! Generates the Rust messages, the descriptor set and the server's table of rpcs from `proto/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::{Result, workspace_root};

mod rpcs;

const PROTO: &str = "proto";
const MESSAGES: &str = "crates/feast-registry-proto/src/generated";
const SERVER: &str = "crates/feast-registry-server/src/generated";
const DESCRIPTOR: &str = "descriptor.bin";
const RPCS: &str = "rpc.rs";

/// Generate code of feast-registry-proto and feast-registry-server from the files in proto/.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Change nothing, and fail if a generated file is stale.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result {
    let root = workspace_root();
    let mut descriptors = compile(&root.join(PROTO))?;
    let rpcs = rpcs::table(&descriptors)?;

    let messages = tempfile::tempdir()?;
    generate_messages(descriptors.clone(), messages.path())?;
    strip_source_info(&mut descriptors);
    fs::write(
        messages.path().join(DESCRIPTOR),
        descriptors.encode_to_vec(),
    )?;
    let server = tempfile::tempdir()?;
    fs::write(server.path().join(RPCS), rpcs)?;

    let mut stale = Vec::new();
    for (fresh, folder) in [(messages.path(), MESSAGES), (server.path(), SERVER)] {
        let target = root.join(folder);
        let names = stale_files(fresh, &target)?;
        if !args.check {
            install(&names, fresh, &target)?;
        }
        stale.extend(names.into_iter().map(|name| format!("{folder}/{name}")));
    }
    report(args, &stale)
}

fn compile(proto: &Path) -> Result<FileDescriptorSet> {
    Ok(protox::compile(proto_files(proto)?, [proto])?)
}

/// Writes the messages into the folder `out`.
fn generate_messages(descriptors: FileDescriptorSet, out: &Path) -> Result {
    prost_build::Config::new()
        .out_dir(out)
        .bytes(["."])
        .btree_map(["."])
        .enable_type_names()
        .compile_fds(descriptors)?;
    remove_empty_files(out)
}

/// All `.proto` files below `folder`, sorted so that the output is the same everywhere.
fn proto_files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "proto")
            {
                files.insert(path);
            }
        }
    }
    Ok(files)
}

/// Drops files of packages whose messages all come from `prost-types`.
fn remove_empty_files(folder: &Path) -> Result {
    for name in file_names(folder)? {
        let path = folder.join(name);
        let text = fs::read_to_string(&path)?;
        if text
            .lines()
            .all(|line| line.is_empty() || line.starts_with("//"))
        {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn strip_source_info(descriptors: &mut FileDescriptorSet) {
    for file in &mut descriptors.file {
        file.source_code_info = None;
    }
}

/// Names of the files that are missing, different or left over in `target`.
fn stale_files(fresh: &Path, target: &Path) -> Result<Vec<String>> {
    let names: BTreeSet<String> = file_names(fresh)?
        .into_iter()
        .chain(file_names(target)?)
        .collect();
    let differs =
        |name: &String| fs::read(fresh.join(name)).ok() != fs::read(target.join(name)).ok();
    Ok(names.into_iter().filter(differs).collect())
}

/// Names of the files in `folder`. A folder that does not exist has none.
fn file_names(folder: &Path) -> Result<Vec<String>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// Says which files were stale; with `--check` that is a failure.
fn report(args: &Args, stale: &[String]) -> Result {
    if stale.is_empty() {
        println!("generated code is up to date");
        return Ok(());
    }
    if args.check {
        let files = stale.join("\n  ");
        return Err(format!("stale files, run `cargo xtask codegen`:\n  {files}").into());
    }
    for file in stale {
        println!("wrote or removed {file}");
    }
    Ok(())
}

fn install(stale: &[String], fresh: &Path, target: &Path) -> Result {
    fs::create_dir_all(target)?;
    for name in stale {
        let (from, to) = (fresh.join(name), target.join(name));
        if from.exists() {
            fs::copy(from, to)?;
        } else {
            fs::remove_file(to)?;
        }
    }
    Ok(())
}
