//! Packages that are sent: swallowed piece by piece, whatever their length.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::HeaderMap;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use sha2::{Digest, Sha256};

use crate::certificate::hex;
use crate::spec::FirmwareRules;

/// How much of a form is kept: its parameters and the beginning of the file.
const KEPT: usize = 64 << 10;

/// A form that came whole.
pub(crate) struct Upload {
    pub(crate) length: usize,
    pub(crate) sha256: String,
}

pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("multipart/form-data")
}

/// Reads a form to its end and keeps its beginning.
pub(crate) async fn swallow(
    mut body: Incoming,
    rules: &FirmwareRules,
) -> Result<(Bytes, Upload), hyper::Error> {
    let (mut head, mut digest, mut length, mut pieces) = (BytesMut::new(), Sha256::new(), 0, 0);
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        if rules.upload_pause_ms > 0 && pieces < 10 {
            tokio::time::sleep(Duration::from_millis(rules.upload_pause_ms)).await;
        }
        pieces += 1;
        length += piece.len();
        digest.update(&piece);
        let room = KEPT - head.len();
        head.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    Ok((head.freeze(), Upload { length, sha256: hex(&digest.finalize()) }))
}
