//! Sending a content, and how far that is.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use object_store::client::{
    HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
};

/// The most that is handed to a connection at once.
const PART: usize = 256 << 10;

/// How many bytes of a content a connection has taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent(Arc<AtomicUsize>);

impl Sent {
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Does what the client would do with a request, and counts what it sends.
pub(super) async fn send(
    client: &reqwest::Client,
    request: HttpRequest,
    sent: &Sent,
) -> Result<HttpResponse, HttpError> {
    let (parts, body) = request.into_parts();
    let url = parts.uri.to_string().parse();
    let url = url.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
    let mut request = reqwest::Request::new(parts.method, url);
    *request.headers_mut() = parts.headers;
    sent.0.store(0, Ordering::Relaxed);
    *request.body_mut() = Some(reqwest::Body::wrap(Counted {
        body,
        part: Bytes::new(),
        sent: sent.clone(),
    }));
    let mut response = client.execute(request).await.map_err(failed)?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let body = reqwest::Body::from(response).map_err(failed);
    let mut answer = HttpResponse::new(HttpResponseBody::new(body));
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

fn failed(error: reqwest::Error) -> HttpError {
    let kind = match error.is_connect() {
        true => HttpErrorKind::Connect,
        false => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error.without_url())
}

/// A content in small parts.
struct Counted {
    body: HttpRequestBody,
    /// What is left of the piece that was taken last.
    part: Bytes,
    sent: Sent,
}

impl Body for Counted {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        while self.part.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => self.part = frame.into_data().unwrap_or_default(),
            }
        }
        let most = self.part.len().min(PART);
        let part = self.part.split_to(most);
        self.sent.0.fetch_add(part.len(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.part.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.body.size_hint().exact().unwrap_or_default();
        SizeHint::with_exact(rest + self.part.len() as u64)
    }
}
