//! A request's body on its way out, and whether it moves.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::body::Pieces;
use crate::clock::within;

/// Bytes handed to the connection so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Runs a future for as long as bytes move: `None` when none did for `limit`.
    pub(crate) async fn watch<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        loop {
            let before = self.0.load(Ordering::Relaxed);
            if let Some(output) = within(limit, future.as_mut()).await {
                return Some(output);
            }
            if self.0.load(Ordering::Relaxed) == before {
                return None;
            }
        }
    }
}

/// The body of one request.
pub(crate) enum Outgoing {
    Whole(Option<Bytes>),
    Stream { pieces: Pieces, left: u64, progress: Progress },
}

impl Outgoing {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    pub(crate) fn stream(pieces: Pieces, length: u64, progress: Progress) -> Self {
        Self::Stream { pieces, left: length, progress }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Stream { pieces, left, progress } => {
                let piece = match std::task::ready!(pieces.as_mut().poll_next(context)) {
                    None if *left == 0 => return Poll::Ready(None),
                    None => return Poll::Ready(Some(Err(io::Error::other("the file became shorter")))),
                    Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                    Some(Ok(piece)) => piece,
                };
                let Some(rest) = left.checked_sub(piece.len() as u64) else {
                    return Poll::Ready(Some(Err(io::Error::other("the file became longer"))));
                };
                *left = rest;
                progress.0.fetch_add(piece.len() as u64, Ordering::Relaxed);
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Stream { left, .. } => *left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Stream { left, .. } => SizeHint::with_exact(*left),
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outgoing")
    }
}
