//! Asking again for a connection to a server that is restarting.

use std::error::Error;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use feast_registry_core::store::pause;

use crate::{DriverError, FaultClass};

/// How long a transaction is tried, and a restart waited for: where each attempt waits for something,
/// their number alone would be no bound that a person waits for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// What the first pause is about half of.
const PAUSE: Duration = Duration::from_millis(4);

/// Whether a connection could not be made because its other end went away meanwhile, as a server does
/// that stops or starts, and a balancer in between that has lost its server. Nobody listening at all means that
/// only where somebody did before (`reached`): else it is a wrong address, which no waiting mends.
pub fn is_restart(error: &(dyn Error + 'static), reached: bool) -> bool {
    let mut errors = std::iter::successors(Some(error), |error| (*error).source());
    errors.any(|error| {
        let error = error.downcast_ref::<std::io::Error>();
        error.is_some_and(|error| match error.kind() {
            ErrorKind::ConnectionRefused => reached,
            kind => matches!(
                kind,
                ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::BrokenPipe
                    | ErrorKind::UnexpectedEof
            ),
        })
    })
}

/// Asks for a connection until there is one. What broke while it was being made
/// ([`FaultClass::Disconnected`]) is tried again after growing random pauses, for `patience`, which is
/// how long a caller waits for a connection of a pool, and for ten seconds at most.
///
/// # Errors
///
/// Any other fault at once; [`FaultClass::Unavailable`] when the patience is at its end.
pub async fn persist<T, F>(
    patience: Duration,
    mut connect: impl FnMut() -> F,
) -> Result<T, DriverError>
where
    F: Future<Output = Result<T, DriverError>>,
{
    let start = Instant::now();
    let mut made = 0;
    loop {
        let fault = match connect().await {
            Err(fault) if fault.class == FaultClass::Disconnected => fault,
            outcome => return outcome,
        };
        made += 1;
        let pause = pause(PAUSE, made);
        if start.elapsed() + pause > patience.min(PATIENCE) {
            let message = format!("{} (tried {made} times)", fault.message);
            return Err(DriverError::new(FaultClass::Unavailable, message));
        }
        tracing::debug!(error = %fault, attempt = made, "connecting again");
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;

    use super::*;

    #[test]
    fn what_a_restart_causes_is_told_from_a_wrong_address() {
        let of = |kind: ErrorKind, reached| is_restart(&io::Error::from(kind), reached);
        assert!(of(ErrorKind::ConnectionReset, false));
        assert!(of(ErrorKind::UnexpectedEof, false));
        assert!(of(ErrorKind::ConnectionRefused, true));
        assert!(!of(ErrorKind::ConnectionRefused, false));
        assert!(!of(ErrorKind::InvalidData, true));
    }

    #[tokio::test]
    async fn a_restart_is_waited_for() {
        let left = Cell::new(3);
        let connect = || async {
            left.set(left.get() - 1);
            match left.get() {
                0 => Ok("connected"),
                _ => Err(DriverError::new(FaultClass::Disconnected, "starting")),
            }
        };
        let connected = persist(Duration::from_secs(10), connect).await;
        assert_eq!(connected.ok(), Some("connected"));
    }

    #[tokio::test]
    async fn patience_ends() {
        let connect = || async {
            let fault = DriverError::new(FaultClass::Disconnected, "starting");
            Err::<(), _>(fault)
        };
        let fault = persist(Duration::from_millis(20), connect).await;
        let fault = fault.err().map(|fault| (fault.class, fault.message));
        let (class, message) = fault.unwrap_or((FaultClass::Other, String::new()));
        assert_eq!(class, FaultClass::Unavailable);
        assert!(message.starts_with("starting (tried "), "{message}");
    }

    #[tokio::test]
    async fn another_fault_is_final() {
        let tries = Cell::new(0);
        let connect = || async {
            tries.set(tries.get() + 1);
            let fault = DriverError::new(FaultClass::Unavailable, "no such user");
            Err::<(), _>(fault)
        };
        assert!(persist(Duration::from_secs(10), connect).await.is_err());
        assert_eq!(tries.get(), 1);
    }
}
