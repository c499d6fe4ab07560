//! An answer before it goes out, and the body that can fail on the way.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use tokio::time::Sleep;

/// Status, headers and a whole body.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Resources that `$expand` put in: each may cost time.
    pub(crate) expanded: usize,
    /// The fault that made it so, for the journal.
    pub(crate) fault: Option<&'static str>,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new(), expanded: 0, fault: None }
    }

    pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        let mut reply = Self { body: body.into(), ..Self::empty(status) };
        reply.set(CONTENT_TYPE, "application/json;odata.metadata=minimal;charset=utf-8");
        reply
    }

    pub(crate) fn value(status: u16, value: &Value) -> Self {
        Self::json(status, value.to_string())
    }

    pub(crate) fn html(status: u16, body: &'static str) -> Self {
        let mut reply = Self { body: Bytes::from_static(body.as_bytes()), ..Self::empty(status) };
        reply.set(CONTENT_TYPE, "text/html");
        reply
    }

    /// Names the fault that made it so.
    pub(crate) fn because(mut self, fault: &'static str) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Sets a header; a value that HTTP cannot carry is left out.
    pub(crate) fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub(crate) fn into_response(self, body: SimBody) -> Response<SimBody> {
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        response
    }
}

/// A body that comes whole, or in pieces with pauses.
pub(crate) struct SimBody {
    pieces: VecDeque<Bytes>,
    pause: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
    /// A Content-Length header of ours stands: hyper must not correct it.
    length_hidden: bool,
    /// More comes for as long as this gives some.
    feed: Option<Feed>,
}

/// Gives pieces of a body as they come.
pub(crate) type Feed = Box<dyn FnMut(&mut Context<'_>) -> Poll<Option<Bytes>> + Send>;

impl SimBody {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        let pieces = if bytes.is_empty() { VecDeque::new() } else { VecDeque::from([bytes]) };
        Self { pieces, pause: None, sleep: None, length_hidden: false, feed: None }
    }

    /// The length in the header is trusted; if the bytes run out early, the connection breaks.
    pub(crate) fn of_untrue_length(bytes: Bytes) -> Self {
        Self { length_hidden: true, ..Self::whole(bytes) }
    }

    /// A body that goes on for as long as the feed does.
    pub(crate) fn fed(feed: Feed) -> Self {
        Self { length_hidden: true, feed: Some(feed), ..Self::whole(Bytes::new()) }
    }

    pub(crate) fn dripping(mut bytes: Bytes, chunk: usize, pause: Duration) -> Self {
        let mut pieces = VecDeque::new();
        while !bytes.is_empty() {
            pieces.push_back(bytes.split_to(chunk.clamp(1, bytes.len())));
        }
        Self { pieces, pause: Some(pause), sleep: None, length_hidden: false, feed: None }
    }
}

impl Body for SimBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(sleep) = &mut self.sleep {
            std::task::ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        if let Some(feed) = &mut self.feed {
            return feed(cx).map(|piece| piece.map(|p| Ok(Frame::data(p))));
        }
        let piece = self.pieces.pop_front();
        if let (Some(pause), false) = (self.pause, self.pieces.is_empty()) {
            self.sleep = Some(Box::pin(tokio::time::sleep(pause)));
        }
        Poll::Ready(piece.map(|p| Ok(Frame::data(p))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && !self.length_hidden
    }

    fn size_hint(&self) -> SizeHint {
        if self.length_hidden {
            return SizeHint::default();
        }
        SizeHint::with_exact(self.pieces.iter().map(|p| p.len() as u64).sum())
    }
}
