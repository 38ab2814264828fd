//! Progress of long work, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Streams;

/// Work on fewer objects is over before anybody could read about it.
const WORTH_SHOWING: usize = 200;

/// A line that says what is going on; it is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// Shows `doing` while work whose length is not known goes on.
    pub(crate) fn spinner(streams: &Streams, objects: usize, doing: String) -> Self {
        if !streams.err_is_terminal || objects < WORTH_SHOWING {
            return Progress(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_message(doing);
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(Some(bar))
    }

    /// Counts up to about `objects`, with how fast it goes and how long it will take. Until the first is
    /// done, it says that the work has not begun.
    pub(crate) fn rate(streams: &Streams, objects: u64, doing: String) -> Self {
        let worth_showing = usize::try_from(objects).map_or(true, |all| all >= WORTH_SHOWING);
        if !streams.err_is_terminal || !worth_showing {
            return Progress(None);
        }
        let bar = ProgressBar::with_draw_target(Some(objects), ProgressDrawTarget::stderr());
        let template = "{prefix}{msg} {wide_bar} {pos}/{len} {per_sec} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(doing);
        bar.set_message(", looking at what is there");
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(Some(bar))
    }

    /// One object is done.
    pub(crate) fn step(&self) {
        if let Some(bar) = &self.0 {
            if bar.position() == 0 {
                bar.set_message("");
            }
            bar.inc(1);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
