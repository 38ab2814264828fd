//! What tells one content of a file from another without reading it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use crate::blob::Version;

/// How long after a change another one may leave the same time behind. File systems take it from a
/// clock that ticks at least a hundred times a second.
const TICK: Duration = Duration::from_millis(20);

/// The same where times are whole seconds, or two, as on some old and some remote file systems.
const COARSE_TICK: Duration = Duration::from_secs(2);

/// Marks a tag that was taken so soon after a change that it may come again.
const YOUNG: char = '~';

/// The tag of a file with this metadata, looked at now.
pub(super) fn of(metadata: &Metadata, now: SystemTime) -> Version {
    let mut version = of_ours(metadata);
    if let (Some(etag), true) = (&mut version.etag, is_young(metadata, now)) {
        etag.push(YOUNG);
    }
    version
}

/// The tag of a file that was given the clock's time to the nanosecond. Who writes into it leaves the time of
/// a tick, and who puts another one in its place gives that a time of its own: neither is ever this one again.
pub(super) fn of_ours(metadata: &Metadata) -> Version {
    let etag = format!(
        "{:x}-{:x}-{:x}-{:x}.{:09}-{:x}.{:09}",
        metadata.dev(),
        metadata.ino(),
        metadata.size(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    );
    Version {
        etag: Some(etag),
        generation: None,
    }
}

/// The size that is part of a tag.
pub(super) fn size(tag: &str) -> Option<u64> {
    u64::from_str_radix(tag.split('-').nth(2)?, 16).ok()
}

/// Whether a file may be changed again and look the same.
fn is_young(metadata: &Metadata, now: SystemTime) -> bool {
    let tick = match metadata.mtime_nsec() {
        0 => COARSE_TICK,
        _ => TICK,
    };
    is_younger(metadata, now, tick)
}

/// Whether a file was changed less than this ago.
pub(super) fn is_younger(metadata: &Metadata, now: SystemTime, than: Duration) -> bool {
    let Ok(modified) = metadata.modified() else {
        return true;
    };
    // It may have been changed since we looked at the clock.
    let apart = now
        .duration_since(modified)
        .unwrap_or_else(|ahead| ahead.duration());
    apart < than
}

/// Whether two tags are of files that look the same.
pub(super) fn looks_like(one: &Version, other: &Version) -> bool {
    bare(one) == bare(other)
}

/// A tag without the mark of its age.
pub(super) fn bare(version: &Version) -> &str {
    text(version).trim_end_matches(YOUNG)
}

/// Whether a tag cannot come again with another content.
pub(super) fn is_certain(version: &Version) -> bool {
    !text(version).ends_with(YOUNG)
}

fn text(version: &Version) -> &str {
    version.etag.as_deref().unwrap_or_default()
}
