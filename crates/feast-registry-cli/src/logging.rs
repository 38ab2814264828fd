//! Log lines on standard error, in the form of this command's other messages.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::subscriber::set_global_default;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::args::{LogFormat, LogLevel};
use crate::output::style;

/// Sends the log of this process to standard error. Does nothing if there is a log already.
pub(crate) fn install(level: LogLevel, format: LogFormat) {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::from_level(level.into()))
        .with_writer(anstream::stderr);
    // Fails only where the program has set up a log of its own, which then wins.
    let _ = match format {
        LogFormat::Text => set_global_default(subscriber.event_format(Lines).finish()),
        LogFormat::Json => set_global_default(subscriber.json().flatten_event(true).finish()),
    };
}

/// `warning: message: reason key=value`.
struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (style, name) = match *event.metadata().level() {
            Level::ERROR => (style::ERROR, "error"),
            Level::WARN => (style::WARNING, "warning"),
            Level::INFO => (style::HINT, "info"),
            Level::DEBUG => (style::QUIET, "debug"),
            Level::TRACE => (style::QUIET, "trace"),
        };
        let mut line = Line::default();
        event.record(&mut line);
        let text = format!("{}{}{}", line.message, line.error, line.fields);
        writeln!(
            writer,
            "{style}{name}:{style:#} {}",
            style::printable(&text)
        )
    }
}

#[derive(Default)]
struct Line {
    message: String,
    error: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "error" => self.error = format!(": {value:?}"),
            name => self.fields += &format!(" {name}={value:?}"),
        }
    }

    fn record_error(&mut self, _field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.error = format!(": {value}");
    }
}
