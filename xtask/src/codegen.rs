//! Generates the Rust messages and the descriptor set from `proto/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_types::FileDescriptorSet;

use crate::{Result, workspace_root};

const PROTO: &str = "proto";
const GENERATED: &str = "crates/feast-registry-proto/src/generated";
const DESCRIPTOR: &str = "descriptor.bin";

/// Generate the code of feast-registry-proto from the files in proto/.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Change nothing, and fail if a generated file is stale.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> Result {
    let root = workspace_root();
    let fresh = tempfile::tempdir()?;
    generate(&root.join(PROTO), fresh.path())?;

    let target = root.join(GENERATED);
    let stale = stale_files(fresh.path(), &target)?;
    if args.check {
        return report(&stale);
    }
    install(&stale, fresh.path(), &target)
}

/// Writes every generated file into the folder `out`.
fn generate(proto: &Path, out: &Path) -> Result {
    let mut descriptors = protox::compile(proto_files(proto)?, [proto])?;

    prost_build::Config::new()
        .out_dir(out)
        .bytes(["."])
        .btree_map(["."])
        .enable_type_names()
        .compile_fds(descriptors.clone())?;
    remove_empty_files(out)?;

    strip_source_info(&mut descriptors);
    fs::write(out.join(DESCRIPTOR), descriptors.encode_to_vec())?;
    Ok(())
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

fn report(stale: &[String]) -> Result {
    if stale.is_empty() {
        println!("generated code is up to date");
        return Ok(());
    }
    let files: String = stale
        .iter()
        .map(|name| format!("\n  {GENERATED}/{name}"))
        .collect();
    Err(format!("stale files, run `cargo xtask codegen`:{files}").into())
}

fn install(stale: &[String], fresh: &Path, target: &Path) -> Result {
    fs::create_dir_all(target)?;
    for name in stale {
        let (from, to) = (fresh.join(name), target.join(name));
        if from.exists() {
            fs::copy(from, to)?;
            println!("wrote {GENERATED}/{name}");
        } else {
            fs::remove_file(to)?;
            println!("removed {GENERATED}/{name}");
        }
    }
    if stale.is_empty() {
        println!("nothing to do");
    }
    Ok(())
}
