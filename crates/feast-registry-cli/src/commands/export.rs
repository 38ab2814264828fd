//! `export`: the registry in one file.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use feast_registry_core::{Error, ErrorKind, Kind, Record};

use crate::args::{Export, ExportFormat};
use crate::failure::{self, Failure, Outcome};
use crate::input;
use crate::output::{self, Progress};
use crate::session::Session;

pub(super) async fn run(args: Export, session: &mut Session<'_>) -> Outcome {
    let to_terminal = args.out.is_none() && session.streams.out_is_terminal;
    if args.format == ExportFormat::Proto && to_terminal {
        return Err(
            Error::invalid("a registry file is not for reading on a terminal")
                .with_hint("name a file with --out, or choose --format yaml")
                .into(),
        );
    }
    let exported = collect(args.format, session).await?;
    let left_out = match &args.out {
        None => exported.write(session.streams.out.as_mut(), || ())?,
        Some(path) => {
            let progress = Progress::bar(session.streams, exported.len(), "writing");
            replace(path, |out| exported.write(out, || progress.step()))?
        }
    };
    if left_out == 0 {
        return Ok(());
    }
    let message = format!("{left_out} objects cannot be read and were left out");
    Err(Error::new(ErrorKind::Corrupt, message)
        .with_hint("--format proto copies them byte by byte")
        .into())
}

enum Exported {
    Message(Vec<u8>),
    Objects(ExportFormat, Vec<Record>),
}

async fn collect(format: ExportFormat, session: &mut Session<'_>) -> Outcome<Exported> {
    // A project in feature_store.yaml is where commands work, not all that is worth keeping.
    let project = session.global.project.clone();
    let registry = session.registry().await?;
    if format == ExportFormat::Proto {
        let joined = registry.export(project.as_deref()).await?;
        for loss in joined.losses {
            tracing::warn!("a registry file has no place for this, so it is left out: {loss}");
        }
        return Ok(Exported::Message(joined.message));
    }
    let mut rows = registry.export_rows(project.as_deref()).await?;
    rows.retain(|row| {
        // Feast stores no bytes for a project without infrastructure.
        let nothing = row.key.kind == Kind::Infra && row.body.is_empty();
        !nothing && input::defined().any(|kind| kind == row.key.kind)
    });
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(Exported::Objects(format, rows))
}

impl Exported {
    fn len(&self) -> usize {
        match self {
            Exported::Message(_) => 1,
            Exported::Objects(_, rows) => rows.len(),
        }
    }

    /// Writes all that can be read; answers how many objects cannot.
    fn write(&self, out: &mut dyn Write, step: impl Fn()) -> Outcome<usize> {
        let (format, rows) = match self {
            Exported::Message(message) => {
                out.write_all(message)?;
                return Ok(0);
            }
            Exported::Objects(format, rows) => (format, rows),
        };
        let mut left_out = 0;
        let documents = rows.iter().filter_map(|row| {
            step();
            match input::export(row) {
                Ok(document) => Some(Ok(document)),
                Err(error) => {
                    tracing::warn!(%error, "left out");
                    left_out += 1;
                    None
                }
            }
        });
        match format {
            ExportFormat::Yaml => output::documents(out, documents)?,
            _ => output::values(out, crate::args::Format::Json, documents)?,
        }
        Ok(left_out)
    }
}

/// Writes a file that is either complete or as it was before.
fn replace<T>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Outcome<T>) -> Outcome<T> {
    let name = path.display().to_string();
    let cannot = |error: &std::io::Error| failure::file("write", &name, error);
    let temporary = temporary(path);
    let file = File::create_new(&temporary).map_err(|error| cannot(&error))?;
    let written = (|| {
        let mut out = BufWriter::new(file);
        let answer = write(&mut out)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&temporary, path)?;
        Ok(answer)
    })();
    written.map_err(|failure| {
        // What is half written is of no use; if it cannot be removed, the error says where it is.
        let _ = fs::remove_file(&temporary);
        match failure {
            Failure::Output(error) => cannot(&error).into(),
            other => other,
        }
    })
}

/// A name beside the file, so that renaming does not cross file systems.
fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
