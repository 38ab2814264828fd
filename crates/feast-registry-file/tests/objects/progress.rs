//! Whoever waits long for a transfer is told how far it is, without asking for more of the log.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;

use crate::fake::{Fake, Fault, KINDS};
use crate::logged::Logged;
use crate::{content, create};

const LONG: Duration = Duration::from_millis(100);

/// The messages of a write and a read that take so long.
async fn told(mut fake: Fake, pause: Duration) -> Vec<String> {
    fake.report = LONG;
    let blob = fake.blob("registry.pb");
    let (logged, _listening) = Logged::listen();
    fake.fail(Method::PUT, [Fault::Slow(pause); 4]);
    fake.fail(Method::GET, [Fault::Slow(pause)]);
    let content_of = Bytes::from(vec![7; 4 << 20]);
    blob.replace(None, content_of).await.expect("a write");
    content(&*blob).await;
    logged.messages()
}

#[tokio::test]
async fn a_long_transfer_is_in_the_log() {
    for kind in KINDS {
        let messages = told(Fake::start(kind), LONG * 3).await;
        for transfer in ["still writing", "still reading"] {
            let told = messages.iter().any(|told| told.starts_with(transfer));
            assert!(told, "{kind:?} {transfer}: {messages:?}");
        }
    }
}

/// The fields of the last message about a write.
fn written(messages: &[String]) -> [usize; 2] {
    let message = messages.last().expect("a message");
    ["bytes", "of"].map(|field| {
        let of_field = |word: &str| word.strip_prefix(field)?.strip_prefix('=')?.parse().ok();
        let value = message.split(' ').find_map(of_field);
        value.unwrap_or_else(|| panic!("{message}"))
    })
}

#[tokio::test]
async fn a_write_that_gets_stuck_tells_how_much_was_taken() {
    /// More than the system keeps for a connection.
    const SIZE: usize = 64 << 20;
    for kind in KINDS {
        let mut fake = Fake::start(kind);
        fake.report = LONG;
        let blob = fake.blob("registry.pb");
        let version = create(&*blob, "one").await;
        let (logged, _listening) = Logged::listen();
        fake.fail(Method::PUT, [Fault::Unread]);
        let stuck = blob.replace(Some(&version), Bytes::from(vec![7; SIZE]));
        let stuck = tokio::time::timeout(LONG * 10, stuck).await;
        assert!(stuck.is_err(), "{kind:?} {stuck:?}");
        let [taken, of] = written(&logged.messages());
        assert_eq!(of, SIZE, "{kind:?}");
        assert!(0 < taken && taken < SIZE, "{kind:?} {taken}");
    }
}

#[tokio::test]
async fn a_short_one_is_not() {
    for kind in KINDS {
        let mut fake = Fake::start(kind);
        fake.answer = Duration::from_secs(20);
        let messages = told(fake, Duration::ZERO).await;
        assert!(messages.is_empty(), "{kind:?}: {messages:?}");
    }
}
