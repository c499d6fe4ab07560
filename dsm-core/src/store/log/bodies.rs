//! Bodies of inventory documents, beside the log: the state holds only where each is.

use bytes::Bytes;
use uuid::Uuid;

use super::docs::DocStore;
use super::format::BODIES;
use super::once;
use crate::error::Result;
use crate::store::document::{self, ELSEWHERE};

/// Where a body is: its revision, by which it is removed, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    rev: i64,
    key: String,
}

impl Place {
    /// Reads what stands in the state instead of the body.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(body.strip_prefix(ELSEWHERE)?).ok()?;
        let (rev, key) = text.split_once(' ')?;
        Some(Self { rev: rev.parse().ok()?, key: key.to_owned() })
    }

    fn written(&self) -> Bytes {
        let mut text = ELSEWHERE.to_vec();
        text.extend_from_slice(format!("{} {}", self.rev, self.key).as_bytes());
        text.into()
    }

    /// `None`: another has taken its place.
    pub(super) async fn fetch(&self, docs: &dyn DocStore) -> Result<Option<Bytes>> {
        Ok(docs.get(&self.key).await?.map(|doc| doc.value))
    }

    /// What fails here stays behind, and harms nobody.
    pub(super) async fn remove(&self, docs: &dyn DocStore) {
        if let Err(error) = docs.delete_if(&self.key, self.rev).await {
            tracing::debug!(key = self.key, error = %error.chain(), "a replaced document stays behind");
        }
    }
}

/// Puts a body aside, and says what stands in the state for it.
pub(super) async fn put(docs: &dyn DocStore, body: Bytes) -> Result<(Place, Bytes)> {
    let key = format!("{BODIES}{}", Uuid::now_v7());
    let rev = once::put_new(docs, &key, body).await?;
    let place = Place { rev, key };
    let written = place.written();
    debug_assert!(document::is_elsewhere(&written));
    Ok((place, written))
}
