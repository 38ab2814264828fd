//! A file that is read piece by piece, more than once.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;

use feast_registry_core::Error;

use super::{Content, Source};
use crate::failure;

/// So much of a file tells what it is.
const BEGINNING: u64 = 64 * 1024;

/// What can be read from its beginning again.
pub(crate) trait Rewind: Read + Seek {}

impl<T: Read + Seek> Rewind for T {}

/// A file that is read piece by piece. Standard input is held in memory.
pub(crate) struct Stream {
    /// How messages name it.
    pub(crate) name: String,
    input: Box<dyn Rewind>,
}

impl Stream {
    /// Opens a file, or reads `input` for `-`.
    pub(crate) fn open(path: &Path, input: &mut dyn Read) -> Result<Stream, Error> {
        if path.as_os_str() == "-" || path.is_dir() {
            let source = Source::read(path, input)?;
            return Ok(Stream {
                name: source.name,
                input: Box::new(Cursor::new(source.bytes)),
            });
        }
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| failure::file("read", &name, &error))?;
        Ok(Stream {
            name,
            input: Box::new(file),
        })
    }

    /// The same from its beginning.
    pub(crate) fn rewound(&mut self) -> Result<&mut dyn Rewind, Error> {
        let rewound = self.input.rewind();
        rewound.map_err(|error| self.cannot(&error))?;
        Ok(&mut *self.input)
    }

    /// Fails if its beginning is not that of a registry file.
    pub(crate) fn check_is_registry(&mut self) -> Result<(), Error> {
        let mut bytes = Vec::new();
        let read = self.rewound()?.take(BEGINNING).read_to_end(&mut bytes);
        read.map_err(|error| self.cannot(&error))?;
        let beginning = Source {
            name: self.name.clone(),
            bytes: bytes.into(),
        };
        if !Content::is_text(&beginning)? {
            return Ok(());
        }
        let message = format!("{} is text, not a Feast registry file", self.name);
        Err(Error::invalid(message)
            .with_hint("definitions in YAML or JSON are put into the registry by `apply`"))
    }

    fn cannot(&self, error: &io::Error) -> Error {
        failure::file("read", &self.name, error)
    }
}
