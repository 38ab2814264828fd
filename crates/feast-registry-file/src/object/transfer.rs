//! Moving whole objects, however large.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use object_store::GetResult;

use super::http::Timing;
use super::sending::Sent;
use super::verdict::Verdict;

/// The largest object that is taken: more than a protobuf message can be.
const MOST: u64 = 2 << 30;

/// Reads the content of an object into one piece of memory. Whoever waits for long is told, by default too.
pub(super) async fn receive(
    found: GetResult,
    timing: Timing,
    object: &str,
) -> Result<Bytes, Verdict> {
    let size = found.meta.size;
    let room = usize::try_from(size).ok().filter(|_| size <= MOST);
    let too_large = || {
        let message = format!("{object}: {size} bytes are no registry");
        let error =
            feast_registry_core::Error::new(feast_registry_core::ErrorKind::TooLarge, message);
        Verdict::Failed(error.with_hint("a registry has less than 2 GiB; is it the right object?"))
    };
    let room = room.ok_or_else(too_large)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(room).map_err(|_| too_large())?;
    let mut stream = found.into_stream();
    let mut report = Instant::now() + timing.report;
    loop {
        let next = tokio::time::timeout(timing.answer, stream.next());
        let stalled = |_| {
            Verdict::Unknown(format!(
                "nothing more came after {} of {size} bytes",
                bytes.len()
            ))
        };
        match next.await.map_err(stalled)? {
            None => break,
            Some(Ok(part)) if bytes.len() + part.len() <= room => bytes.extend_from_slice(&part),
            Some(part) => {
                let why = if part.is_ok() { "ended late" } else { "broke" };
                let why = format!("the content {why} after {} of {size} bytes", bytes.len());
                return Err(Verdict::Unknown(why));
            }
        }
        if Instant::now() > report {
            tracing::warn!(object, bytes = bytes.len(), of = size, "still reading");
            report = Instant::now() + timing.report;
        }
    }
    if bytes.len() < room {
        let why = format!("the content ended after {} of {size} bytes", bytes.len());
        return Err(Verdict::Unknown(why));
    }
    Ok(bytes.into())
}

/// Tells now and then, as long as it lives, how much of an object is sent.
#[derive(Debug)]
pub(super) struct Progress {
    sent: Sent,
    /// Something small is answered before there is anything to tell.
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Progress {
    pub(super) fn of_sending(object: &str, size: usize, every: Duration) -> Self {
        const SMALL: usize = 1 << 20;
        let (object, sent) = (object.to_owned(), Sent::default());
        let counted = sent.clone();
        let tell = async move {
            loop {
                tokio::time::sleep(every).await;
                tracing::warn!(object, bytes = counted.bytes(), of = size, "still writing");
            }
        };
        Progress {
            sent,
            task: (size > SMALL).then(|| tokio::spawn(tell)),
        }
    }

    /// Counts what is sent.
    pub(super) fn sent(&self) -> Sent {
        self.sent.clone()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
