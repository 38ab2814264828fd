//! Reading files and standard input, within a limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use feast_registry_core::{Error, ErrorKind};

use crate::failure;

/// Largest input, in bytes: far above any registry, far below what would take a machine down.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// Something that was read, whole.
#[derive(Debug)]
pub(crate) struct Source {
    /// How messages name it.
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

impl Source {
    /// Reads a file, or `input` for `-`.
    pub(crate) fn read(path: &Path, input: &mut dyn Read) -> Result<Source, Error> {
        if path.as_os_str() == "-" {
            return Source::from_reader("standard input".to_owned(), input);
        }
        let name = path.display().to_string();
        if path.is_dir() {
            return Err(
                Error::invalid(format!("cannot read {name}: it is a folder"))
                    .with_hint("name the files in it"),
            );
        }
        let mut file = File::open(path).map_err(|error| failure::file("read", &name, &error))?;
        Source::from_reader(name, &mut file)
    }

    /// A text of this program.
    #[cfg(feature = "server")]
    pub(crate) fn given(name: &str, text: &'static str) -> Source {
        Source {
            name: name.to_owned(),
            bytes: Bytes::from_static(text.as_bytes()),
        }
    }

    fn from_reader(name: String, reader: &mut dyn Read) -> Result<Source, Error> {
        let mut bytes = Vec::new();
        let read: io::Result<usize> = reader.take(MAX_BYTES + 1).read_to_end(&mut bytes);
        let read = read.map_err(|error| failure::file("read", &name, &error))?;
        if read as u64 > MAX_BYTES {
            let message = format!("cannot read {name}: it is larger than 1 GiB");
            return Err(Error::new(ErrorKind::TooLarge, message));
        }
        Ok(Source {
            name,
            bytes: bytes.into(),
        })
    }
}
