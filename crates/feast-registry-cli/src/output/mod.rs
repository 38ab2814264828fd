//! What people and programs get to see.

mod progress;
mod streams;
pub(crate) mod style;
mod table;
mod values;

use std::io::{self, Write as _};

use feast_registry_core::{Error, ErrorKind};

use crate::failure::Failure;

pub(crate) use self::progress::Progress;
pub use self::streams::Streams;
pub(crate) use self::table::{Cell, Table};
pub(crate) use self::values::{List, documents, object, values, yaml};

/// The exit code of a command that was to look for something, and has found it.
const FOUND: u8 = 7;

/// Prints help, or what is wrong with the arguments, on the streams of the process.
pub(crate) fn usage(error: &clap::Error) -> u8 {
    // There is nobody to tell if this fails.
    let _ = error.print();
    exit_code_of(error)
}

/// The same on other streams.
pub(crate) fn usage_to(error: &clap::Error, streams: &mut Streams) -> u8 {
    let text = error.render();
    let _ = if error.use_stderr() {
        write!(streams.err, "{text}")
    } else {
        write!(streams.out, "{text}")
    };
    let _ = streams.out.flush();
    exit_code_of(error)
}

fn exit_code_of(error: &clap::Error) -> u8 {
    u8::try_from(error.exit_code()).unwrap_or(2)
}

/// Tells why a command failed, and answers the exit code.
pub(crate) fn fail(streams: &mut Streams, failure: &Failure) -> u8 {
    let told;
    let error = match failure {
        // Whoever read our output has seen enough: `feast-registry … | head`.
        Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return 0,
        Failure::Output(error) => {
            told = Error::new(
                ErrorKind::Unavailable,
                format!("cannot write the output: {error}"),
            );
            &told
        }
        Failure::Registry(error) => error,
        Failure::Differs => return 1,
        Failure::Found => return FOUND,
    };
    let _ = write_error(streams, error);
    error.kind().report().exit_code
}

fn write_error(streams: &mut Streams, error: &Error) -> io::Result<()> {
    let err = &mut streams.err;
    let (red, blue) = (style::ERROR, style::HINT);
    writeln!(
        err,
        "{red}error:{red:#} {}",
        style::printable(error.message())
    )?;
    let mut known = error.message().to_owned();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if !known.contains(&text) {
            writeln!(err, "  because: {}", style::printable(&text))?;
            known.push_str(&text);
        }
        source = cause.source();
    }
    if let Some(hint) = error.hint() {
        writeln!(err, "{blue}hint:{blue:#} {}", style::printable(hint))?;
    }
    err.flush()
}
