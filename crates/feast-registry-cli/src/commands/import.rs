//! `import`: an exported registry, put back as it was.

use std::io::{Read, Seek};

use feast_registry_core::message::{Overview, Reader};
use feast_registry_core::{Error, ErrorKind, Record, Registry, Summary};

use super::summary;
use crate::args::Import;
use crate::failure::Outcome;
use crate::input::Stream;
use crate::output::Progress;
use crate::session::Session;

/// Rows of one transaction.
const MAX_ROWS: usize = 10_000;
/// Bytes of the objects of one transaction.
const MAX_BYTES: usize = 16 * 1024 * 1024;

pub(super) async fn run(args: Import, session: &mut Session<'_>) -> Outcome {
    let mut stream = Stream::open(&args.file, &mut session.streams.input)?;
    stream.check_is_registry()?;
    let project = session.config()?.project;
    // All of it is looked at before anything is written.
    let overview = Overview::read(stream.rewound()?, project.as_deref());
    let overview = overview.map_err(|error| blame(error, &stream.name))?;
    let registry = session.registry().await?;
    let doing = "importing".to_owned();
    let import = Importing {
        progress: Progress::rate(session.streams, overview.rows, doing),
        registry,
        waiting: Vec::new(),
        bytes: 0,
        summary: Summary::default(),
    };
    let reader = Reader::new(stream.rewound()?, project.as_deref());
    let done = import.run(reader, overview).await;
    let summary = done.map_err(|error| blame(error, &stream.name))?;
    summary::print(&summary, None, session)
}

/// A file that is not as it should be is wrong input, not a damaged registry.
fn blame(error: Error, name: &str) -> Error {
    match error.kind() {
        ErrorKind::Corrupt => Error::invalid(format!("{name}: {}", error.message()))
            .with_hint("accepted are Feast registry files (protobuf)"),
        _ => error.context(name),
    }
}

struct Importing {
    registry: Registry,
    progress: Progress,
    waiting: Vec<Record>,
    bytes: usize,
    summary: Summary,
}

impl Importing {
    /// Projects first, so that none is made up on the way; infrastructure, which belongs to one, last.
    async fn run<R: Read + Seek>(
        mut self,
        mut reader: Reader<R>,
        overview: Overview,
    ) -> Result<Summary, Error> {
        let limits = self.registry.store().limits();
        // Beside a row its project may be written, and the last one may be large.
        let (most_rows, most_bytes) = (
            MAX_ROWS.min(limits.transaction_writes / 2),
            MAX_BYTES.min(limits.transaction_bytes / 2),
        );
        self.waiting = overview.projects;
        while let Some(row) = reader.row()? {
            self.progress.step();
            if Overview::is_about_project(&row) {
                continue;
            }
            self.bytes += row.body.len();
            self.waiting.push(row);
            if self.waiting.len() >= most_rows || self.bytes >= most_bytes {
                self.commit().await?;
            }
        }
        self.waiting.extend(overview.infra);
        self.commit().await?;
        Ok(self.summary)
    }

    async fn commit(&mut self) -> Result<(), Error> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.waiting);
        self.summary += self.registry.import_rows(rows).await?;
        Ok(())
    }
}
