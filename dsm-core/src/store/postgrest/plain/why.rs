//! Why a job is not running now, as far as an untouched schema knows.

use super::super::query::Query;
use super::super::{Rest, Service, records};
use super::note::Note;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::why::{Facts, MOST_COUNTED};
use crate::store::{Reason, WhyNot};

pub(in super::super) async fn why_not(
    service: &Service,
    job: JobId,
    gated: &[String],
) -> Rest<Option<WhyNot>> {
    let now = super::now(service).await?;
    let rows = service.http.look(&Query::of("jobs").eq("id", job)).await?;
    let Some(row) = rows.first().map(records::job).transpose()? else { return Ok(None) };
    let mut pauses = super::pauses(service).await?;
    pauses.retain(|pause| pause.is_on(&row.job_type, None, gated));
    let parent = match row.parent_job_id {
        Some(parent) => {
            let found = service.http.look(&Query::of("jobs").select("status").eq("id", parent)).await?;
            found.first().map(|row| (parent, records::status(row)))
        }
        None => None,
    };
    let held = row.started_at.filter(|_| row.status == JobStatus::Running).map(|since| {
        let attempt = Note::read(&row.details).attempts + 1;
        crate::store::why::Held { executor: None, since, attempt }
    });
    let created_at = row.created_at;
    let facts = Facts {
        held,
        parent,
        open_parts: None,
        pauses,
        line: None,
        limits: Vec::new(),
        is_served: None,
        now,
        row,
    };
    let mut reasons = facts.reasons();
    if reasons.is_empty() {
        let before = Query::of("jobs")
            .select("id")
            .eq("status", "pending")
            .with("parent_job_id", "is.null")
            .with("or", "(schedule_at.is.null,schedule_at.lte.now)")
            .with("created_at", format!("lt.{created_at}"))
            .with("limit", "0");
        let count = service.http.get(&before, "count=exact").await?.total.unwrap_or_default();
        reasons.push(Reason::Slot { before: u32::try_from(count).unwrap_or(u32::MAX).min(MOST_COUNTED) });
    }
    Ok(Some(WhyNot { job_id: job, reasons }))
}
