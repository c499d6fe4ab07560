//! Forgetting what is over, a batch at a time. What belongs to a job goes with it by the foreign keys.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::jobs::NAMED;
use super::super::query::Query;
use super::super::{Rest, Service, records};
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::{Prune, Pruned};

const OVER: &str = "in.(completed,failed,cancelled)";

pub(in super::super) async fn prune(service: &Service, prune: Prune) -> Rest<Pruned> {
    let mut pruned = Pruned::default();
    if let Some(before) = prune.jobs_before {
        jobs(service, before, prune.limit, &mut pruned).await?;
    }
    if let Some(before) = prune.activity_before {
        let old = Query::of("idrac_commands").select("id").with("timestamp", format!("lt.{before}"));
        let rows = service.http.rows(&old, &[("id", false)], Some(prune.limit)).await?;
        pruned.activity = remove(service, "idrac_commands", &rows).await?;
    }
    if let Some(before) = prune.health_before {
        pruned.health = health(service, before, prune.limit).await?;
    }
    let full = prune.limit as u64;
    pruned.has_more |= pruned.activity >= full || pruned.health >= full;
    Ok(pruned)
}

async fn remove(service: &Service, table: &str, rows: &[Value]) -> Rest<u64> {
    let ids: Vec<&str> = rows.iter().map(|row| records::text(row, "id")).collect();
    let mut gone = 0;
    for some in ids.chunks(NAMED) {
        gone += service.http.delete(&Query::of(table).select("id").any_of("id", some)).await?.len() as u64;
    }
    Ok(gone)
}

/// Whole families go in one batch: a job once none is part of it any more.
async fn jobs(service: &Service, before: Timestamp, most: usize, pruned: &mut Pruned) -> Rest<()> {
    loop {
        let over = over(service, before, most.max(1)).await?;
        if over.is_empty() {
            return Ok(());
        }
        for job in over {
            if pruned.job_rows() >= most as u64 {
                pruned.has_more = true;
                return Ok(());
            }
            let found = Query::of("servers").select("id").eq("discovery_job_id", job);
            service.http.patch(&found, &json!({"discovery_job_id": null})).await?;
            let tasks = service.http.delete(&Query::of("job_tasks").select("id").eq("job_id", job)).await?;
            let gone = Query::of("jobs").select("id").eq("id", job).with("status", OVER);
            pruned.jobs += service.http.delete(&gone).await?.len() as u64;
            pruned.tasks += tasks.len() as u64;
        }
    }
}

/// The oldest that have ended, are part of nothing that runs and have no parts.
async fn over(service: &Service, before: Timestamp, most: usize) -> Rest<Vec<JobId>> {
    let ended = Query::of("jobs").select("id,parent_job_id,created_at,completed_at");
    let ended = ended.with("status", OVER).with("created_at", format!("lt.{before}"));
    let order = [("created_at", false), ("id", false)];
    let mut rows = service.http.rows(&ended, &order, Some(most.saturating_mul(4).max(100))).await?;
    rows.retain(|row| records::optional::<Timestamp>(row, "completed_at").is_none_or(|at| at < before));
    let ids: Vec<JobId> = rows.iter().filter_map(|row| records::optional(row, "id")).collect();
    let mut parents: HashSet<JobId> = HashSet::new();
    for some in ids.chunks(NAMED) {
        let parts = Query::of("jobs").select("id,parent_job_id").any_of("parent_job_id", some);
        let parts = service.http.rows(&parts, &[("id", false)], None).await?;
        parents.extend(parts.iter().filter_map(|row| records::optional::<JobId>(row, "parent_job_id")));
    }
    let above: Vec<JobId> = rows.iter().filter_map(|row| records::optional(row, "parent_job_id")).collect();
    let mut open: HashMap<JobId, bool> = HashMap::new();
    for some in above.chunks(NAMED) {
        let query = Query::of("jobs").select("id,status").any_of("id", some);
        for row in service.http.rows(&query, &[("id", false)], None).await? {
            if let Some(id) = records::optional(&row, "id") {
                let status: JobStatus = records::status(&row);
                open.insert(id, !status.is_terminal());
            }
        }
    }
    let is_free = |row: &&Value| {
        let parent = records::optional::<JobId>(row, "parent_job_id");
        parent.is_none_or(|parent| !open.get(&parent).copied().unwrap_or_default())
            && records::optional::<JobId>(row, "id").is_some_and(|id| !parents.contains(&id))
    };
    Ok(rows.iter().filter(is_free).filter_map(|row| records::optional(row, "id")).collect())
}

/// The newest health of a server is not history: it is what its health is now.
async fn health(service: &Service, before: Timestamp, limit: usize) -> Rest<u64> {
    let old =
        Query::of("server_health").select("id,server_id,timestamp").with("timestamp", format!("lt.{before}"));
    let mut rows = service.http.rows(&old, &[("id", false)], Some(limit.saturating_add(100))).await?;
    let servers: HashSet<String> =
        rows.iter().map(|row| records::text(row, "server_id").to_owned()).collect();
    let mut newest: HashSet<String> = HashSet::new();
    for server in servers {
        let latest = Query::of("server_health").select("id").eq("server_id", server);
        let latest = service.http.look(&latest.order("timestamp.desc").with("limit", "1")).await?;
        newest.extend(latest.iter().map(|row| records::text(row, "id").to_owned()));
    }
    rows.retain(|row| !newest.contains(records::text(row, "id")));
    rows.truncate(limit);
    remove(service, "server_health", &rows).await
}
