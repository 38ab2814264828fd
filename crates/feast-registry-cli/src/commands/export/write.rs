//! Rows in the forms of an export, one after the other.

use std::io::Write;

use feast_registry_core::message::Joiner;
use feast_registry_core::store::Ids;
use feast_registry_core::{Kind, Record};
use feast_registry_proto::prost_types::Timestamp;

use crate::args::ExportFormat;
use crate::failure::Outcome;
use crate::input;
use crate::output;

/// Writes rows as they come.
pub(super) struct Writer {
    form: Form,
    left_out: usize,
}

enum Form {
    Proto(Joiner),
    Json(output::List),
    Yaml,
}

impl Writer {
    pub(super) fn new(format: ExportFormat) -> Self {
        let form = match format {
            ExportFormat::Proto => Form::Proto(Joiner::default()),
            ExportFormat::Json => Form::Json(output::List::default()),
            ExportFormat::Yaml => Form::Yaml,
        };
        Writer { form, left_out: 0 }
    }

    pub(super) fn put(&mut self, row: &Record, out: &mut dyn Write) -> Outcome {
        if let Form::Proto(joiner) = &mut self.form {
            let mut field = Vec::new();
            if let Some(loss) = joiner.put(row, &mut field)? {
                tracing::warn!("a registry file has no place for this, so it is left out: {loss}");
            }
            return Ok(out.write_all(&field)?);
        }
        if !is_defined(row) {
            return Ok(());
        }
        let document = match input::export(row) {
            Ok(document) => document,
            Err(error) => {
                tracing::warn!(%error, "left out");
                self.left_out += 1;
                return Ok(());
            }
        };
        match &mut self.form {
            Form::Json(list) => list.push(out, &document),
            _ => output::documents(out, [Ok(document)]),
        }
    }

    /// Writes what stands at the end; answers how many objects could not be read.
    pub(super) fn end(self, out: &mut dyn Write) -> Outcome<usize> {
        match self.form {
            Form::Proto(joiner) => {
                let version_id = Ids::random().operation().to_string();
                let mut fields = Vec::new();
                joiner.end(&version_id, &now(), &mut fields);
                out.write_all(&fields)?;
            }
            Form::Json(list) => list.end(out)?,
            Form::Yaml => {}
        }
        Ok(self.left_out)
    }
}

/// Whether a row is what people write down. Feast stores no bytes for a project without
/// infrastructure.
fn is_defined(row: &Record) -> bool {
    let nothing = row.key.kind == Kind::Infra && row.body.is_empty();
    !nothing && input::defined().any(|kind| kind == row.key.kind)
}

fn now() -> Timestamp {
    let now = jiff::Timestamp::now();
    Timestamp {
        seconds: now.as_second(),
        // Whole microseconds, as Feast keeps time.
        nanos: now.subsec_microsecond() * 1_000,
    }
}
