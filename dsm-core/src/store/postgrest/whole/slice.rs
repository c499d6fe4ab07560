//! A part of the database: read, decided on in memory, and written if it is still as it was read.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::change::{Act, Change, cells};
use super::super::fault::Fault;
use super::super::look::{Look, Seen};
use super::super::{Rest, Service, records};
use super::image::{Beside, Image, grouped};
use super::reads;
use crate::error::Result;
use crate::id::JobId;
use crate::store::limits::Class;
use crate::store::memory::jobs::{Jobs, StoredJob};
use crate::store::memory::locks::{Locks, Owner, Row};
use crate::store::{Attempt, Pause, PauseScope, Share, StepRow};

/// What a decision is made on.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// Jobs, with leases, attempts, tasks, steps, and the lines they stand in.
    pub(super) jobs: Vec<JobId>,
    /// The jobs they are parts of, where those run by their parts.
    pub(super) with_parents: bool,
    /// Those, and all other parts.
    pub(super) with_family: bool,
    /// Those below all of them as well.
    pub(super) with_below: bool,
    /// Lines.
    pub(super) keys: Vec<String>,
    /// Calls whose lines matter.
    pub(super) calls: Vec<Uuid>,
    /// Executors whose calls' lines matter.
    pub(super) incarnations: Vec<Uuid>,
    /// Rows of other tables.
    pub(super) more: Vec<Look>,
    /// The claim for which jobs are taken.
    pub(super) ticket: Option<Uuid>,
}

impl Wanted {
    fn json(&self) -> Value {
        let more: Vec<Value> = self
            .more
            .iter()
            .map(|look| json!({"t": look.table, "c": look.column, "v": look.values}))
            .collect();
        json!({"jobs": self.jobs, "with_parents": self.with_parents, "with_family": self.with_family,
               "with_below": self.with_below, "keys": self.keys, "calls": self.calls,
               "incarnations": self.incarnations, "more": more})
    }

    /// Jobs that may come to an end: what is below them ends with them, and what they are part of goes on.
    pub(super) fn ends(jobs: Vec<JobId>) -> Self {
        Self { jobs, with_family: true, with_below: true, ..Self::default() }
    }
}

/// What was read.
pub(super) struct Slice {
    pub(super) jobs: Jobs,
    /// Rows of other tables, in the order asked for.
    pub(super) more: Seen,
    pub(super) now: Timestamp,
    beside: Beside,
    before: Image,
    lines: Lines,
}

/// Who stands at which lock, and whether he holds it.
type Lines = BTreeMap<String, HashSet<(Owner, bool)>>;

fn lines<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Lines {
    let mut lines = Lines::new();
    for row in rows {
        lines.entry(row.key.clone()).or_default().insert((row.owner, row.is_held));
    }
    lines
}

/// Reads, decides, writes. What is decided besides is written with it.
pub(super) async fn decide<T>(
    service: &Service,
    wanted: &Wanted,
    decide: impl FnOnce(&mut Slice) -> Result<(T, Vec<Change>)>,
) -> Rest<T> {
    let (asked, now) = (wanted.json(), service.manual());
    let mut seen = service.http.call("dsm_read", &json!({"p": asked, "p_now": now})).await?;
    let tag = records::text(&seen, "tag").to_owned();
    let mut slice = Slice::read(&mut seen, wanted)?;
    let (answer, more) = decide(&mut slice)?;
    let mut changes = slice.changes();
    changes.extend(more);
    changes.iter_mut().for_each(|change| service.suit(change));
    if changes.is_empty() {
        return Ok(answer);
    }
    let arguments = json!({"p": asked, "p_now": now, "p_tag": tag, "p_changes": grouped(&changes)});
    match service.http.call("dsm_write", &arguments).await? {
        Value::Bool(true) => Ok(answer),
        _ => Err(Fault::Conflict),
    }
}

impl Service {
    /// Puts a change into the shape of this database.
    fn suit(&self, change: &mut Change) {
        let is_history = self.facts.is_some_and(|facts| facts.has_firmware_history);
        if is_history && change.table == "server_firmware_inventory" && change.act == Act::Upsert {
            change.key.extend(change.cells.remove_entry("collected_at"));
        }
    }
}

impl Slice {
    fn read(seen: &mut Value, wanted: &Wanted) -> Rest<Self> {
        let mut take = |part: &str| match seen.get_mut(part).map(Value::take) {
            Some(Value::Array(rows)) => rows,
            _ => Vec::new(),
        };
        let (jobs, leases, attempts) = (take("jobs"), take("leases"), take("attempts"));
        let (tasks, steps, locks, pauses) = (take("tasks"), take("steps"), take("locks"), take("pauses"));
        let more = take("more").into_iter().map(|rows| match rows {
            Value::Array(rows) => rows,
            _ => Vec::new(),
        });
        let more = Seen::of(more);
        let now = records::needed("dsm_read", seen, "now")?;
        let mut parts = Parts::of(&leases, &attempts, &steps)?;
        let mut rows = jobs.iter().map(|row| parts.job(row)).collect::<Rest<Vec<_>>>()?;
        let place = |id: JobId| wanted.jobs.iter().position(|wanted| *wanted == id).unwrap_or(usize::MAX);
        rows.sort_by_cached_key(|job| (place(job.row.id), job.row.created_at, job.row.id));
        let mut tasks = tasks.iter().map(records::task).collect::<Rest<Vec<_>>>()?;
        tasks.sort_by_key(|task| (task.created_at, task.id));
        let locks = locks.iter().map(lock).collect::<Rest<Vec<_>>>()?;
        let lines = lines(&locks);
        let pauses = pauses.iter().filter_map(pause).collect();
        let jobs = Jobs::of(rows, tasks, Locks::of(locks), pauses);
        let mut beside = Beside { leased: parts.leased, ticket: None };
        let before = Image::of(&jobs, &beside);
        beside.ticket = wanted.ticket;
        Ok(Self { jobs, more, now, beside, before, lines })
    }

    fn changes(&self) -> Vec<Change> {
        let mut changes = self.before.changes(&Image::of(&self.jobs, &self.beside));
        let here: HashSet<JobId> = self.jobs.ids();
        // Whoever is next where somebody left, or holds no more, may be claimed, also one that was not read.
        let after = lines(self.jobs.all_locks().all());
        let mut next: BTreeSet<JobId> = BTreeSet::new();
        for (key, before) in &self.lines {
            let stands = |owner, held| after.get(key).is_some_and(|now| now.contains(&(owner, held)));
            let has_left =
                |&(owner, held): &(Owner, bool)| !stands(owner, true) && (held || !stands(owner, false));
            if before.iter().any(has_left) {
                next.extend(self.jobs.all_locks().next_in_line(key));
            }
        }
        for job in next.into_iter().filter(|job| !here.contains(job)) {
            let free = cells([("dsm_parked", json!(false))]);
            changes.push(Change::new("jobs", Act::Update, cells([("id", json!(job))]), free));
        }
        changes
    }
}

/// What belongs to jobs, by job.
struct Parts<'r> {
    leases: HashMap<JobId, &'r Value>,
    histories: HashMap<JobId, Vec<Attempt>>,
    steps: HashMap<JobId, Vec<(String, StepRow)>>,
    leased: HashSet<JobId>,
}

impl<'r> Parts<'r> {
    fn of(leases: &'r [Value], attempts: &[Value], steps: &[Value]) -> Rest<Self> {
        let leases: HashMap<JobId, &Value> = leases
            .iter()
            .map(|row| Ok((records::needed("dsm_lease", row, "job_id")?, row)))
            .collect::<Rest<_>>()?;
        let mut histories: HashMap<JobId, Vec<Attempt>> = HashMap::new();
        for row in attempts {
            let job = records::needed("dsm_attempt", row, "job_id")?;
            histories.entry(job).or_default().push(reads::attempt(row)?);
        }
        histories.values_mut().for_each(|history| history.sort_by_key(|attempt| attempt.fence));
        let mut by_job: HashMap<JobId, Vec<(String, StepRow)>> = HashMap::new();
        for row in steps {
            let job = records::needed("workflow_executions", row, "job_id")?;
            let of = records::text(row, "workflow_type").to_owned();
            // A row of another program that cannot be one of ours is left alone.
            if let Ok(step) = reads::step(row) {
                by_job.entry(job).or_default().push((of, step));
            }
        }
        let leased = leases.keys().copied().collect();
        Ok(Self { leases, histories, steps: by_job, leased })
    }

    fn job(&mut self, row: &Value) -> Rest<StoredJob> {
        let job = records::job(row)?;
        let lease = self.leases.get(&job.id).copied();
        let count = |column: &str| lease.and_then(|row| records::optional(row, column)).unwrap_or_default();
        let until: Option<Timestamp> = lease.and_then(|row| records::optional(row, "until"));
        let holder = match (lease, until) {
            (Some(lease), Some(until)) => {
                let by = records::optional(lease, "incarnation").unwrap_or_default();
                Some((records::needed("dsm_lease", lease, "fence")?, by, until))
            }
            _ => None,
        };
        let is_cancelled = lease.and_then(|row| records::optional(row, "cancel_requested")) == Some(true);
        let reason = lease.map(|row| records::text(row, "cancel_reason").to_owned());
        let mut steps: Vec<StepRow> = self
            .steps
            .remove(&job.id)
            .unwrap_or_default()
            .into_iter()
            .filter(|(of, _)| *of == job.job_type)
            .map(|(_, step)| step)
            .collect();
        steps.sort_by_key(|step| (step.run, step.number));
        let is_parked = records::optional(row, "dsm_parked").unwrap_or_default();
        let waits = waits(row);
        Ok(StoredJob {
            lane: records::optional(row, "dsm_lane"),
            share: share(row, "dsm_lane_among"),
            is_parked: is_parked && waits.is_none(),
            waits: waits.unwrap_or_default(),
            address: records::optional(row, "dsm_address"),
            turn: records::optional(row, "dsm_turn"),
            rule: records::optional(row, "dsm_children"),
            ready: records::optional(row, "dsm_ready"),
            run: records::optional(row, "dsm_run").unwrap_or(1),
            attempt: count("attempt"),
            orphaned: count("orphaned"),
            cancel: reason.filter(|_| is_cancelled),
            checkpoint: lease.and_then(|row| records::bytes(row, "checkpoint")),
            holder,
            history: self.histories.remove(&job.id).unwrap_or_default(),
            steps,
            row: job,
        })
    }
}

/// The limits that a job waits for, once a claim has put it aside for them.
pub(super) fn waits(row: &Value) -> Option<Vec<String>> {
    let is_parked = records::optional::<bool>(row, "dsm_parked") == Some(true);
    let class: String = records::optional(row, "dsm_waits").filter(|_| is_parked)?;
    Some(Class::parse(&class).keys)
}

pub(super) fn share(row: &Value, column: &str) -> Share {
    match records::optional(row, column).unwrap_or_default() {
        0 => Share::Alone,
        most => Share::Among(most),
    }
}

pub(super) fn lock(row: &Value) -> Rest<Row> {
    const TABLE: &str = "dsm_lock";
    let owner = match records::optional(row, "job_id") {
        Some(job) => Owner::Job(job),
        None => Owner::Call(records::needed(TABLE, row, "call_id")?),
    };
    let executor: Option<String> = records::optional(row, "executor");
    Ok(Row {
        owner,
        key: records::needed(TABLE, row, "key")?,
        share: share(row, "most"),
        is_held: records::optional(row, "held").unwrap_or_default(),
        label: records::text(row, "label").to_owned(),
        through: executor.zip(records::optional(row, "incarnation")),
        since: records::needed(TABLE, row, "since")?,
        until: records::optional(row, "until"),
    })
}

pub(super) fn pause(row: &Value) -> Option<Pause> {
    let scope = PauseScope::from_parts(records::text(row, "scope"), records::text(row, "name").to_owned())?;
    Some(Pause {
        scope,
        reason: records::optional(row, "reason"),
        by: records::optional(row, "paused_by"),
        since: records::optional(row, "since"),
    })
}
