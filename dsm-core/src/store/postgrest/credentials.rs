//! Credential sets and the ranges they stand for.

use serde_json::{Value, json};

use super::fault::Rest;
use super::http::Http;
use super::query::Query;
use super::records;
use crate::id::CredentialSetId;
use crate::store::text::{clean, record};
use crate::store::{CredentialRangeRow, CredentialSetRow, Reseal, SealedAt, rules};

const SET: &str = "id,name,credential_type,username,password_encrypted,is_default,priority,description";
const RANGE: &str = "id,credential_set_id,ip_range,priority,description,created_at";

pub(super) async fn sets(http: &Http) -> Rest<Vec<CredentialSetRow>> {
    let rows = http.rows(&Query::of("credential_sets").select(SET), &[("id", false)], None).await?;
    let mut sets = rows.into_iter().map(records::credential_set).collect::<Rest<Vec<_>>>()?;
    sets.sort_by(|a, b| (a.priority, &a.name).cmp(&(b.priority, &b.name)));
    Ok(sets)
}

pub(super) async fn put_set(http: &Http, set: &CredentialSetRow) -> Rest<()> {
    let same = Query::of("credential_sets").select("id").eq("name", &set.name);
    let taken = http.look(&same.with("id", format!("neq.{}", set.id))).await?;
    if !taken.is_empty() {
        return Err(rules::set_name_taken(&set.name).into());
    }
    let mut row = record(set);
    // Only what may be missing may be NULL.
    row.insert("username".to_owned(), json!(set.username));
    row.insert("updated_at".to_owned(), json!("now"));
    upsert(http, "credential_sets", Value::Object(row)).await
}

async fn upsert(http: &Http, table: &str, mut row: Value) -> Rest<()> {
    clean(&mut row);
    let query = Query::of(table).with("on_conflict", "id");
    http.post(&query, &[row], "resolution=merge-duplicates,return=minimal").await.map(drop)
}

/// Puts a sealed text in place of another, if that is still there.
pub(super) async fn reseal(http: &Http, change: &Reseal) -> Rest<bool> {
    let (table, column, id) = match change.at {
        SealedAt::Set(id) => ("credential_sets", "password_encrypted", id.to_string()),
        SealedAt::Server(id) => ("servers", "idrac_password_encrypted", id.to_string()),
        SealedAt::Job(_) | SealedAt::Row(..) => return Ok(false),
    };
    let query = Query::of(table).select("id").eq("id", id).eq(column, &change.from);
    let resealed = json!({column: change.to, "updated_at": "now"});
    Ok(!http.patch(&query, &resealed).await?.is_empty())
}

/// Ranges and the servers' references go with it by the foreign keys.
pub(super) async fn remove_set(http: &Http, set: CredentialSetId) -> Rest<bool> {
    let gone = http.delete(&Query::of("credential_sets").select("id").eq("id", set)).await?;
    Ok(!gone.is_empty())
}

pub(super) async fn ranges(http: &Http) -> Rest<Vec<CredentialRangeRow>> {
    let query = Query::of("credential_ip_ranges").select(RANGE);
    let rows = http.rows(&query, &[("created_at", false), ("id", false)], None).await?;
    let mut ranges = rows.into_iter().map(records::credential_range).collect::<Rest<Vec<_>>>()?;
    ranges.sort_by_key(|range| range.priority);
    Ok(ranges)
}

pub(super) async fn put_range(http: &Http, range: &CredentialRangeRow) -> Rest<()> {
    let set = range.credential_set_id;
    if http.look(&Query::of("credential_sets").select("id").eq("id", set)).await?.is_empty() {
        return Err(rules::no_such_set("credential_set_id", set).into());
    }
    let mut row = record(range);
    row.insert("ip_range".to_owned(), json!(range.ip_range));
    row.insert("updated_at".to_owned(), json!("now"));
    upsert(http, "credential_ip_ranges", Value::Object(row)).await
}
