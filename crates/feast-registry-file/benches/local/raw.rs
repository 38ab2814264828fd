//! The least that a safe rewrite of a file is: read, write beside, rename, both on the disk.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

pub(crate) fn rewrite(path: &Path) {
    let bytes = fs::read(path).unwrap();
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary).unwrap();
    file.write_all(&bytes).unwrap();
    file.sync_all().unwrap();
    fs::rename(&temporary, path).unwrap();
    File::open(path.parent().unwrap())
        .unwrap()
        .sync_all()
        .unwrap();
}
