//! Writes the seeds of a subject into a folder, one file each: `seeds SUBJECT FOLDER`.

use std::path::PathBuf;
use std::{env, fs, io};

use feast_registry_fuzz::subject;

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(name), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: seeds SUBJECT FOLDER"));
    };
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder)?;
    for (number, seed) in (subject(&name).seeds)().iter().enumerate() {
        fs::write(folder.join(format!("seed{number:03}")), seed)?;
    }
    Ok(())
}
