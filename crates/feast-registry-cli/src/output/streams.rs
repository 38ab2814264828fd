//! Where a command reads and writes.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal as _, Read, Write};

use anstream::{AutoStream, ColorChoice, StripStream};

/// Where a command reads and writes.
pub struct Streams {
    pub(crate) input: Box<dyn Read + Send>,
    pub(crate) out: Box<dyn Write + Send>,
    pub(crate) err: Box<dyn Write + Send>,
    /// Whether tables have styled headers.
    pub(crate) styled: bool,
    /// Whether the output is read by a person.
    pub(crate) out_is_terminal: bool,
    /// Whether progress may be shown.
    pub(crate) err_is_terminal: bool,
}

impl Streams {
    /// The streams of this process, with colours where they fit.
    pub fn process() -> Self {
        let stdout = io::stdout();
        Streams {
            styled: AutoStream::choice(&stdout) != ColorChoice::Never,
            out_is_terminal: stdout.is_terminal(),
            err_is_terminal: io::stderr().is_terminal(),
            input: Box::new(io::stdin()),
            out: Box::new(BufWriter::with_capacity(64 * 1024, stdout)),
            err: Box::new(anstream::stderr()),
        }
    }

    /// Other streams, without colours.
    pub fn new(
        input: impl Read + Send + 'static,
        out: impl Write + Send + 'static,
        err: impl Write + Send + 'static,
    ) -> Self {
        Streams {
            input: Box::new(input),
            out: Box::new(out),
            err: Box::new(StripStream::new(Box::new(err) as Box<dyn Write + Send>)),
            styled: false,
            out_is_terminal: false,
            err_is_terminal: false,
        }
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams")
            .field("styled", &self.styled)
            .field("out_is_terminal", &self.out_is_terminal)
            .field("err_is_terminal", &self.err_is_terminal)
            .finish_non_exhaustive()
    }
}
