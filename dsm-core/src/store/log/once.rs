//! Documents that are written once and never changed: putting one twice does no harm.

use bytes::Bytes;

use super::docs::{DocStore, Expected, Put};
use crate::error::Result;

/// Writes a document under a key of its own. One that is there already is this one.
pub(super) async fn put(docs: &dyn DocStore, key: &str, value: Bytes) -> Result<()> {
    if docs.put_if(key, value.clone(), Expected::Absent).await.is_err() {
        // The reply may be all that was lost; if more was, the second time tells why.
        docs.put_if(key, value, Expected::Absent).await?;
    }
    Ok(())
}

/// [`put`], and the revision to remove it by.
pub(super) async fn put_new(docs: &dyn DocStore, key: &str, value: Bytes) -> Result<i64> {
    if let Ok(Put::Stored(rev)) = docs.put_if(key, value.clone(), Expected::Absent).await {
        return Ok(rev);
    }
    put(docs, key, value).await?;
    Ok(docs.get(key).await?.map_or(0, |doc| doc.rev))
}
