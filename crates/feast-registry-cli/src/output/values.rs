//! JSON and YAML for programs.

use std::io::Write;

use serde_json::Value;

use crate::args::Format;
use crate::failure::{Outcome, internal};

/// One JSON value.
fn json(out: &mut dyn Write, value: &Value) -> Outcome {
    serde_json::to_writer_pretty(&mut *out, value)?;
    Ok(writeln!(out)?)
}

/// One YAML document.
pub(crate) fn yaml(out: &mut dyn Write, value: &Value) -> Outcome {
    let text = serde_saphyr::to_string(value)
        .map_err(|error| internal(format!("cannot write YAML: {error}")))?;
    Ok(out.write_all(text.as_bytes())?)
}

/// One value.
pub(crate) fn object(out: &mut dyn Write, format: Format, value: &Value) -> Outcome {
    match format {
        Format::Json => json(out, value),
        Format::Yaml | Format::Table => yaml(out, value),
    }
}

/// A list of values.
pub(crate) fn values(
    out: &mut dyn Write,
    format: Format,
    values: impl IntoIterator<Item = Outcome<Value>>,
) -> Outcome {
    if format != Format::Json {
        let values = values.into_iter().collect::<Outcome<Vec<Value>>>()?;
        return yaml(out, &Value::Array(values));
    }
    let mut list = List::default();
    for value in values {
        list.push(out, &value?)?;
    }
    list.end(out)
}

/// A JSON list that is written while its values come.
#[derive(Debug, Default)]
pub(crate) struct List {
    begun: bool,
}

impl List {
    /// Writes the next value.
    pub(crate) fn push(&mut self, out: &mut dyn Write, value: &Value) -> Outcome {
        // No string in JSON has a line break, so every line may be indented.
        let text = serde_json::to_string_pretty(value)?.replace('\n', "\n  ");
        let before = if self.begun { ",\n  " } else { "[\n  " };
        self.begun = true;
        Ok(write!(out, "{before}{text}")?)
    }

    /// Writes the end.
    pub(crate) fn end(self, out: &mut dyn Write) -> Outcome {
        let end = if self.begun { "\n]" } else { "[]" };
        Ok(writeln!(out, "{end}")?)
    }
}

/// YAML documents, one for each value.
pub(crate) fn documents(
    out: &mut dyn Write,
    values: impl IntoIterator<Item = Outcome<Value>>,
) -> Outcome {
    for value in values {
        out.write_all(b"---\n")?;
        yaml(out, &value?)?;
    }
    Ok(())
}
