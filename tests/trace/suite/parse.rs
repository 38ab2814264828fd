//! Reading what `strace -f -y -o FILE` writes.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::events::Event;

/// The system calls that [`events`] understands.
pub(crate) const CALLS: &str = "fsync,fdatasync,write,pwrite64,pwritev,writev,ftruncate,openat,mkdir,mkdirat,rename,renameat2,unlink,unlinkat";

/// What happened, in the order in which it was done. Calls that failed did nothing.
pub(crate) fn events(trace: &str) -> Vec<Event> {
    // A call during which another thread made one stands on two lines.
    let mut unfinished: HashMap<&str, String> = HashMap::new();
    let mut events = Vec::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, begun.to_owned());
            continue;
        }
        let resumed = rest
            .strip_prefix("<... ")
            .and_then(|rest| rest.split_once(" resumed>"));
        match resumed {
            Some((_, end)) => {
                let begun = unfinished.remove(thread).unwrap_or_default();
                events.extend(event(&format!("{begun}{end}")));
            }
            None => events.extend(event(rest)),
        }
    }
    events
}

/// `fsync(7</tmp/registry.db-wal>) = 0`
fn event(call: &str) -> Option<Event> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(" = ")?;
    if result.trim_start().starts_with('-') {
        return None;
    }
    match name {
        "write" | "writev" if arguments.starts_with("1<") => {
            Some(Event::Said(quoted(arguments)?.to_owned()))
        }
        "write" | "writev" | "pwrite64" | "pwritev" | "ftruncate" => {
            Some(Event::Wrote(path(arguments)?))
        }
        "fsync" | "fdatasync" => Some(Event::Synced(path(arguments)?)),
        "openat" if arguments.contains("O_CREAT") => Some(Event::Opened(path(result)?)),
        "mkdir" | "mkdirat" => Some(Event::Made(quoted(arguments)?.into())),
        "unlink" | "unlinkat" => Some(Event::Removed(quoted(arguments)?.into())),
        "rename" | "renameat2" => {
            let mut names = arguments.split('"').skip(1).step_by(2);
            Some(Event::Renamed(names.next()?.into(), names.next()?.into()))
        }
        _ => None,
    }
}

/// The path of a descriptor: `7</tmp/registry.db>`.
fn path(text: &str) -> Option<PathBuf> {
    let (_, rest) = text.split_once('<')?;
    Some(rest.split_once('>')?.0.into())
}

fn quoted(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('"')?;
    Some(rest.split_once('"')?.0)
}

#[test]
fn a_trace_is_understood() {
    let trace = r#"
71 openat(AT_FDCWD</w>, "/w/a", O_RDWR|O_CREAT, 0644) = 3</w/a>
71 openat(AT_FDCWD</w>, "/w/b", O_RDONLY) = 4</w/b>
71 openat(AT_FDCWD</w>, "/w/c", O_RDWR|O_CREAT, 0644) = -1 EACCES (Permission denied)
72 pwrite64(3</w/a>, "x\0"..., 4096, 0) = 4096
72 fsync(3</w/a> <unfinished ...>
71 write(1<pipe:[5]>, "done\n", 5) = 5
72 <... fsync resumed>) = 0
71 rename("/w/a", "/w/d") = 0
71 unlink("/w/e") = 0
71 mkdir("/w/f", 0777) = 0
71 mkdir("/w/f", 0777) = -1 EEXIST (File exists)
71 +++ exited with 0 +++
"#;
    let wanted = [
        Event::Opened("/w/a".into()),
        Event::Wrote("/w/a".into()),
        Event::Said("done\\n".to_owned()),
        Event::Synced("/w/a".into()),
        Event::Renamed("/w/a".into(), "/w/d".into()),
        Event::Removed("/w/e".into()),
        Event::Made("/w/f".into()),
    ];
    assert_eq!(events(trace), wanted);
}
