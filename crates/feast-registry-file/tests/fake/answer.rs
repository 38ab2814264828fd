//! Answers of the fake.

use axum::body::{Body, Bytes};
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

/// The same head, and half of the content before the connection is cut.
pub(super) async fn nothing_more(whole: Response<Body>) -> Response<Body> {
    let (parts, body) = whole.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("bytes");
    let half = bytes.slice(..bytes.len() / 2);
    let parts_of_it: [Result<Bytes, &str>; 2] = [Ok(half), Err("cut")];
    let stream = futures::stream::iter(parts_of_it).then(|part| async {
        // What was sent before is to arrive first.
        tokio::task::yield_now().await;
        part
    });
    Response::from_parts(parts, Body::from_stream(stream))
}
