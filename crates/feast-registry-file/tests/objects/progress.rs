//! Long transfers tell how far they are.

use std::time::Duration;

use bytes::Bytes;
use hyper::Method;

use crate::content;
use crate::fake::{Fake, Fault, KINDS};
use crate::logged::Logged;

#[tokio::test]
async fn a_long_transfer_is_in_the_log() {
    for kind in KINDS {
        let mut fake = Fake::start(kind);
        fake.report = Duration::from_nanos(1);
        let blob = fake.blob("registry.pb");
        let (logged, _listening) = Logged::listen();
        // The pause before the next try is longer than what is long here.
        fake.fail(Method::PUT, [Fault::Refuse(503, "SlowDown")]);
        blob.replace(None, Bytes::from(vec![7; 4 << 20]))
            .await
            .expect("a write");
        content(&*blob).await;
        let messages = logged.messages();
        for transfer in ["writing", "reading"] {
            let told = messages.iter().any(|message| message == transfer);
            assert!(told, "{kind:?} {transfer}: {messages:?}");
        }
    }
}
