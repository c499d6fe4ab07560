//! Adding jobs. Each has its id before the first try; one with an idempotency key has an id that follows from it, so that
//! the same key is the same row.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::super::fault::Fault;
use super::super::jobs::NAMED;
use super::super::query::Query;
use super::super::{Rest, Service, records};
use crate::error::Error;
use crate::id::{JobId, TaskId};
use crate::job::NewJob;
use crate::store::text::clean;
use crate::store::{Enqueued, rules};

/// A job whose tasks are not all there yet is not due before this.
const NOT_YET: &str = "9999-12-31T00:00:00Z";

/// The ids of new jobs.
pub(in super::super) fn ids(jobs: &[NewJob]) -> Vec<JobId> {
    let id = |job: &NewJob| match (&job.idempotency_key, job.id) {
        (_, Some(id)) => id,
        (Some(key), None) => by_key(key),
        (None, None) => JobId::new(),
    };
    jobs.iter().map(id).collect()
}

fn by_key(key: &str) -> JobId {
    let digest = Sha256::digest([b"dsm.idempotency.".as_slice(), key.as_bytes()].concat());
    let mut bytes = [0_u8; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, hashed)| *byte = hashed);
    JobId(Builder::from_custom_bytes(bytes).into_uuid())
}

/// `sent`: an earlier try of this very call may have put rows there.
pub(in super::super) async fn enqueue(
    service: &Service,
    jobs: &[NewJob],
    ids: &[JobId],
    sent: bool,
) -> Rest<Vec<Enqueued>> {
    if let Some(lane) = jobs.iter().find_map(|job| job.lane.as_deref()) {
        return Err(super::lacking(&format!("the lane {lane}")));
    }
    if jobs.iter().any(|job| !job.children.is_empty()) {
        return Err(super::lacking("jobs that run by their parts"));
    }
    let named = jobs.iter().filter_map(|job| job.parent_job_id);
    let might_be =
        jobs.iter().zip(ids).filter(|(job, _)| sent || job.id.is_some() || job.idempotency_key.is_some());
    let asked: Vec<JobId> = might_be.map(|(_, id)| *id).chain(named).collect();
    let mut there: HashSet<JobId> =
        there(service, "jobs", asked.iter().map(|id| id.0)).await?.into_iter().map(JobId).collect();
    let people = jobs.iter().filter_map(|job| job.created_by.map(|by| by.0));
    let people: HashSet<Uuid> = self::there(service, "profiles", people).await?.into_iter().collect();
    let mut answers = Vec::with_capacity(jobs.len());
    let mut added: Vec<(JobId, &NewJob)> = Vec::new();
    for (job, &id) in jobs.iter().zip(ids) {
        if there.contains(&id) {
            let is_own = sent && job.id.is_none() && job.idempotency_key.is_none();
            answers.push(if is_own { Enqueued::Inserted(id) } else { Enqueued::Existing(id) });
            continue;
        }
        if let Some(parent) = job.parent_job_id
            && !there.contains(&parent)
        {
            return Err(rules::no_such_parent(parent).into());
        }
        there.insert(id);
        added.push((id, job));
        answers.push(Enqueued::Inserted(id));
    }
    let inserted = insert(service, &added, &people).await?;
    let lost: HashSet<JobId> = added.iter().map(|(id, _)| *id).filter(|id| !inserted.contains(id)).collect();
    for answer in &mut answers {
        // Another process was first with the same key.
        if let Enqueued::Inserted(id) = *answer
            && lost.contains(&id)
        {
            *answer = Enqueued::Existing(id);
        }
    }
    Ok(answers)
}

async fn there(service: &Service, table: &str, ids: impl Iterator<Item = Uuid>) -> Rest<Vec<Uuid>> {
    let ids: Vec<Uuid> = ids.collect();
    let mut there = Vec::new();
    for some in ids.chunks(NAMED) {
        let query = Query::of(table).select("id").any_of("id", some);
        let rows = service.http.rows(&query, &[("id", false)], None).await?;
        there.extend(rows.iter().filter_map(|row| records::optional::<Uuid>(row, "id")));
    }
    Ok(there)
}

/// Those that are new.
async fn insert(
    service: &Service,
    added: &[(JobId, &NewJob)],
    people: &HashSet<Uuid>,
) -> Rest<HashSet<JobId>> {
    if added.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<Value> = added.iter().map(|(id, job)| row(*id, job, people)).collect();
    let query = Query::of("jobs").with("on_conflict", "id").select("id");
    let prefer = "resolution=ignore-duplicates,return=representation";
    let inserted = match service.http.post(&query, &rows, prefer).await {
        Err(Fault::Refused(refusal)) if refusal.code == "22P02" => {
            return Err(refused_type(service, added).await?.unwrap_or(Fault::Refused(refusal)));
        }
        inserted => inserted?,
    };
    let inserted: HashSet<JobId> = inserted.iter().filter_map(|row| records::optional(row, "id")).collect();
    let with_tasks: Vec<&(JobId, &NewJob)> =
        added.iter().filter(|(id, job)| inserted.contains(id) && !job.tasks.is_empty()).collect();
    let tasks: Vec<Value> = with_tasks
        .iter()
        .flat_map(|(id, job)| job.tasks.iter().map(move |task| (id, task)))
        .map(|(id, task)| json!({"id": TaskId::new(), "job_id": id, "server_id": task.server_id}))
        .collect();
    for some in tasks.chunks(500) {
        service.http.post(&Query::of("job_tasks"), some, "return=minimal").await?;
    }
    // Only now are they due.
    let mut by_time: HashMap<Option<Timestamp>, Vec<JobId>> = HashMap::new();
    for (id, job) in with_tasks {
        by_time.entry(job.schedule_at).or_default().push(*id);
    }
    for (at, jobs) in by_time {
        for some in jobs.chunks(NAMED) {
            let query = Query::of("jobs").select("id").any_of("id", some).eq("status", "pending");
            service.http.patch(&query.eq("schedule_at", NOT_YET), &json!({"schedule_at": at})).await?;
        }
    }
    Ok(inserted)
}

/// Names the type that the database has no word for.
async fn refused_type(service: &Service, added: &[(JobId, &NewJob)]) -> Rest<Option<Fault>> {
    for (_, job) in added {
        let query = Query::of("jobs").select("id").eq("job_type", &job.job_type).with("limit", "0");
        if let Err(Fault::Refused(refusal)) = service.http.look(&query).await
            && refusal.code == "22P02"
        {
            let error = Error::invalid(
                "job_type",
                format!("the database has no word `{}`", job.job_type),
                "use one of its enumeration `job_type`, or add this one to it",
            );
            return Ok(Some(error.into()));
        }
    }
    Ok(None)
}

fn row(id: JobId, job: &NewJob, people: &HashSet<Uuid>) -> Value {
    let schedule_at = if job.tasks.is_empty() { json!(job.schedule_at) } else { json!(NOT_YET) };
    let details = if job.details.is_empty() { Map::new() } else { job.details.clone() };
    let sets = (!job.credential_set_ids.is_empty()).then_some(&job.credential_set_ids);
    let mut row = json!({
        "id": id,
        "job_type": job.job_type,
        "status": "pending",
        "target_scope": job.target_scope,
        "details": details,
        "created_by": job.created_by.filter(|by| people.contains(&by.0)),
        "credential_set_ids": sets,
        "priority": job.priority,
        "schedule_at": schedule_at,
        "parent_job_id": job.parent_job_id,
        "component_order": job.component_order,
        "notes": job.notes.as_deref().filter(|notes| !notes.trim().is_empty()),
    });
    clean(&mut row);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_an_id() {
        let keyed = NewJob { idempotency_key: Some("nightly".into()), ..NewJob::new("discovery_scan") };
        let other = NewJob { idempotency_key: Some("weekly".into()), ..keyed.clone() };
        let made = ids(&[keyed.clone(), keyed, other, NewJob::new("x")]);
        assert_eq!(made[0], made[1]);
        assert_eq!(made.iter().collect::<HashSet<_>>().len(), 3);
    }
}
