//! JSON and YAML for programs.

use std::io::Write;

use serde::ser::{SerializeSeq as _, Serializer as _};
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

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

/// A list of values, written one by one.
pub(crate) fn values(
    out: &mut dyn Write,
    format: Format,
    values: impl IntoIterator<Item = Outcome<Value>>,
) -> Outcome {
    if format != Format::Json {
        let values = values.into_iter().collect::<Outcome<Vec<Value>>>()?;
        return yaml(out, &Value::Array(values));
    }
    let mut serializer = Serializer::with_formatter(&mut *out, PrettyFormatter::new());
    let mut list = serializer.serialize_seq(None)?;
    for value in values {
        list.serialize_element(&value?)?;
    }
    list.end()?;
    Ok(writeln!(out)?)
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
