//! Jobs: adding and reading them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use futures_util::future::try_join3;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

use super::codec::{Cursor, Jsonb, cell, column, limit, text, uuids};
use super::facts::Facts;
use super::fault::Db;
use super::link::Link;
use super::tasks;
use super::tx::Tx;
use crate::id::{JobId, ProfileId};
use crate::job::{JobRow, NewJob};
use crate::store::turn::turn;
use crate::store::{Attempt, Enqueued, JobQuery, family, rules};

/// In the order [`job_row`] reads them, of the table or row called `j`.
pub(super) const JOB_COLUMNS: &str = "j.id, j.job_type::text, j.status::text, j.target_scope, j.details, j.created_by, \
     j.credential_set_ids, j.priority::text, j.schedule_at, j.created_at, j.started_at, j.completed_at, \
     j.parent_job_id, j.component_order::bigint, j.notes::text";

pub(super) fn job_row(cells: &mut Cursor<'_>) -> Db<JobRow> {
    Ok(JobRow {
        id: cells.take()?,
        job_type: cells.take()?,
        status: cells.take()?,
        target_scope: cells.take()?,
        details: cells.take()?,
        created_by: cells.take()?,
        credential_set_ids: cells.take()?,
        priority: cells.take()?,
        schedule_at: cells.take()?,
        created_at: cells.take()?,
        started_at: cells.take()?,
        completed_at: cells.take()?,
        parent_job_id: cells.take()?,
        component_order: cells.take()?,
        notes: cells.take()?,
    })
}

/// `ids`: one for each job, made before the first try, so that a repeated call finds what it had written.
pub(super) async fn enqueue(tx: &Tx<'_>, jobs: &[NewJob], ids: &[JobId], facts: &Facts) -> Db<Vec<Enqueued>> {
    let Known { mut keys, ids: mut there, people } = known(tx, jobs, ids, facts).await?;
    let mut answers = Vec::with_capacity(jobs.len());
    let mut added: Vec<Added<'_>> = Vec::new();
    let mut turns = 0;
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
            return Err(rules::no_such_parent(parent).into());
        }
        if let Some(key) = &job.idempotency_key {
            keys.insert(text(key).into_owned(), id);
        }
        there.insert(id);
        let has_parts = !job.children.is_empty();
        let is_queued = !has_parts && job.parent_job_id.is_none() && job.schedule_at.is_none();
        let turn = is_queued.then(|| turn(tx.now, turns));
        turns += usize::from(is_queued);
        added.push(Added { id, job: Cow::Borrowed(job), turn, ready: has_parts.then_some(false) });
        for (part, is_ready) in family::parts(job, id) {
            added.push(Added {
                id: part.id.unwrap_or_default(),
                job: Cow::Owned(part),
                turn: None,
                ready: Some(is_ready),
            });
        }
        answers.push(Enqueued::Inserted(id));
    }
    insert(tx, &added, &people).await?;
    tx.wake();
    Ok(answers)
}

/// What a batch refers to and is there already.
struct Known {
    keys: HashMap<String, JobId>,
    ids: HashSet<JobId>,
    people: HashSet<ProfileId>,
}

async fn known(tx: &Tx<'_>, jobs: &[NewJob], ids: &[JobId], facts: &Facts) -> Db<Known> {
    let wanted: Vec<_> = jobs.iter().filter_map(|job| job.idempotency_key.as_deref().map(text)).collect();
    let parents = jobs.iter().filter_map(|job| job.parent_job_id);
    let named = uuids!(ids.iter().copied().chain(parents));
    let profiles = uuids!(jobs.iter().filter_map(|job| job.created_by).collect::<HashSet<_>>());
    let (by_key, there, people) = try_join3(
        tx.link.query("SELECT key, job_id FROM dsm_idempotency WHERE key = ANY($1)", &[&wanted]),
        tx.link.query("SELECT id FROM jobs WHERE id = ANY($1)", &[&named]),
        know_people(tx, &profiles, facts),
    )
    .await?;
    let keys = by_key.iter().map(|row| Ok((cell(row, 0)?, cell(row, 1)?))).collect::<Db<_>>()?;
    Ok(Known { keys, ids: column(&there)?.into_iter().collect(), people })
}

/// People are kept elsewhere. In tables of ours a row for the reference is made when one is first named; in those of
/// others a reference to nobody is left out.
async fn know_people(tx: &Tx<'_>, profiles: &[Uuid], facts: &Facts) -> Db<HashSet<ProfileId>> {
    if profiles.is_empty() {
        return Ok(HashSet::new());
    }
    if !facts.has_foreign_people {
        let sql =
            "INSERT INTO profiles (id, created_at) SELECT unnest($1::uuid[]), $2 ON CONFLICT (id) DO NOTHING";
        tx.link.execute(sql, &[&profiles, &tx.now]).await?;
    }
    let rows = tx.link.query("SELECT id FROM profiles WHERE id = ANY($1)", &[&profiles]).await?;
    Ok(column(&rows)?.into_iter().collect())
}

/// A job or a part of one, as it is to be stored.
struct Added<'j> {
    id: JobId,
    job: Cow<'j, NewJob>,
    turn: Option<Timestamp>,
    ready: Option<bool>,
}

async fn insert(tx: &Tx<'_>, added: &[Added<'_>], people: &HashSet<ProfileId>) -> Db<()> {
    if added.is_empty() {
        return Ok(());
    }
    let rows: Vec<Value> = added.iter().map(|one| new_row(tx, one, people)).collect();
    tx.link
        .execute(
            "INSERT INTO jobs (id, job_type, status, target_scope, details, created_by, credential_set_ids, priority,
                               schedule_at, created_at, parent_job_id, component_order, notes, dsm_lane, dsm_lane_among,
                               dsm_address, dsm_turn, dsm_ready, dsm_children)
             SELECT id, job_type, 'pending', target_scope, details, created_by, credential_set_ids, priority,
                    schedule_at, created_at, parent_job_id, component_order, notes, dsm_lane, dsm_lane_among, dsm_address,
                    dsm_turn, dsm_ready, dsm_children
             FROM jsonb_populate_recordset(NULL::jobs, $1)",
            &[&Jsonb::of(&rows)],
        )
        .await?;
    let keyed = added.iter().filter_map(|one| Some((text(one.job.idempotency_key.as_deref()?), one.id.0)));
    let (keys, ids): (Vec<_>, Vec<_>) = keyed.unzip();
    if !keys.is_empty() {
        tx.link
            .execute(
                "INSERT INTO dsm_idempotency (key, job_id) SELECT * FROM unnest($1::text[], $2::uuid[])",
                &[&keys, &ids],
            )
            .await?;
    }
    let jobs: Vec<(JobId, &NewJob)> = added.iter().map(|one| (one.id, one.job.as_ref())).collect();
    tasks::insert(tx, &jobs).await
}

fn new_row(tx: &Tx<'_>, added: &Added<'_>, people: &HashSet<ProfileId>) -> Value {
    let job = &added.job;
    json!({
        "id": added.id,
        "job_type": job.job_type,
        "target_scope": job.target_scope,
        "details": job.details,
        "created_by": job.created_by.filter(|by| people.contains(by)),
        "credential_set_ids": job.credential_set_ids,
        "priority": job.priority,
        "schedule_at": job.schedule_at,
        "created_at": tx.now,
        "parent_job_id": job.parent_job_id,
        "component_order": job.component_order,
        "dsm_lane": job.lane,
        "dsm_lane_among": job.lane_among.unwrap_or(0),
        "dsm_address": job.address,
        "dsm_turn": added.turn,
        "dsm_ready": added.ready,
        "dsm_children": (!job.children.is_empty()).then(|| job.on_failure.as_str()),
        "notes": job.notes.as_deref().filter(|notes| !notes.trim().is_empty()),
    })
}

pub(super) async fn jobs(link: &Link, query: &JobQuery) -> Db<Vec<JobRow>> {
    let ids = uuids!(query.ids.iter().copied());
    let status = query.status.map(|status| status.as_str());
    let parent = query.parent_job_id.map(|parent| parent.0);
    let rows = link
        .query(
            &format!(
                "SELECT {JOB_COLUMNS} FROM jobs j
                 WHERE (cardinality($1::uuid[]) = 0 OR j.id = ANY($1))
                   AND ($2::text IS NULL OR j.status::text = $2)
                   AND ($3::text IS NULL OR j.job_type::text = $3)
                   AND (NOT $5::bool OR strpos(j.details::text, 'dsm1:') > 0)
                   AND ($6::uuid IS NULL OR j.parent_job_id = $6)
                 ORDER BY j.created_at DESC, j.id DESC
                 LIMIT $4"
            ),
            &[&ids, &status, &query.job_type, &limit(query.limit), &query.with_secrets, &parent],
        )
        .await?;
    rows.iter().rev().map(|row| job_row(&mut Cursor::new(row))).collect()
}

pub(super) async fn attempts(link: &Link, job: JobId) -> Db<Vec<Attempt>> {
    Ok(attempts_of(link, &[job]).await?.remove(&job).unwrap_or_default())
}

/// The histories of several jobs, each first to last.
pub(super) async fn attempts_of(link: &Link, jobs: &[JobId]) -> Db<HashMap<JobId, Vec<Attempt>>> {
    let ids = uuids!(jobs.iter().copied());
    let rows = link
        .query(
            "SELECT job_id, run::bigint, number::bigint, fence, executor, started_at, ended_at, outcome, error
             FROM dsm_attempt WHERE job_id = ANY($1) ORDER BY fence",
            &[&ids],
        )
        .await?;
    let mut histories: HashMap<JobId, Vec<Attempt>> = HashMap::new();
    for row in &rows {
        histories.entry(cell(row, 0)?).or_default().push(attempt(row)?);
    }
    Ok(histories)
}

fn attempt(row: &Row) -> Db<Attempt> {
    let mut cells = Cursor::new(row);
    let _job: JobId = cells.take()?;
    Ok(Attempt {
        run: cells.take()?,
        number: cells.take()?,
        fence: cells.take()?,
        executor: cells.take()?,
        started_at: cells.take()?,
        ended_at: cells.take()?,
        outcome: cells.take()?,
        error: cells.take()?,
    })
}

/// Takes keys out of `details`, and says what they said.
pub(super) async fn take_details(tx: &Tx<'_>, job: JobId, keys: &[String]) -> Db<Option<Map<String, Value>>> {
    let sql = "SELECT details FROM jobs WHERE id = $1 FOR UPDATE";
    let Some(row) = tx.link.query_opt(sql, &[&job.0]).await? else { return Ok(None) };
    let mut taken: Map<String, Value> = cell(&row, 0)?;
    taken.retain(|key, _| keys.contains(key));
    if !taken.is_empty() {
        tx.link
            .execute("UPDATE jobs SET details = details - $2::text[] WHERE id = $1", &[&job.0, &keys])
            .await?;
    }
    Ok(Some(taken))
}
