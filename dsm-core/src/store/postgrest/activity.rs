//! The command log.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use futures_util::future::try_join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fault::{Fault, Rest};
use super::http::Http;
use super::jobs::NAMED;
use super::query::Query;
use super::records;
use crate::id::ServerId;
use crate::store::text::{self, clean};
use crate::store::{ActivityQuery, ActivityRow};

/// What was learned about the log of a database that others made.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// Words its enumeration of operations does not have.
    unknown: Mutex<HashSet<String>>,
}

/// Rows completed at a time, one by one.
const WIDTH: usize = 8;

/// The commonest operation: stands for a word that the log does not have.
const COMMON: &str = "idrac_api";

/// A row is never refused: where the database insists, a reference to what is not there is left out, and a word it does not
/// know is the commonest one.
pub(super) async fn record_all(http: &Http, log: &Log, rows: &[ActivityRow]) -> Rest<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let begun: HashSet<Uuid> = rows.iter().filter(|row| row.is_pending()).map(|row| row.id).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let is_end: Vec<bool> = rows.iter().map(|row| !row.is_pending()).collect();
    let mut rows: Vec<Value> = rows.iter().map(|row| as_row(log, row)).collect();
    let new: HashSet<Uuid> = record(http, log, &mut rows).await?.into_iter().collect();
    // What reads leave behind is new; ends of commands find the row that was written before they were sent.
    let is_there = |at: &usize| is_end[*at] && (!new.contains(&ids[*at]) || begun.contains(&ids[*at]));
    let ends: Vec<&Value> = (0..ids.len()).filter(is_there).map(|at| &rows[at]).collect();
    complete(http, &ends).await
}

/// Ends of requests whose rows are there: the first end that is written stands.
async fn complete(http: &Http, ends: &[&Value]) -> Rest<()> {
    for some in ends.chunks(WIDTH) {
        try_join_all(some.iter().map(|end| complete_one(http, end))).await?;
    }
    Ok(())
}

async fn complete_one(http: &Http, end: &Value) -> Rest<()> {
    let mut change = end.clone();
    if let Some(change) = change.as_object_mut() {
        change.retain(|column, value| match column.as_str() {
            // What is known stays known.
            "server_id" | "request_body" => !value.is_null(),
            "id" | "command_type" | "operation_type" | "source" | "initiated_by" => false,
            _ => true,
        });
    }
    let pending = Query::of("idrac_commands").select("id").eq("id", records::text(end, "id"));
    let pending = pending.with("success", "is.false").with("response_time_ms", "is.null");
    let pending = pending.with("status_code", "is.null");
    match http.patch(&pending, &change).await {
        // What it is about is gone again: the row keeps what it named when it was begun.
        Err(Fault::Refused(refusal)) if refusal.is_a_reference() => {
            if let Some(change) = change.as_object_mut() {
                change.retain(|column, _| !matches!(column.as_str(), "server_id" | "job_id" | "task_id"));
            }
            http.patch(&pending, &change).await.map(drop)
        }
        written => written.map(drop),
    }
}

/// Those that are new.
async fn record(http: &Http, log: &Log, rows: &mut [Value]) -> Rest<Vec<Uuid>> {
    match insert(http, rows).await {
        Err(Fault::Refused(refusal)) if refusal.is_a_reference() => {
            leave_out_dangling(http, rows).await?;
            insert(http, rows).await
        }
        Err(Fault::Refused(refusal)) if refusal.code == "22P02" => {
            learn_words(http, log, rows).await?;
            for row in rows.iter_mut() {
                row["operation_type"] = json!(log.word(records::text(row, "operation_type")));
            }
            match insert(http, rows).await {
                Err(Fault::Refused(refusal)) if refusal.is_a_reference() => {
                    leave_out_dangling(http, rows).await?;
                    insert(http, rows).await
                }
                done => done,
            }
        }
        done => done,
    }
}

async fn insert(http: &Http, rows: &[Value]) -> Rest<Vec<Uuid>> {
    let query = Query::of("idrac_commands").with("on_conflict", "id").select("id");
    let new = http.post(&query, rows, "resolution=ignore-duplicates,return=representation").await?;
    Ok(new.iter().filter_map(|row| records::optional(row, "id")).collect())
}

impl Log {
    fn word<'w>(&self, word: &'w str) -> &'w str {
        let unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if unknown.contains(word) { COMMON } else { word }
    }
}

fn as_row(log: &Log, row: &ActivityRow) -> Value {
    let mut map = text::record(row);
    for column in ["command_type", "endpoint", "full_url", "source"] {
        map.entry(column).and_modify(|value| {
            if value.is_null() {
                *value = json!("");
            }
        });
    }
    map.insert("operation_type".to_owned(), json!(log.word(&row.operation_type)));
    let mut value = Value::Object(map);
    clean(&mut value);
    value
}

/// Asks for each word by itself, once.
async fn learn_words(http: &Http, log: &Log, rows: &[Value]) -> Rest<()> {
    let words: HashSet<&str> = rows.iter().map(|row| records::text(row, "operation_type")).collect();
    for word in words {
        let query = Query::of("idrac_commands").select("id").eq("operation_type", word).with("limit", "0");
        match http.look(&query).await {
            Err(Fault::Refused(refusal)) if refusal.code == "22P02" => {
                log.unknown.lock().unwrap_or_else(PoisonError::into_inner).insert(word.to_owned());
            }
            other => drop(other?),
        }
    }
    Ok(())
}

/// Empties references to rows that are not there.
async fn leave_out_dangling(http: &Http, rows: &mut [Value]) -> Rest<()> {
    for (column, table) in
        [("server_id", "servers"), ("job_id", "jobs"), ("task_id", "job_tasks"), ("initiated_by", "profiles")]
    {
        let named: HashSet<String> = rows
            .iter()
            .map(|row| records::text(row, column).to_owned())
            .filter(|id| !id.is_empty())
            .collect();
        let named: Vec<String> = named.into_iter().collect();
        let mut there: HashSet<String> = HashSet::new();
        for some in named.chunks(NAMED) {
            let query = Query::of(table).select("id").any_of("id", some);
            let found = http.rows(&query, &[("id", false)], None).await?;
            there.extend(found.iter().map(|row| records::text(row, "id").to_owned()));
        }
        for row in rows.iter_mut() {
            if !there.contains(records::text(row, column)) {
                row[column] = Value::Null;
            }
        }
    }
    Ok(())
}

/// A row that names a server keeps it.
pub(super) async fn attribute(http: &Http, rows: &[(Uuid, ServerId)]) -> Rest<()> {
    let mut by_server: BTreeMap<ServerId, Vec<Uuid>> = BTreeMap::new();
    for (row, server) in rows {
        by_server.entry(*server).or_default().push(*row);
    }
    for (server, rows) in by_server {
        for some in rows.chunks(NAMED) {
            let query =
                Query::of("idrac_commands").select("id").any_of("id", some).with("server_id", "is.null");
            match http.patch(&query, &json!({"server_id": server})).await {
                // The server is gone again: the row stays without it.
                Err(Fault::Refused(refusal)) if refusal.is_a_reference() => {}
                done => drop(done?),
            }
        }
    }
    Ok(())
}

pub(super) async fn activity(http: &Http, query: &ActivityQuery) -> Rest<Vec<ActivityRow>> {
    let mut wanted = Query::of("idrac_commands");
    if let Some(job) = query.job_id {
        wanted = wanted.eq("job_id", job);
    }
    if let Some(server) = query.server_id {
        wanted = wanted.eq("server_id", server);
    }
    if let Some(after) = query.after {
        wanted = wanted.with("id", format!("gt.{after}"));
    }
    let rows = http.rows(&wanted, &[("id", false)], query.limit).await?;
    rows.into_iter().map(records::activity).collect()
}
