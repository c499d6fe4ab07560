//! Reading jobs and what belongs to them, whatever else is installed.

use std::collections::HashMap;

use serde_json::json;

use super::fault::{Fault, Rest};
use super::http::Http;
use super::query::Query;
use super::records::{self, JOB, TASK};
use crate::id::JobId;
use crate::job::{JobRow, TaskRow};
use crate::store::text::clean;
use crate::store::{HeartbeatRow, JobQuery};

/// Ids named in one request: an address has its limits.
pub(super) const NAMED: usize = 100;

pub(super) async fn jobs(http: &Http, query: &JobQuery) -> Rest<Vec<JobRow>> {
    if query.ids.is_empty() {
        return page(http, query, &[]).await;
    }
    let mut rows = Vec::new();
    for ids in query.ids.chunks(NAMED) {
        rows.extend(page(http, query, ids).await?);
    }
    rows.sort_by_key(|row: &JobRow| (row.created_at, row.id));
    rows.dedup_by_key(|row| row.id);
    let skipped = query.limit.map_or(0, |limit| rows.len().saturating_sub(limit));
    Ok(rows.split_off(skipped))
}

async fn page(http: &Http, query: &JobQuery, ids: &[JobId]) -> Rest<Vec<JobRow>> {
    let mut wanted = Query::of("jobs").select(JOB);
    if !ids.is_empty() {
        wanted = wanted.any_of("id", ids);
    }
    if let Some(status) = query.status {
        wanted = wanted.eq("status", status);
    }
    if let Some(job_type) = &query.job_type {
        wanted = wanted.eq("job_type", job_type);
    }
    if let Some(parent) = query.parent_job_id {
        wanted = wanted.eq("parent_job_id", parent);
    }
    let newest = [("created_at", true), ("id", true)];
    match http.rows(&wanted, &newest, query.limit).await {
        Ok(rows) => rows.iter().rev().map(records::job).collect(),
        // A type that its enumeration does not have: there is no job of it.
        Err(Fault::Refused(refusal)) if refusal.code == "22P02" && query.job_type.is_some() => Ok(Vec::new()),
        Err(fault) => Err(fault),
    }
}

/// The tasks of several jobs, each in the order they were made.
pub(super) async fn tasks(http: &Http, jobs: &[JobId]) -> Rest<HashMap<JobId, Vec<TaskRow>>> {
    let mut tasks: HashMap<JobId, Vec<TaskRow>> = HashMap::new();
    for some in jobs.chunks(NAMED) {
        let query = Query::of("job_tasks").select(TASK).any_of("job_id", some);
        for row in http.rows(&query, &[("created_at", false), ("id", false)], None).await? {
            let task = records::task(&row)?;
            tasks.entry(task.job_id).or_default().push(task);
        }
    }
    Ok(tasks)
}

/// A store without the table has nothing to write.
pub(super) async fn put_heartbeat(http: &Http, row: &HeartbeatRow) -> Rest<()> {
    // In the existing database these columns are no wider.
    let count = |count: i64| count.min(i64::from(i32::MAX));
    let mut row = json!({
        "executor_id": row.executor_id,
        "hostname": row.hostname,
        "ip_address": row.ip_address,
        "version": row.version,
        "last_seen_at": row.last_seen_at,
        "poll_count": count(row.poll_count),
        "jobs_processed": count(row.jobs_processed),
        "startup_time": row.startup_time,
        "last_error": row.last_error,
        "capabilities": row.capabilities,
    });
    clean(&mut row);
    let query = Query::of("executor_heartbeats").with("on_conflict", "executor_id");
    match http.post(&query, &[row], "resolution=merge-duplicates,return=minimal").await {
        Err(Fault::Refused(refusal)) if refusal.is_no_table() => Ok(()),
        written => written.map(drop),
    }
}

/// Where nobody has made the table, nobody is in it.
pub(super) async fn heartbeats(http: &Http) -> Rest<Vec<HeartbeatRow>> {
    let rows = match http.rows(&Query::of("executor_heartbeats"), &[("executor_id", false)], None).await {
        Err(Fault::Refused(refusal)) if refusal.is_no_table() => return Ok(Vec::new()),
        rows => rows?,
    };
    rows.iter()
        .map(|row| {
            let address: Option<String> = records::optional(row, "ip_address");
            Ok(HeartbeatRow {
                executor_id: records::needed("executor_heartbeats", row, "executor_id")?,
                hostname: records::optional(row, "hostname"),
                ip_address: address.and_then(|text| text.split('/').next()?.parse().ok()),
                version: records::text(row, "version").to_owned(),
                last_seen_at: records::needed("executor_heartbeats", row, "last_seen_at")?,
                poll_count: records::optional(row, "poll_count").unwrap_or_default(),
                jobs_processed: records::optional(row, "jobs_processed").unwrap_or_default(),
                startup_time: records::optional(row, "startup_time").unwrap_or_default(),
                last_error: records::optional(row, "last_error"),
                capabilities: records::optional(row, "capabilities").unwrap_or_default(),
            })
        })
        .collect()
}
