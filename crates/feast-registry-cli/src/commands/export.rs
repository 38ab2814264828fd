//! `export`: the registry in one file.

mod write;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use feast_registry_core::{Error, ErrorKind, StoreExt as _};
use futures::StreamExt as _;

use self::write::Writer;
use crate::args::{Export, ExportFormat};
use crate::failure::{self, Failure, Outcome};
use crate::output::Progress;
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
    let left_out = match &args.out {
        None => {
            // Progress would stand between the lines of what is written.
            let source = Source::open(session, false).await?;
            source.write(args.format, &mut session.streams.out).await?
        }
        Some(path) => {
            let source = Source::open(session, true).await?;
            replace(path, async |out| source.write(args.format, out).await).await?
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

/// What is exported.
struct Source {
    registry: feast_registry_core::Registry,
    project: Option<String>,
    progress: Option<Progress>,
}

impl Source {
    async fn open(session: &mut Session<'_>, show: bool) -> Outcome<Self> {
        let registry = session.registry().await?;
        let progress = match show && session.streams.err_is_terminal {
            true => {
                let probe = registry.store().changes().await?;
                let rows = probe.entries.values().map(|entry| entry.count).sum();
                Some(Progress::rate(session.streams, rows, "writing".to_owned()))
            }
            false => None,
        };
        Ok(Source {
            registry,
            // A project in feature_store.yaml is where commands work, not all that is worth keeping.
            project: session.global.project.clone(),
            progress,
        })
    }

    /// Writes all that can be read, while it is read; answers how many objects cannot.
    async fn write(&self, format: ExportFormat, out: &mut dyn Write) -> Outcome<usize> {
        let mut writer = Writer::new(format);
        let mut chunks = self.registry.store().rows(self.project.as_deref()).await?;
        while let Some(chunk) = chunks.next().await {
            for row in chunk? {
                writer.put(&row, out)?;
                if let Some(progress) = &self.progress {
                    progress.step();
                }
            }
        }
        writer.end(out)
    }
}

/// Writes a file that is either complete or as it was before.
async fn replace<T>(
    path: &Path,
    write: impl AsyncFnOnce(&mut dyn Write) -> Outcome<T>,
) -> Outcome<T> {
    let name = path.display().to_string();
    let cannot = |error: &std::io::Error| failure::file("write", &name, error);
    let temporary = temporary(path);
    let file = File::create_new(&temporary).map_err(|error| cannot(&error))?;
    let written = async {
        let mut out = BufWriter::new(file);
        let answer = write(&mut out).await?;
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(&temporary, path)?;
        Ok(answer)
    };
    written.await.map_err(|failure| {
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
