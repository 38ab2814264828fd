//! How long a call may take.

use std::time::Duration;

use feast_registry_core::{Error, ErrorKind};
use tonic::codegen::http::HeaderMap;

/// Where clients say it.
const TIMEOUT: &str = "grpc-timeout";

/// How long a call may take, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deadline {
    pub(super) time: Duration,
    pub(super) by_client: bool,
}

impl Deadline {
    /// What the client says, as long as it is not more than this.
    pub(super) fn of(headers: &HeaderMap, most: Duration) -> Self {
        let said = headers.get(TIMEOUT).and_then(|said| parse(said.as_bytes()));
        match said {
            Some(said) if said < most => Deadline {
                time: said,
                by_client: true,
            },
            _ => Deadline {
                time: most,
                by_client: false,
            },
        }
    }

    /// What is told of a call that took longer.
    pub(super) fn exceeded(self) -> Error {
        let who = match self.by_client {
            true => "its client",
            false => "this server",
        };
        let seconds = self.time.as_secs_f32();
        let message = format!("the call took longer than the {seconds} s that {who} allows");
        Error::new(ErrorKind::Deadline, message)
    }
}

/// Up to eight digits and a unit; anything else means nothing.
fn parse(said: &[u8]) -> Option<Duration> {
    let (unit, digits) = said.split_last()?;
    if !(1..=8).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(match unit {
        b'H' => Duration::from_secs(number * 3600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_units_are_read_and_nonsense_is_not() {
        for (said, expected) in [
            ("2H", Some(Duration::from_secs(7200))),
            ("3M", Some(Duration::from_secs(180))),
            ("4S", Some(Duration::from_secs(4))),
            ("99999999m", Some(Duration::from_millis(99_999_999))),
            ("5u", Some(Duration::from_micros(5))),
            ("0n", Some(Duration::ZERO)),
            ("", None),
            ("S", None),
            ("1", None),
            ("-1S", None),
            ("123456789S", None),
            ("1x", None),
        ] {
            assert_eq!(parse(said.as_bytes()), expected, "{said}");
        }
    }

    #[test]
    fn the_shorter_time_counts() {
        let most = Duration::from_secs(60);
        for (said, time, by_client) in [
            (None, most, false),
            (Some("1S"), Duration::from_secs(1), true),
            (Some("0m"), Duration::ZERO, true),
            (Some("1H"), most, false),
            (Some("soon"), most, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(said) = said {
                headers.insert(TIMEOUT, said.parse().unwrap());
            }
            let deadline = Deadline { time, by_client };
            assert_eq!(Deadline::of(&headers, most), deadline, "{said:?}");
        }
    }
}
