//! Values of options.

use std::str::FromStr as _;

use feast_registry_core::Kind;
use feast_registry_proto::prost_types::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A tag that an object must have.
pub(crate) type Tag = (String, String);

/// `key:value`, or several with commas; quotes and brackets around them are dropped, as in Feast.
pub(crate) fn tags(text: &str) -> Result<Vec<Tag>, String> {
    let bare = text.trim().trim_start_matches('(').trim_end_matches(')');
    let tags: Vec<Tag> = bare
        .split(',')
        .filter_map(|tag| unquoted(tag).split_once(':'))
        .map(|(key, value)| (unquoted(key).to_owned(), unquoted(value).to_owned()))
        .collect();
    match tags.iter().any(|(key, _)| !key.is_empty()) {
        true => Ok(tags),
        false => Err("a tag is written `key:value`".to_owned()),
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\'']).trim()
}

/// A duration in seconds, as people write them: 30 or 0.5.
#[cfg(feature = "server")]
pub(crate) fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds = text.trim().parse::<f64>().ok();
    seconds
        .and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "a time is written in seconds: 30 or 0.5".to_owned())
}

/// A kind, by its name or its plural.
pub(crate) fn kind(text: &str) -> Result<Kind, String> {
    Kind::from_str(text)
        .ok()
        .filter(|kind| Kind::OBJECTS.contains(kind) && *kind != Kind::Project)
        .ok_or_else(|| {
            let known = Kind::OBJECTS.iter().filter(|kind| **kind != Kind::Project);
            let names: Vec<&str> = known.map(|kind| kind.spec().name).collect();
            format!("accepted are {}", names.join(", "))
        })
}

/// `v2` or `2`.
pub(crate) fn version(text: &str) -> Result<i32, String> {
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    digits
        .parse()
        .ok()
        .filter(|number| *number >= 0)
        .ok_or_else(|| "a version is written `v2` or `2`".to_owned())
}

/// A moment in RFC 3339, or a date with or without a time, which is then in UTC.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let moment = text.parse::<jiff::Timestamp>().or_else(|_| {
        let naive = text.parse::<DateTime>()?;
        Ok::<_, jiff::Error>(naive.to_zoned(TimeZone::UTC)?.timestamp())
    });
    moment
        .ok()
        .filter(|moment| TimeZone::UTC.to_datetime(*moment).year() >= 1)
        .map(|moment| {
            // Protobuf counts nanoseconds forward from the second before.
            let nanos = moment.as_nanosecond();
            Timestamp {
                seconds: nanos.div_euclid(1_000_000_000) as i64,
                nanos: nanos.rem_euclid(1_000_000_000) as i32,
            }
        })
        .ok_or_else(|| {
            "a time is written 2026-01-31, 2026-01-31T12:00:00Z or 2026-01-31T12:00:00+02:00"
                .to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_naive_time_is_utc() {
        assert_eq!(
            time("2026-01-31").unwrap(),
            time("2026-01-31T00:00:00Z").unwrap()
        );
        assert_eq!(
            time("2026-01-31T12:00:00").unwrap(),
            time("2026-01-31T14:00:00+02:00").unwrap()
        );
        assert_eq!(
            time("1969-12-31T23:59:59.5Z").unwrap(),
            Timestamp {
                seconds: -1,
                nanos: 500_000_000
            }
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "-000001-01-01",
            "99999-01-01",
        ] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tags_are_read_as_feast_reads_them() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(tags("a:b").unwrap(), [pair("a", "b")]);
        assert_eq!(
            tags("('a:b','c:d:e')").unwrap(),
            [pair("a", "b"), pair("c", "d:e")]
        );
        assert!(tags("a").is_err());
    }

    #[test]
    fn versions_take_a_v() {
        assert_eq!((version("v2"), version("3")), (Ok(2), Ok(3)));
        assert!(version("-1").is_err() && version("v").is_err());
    }
}
