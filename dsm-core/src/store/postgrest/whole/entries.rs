//! Named documents.

use serde_json::{Value, json};

use super::super::query::Query;
use super::super::{Rest, Service, records};
use crate::store::Entry;
use crate::store::entry::{Verdict, judge};
use crate::store::text::{clean, text};

const TABLE: &str = "dsm_entry";

fn entry(row: &Value) -> Rest<Entry> {
    Ok(Entry {
        name: records::needed(TABLE, row, "name")?,
        revision: records::needed(TABLE, row, "revision")?,
        body: row.get("body").cloned().unwrap_or_default(),
    })
}

fn named(kind: &str, name: &str) -> Query {
    Query::of(TABLE).eq("kind", text(kind)).eq("name", text(name))
}

pub(in super::super) async fn entries(service: &Service, kind: &str) -> Rest<Vec<Entry>> {
    let query = Query::of(TABLE).eq("kind", text(kind));
    let rows = service.http.rows(&query, &[("name", false)], None).await?;
    let mut entries = rows.iter().map(entry).collect::<Rest<Vec<_>>>()?;
    // Whatever the database's collation.
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

pub(in super::super) async fn put_entry(
    service: &Service,
    kind: &str,
    name: &str,
    body: &Value,
    expected: Option<i64>,
) -> Rest<Option<i64>> {
    let mut body = body.clone();
    clean(&mut body);
    let stored = service.http.look(&named(kind, name)).await?.first().map(entry).transpose()?;
    let verdict = judge(stored.as_ref().map(|entry| (entry.revision, &entry.body)), expected, &body);
    let Verdict::Write(revision) = verdict else { return Ok(verdict.revision()) };
    let written = match &stored {
        Some(entry) => {
            let as_read = named(kind, name).eq("revision", entry.revision).select("name");
            service.http.patch(&as_read, &json!({"revision": revision, "body": body})).await?
        }
        None => {
            // Somebody else may be making it at the same time.
            let row = json!({"kind": text(kind), "name": text(name), "revision": revision, "body": body});
            let query = Query::of(TABLE).with("on_conflict", "kind,name").select("name");
            service.http.post(&query, &[row], "resolution=ignore-duplicates,return=representation").await?
        }
    };
    Ok((!written.is_empty()).then_some(revision))
}

pub(in super::super) async fn remove_entry(service: &Service, kind: &str, name: &str) -> Rest<bool> {
    Ok(!service.http.delete(&named(kind, name).select("name")).await?.is_empty())
}
