//! An answer on its way to the client.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tonic::body::Body;
use tonic::{Code, Status};

use super::metrics::Call;
use super::unread::Answer;

/// The body of a response, and what ends with it.
#[derive(Debug)]
pub(super) struct Sent {
    body: Body,
    under_way: Option<UnderWay>,
}

#[derive(Debug)]
struct UnderWay {
    call: Call,
    answer: Answer,
    begun: bool,
}

impl Sent {
    /// A body whose call is counted already.
    pub(super) fn counted(body: Body) -> Self {
        Sent {
            body,
            under_way: None,
        }
    }

    /// A body whose call succeeds with its last frame. If that is never asked for, the client has given up.
    pub(super) fn until_its_end(body: Body, call: Call, answer: Answer) -> Self {
        let under_way = UnderWay {
            call,
            answer,
            begun: false,
        };
        Sent {
            body,
            under_way: Some(under_way),
        }
    }

    fn pass_on(&mut self, frame: Option<&Frame<Bytes>>) {
        if frame.is_none_or(Frame::is_trailers) {
            if let Some(under_way) = self.under_way.take() {
                under_way.call.end(Code::Ok);
            }
        } else if let Some(under_way) = &mut self.under_way {
            // The first frame is asked for before there is room for it.
            if under_way.begun {
                under_way.answer.goes_on();
            }
            under_way.begun = true;
        }
    }
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => self.pass_on(Some(frame)),
            Poll::Ready(None) => self.pass_on(None),
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
