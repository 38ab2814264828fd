//! Trying again after a fault that changed nothing, a bounded number of times.

use std::time::{Duration, Instant};

use feast_registry_core::store::pause;
use feast_registry_core::{Error, ErrorKind};

use crate::reconnect::PATIENCE;
use crate::{DriverError, FaultClass};

/// How often a transaction is tried that others were in the way of.
const ATTEMPTS: u32 = 32;

/// How often it is tried where a row was in the way, or missing: that may stay so.
const FEWER: u32 = 12;

/// What the first pause is about half of.
const PAUSE: Duration = Duration::from_millis(2);

/// The attempts at one piece of work.
#[derive(Debug)]
pub(crate) struct Attempts {
    start: Instant,
    made: u32,
    /// Whether a connection broke: then one that cannot be made is tried again too, since the
    /// server may be starting.
    lost: bool,
    /// Where one writer has the database for itself, a row that was in the way, or missing, will be
    /// so again.
    one_writer: bool,
}

impl Attempts {
    pub(crate) fn new(one_writer: bool) -> Self {
        Attempts {
            start: Instant::now(),
            made: 0,
            lost: false,
            one_writer,
        }
    }

    /// After a fault: how long to wait before the next attempt.
    ///
    /// # Errors
    ///
    /// What to tell the caller, if there is to be none.
    pub(crate) fn after(&mut self, fault: DriverError) -> Result<Duration, Error> {
        self.made += 1;
        self.lost |= fault.class == FaultClass::Disconnected;
        let most = match fault.class {
            FaultClass::Conflict | FaultClass::Disconnected => ATTEMPTS,
            FaultClass::Duplicate | FaultClass::RowGone if !self.one_writer => FEWER,
            FaultClass::Unavailable if self.lost => ATTEMPTS,
            _ => 0,
        };
        if self.made >= most || self.start.elapsed() > PATIENCE {
            return Err(self.give_up(&fault));
        }
        tracing::debug!(error = %fault, attempt = self.made, "tried again");
        Ok(pause(PAUSE, self.made))
    }

    /// How many attempts there have been.
    pub(crate) fn made(&self) -> u32 {
        self.made
    }

    fn give_up(&self, fault: &DriverError) -> Error {
        let attempts = self.made;
        match fault.class {
            FaultClass::Conflict => contention(format!(
                "others were in the way of {attempts} attempts, nothing was written ({fault})"
            ))
            .with_hint("try again; if it stays, something holds the lock for long"),
            FaultClass::Duplicate => contention(format!(
                "a row is in the way that was not there when it was looked for, nothing was written ({fault})"
            )),
            FaultClass::RowGone => contention(format!(
                "a row is not there that was to be changed, nothing was written ({fault})"
            )),
            FaultClass::Disconnected if attempts > 1 => Error::from(fault.clone()).context(
                format_args!("the connection was lost {attempts} times, nothing was written"),
            ),
            _ => Error::from(fault.clone()),
        }
    }
}

/// Does what writes nothing until it succeeds, or `after` says that there is no use. Where a connection of
/// the pool turns out to be broken, as after a restart of the server, the next attempt takes another one.
pub(crate) async fn repeat<T, F>(
    mut work: impl FnMut() -> F,
    after: impl Fn(&mut Attempts, DriverError) -> Result<Duration, Error>,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, DriverError>>,
{
    let mut attempts = Attempts::new(false);
    loop {
        let fault = match work().await {
            Ok(answer) => return Ok(answer),
            Err(fault) => fault,
        };
        tokio::time::sleep(after(&mut attempts, fault)?).await;
    }
}

fn contention(message: String) -> Error {
    Error::new(ErrorKind::Contention, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(class: FaultClass) -> DriverError {
        DriverError::new(class, "so says the database")
    }

    fn attempts(one_writer: bool, class: FaultClass) -> (u32, ErrorKind) {
        let mut attempts = Attempts::new(one_writer);
        loop {
            if let Err(error) = attempts.after(fault(class)) {
                return (attempts.made, error.kind());
            }
        }
    }

    #[test]
    fn conflicts_and_lost_connections_are_tried_a_bounded_number_of_times() {
        assert_eq!(
            attempts(false, FaultClass::Conflict),
            (ATTEMPTS, ErrorKind::Contention)
        );
        assert_eq!(
            attempts(false, FaultClass::Disconnected),
            (ATTEMPTS, ErrorKind::Unavailable)
        );
    }

    #[test]
    fn what_is_certain_to_fail_fails_at_once() {
        for class in [FaultClass::Duplicate, FaultClass::RowGone] {
            assert_eq!(attempts(true, class), (1, ErrorKind::Contention));
            assert_eq!(attempts(false, class), (FEWER, ErrorKind::Contention));
        }
    }

    #[test]
    fn an_unknown_outcome_is_never_repeated() {
        assert_eq!(
            attempts(false, FaultClass::UnknownOutcome),
            (1, ErrorKind::UnknownOutcome)
        );
    }

    #[test]
    fn a_server_that_was_there_is_given_time_to_come_back() {
        assert_eq!(attempts(false, FaultClass::Unavailable).0, 1);
        let mut attempts = Attempts::new(false);
        assert!(attempts.after(fault(FaultClass::Disconnected)).is_ok());
        assert!(attempts.after(fault(FaultClass::Unavailable)).is_ok());
    }
}
