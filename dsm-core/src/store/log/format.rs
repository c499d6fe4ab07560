//! What the documents of the log hold. All of them are JSON, so that a person can read them.

use bytes::Bytes;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};

/// Raised whenever a document changes its shape, or a command is carried out otherwise than before: whoever knows less must
/// not go on.
const FORMAT: u32 = 1;

/// The one document that is ever changed: the end of the log, and where the rest is.
pub(super) const TAIL: &str = "tail";
/// Earlier parts of the log, by the number of their last batch.
pub(super) const SEGMENTS: &str = "log/";
/// Parts of snapshots, by the number of the last batch in it.
pub(super) const SNAPSHOTS: &str = "snapshot/";
/// Bodies of inventory documents.
pub(super) const BODIES: &str = "document/";
/// Rows of activity.
pub(super) const ACTIVITY: &str = "activity/";
/// Servers of rows of activity.
pub(super) const ATTRIBUTIONS: &str = "attribution/";

/// Commands that were carried out together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Batch {
    /// One more than the batch before.
    pub(super) number: u64,
    /// The id of the batch before.
    pub(super) after: Uuid,
    /// By this its writer knows it again.
    pub(super) id: Uuid,
    /// The storage clock.
    pub(super) now: Timestamp,
    /// Where its ids come from.
    pub(super) seed: u64,
    /// A list.
    pub(super) commands: Box<RawValue>,
}

/// See [`SEGMENTS`].
pub(super) type Segment = Vec<Batch>;

/// See [`TAIL`]. Never without a batch.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Tail {
    /// The newest one.
    pub(super) snapshot: Option<SnapshotRef>,
    /// The batches become a segment before the next is written.
    pub(super) is_full: bool,
    /// Bytes of all batches since the snapshot.
    pub(super) weight: u64,
    pub(super) batches: Vec<Batch>,
}

/// Where a snapshot is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SnapshotRef {
    /// The last batch in it.
    pub(super) number: u64,
    pub(super) id: Uuid,
    pub(super) parts: usize,
    /// Bytes in all.
    pub(super) size: u64,
}

impl SnapshotRef {
    pub(super) fn part(&self, at: usize) -> String {
        format!("{SNAPSHOTS}{:020}/{}/{at:06}", self.number, self.id)
    }
}

/// The key of the segment that ends with a batch.
pub(super) fn segment(last: u64) -> String {
    format!("{SEGMENTS}{last:020}")
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

#[derive(Deserialize)]
struct Document<T> {
    body: T,
}

/// Writes a document.
pub(super) fn write(body: &impl Serialize) -> Result<Bytes> {
    let mut text = format!("{{\"format\":{FORMAT},\"body\":").into_bytes();
    serde_json::to_writer(&mut text, body)
        .map_err(|cause| Error::new(ErrorKind::Store, "a document cannot be written").with_source(cause))?;
    text.push(b'}');
    Ok(text.into())
}

/// Reads a document.
pub(super) fn read<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T> {
    let damaged = |cause| {
        Error::new(ErrorKind::StoreNotOurs, "the document is not one of ours, or is damaged")
            .about(key)
            .with_source(cause)
    };
    let Version { format } = serde_json::from_slice(value).map_err(damaged)?;
    if format > FORMAT {
        return Err(Error::new(
            ErrorKind::StoreNotOurs,
            format!("the document has format {format}, and this build knows {FORMAT}"),
        )
        .about(key)
        .hint("use the newer dsm that wrote it"));
    }
    let Document { body } = serde_json::from_slice(value).map_err(damaged)?;
    Ok(body)
}
