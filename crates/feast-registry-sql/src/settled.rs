//! A value that counts once it has stood still for a while.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The value that was last seen, and when it was seen first.
#[derive(Debug, Default)]
pub(crate) struct Settled(Mutex<Option<(Arc<str>, Instant)>>);

impl Settled {
    /// The value, if it has been the same for this long.
    pub(crate) fn after(&self, settles: Duration, value: Arc<str>) -> Option<Arc<str>> {
        if settles.is_zero() {
            return Some(value);
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*seen {
            Some((known, since)) if *known == value => {
                (since.elapsed() >= settles).then_some(value)
            }
            _ => {
                *seen = Some((value, Instant::now()));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_nanos(1);
    const LONG: Duration = Duration::from_secs(3_600);

    #[test]
    fn a_value_counts_when_it_is_seen_again_after_a_while() {
        let settled = Settled::default();
        assert_eq!(settled.after(NOW, "a".into()), None);
        assert_eq!(settled.after(LONG, "a".into()), None);
        // Clocks of some machines stand still for longer than it takes to come here.
        let again = || settled.after(NOW, "a".into());
        assert_eq!(
            std::iter::from_fn(|| Some(again()))
                .find_map(|it| it)
                .as_deref(),
            Some("a")
        );
        assert_eq!(
            settled.after(NOW, "b".into()),
            None,
            "another one begins anew"
        );
        assert_eq!(settled.after(NOW, "a".into()), None);
    }

    #[test]
    fn what_needs_no_while_counts_at_once() {
        let settled = Settled::default();
        assert_eq!(
            settled.after(Duration::ZERO, "a".into()).as_deref(),
            Some("a")
        );
    }
}
