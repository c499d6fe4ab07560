//! Rows of activity, in documents beside the log: a batch of rows is written once and never changed.
//!
//! A document holds rows of one short span of time and is named by the first of them, so that whoever reads on from a
//! row need not begin at the beginning.

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::docs::{DocStore, Expected, Put};
use super::format::{self, ACTIVITY, ATTRIBUTIONS};
use super::once;
use super::pages::Pages;
use crate::error::Result;
use crate::id::ServerId;
use crate::store::memory::Activity;
use crate::store::{ActivityQuery, ActivityRow};

/// Milliseconds between the first and the last row of a document, by their ids.
const SPAN: u64 = 60_000;
/// A row learns its server so many milliseconds after it was made at the latest, clocks that differ included.
const LATE: u64 = 3_600_000;
/// Rows in a document.
const MOST_ROWS: usize = 200;
/// Documents read at a time.
const PAGE: usize = 32;

pub(super) async fn record(docs: &dyn DocStore, rows: &[ActivityRow]) -> Result<()> {
    let mut rows: Vec<&ActivityRow> = rows.iter().collect();
    rows.sort_by_key(|row| row.id);
    let spans = rows.chunk_by(|a, b| millis(a.id) / SPAN == millis(b.id) / SPAN);
    for rows in spans.flat_map(|rows| rows.chunks(MOST_ROWS)) {
        if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
            // Who records the same rows again names them the same; those that complete others are not the same.
            let pending = rows.iter().filter(|row| row.is_pending()).count();
            let key = format!("{ACTIVITY}{}/{}/{}-{pending}", first.id, last.id, rows.len());
            once::put(docs, &key, format::write(&rows)?).await?;
        }
    }
    Ok(())
}

pub(super) async fn attribute(docs: &dyn DocStore, rows: &[(Uuid, ServerId)]) -> Result<()> {
    once::put(docs, &format!("{ATTRIBUTIONS}{}", Uuid::now_v7()), format::write(&rows)?).await
}

pub(super) async fn find(docs: &dyn DocStore, query: &ActivityQuery) -> Result<Vec<ActivityRow>> {
    let mut found = Activity::default();
    let from = |prefix: &str, margin| query.after.map(|after| floor(prefix, after, margin));
    let mut pages = Pages::new(ACTIVITY, from(ACTIVITY, SPAN), PAGE);
    let mut rows: Vec<ActivityRow> = Vec::new();
    while let Some(page) = pages.next(docs).await? {
        for (key, doc) in page {
            rows.extend(format::read::<Vec<ActivityRow>>(&key, &doc.value)?);
        }
    }
    // The end of a command may stand before its beginning in the order of keys.
    rows.sort_by_key(|row| !row.is_pending());
    rows.into_iter().for_each(|row| found.record(row));
    let mut pages = Pages::new(ATTRIBUTIONS, from(ATTRIBUTIONS, LATE), PAGE);
    while let Some(page) = pages.next(docs).await? {
        for (key, doc) in page {
            let servers: Vec<(Uuid, ServerId)> = format::read(&key, &doc.value)?;
            servers.into_iter().for_each(|(id, server)| found.attribute(id, server));
        }
    }
    Ok(found.find(query))
}

/// Forgets so many rows from before a time, and says how many went.
pub(super) async fn prune(docs: &dyn DocStore, before: Timestamp, limit: usize) -> Result<u64> {
    let mut gone = BTreeSet::new();
    let mut pages = Pages::new(ACTIVITY, None, PAGE);
    while let Some(page) = pages.next(docs).await? {
        for (key, doc) in page {
            if gone.len() >= limit {
                return Ok(gone.len() as u64);
            }
            let rows: Vec<ActivityRow> = format::read(&key, &doc.value)?;
            let old = rows.iter().filter(|row| row.timestamp < before).map(|row| row.id);
            let old: BTreeSet<Uuid> = old.take(limit - gone.len()).collect();
            let left: Vec<&ActivityRow> = rows.iter().filter(|row| !old.contains(&row.id)).collect();
            if replace(docs, &key, doc.rev, &left, !old.is_empty()).await? {
                gone.extend(old);
            }
        }
    }
    forget_attributions(docs, before).await?;
    Ok(gone.len() as u64)
}

async fn replace(
    docs: &dyn DocStore,
    key: &str,
    rev: i64,
    left: &[&ActivityRow],
    is_changed: bool,
) -> Result<bool> {
    if !is_changed {
        return Ok(false);
    }
    if left.is_empty() {
        return docs.delete_if(key, rev).await;
    }
    let value: Bytes = format::write(&left)?;
    Ok(matches!(docs.put_if(key, value, Expected::Rev(rev)).await?, Put::Stored(_)))
}

/// A row was made before it learned its server, so it has gone by now.
async fn forget_attributions(docs: &dyn DocStore, before: Timestamp) -> Result<()> {
    let before = u64::try_from(before.as_millisecond()).unwrap_or(0).saturating_sub(LATE);
    let mut pages = Pages::new(ATTRIBUTIONS, None, PAGE);
    while let Some(page) = pages.next(docs).await? {
        for (key, doc) in page {
            let made = key.strip_prefix(ATTRIBUTIONS).and_then(|id| Uuid::parse_str(id).ok());
            if made.is_some_and(|id| millis(id) >= before) {
                return Ok(());
            }
            docs.delete_if(&key, doc.rev).await?;
        }
    }
    Ok(())
}

/// When an id was made.
fn millis(id: Uuid) -> u64 {
    id.as_u64_pair().0 >> 16
}

/// The key before all documents that may hold rows of after this one.
fn floor(prefix: &str, after: Uuid, margin: u64) -> String {
    let from = millis(after).saturating_sub(margin);
    format!("{prefix}{}", Uuid::from_u64_pair(from << 16, 0))
}
