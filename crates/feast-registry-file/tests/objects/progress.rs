//! Whoever waits long for a transfer is told how far it is, without asking for more of the log.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;

use crate::content;
use crate::fake::{Fake, Fault, KINDS};
use crate::logged::Logged;

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
            let told = messages.iter().any(|message| message == transfer);
            assert!(told, "{kind:?} {transfer}: {messages:?}");
        }
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
