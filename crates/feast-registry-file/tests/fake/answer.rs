//! Answers of the fake.

use std::time::Duration;

use axum::body::Body;
use futures::StreamExt;
use hyper::Response;

/// An error document.
pub(super) fn error(status: u16, code: &str, more: &str) -> Response<Body> {
    let code = match code {
        "" => String::new(),
        code => format!("<Code>{code}</Code>"),
    };
    let document = format!(
        "<?xml version=\"1.0\"?><Error>{code}{more}<StringToSign>AWS4 hush</StringToSign></Error>"
    );
    Response::builder()
        .status(status)
        .header("content-type", "application/xml")
        .body(Body::from(document))
        .expect("a response")
}

/// What comes between the two halves of a content.
#[derive(Clone, Copy, Debug)]
pub(super) enum Between {
    /// The end of the connection.
    Cut,
    /// Nothing, for ever.
    Nothing,
    /// A while.
    Pause(Duration),
}

/// The same answer, whose content comes in two halves. One without content comes after the pause.
pub(super) async fn in_halves(whole: Response<Body>, between: Between) -> Response<Body> {
    let (parts, body) = whole.into_parts();
    let mut first = axum::body::to_bytes(body, usize::MAX).await.expect("bytes");
    if let (Between::Pause(pause), true) = (between, first.is_empty()) {
        tokio::time::sleep(pause).await;
    }
    let second = first.split_off(first.len() / 2);
    let halves = futures::stream::iter([(first, None), (second, Some(between))]);
    let stream = halves.then(|(half, between)| async move {
        // What was sent before is to arrive first.
        tokio::task::yield_now().await;
        match between {
            Some(Between::Cut) => return Err("cut"),
            Some(Between::Nothing) => std::future::pending().await,
            Some(Between::Pause(pause)) => tokio::time::sleep(pause).await,
            None => {}
        }
        Ok(half)
    });
    Response::from_parts(parts, Body::from_stream(stream))
}
