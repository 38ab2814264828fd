//! How many files this process may have open: every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that are not connections of clients: those of the store, of /metrics, and of this process itself.
const OTHERS: u64 = 200;

/// Raises the limit of open files for as many connections, as far as that is allowed; how many there may be.
pub(super) fn make_room(connections: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = raised(limit, connections);
    let raised = wanted != limit.current
        && setrlimit(
            Resource::Nofile,
            Rlimit {
                current: wanted,
                ..limit
            },
        )
        .is_ok();
    let files = if raised { wanted } else { limit.current };
    let allowed = allowed(files, connections);
    if allowed < connections {
        tracing::warn!(
            "this process may have {} files open: at most {allowed} connections are taken at a time, not {connections}",
            files.unwrap_or_default()
        );
    }
    allowed
}

/// The limit that is needed, or the highest that may be set; no limit stays none.
fn raised(limit: Rlimit, connections: usize) -> Option<u64> {
    let current = limit.current?;
    let needed = u64::try_from(connections).map_or(u64::MAX, |it| it.saturating_add(OTHERS));
    Some(needed.min(limit.maximum.unwrap_or(u64::MAX)).max(current))
}

/// How many connections go with so many files.
fn allowed(files: Option<u64>, connections: usize) -> usize {
    let Some(files) = files else {
        return connections;
    };
    let rest = usize::try_from(files.saturating_sub(OTHERS)).unwrap_or(usize::MAX);
    connections.min(rest.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(current: Option<u64>, maximum: Option<u64>) -> Rlimit {
        Rlimit { current, maximum }
    }

    #[test]
    fn the_limit_is_raised_as_far_as_needed_and_allowed() {
        for (current, maximum, expected) in [
            (Some(1024), Some(1_048_576), Some(10_200)),
            (Some(1024), None, Some(10_200)),
            (Some(1024), Some(4096), Some(4096)),
            (Some(65_536), Some(65_536), Some(65_536)),
            (None, None, None),
        ] {
            let limit = limit(current, maximum);
            assert_eq!(raised(limit, 10_000), expected, "{current:?} {maximum:?}");
        }
    }

    #[test]
    fn some_files_are_left_for_others() {
        assert_eq!(allowed(Some(10_200), 10_000), 10_000);
        assert_eq!(allowed(Some(1024), 10_000), 824);
        assert_eq!(allowed(Some(1024), 100), 100);
        assert_eq!(allowed(Some(100), 10_000), 1);
        assert_eq!(allowed(None, 10_000), 10_000);
    }
}
