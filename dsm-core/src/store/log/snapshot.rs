//! The state as of one batch, so that nobody has to follow the log from its beginning, and the log can be cut.

use std::io::{Read, Write};

use bytes::Bytes;
use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use uuid::Uuid;

use super::docs::{DocStore, Put};
use super::format::{self, Batch, SEGMENTS, SNAPSHOTS, SnapshotRef, TAIL, Tail};
use super::once;
use super::replica::{Position, Replica};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of one part.
const PART: usize = 512 * 1024;
/// Documents deleted between two looks.
const PAGE: usize = 16;

/// Reads a snapshot; `None`: there is a newer one, and this one is on its way out.
pub(super) async fn load(docs: &dyn DocStore, at: &SnapshotRef) -> Result<Option<Position>> {
    let mut packed = Vec::new();
    for part in 0..at.parts {
        match docs.get(&at.part(part)).await? {
            Some(doc) => packed.extend_from_slice(&doc.value),
            None => return Ok(None),
        }
    }
    let mut text = Vec::new();
    FrameDecoder::new(&packed[..]).read_to_end(&mut text).map_err(|cause| {
        Error::new(ErrorKind::StoreNotOurs, "the snapshot is damaged").about(at.part(0)).with_source(cause)
    })?;
    format::read(&at.part(0), &text).map(Some)
}

impl Replica {
    /// Puts a snapshot in place and cuts the log behind it. What fails here is done by the next.
    pub(super) async fn snapshot(&mut self) -> Result<()> {
        let packed = pack(&self.position)?;
        let snapshot = SnapshotRef {
            number: self.position.number,
            id: Uuid::new_v4(),
            parts: packed.len().div_ceil(PART),
            size: packed.len() as u64,
        };
        for (at, start) in (0..packed.len()).step_by(PART).enumerate() {
            let part = packed.slice(start..packed.len().min(start + PART));
            once::put(&*self.docs, &snapshot.part(at), part).await?;
        }
        if self.install(&snapshot).await? {
            self.cut(&snapshot).await
        } else {
            self.remove(&format!("{SNAPSHOTS}{:020}/{}/", snapshot.number, snapshot.id), |_| true).await
        }
    }

    /// Cuts the log so that nothing is left of what was before: only what it comes to now.
    pub(super) async fn forget(&mut self) -> Result<()> {
        self.snapshot().await?;
        while let Some(tail) = self.without_what_is_over() {
            let value = format::write(&tail)?;
            match self.docs.put_if(TAIL, value.clone(), self.expected()).await? {
                Put::Stored(rev) => self.see(rev, value, tail),
                Put::Conflict => self.catch_up(&mut None).await?,
            }
        }
        Ok(())
    }

    /// The tail without batches that are in the snapshot, if it has any; who is behind begins at the snapshot. The last one
    /// stays, as in every tail.
    fn without_what_is_over(&self) -> Option<Tail> {
        let tail = &self.seen.as_ref()?.tail;
        let over = tail.snapshot.as_ref()?.number;
        let is_over = |batch: &Batch| batch.number < over;
        tail.batches.iter().any(is_over).then(|| {
            let mut tail = tail.clone();
            tail.batches.retain(|batch| !is_over(batch));
            tail
        })
    }

    /// Whether everybody finds it now. No: somebody has put a newer one in place.
    async fn install(&mut self, snapshot: &SnapshotRef) -> Result<bool> {
        loop {
            let Some(seen) = &self.seen else { return Ok(false) };
            if seen.tail.snapshot.as_ref().is_some_and(|there| there.number >= snapshot.number) {
                return Ok(seen.tail.snapshot.as_ref() == Some(snapshot));
            }
            let mut tail = seen.tail.clone();
            tail.snapshot = Some(snapshot.clone());
            tail.weight = 0;
            let value = format::write(&tail)?;
            match self.docs.put_if(TAIL, value.clone(), self.expected()).await? {
                Put::Stored(rev) => self.see(rev, value, tail),
                Put::Conflict => self.catch_up(&mut None).await?,
            }
        }
    }

    async fn cut(&self, snapshot: &SnapshotRef) -> Result<()> {
        let last = format::segment(snapshot.number);
        self.remove(SEGMENTS, |key| *key <= *last).await?;
        // One that is still being written has a greater number, or will find that it came too late.
        let oldest = format!("{SNAPSHOTS}{:020}/", snapshot.number);
        self.remove(SNAPSHOTS, |key| *key < *oldest).await
    }

    /// Removes the first documents of a kind, as far as it says.
    async fn remove(&self, prefix: &str, is_over: impl Fn(&str) -> bool + Send) -> Result<()> {
        loop {
            let mut gone = 0;
            for (key, doc) in self.docs.scan(prefix, None, PAGE).await? {
                if !is_over(&key) {
                    return Ok(());
                }
                gone += usize::from(self.docs.delete_if(&key, doc.rev).await?);
            }
            if gone == 0 {
                return Ok(());
            }
        }
    }
}

fn pack(position: &Position) -> Result<Bytes> {
    let failed = |cause: Box<dyn std::error::Error + Send + Sync>| {
        Error::new(ErrorKind::Store, "the snapshot cannot be packed").with_source(cause)
    };
    let mut encoder = FrameEncoder::new(Vec::new());
    encoder.write_all(&format::write(position)?).map_err(|cause| failed(cause.into()))?;
    Ok(encoder.finish().map_err(|cause| failed(cause.into()))?.into())
}
