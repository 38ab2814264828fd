//! Taking turns, and printing ratios.

use std::time::{Duration, Instant};

/// How often the two take turns.
pub(crate) const ROUNDS: usize = 5;

/// What two did in one run: rates per second, or times.
#[derive(Default)]
pub(crate) struct Pair {
    raw: Vec<f64>,
    ours: Vec<f64>,
}

impl Pair {
    pub(crate) fn add(&mut self, raw: f64, ours: f64) {
        self.raw.push(raw);
        self.ours.push(ours);
    }

    /// Prints how many times slower ours is, of rates.
    pub(crate) fn print_rates(self, work: &str, limit: &str) -> f64 {
        let (raw, ours) = (median(self.raw), median(self.ours));
        println!(
            "{work:<52} {:>12} {:>12} {:>7.2}  {limit}",
            format!("{raw:.0}/s"),
            format!("{ours:.0}/s"),
            raw / ours
        );
        ours
    }

    /// Prints how many times slower ours is, of times in seconds.
    pub(crate) fn print_times(self, work: &str, limit: &str) -> f64 {
        let (raw, ours) = (median(self.raw), median(self.ours));
        println!(
            "{work:<52} {:>12} {:>12} {:>7.2}  {limit}",
            format!("{:.1?}", Duration::from_secs_f64(raw)),
            format!("{:.1?}", Duration::from_secs_f64(ours)),
            ours / raw
        );
        ours
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// How many seconds a future takes.
pub(crate) async fn seconds<T>(work: impl Future<Output = T>) -> f64 {
    let start = Instant::now();
    std::hint::black_box(work.await);
    start.elapsed().as_secs_f64()
}

/// Prints how many times faster ours is than Feast's, of rates.
pub(crate) fn print_factor(work: &str, feast: f64, ours: f64, least: u32) {
    println!(
        "{work:<52} {:>12} {:>12} {:>7.0}  {least}",
        format!("{feast:.1}/s"),
        format!("{ours:.0}/s"),
        ours / feast
    );
}

pub(crate) fn head(name: &str) {
    println!(
        "\n{:<52} {:>12} {:>12} {:>7}  at most",
        name, "raw", "ours", "ratio"
    );
}
