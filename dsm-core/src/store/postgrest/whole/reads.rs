//! Reading what only our own tables hold.

use serde_json::Value;

use super::super::query::Query;
use super::super::{Rest, Service, records, servers};
use super::slice::lock;
use crate::id::{JobId, ServerId};
use crate::store::memory::locks::Locks;
use crate::store::{Attempt, DocumentRow, Holder, StepRow, StepState};

pub(super) fn attempt(row: &Value) -> Rest<Attempt> {
    const TABLE: &str = "dsm_attempt";
    Ok(Attempt {
        run: records::optional(row, "run").unwrap_or(1),
        number: records::needed(TABLE, row, "number")?,
        fence: records::needed(TABLE, row, "fence")?,
        executor: records::text(row, "executor").to_owned(),
        started_at: records::needed(TABLE, row, "started_at")?,
        ended_at: records::optional(row, "ended_at"),
        outcome: records::optional(row, "outcome"),
        error: records::optional(row, "error"),
    })
}

pub(super) fn step(row: &Value) -> Rest<StepRow> {
    const TABLE: &str = "workflow_executions";
    let is_done = records::text(row, "step_status") == "completed";
    let part =
        |key: &str| row.get("step_details").and_then(|details| details.get(key)).cloned().unwrap_or_default();
    Ok(StepRow {
        run: records::optional(row, "dsm_run").unwrap_or(1),
        name: records::needed(TABLE, row, "step_name")?,
        number: records::needed(TABLE, row, "step_number")?,
        state: if is_done { StepState::Done } else { StepState::Begun },
        note: part("note"),
        result: part("result"),
        began_at: match records::optional(row, "step_started_at") {
            Some(at) => at,
            None => records::needed(TABLE, row, "created_at")?,
        },
        done_at: records::optional(row, "step_completed_at"),
    })
}

pub(in super::super) async fn attempts(service: &Service, job: JobId) -> Rest<Vec<Attempt>> {
    let query = Query::of("dsm_attempt").eq("job_id", job);
    service.http.rows(&query, &[("fence", false)], None).await?.iter().map(attempt).collect()
}

/// Rows of other programs are theirs: ours are of the job's own type.
pub(in super::super) async fn steps(service: &Service, job: JobId) -> Rest<Vec<StepRow>> {
    let of = service.http.look(&Query::of("jobs").select("job_type").eq("id", job)).await?;
    let Some(of) = of.first().map(|row| records::text(row, "job_type")) else { return Ok(Vec::new()) };
    let query = Query::of("workflow_executions").eq("job_id", job).eq("workflow_type", of);
    let order = [("dsm_run", false), ("step_number", false), ("id", false)];
    service.http.rows(&query, &order, None).await?.iter().map(step).collect()
}

pub(in super::super) async fn documents(service: &Service, server: ServerId) -> Rest<Vec<DocumentRow>> {
    let query = Query::of("dsm_inventory_document").eq("server_id", server);
    servers::documents(&service.http.rows(&query, &[("section", false)], None).await?)
}

pub(in super::super) async fn lock_holders(service: &Service, key: Option<&str>) -> Rest<Vec<Holder>> {
    let mut query = Query::of("dsm_lock");
    if let Some(key) = key {
        query = query.eq("key", key);
    }
    let rows = service.http.rows(&query, &[("seq", false)], None).await?;
    Ok(Locks::of(rows.iter().map(lock).collect::<Rest<_>>()?).shown(None))
}
