//! Adding jobs.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::change::{Act, Change, cells};
use super::super::look::Look;
use super::super::{Rest, Service, records};
use super::slice::{Slice, Wanted, decide};
use crate::error::Result;
use crate::id::{JobId, TaskId};
use crate::job::NewJob;
use crate::store::text::text;
use crate::store::turn::turn;
use crate::store::{Enqueued, family, rules};

/// One for each job, made before the first try, so that a repeated call finds what it had written.
pub(in super::super) fn ids(jobs: &[NewJob]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id.unwrap_or_default()).collect()
}

pub(in super::super) async fn enqueue(
    service: &Service,
    jobs: &[NewJob],
    ids: &[JobId],
) -> Rest<Vec<Enqueued>> {
    let keys = jobs.iter().filter_map(|job| job.idempotency_key.as_deref());
    let named = ids.iter().copied().chain(jobs.iter().filter_map(|job| job.parent_job_id));
    let all = jobs.iter().chain(jobs.iter().flat_map(|job| &job.children));
    let people: HashSet<String> = all.filter_map(|job| Some(job.created_by?.to_string())).collect();
    let more = vec![
        Look::of("dsm_idempotency", "key", keys.map(|key| text(key).into_owned())),
        Look::of("jobs", "id", named.map(|id| id.to_string())),
        Look::of("profiles", "id", people),
    ];
    let is_adopted = service.facts.is_some_and(|facts| facts.is_adopted);
    decide(service, &Wanted { more, ..Wanted::default() }, |slice| add(slice, jobs, ids, is_adopted)).await
}

fn add(
    slice: &mut Slice,
    jobs: &[NewJob],
    ids: &[JobId],
    is_adopted: bool,
) -> Result<(Vec<Enqueued>, Vec<Change>)> {
    let mut keys: HashMap<String, JobId> = slice
        .more
        .next()
        .iter()
        .filter_map(|row| Some((records::text(row, "key").to_owned(), records::optional(row, "job_id")?)))
        .collect();
    let mut there: HashSet<JobId> =
        slice.more.next().iter().filter_map(|row| records::optional(row, "id")).collect();
    let people: HashSet<Uuid> =
        slice.more.next().iter().filter_map(|row| records::optional(row, "id")).collect();
    let mut answers = Vec::with_capacity(jobs.len());
    let mut added: Vec<Added<'_>> = Vec::new();
    let mut turns = 0;
    let mut changes = Vec::new();
    for (job, &id) in jobs.iter().zip(ids) {
        let by_key = job.idempotency_key.as_deref().and_then(|key| keys.get(text(key).as_ref())).copied();
        // One that the caller gave no id can only be there because an earlier try of this call put it there.
        if there.contains(&id) && job.id.is_none() {
            answers.push(Enqueued::Inserted(id));
            continue;
        }
        if let Some(known) = by_key.or_else(|| there.contains(&id).then_some(id)) {
            answers.push(Enqueued::Existing(known));
            continue;
        }
        if let Some(parent) = job.parent_job_id
            && !there.contains(&parent)
        {
            return Err(rules::no_such_parent(parent));
        }
        if let Some(key) = &job.idempotency_key {
            keys.insert(text(key).into_owned(), id);
        }
        there.insert(id);
        let has_parts = !job.children.is_empty();
        let is_queued = !has_parts && job.parent_job_id.is_none() && job.schedule_at.is_none();
        let turn = is_queued.then(|| turn(slice.now, turns));
        turns += usize::from(is_queued);
        added.push(Added { id, job: Cow::Borrowed(job), turn, ready: has_parts.then_some(false) });
        for (part, is_ready) in family::parts(job, id) {
            let id = part.id.unwrap_or_default();
            added.push(Added { id, job: Cow::Owned(part), turn: None, ready: Some(is_ready) });
        }
        answers.push(Enqueued::Inserted(id));
    }
    if !is_adopted {
        // People are kept elsewhere: a row for the reference is made when one is first named.
        let named: HashSet<Uuid> = added.iter().filter_map(|one| Some(one.job.created_by?.0)).collect();
        changes.extend(named.into_iter().filter(|by| !people.contains(by)).map(|by| {
            let since = cells([("created_at", json!(slice.now))]);
            Change::new("profiles", Act::Add, cells([("id", json!(by))]), since)
        }));
    }
    let is_known = |by: Uuid| !is_adopted || people.contains(&by);
    changes.extend(added.iter().map(|one| new_row(slice, one, is_known)));
    for Added { id, job, .. } in &added {
        changes.extend(job.tasks.iter().map(|task| {
            let row = cells([
                ("job_id", json!(id)),
                ("server_id", json!(task.server_id)),
                ("created_at", json!(slice.now)),
            ]);
            // A new row takes what it does not name from its columns' defaults.
            Change::new("job_tasks", Act::Insert, cells([("id", json!(TaskId::new()))]), row)
        }));
    }
    for Added { id, job, .. } in &added {
        if let Some(key) = &job.idempotency_key {
            let row = cells([("job_id", json!(id))]);
            changes.push(Change::new("dsm_idempotency", Act::Insert, cells([("key", json!(key))]), row));
        }
    }
    Ok((answers, changes))
}

/// A job or a part of one, as it is to be stored.
struct Added<'j> {
    id: JobId,
    job: Cow<'j, NewJob>,
    turn: Option<Timestamp>,
    ready: Option<bool>,
}

fn new_row(slice: &Slice, added: &Added<'_>, is_known: impl Fn(Uuid) -> bool) -> Change {
    let Added { id, job, turn, ready } = added;
    let rule = (!job.children.is_empty()).then(|| job.on_failure.as_str());
    let details = if job.details.is_empty() { Map::new() } else { job.details.clone() };
    let row = cells([
        ("job_type", json!(job.job_type)),
        ("status", json!("pending")),
        ("target_scope", job.target_scope.clone()),
        ("details", Value::Object(details)),
        ("created_by", json!(job.created_by.filter(|by| is_known(by.0)))),
        ("credential_set_ids", json!(job.credential_set_ids)),
        ("priority", json!(job.priority)),
        ("schedule_at", json!(job.schedule_at)),
        ("created_at", json!(slice.now)),
        ("parent_job_id", json!(job.parent_job_id)),
        ("component_order", json!(job.component_order)),
        ("notes", json!(job.notes.as_deref().filter(|notes| !notes.trim().is_empty()))),
        ("dsm_lane", json!(job.lane)),
        ("dsm_lane_among", json!(job.lane_among.unwrap_or(0))),
        ("dsm_address", json!(job.address)),
        ("dsm_turn", json!(turn)),
        ("dsm_ready", json!(ready)),
        ("dsm_children", json!(rule)),
    ]);
    Change::new("jobs", Act::Insert, cells([("id", json!(id))]), row)
}
