//! Tables of jobs as rows, and what has to be written to come from some rows to others.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::change::{Act, Cells, Change, cells};
use super::super::records;
use crate::id::JobId;
use crate::job::{JobStatus, TaskRow};
use crate::store::limits::Class;
use crate::store::memory::jobs::{Jobs, StoredJob};
use crate::store::memory::locks::{Owner, Row};
use crate::store::text::record;
use crate::store::{Attempt, Share, StepRow, StepState};

/// What the tables in memory do not know of rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Beside {
    /// Jobs that have a row of their lease.
    pub(super) leased: HashSet<JobId>,
    /// The claim under way, by whom.
    pub(super) ticket: Option<Uuid>,
}

/// One row.
#[derive(Debug, Clone)]
struct Entry {
    table: &'static str,
    key: Cells,
    cells: Cells,
    /// Written with a new row only.
    once: Cells,
}

/// All rows of some tables, in the order in which new ones are added.
#[derive(Debug, Clone)]
pub(super) struct Image(Vec<Entry>);

impl Image {
    pub(super) fn of(jobs: &Jobs, beside: &Beside) -> Self {
        let stored: Vec<StoredJob> = jobs.stored().collect();
        let mut entries: Vec<Entry> = stored.iter().map(job).collect();
        entries.extend(stored.iter().filter_map(|job| lease(job, beside)));
        entries.extend(stored.iter().flat_map(|job| job.history.iter().map(|one| attempt(job, one))));
        entries.extend(jobs.all_tasks().iter().map(task));
        entries.extend(stored.iter().flat_map(|job| job.steps.iter().map(|one| step(job, one))));
        entries.extend(jobs.all_locks().all().iter().map(lock));
        Self(entries)
    }

    /// What leads from this image to a later one.
    pub(super) fn changes(&self, after: &Self) -> Vec<Change> {
        let known: HashMap<(&str, String), &Entry> =
            self.0.iter().map(|entry| ((entry.table, entry.name()), entry)).collect();
        let kept: HashSet<(&str, String)> = after.0.iter().map(|entry| (entry.table, entry.name())).collect();
        let mut changes: Vec<Change> = self
            .0
            .iter()
            .filter(|entry| !kept.contains(&(entry.table, entry.name())))
            .map(|entry| Change::new(entry.table, Act::Delete, entry.key.clone(), Cells::new()))
            .collect();
        for entry in &after.0 {
            match known.get(&(entry.table, entry.name())) {
                None => {
                    let mut row = entry.cells.clone();
                    row.extend(entry.once.clone());
                    changes.push(Change::new(entry.table, Act::Insert, entry.key.clone(), row));
                }
                Some(before) => changes.extend(before.to(entry)),
            }
        }
        changes
    }
}

impl Entry {
    fn name(&self) -> String {
        json!(self.key).to_string()
    }

    fn to(&self, after: &Self) -> Option<Change> {
        let mut changed: Cells = after
            .cells
            .iter()
            .filter(|(column, value)| self.cells.get(*column) != Some(value))
            .map(|(column, value)| (column.clone(), value.clone()))
            .collect();
        if changed.is_empty() {
            return None;
        }
        if changed.contains_key("dsm_parked")
            && let Some(waits) = after.cells.get("dsm_waits")
        {
            // What an earlier claim noted there is of no account while the job is not parked, and stays until it is again.
            changed.insert("dsm_waits".to_owned(), waits.clone());
        }
        let mut dropped = None;
        if let Some(Value::Object(details)) = changed.get_mut("details")
            && let Some(Value::Object(before)) = self.cells.get("details")
        {
            // Only what is new is sent: the rest stays as it is written there.
            dropped = Some(before.keys().filter(|key| !details.contains_key(*key)).cloned().collect());
            details.retain(|key, value| before.get(key) != Some(value));
        }
        let mut change = Change::new(self.table, Act::Update, self.key.clone(), changed);
        change.dropped = dropped;
        Some(change)
    }
}

fn job(job: &StoredJob) -> Entry {
    let row = &job.row;
    let is_waiting = row.status == JobStatus::Pending && !job.is_parked && !job.waits.is_empty();
    let waits =
        is_waiting.then(|| Class { job_type: row.job_type.clone(), keys: job.waits.clone() }.to_string());
    Entry {
        table: "jobs",
        key: cells([("id", json!(row.id))]),
        cells: cells([
            ("status", json!(row.status)),
            ("details", json!(row.details)),
            ("priority", json!(row.priority)),
            ("schedule_at", json!(row.schedule_at)),
            ("started_at", json!(row.started_at)),
            ("completed_at", json!(row.completed_at)),
            ("dsm_lane", json!(job.lane)),
            ("dsm_lane_among", json!(most(job.share))),
            ("dsm_parked", json!(job.is_parked || waits.is_some())),
            ("dsm_waits", json!(waits)),
            ("dsm_turn", json!(job.turn)),
            ("dsm_ready", json!(job.ready)),
            ("dsm_run", json!(job.run)),
        ]),
        once: Cells::new(),
    }
}

fn lease(job: &StoredJob, beside: &Beside) -> Option<Entry> {
    let last = job.history.last();
    if last.is_none() && !beside.leased.contains(&job.row.id) {
        return None;
    }
    let holder = job.holder.as_ref();
    let mut row = cells([
        ("attempt", json!(job.attempt)),
        ("orphaned", json!(job.orphaned)),
        ("executor", json!(holder.and(last).map(|last| &last.executor))),
        ("incarnation", json!(holder.map(|(_, incarnation, _)| incarnation))),
        ("until", json!(holder.map(|(.., until)| until))),
        ("cancel_requested", json!(job.cancel.is_some())),
        ("cancel_reason", json!(job.cancel)),
        ("checkpoint", json!(job.checkpoint.as_ref().map(|bytes| records::hex(bytes)))),
    ]);
    if let Some(last) = last {
        row.insert("fence".to_owned(), json!(last.fence));
    }
    match (holder, beside.ticket) {
        (None, _) => drop(row.insert("ticket".to_owned(), Value::Null)),
        (Some(_), Some(ticket)) => drop(row.insert("ticket".to_owned(), json!(ticket))),
        (Some(_), None) => {}
    }
    Some(Entry {
        table: "dsm_lease",
        key: cells([("job_id", json!(job.row.id))]),
        cells: row,
        once: Cells::new(),
    })
}

fn attempt(job: &StoredJob, attempt: &Attempt) -> Entry {
    let by = job.holder.as_ref().filter(|(fence, ..)| *fence == attempt.fence);
    Entry {
        table: "dsm_attempt",
        key: cells([("fence", json!(attempt.fence))]),
        cells: cells([
            ("ended_at", json!(attempt.ended_at)),
            ("outcome", json!(attempt.outcome)),
            ("error", json!(attempt.error)),
        ]),
        once: cells([
            ("job_id", json!(job.row.id)),
            ("run", json!(attempt.run)),
            ("number", json!(attempt.number)),
            ("executor", json!(attempt.executor)),
            ("started_at", json!(attempt.started_at)),
            ("incarnation", json!(by.map_or_else(Uuid::nil, |(_, incarnation, _)| *incarnation))),
        ]),
    }
}

fn task(task: &TaskRow) -> Entry {
    let mut row = record(task);
    let key: Cells = row.remove_entry("id").into_iter().collect();
    let once = ["job_id", "created_at"].iter().filter_map(|column| row.remove_entry(*column)).collect();
    Entry { table: "job_tasks", key, cells: row, once }
}

fn step(job: &StoredJob, step: &StepRow) -> Entry {
    let status = if step.state == StepState::Done { "completed" } else { "running" };
    Entry {
        table: "workflow_executions",
        key: cells([
            ("job_id", json!(job.row.id)),
            ("dsm_run", json!(step.run)),
            ("step_name", json!(step.name)),
            ("workflow_type", json!(job.row.job_type)),
        ]),
        cells: cells([
            ("step_status", json!(status)),
            ("step_completed_at", json!(step.done_at)),
            ("step_details", json!({"note": step.note, "result": step.result})),
        ]),
        once: cells([
            ("id", json!(Uuid::now_v7())),
            ("step_number", json!(step.number)),
            ("step_started_at", json!(step.began_at)),
            ("created_at", json!(step.began_at)),
        ]),
    }
}

fn lock(row: &Row) -> Entry {
    let owner = match row.owner {
        Owner::Job(job) => ("job_id", json!(job)),
        Owner::Call(call) => ("call_id", json!(call)),
    };
    Entry {
        table: "dsm_lock",
        key: cells([("key", json!(row.key)), owner]),
        cells: cells([
            ("most", json!(most(row.share))),
            ("held", json!(row.is_held)),
            ("label", json!(row.label)),
            ("executor", json!(row.through.as_ref().map(|(name, _)| name))),
            ("incarnation", json!(row.through.as_ref().map(|(_, by)| by))),
            ("since", json!(row.since)),
            ("until", json!(row.until)),
        ]),
        once: Cells::new(),
    }
}

fn most(share: Share) -> u32 {
    match share {
        Share::Alone => 0,
        Share::Among(most) => most,
    }
}

/// Changes as our function reads them: those that are alike and follow each other go together.
pub(super) fn grouped(changes: &[Change]) -> Value {
    struct Group<'c> {
        first: &'c Change,
        rows: BTreeMap<String, Value>,
        order: Vec<String>,
    }
    let names = |cells: &Cells| cells.keys().cloned().collect::<Vec<_>>();
    let is_alike = |a: &Change, b: &Change| {
        a.table == b.table
            && a.act == b.act
            && a.dropped == b.dropped
            && names(&a.key) == names(&b.key)
            && names(&a.cells) == names(&b.cells)
    };
    let mut groups: Vec<Group<'_>> = Vec::new();
    for change in changes {
        if !groups.last().is_some_and(|group| is_alike(group.first, change)) {
            groups.push(Group { first: change, rows: BTreeMap::new(), order: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            let name = json!(change.key).to_string();
            // A statement writes no row twice: a later reading takes the place of an earlier.
            if group.rows.insert(name.clone(), change.row()).is_none() {
                group.order.push(name);
            }
        }
    }
    let json = groups.into_iter().map(|mut group| {
        let rows: Vec<Value> = group.order.iter().filter_map(|name| group.rows.remove(name)).collect();
        let Change { table, act, key, cells, dropped } = group.first;
        let mut json = json!({"t": table, "a": act.word(), "k": names(key), "c": names(cells), "r": rows});
        if let Some(dropped) = dropped {
            json["d"] = json!(dropped);
        }
        json
    });
    Value::Array(json.collect())
}
