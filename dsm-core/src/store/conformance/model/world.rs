//! A store and those who work with it: turns words into calls, makes them, and remembers what was answered, as the
//! executors of a fleet would.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::op::{Ending, KINDS, LANES, LOCKS, Op, Pick, Spec, Who, Written};
use crate::error::{ErrorKind, Result};
use crate::id::{JobId, TaskId};
use crate::job::{JobStatus, NewJob, NewTask, Priority, TaskUpdate};
use crate::store::conformance::Subject;
use crate::store::{
    ActivityRow, AttemptWrite, Beat, BeatReply, Cancelled, Claim, Claimed, Enqueued, Executor, LeaseKey,
    Limits, LockOwner, LockRequest, Locked, Outcome, Pause, PauseScope, Prune, Pruned, Reaped, Registered,
    Reschedule, Rescheduled, Retried, Settled, Settlement, StepChange, StepWrite, Store, Turn, Wish,
};

pub(super) const TTL: Duration = Duration::from_secs(20);
pub(super) const MOST_ORPHANINGS: u32 = 3;
pub(super) const EXECUTORS: usize = 3;

/// A call to a store, or something done to what is around it.
#[derive(Debug, Clone)]
pub(super) enum Call {
    Enqueue(Vec<NewJob>),
    Claim(Claim),
    Renew(Beat),
    Write(AttemptWrite),
    Settle(Vec<Settlement>),
    Lock(LockRequest),
    Unlock(LockOwner, Vec<String>),
    Cancel(JobId),
    Pause(PauseScope),
    Resume(PauseScope),
    Retry(JobId),
    Reschedule(JobId, Reschedule),
    Reap,
    Register(Executor),
    Unregister(Executor),
    Prune(Prune),
    Record(Arc<[ActivityRow]>),
    Advance(Duration),
    StepBack(Duration),
    Crash,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    Enqueued(Vec<Enqueued>),
    Claimed(Claimed),
    Renewed(BeatReply),
    Settled(Vec<Settled>),
    Locked(Locked),
    Cancelled(Cancelled),
    Paused(Pause),
    Resumed(bool),
    Retried(Retried),
    Rescheduled(Rescheduled),
    Reaped(Vec<Reaped>),
    Registered(Registered),
    Pruned(Pruned),
    Done,
    Refused(ErrorKind),
}

pub(super) struct World {
    subject: Subject,
    executors: Vec<Executor>,
    generation: u128,
    ids: u128,
    /// Every job that was ever enqueued, in order; with the key it came under.
    pub(super) jobs: Vec<(JobId, Option<String>)>,
    /// Every lease that was ever granted, in order, and to whom.
    leases: Vec<(LeaseKey, Uuid)>,
    /// Of these, by number, who is believed to hold what.
    held: Vec<usize>,
    tasks: u128,
    /// How far the clock was set back in all.
    set_back: Duration,
    last: Option<Call>,
}

impl World {
    pub(super) async fn of(subject: Subject) -> Result<Self> {
        let mut world = Self {
            subject,
            executors: Vec::new(),
            generation: 0,
            ids: 0,
            jobs: Vec::new(),
            leases: Vec::new(),
            held: Vec::new(),
            tasks: 0,
            set_back: Duration::ZERO,
            last: None,
        };
        for at in 0..EXECUTORS {
            let executor = world.incarnate(at);
            world.store().register(&executor).await?;
            world.executors.push(executor);
        }
        Ok(world)
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.subject.store
    }

    /// So long it takes at most until a store's time moves again.
    pub(super) fn set_back(&self) -> Duration {
        self.set_back
    }

    pub(super) fn can_crash(&self) -> bool {
        self.subject.reopen.is_some()
    }

    pub(super) fn executors(&self) -> &[Executor] {
        &self.executors
    }

    fn incarnate(&mut self, at: usize) -> Executor {
        self.generation += 1;
        Executor { id: format!("executor {at}"), incarnation: Uuid::from_u128(self.generation) }
    }

    /// The calls that an operation is now; none where there is nothing to do it to.
    pub(super) fn calls(&mut self, op: &Op, now: Timestamp) -> Vec<Call> {
        let call = match op {
            Op::Enqueue(specs) => {
                Some(Call::Enqueue(specs.iter().map(|spec| self.new_job(spec, now)).collect()))
            }
            Op::EnqueueBroken(spec) => Some(Call::Enqueue(vec![self.new_job(spec, now), NewJob::new(" ")])),
            Op::EnqueueAgain { job, is_by_key } => self.known(*job).cloned().map(|(id, key)| {
                let key = key.filter(|_| *is_by_key);
                let id = if key.is_some() { self.new_id() } else { id };
                Call::Enqueue(vec![NewJob { id: Some(id), idempotency_key: key, ..NewJob::new(KINDS[0]) }])
            }),
            Op::Claim { by, types, is_gated, slots } => {
                Some(Call::Claim(self.claim(*by, *types, *is_gated, *slots)))
            }
            Op::Renew { by } => Some(self.beat(*by)),
            Op::Write { lease, what, value } => {
                self.lease(*lease).map(|(key, _)| self.write(key, *what, *value, now))
            }
            Op::Settle(items) => {
                let items = items.iter().filter_map(|(lease, how, value)| {
                    Some(settlement(self.lease(*lease)?.0, *how, *value, now))
                });
                Some(Call::Settle(items.collect()))
                    .filter(|call| !matches!(call, Call::Settle(items) if items.is_empty()))
            }
            Op::Lock { owner, keys, share, is_patient } => self.owner(*owner).map(|(owner, executor)| {
                let wish = |key: &str| match share {
                    Some(more) => Wish::among(key, u32::from(*more) + 1),
                    None => Wish::alone(key),
                };
                Call::Lock(LockRequest {
                    owner,
                    executor,
                    wishes: named(*keys).iter().map(|key| wish(key)).collect(),
                    label: "the model".into(),
                    turn: if *is_patient { Turn::InLine } else { Turn::Now },
                    ttl: TTL,
                })
            }),
            Op::Unlock { owner, keys } => {
                self.owner(*owner).map(|(owner, _)| Call::Unlock(owner, named(*keys)))
            }
            Op::Cancel(job) => self.known(*job).map(|(id, _)| Call::Cancel(*id)),
            Op::Pause(scope) => Some(Call::Pause(pause_scope(*scope))),
            Op::Resume(scope) => Some(Call::Resume(pause_scope(*scope))),
            Op::Retry(job) => self.known(*job).map(|(id, _)| Call::Retry(*id)),
            Op::Reschedule { job, delay, priority } => self.known(*job).map(|(id, _)| {
                let schedule_at = delay.map(|seconds| after(now, seconds));
                Call::Reschedule(*id, Reschedule { schedule_at, priority: priority.map(rank) })
            }),
            Op::Reap => Some(Call::Reap),
            Op::Restart(by) => {
                let at = usize::from(*by) % EXECUTORS;
                self.executors[at] = self.incarnate(at);
                Some(Call::Register(self.executors[at].clone()))
            }
            Op::Leave(by) => Some(Call::Unregister(self.executors[usize::from(*by) % EXECUTORS].clone())),
            Op::Prune { age, limit } => Some(Call::Prune(Prune {
                jobs_before: now.checked_sub(Duration::from_secs(u64::from(*age))).ok(),
                activity_before: None,
                health_before: None,
                limit: usize::from(*limit),
            })),
            Op::Record(ids) => Some(Call::Record(ids.iter().map(|id| activity(*id, now)).collect())),
            Op::Repeat => self.last.clone(),
            Op::Advance(millis) => Some(Call::Advance(Duration::from_millis(u64::from(*millis)))),
            Op::StepBack(millis) => Some(Call::StepBack(Duration::from_millis(u64::from(*millis)))),
            Op::Crash => Some(Call::Crash).filter(|_| self.can_crash()),
        };
        let mut calls: Vec<Call> = call.into_iter().collect();
        match op {
            // Who withdrew comes back, or nobody would be left in the end.
            Op::Leave(by) => {
                let at = usize::from(*by) % EXECUTORS;
                self.executors[at] = self.incarnate(at);
                calls.push(Call::Register(self.executors[at].clone()));
            }
            Op::Crash if !calls.is_empty() => {
                for at in 0..EXECUTORS {
                    self.executors[at] = self.incarnate(at);
                    calls.push(Call::Register(self.executors[at].clone()));
                }
            }
            _ => {}
        }
        calls
    }

    /// Makes a call. What a store refuses is an answer; that it cannot be reached is not.
    pub(super) async fn make(&mut self, call: &Call) -> Result<Reply> {
        let reply = match self.ask(call).await {
            Ok(reply) => reply,
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::InvalidInput | ErrorKind::LeaseLost | ErrorKind::NotFound
                ) =>
            {
                Reply::Refused(error.kind())
            }
            Err(error) => return Err(error),
        };
        self.remember(call, &reply);
        Ok(reply)
    }

    async fn ask(&mut self, call: &Call) -> Result<Reply> {
        let store = Arc::clone(&self.subject.store);
        Ok(match call.clone() {
            Call::Enqueue(jobs) => Reply::Enqueued(store.enqueue(jobs).await?),
            Call::Claim(claim) => Reply::Claimed(store.claim(claim).await?),
            Call::Renew(beat) => Reply::Renewed(store.renew(beat).await?),
            Call::Write(write) => store.write(write).await.map(|_| Reply::Done)?,
            Call::Settle(items) => Reply::Settled(store.settle(items).await?),
            Call::Lock(request) => Reply::Locked(store.lock(request).await?),
            Call::Unlock(owner, keys) => store.unlock(owner, &keys).await.map(|()| Reply::Done)?,
            Call::Cancel(job) => Reply::Cancelled(store.cancel(job, "the model wants it so").await?),
            Call::Pause(scope) => Reply::Paused(store.pause(&scope, "", "the model").await?),
            Call::Resume(scope) => Reply::Resumed(store.resume(&scope).await?),
            Call::Retry(job) => Reply::Retried(store.retry(job).await?),
            Call::Reschedule(job, change) => Reply::Rescheduled(store.reschedule(job, change).await?),
            Call::Reap => Reply::Reaped(store.reap(MOST_ORPHANINGS).await?),
            Call::Register(executor) => Reply::Registered(store.register(&executor).await?),
            Call::Unregister(executor) => store.unregister(&executor).await.map(|()| Reply::Done)?,
            Call::Prune(prune) => Reply::Pruned(store.prune(prune).await?),
            Call::Record(rows) => store.record_activity(rows).await.map(|()| Reply::Done)?,
            Call::Advance(by) => {
                self.subject.clock.iter().for_each(|clock| clock.advance(by));
                Reply::Done
            }
            Call::StepBack(by) => {
                self.subject.clock.iter().for_each(|clock| clock.step_back(by));
                self.set_back += by;
                Reply::Done
            }
            Call::Crash => {
                drop(store);
                self.crash().await?;
                Reply::Done
            }
        })
    }

    async fn crash(&mut self) -> Result<()> {
        let Some(reopen) = self.subject.reopen.take() else { return Ok(()) };
        // The old one has to be gone before its data is opened again.
        self.subject.store = Arc::new(crate::store::MemoryStore::new());
        self.subject.store = reopen().await?;
        self.subject.reopen = Some(reopen);
        Ok(())
    }

    fn remember(&mut self, call: &Call, reply: &Reply) {
        match (call, reply) {
            (Call::Enqueue(jobs), Reply::Enqueued(added)) => {
                for (job, added) in jobs.iter().zip(added) {
                    if let Enqueued::Inserted(id) = added
                        && !self.jobs.iter().any(|(known, _)| known == id)
                    {
                        self.jobs.push((*id, job.idempotency_key.clone()));
                    }
                }
            }
            (Call::Claim(claim), Reply::Claimed(claimed)) => {
                for job in &claimed.jobs {
                    self.held.push(self.leases.len());
                    self.leases.push((job.lease.key, claim.executor.incarnation));
                }
            }
            (Call::Renew(_), Reply::Renewed(reply)) => {
                self.held.retain(|at| !reply.lost.contains(&self.leases[*at].0.job_id));
            }
            (Call::Settle(items), Reply::Settled(_)) => {
                self.held.retain(|at| !items.iter().any(|item| item.lease == self.leases[*at].0));
            }
            _ => {}
        }
        // Who is gone believes nothing.
        self.held.retain(|at| self.executors.iter().any(|one| one.incarnation == self.leases[*at].1));
        // To die twice is to die once, and time does not pass again for being asked.
        if !matches!(call, Call::Advance(_) | Call::StepBack(_) | Call::Crash | Call::Claim(_)) {
            self.last = Some(call.clone());
        }
    }

    /// The number of a lease among all granted: the same in two stores that answered alike.
    pub(super) fn number(&self, fence: i64) -> i64 {
        let at = self.leases.iter().position(|(key, _)| key.fence == fence);
        at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
    }

    fn known(&self, number: u16) -> Option<&(JobId, Option<String>)> {
        self.jobs.get(usize::from(number).checked_rem(self.jobs.len())?)
    }

    fn lease(&self, pick: Pick) -> Option<(LeaseKey, Uuid)> {
        let at = match pick {
            Pick::Held(number) => *self.held.get(usize::from(number).checked_rem(self.held.len())?)?,
            Pick::Any(number) => usize::from(number).checked_rem(self.leases.len())?,
        };
        self.leases.get(at).copied()
    }

    fn owner(&self, who: Who) -> Option<(LockOwner, Executor)> {
        Some(match who {
            Who::Job(pick) => {
                let (key, through) = self.lease(pick)?;
                let executor = self.executors.iter().find(|one| one.incarnation == through);
                (LockOwner::Job(key), executor.unwrap_or(&self.executors[0]).clone())
            }
            Who::Call(number) => {
                let at = usize::from(number) % EXECUTORS;
                (LockOwner::Call(Uuid::from_u128(0xCA11 + u128::from(number))), self.executors[at].clone())
            }
        })
    }

    fn claim(&self, by: u16, types: u16, is_gated: bool, slots: u16) -> Claim {
        let types = KINDS.iter().enumerate().filter(|(at, _)| types >> at & 1 == 1);
        Claim {
            executor: self.executors[usize::from(by) % EXECUTORS].clone(),
            job_types: types.map(|(_, kind)| (*kind).to_owned()).collect(),
            gated: if is_gated { vec![KINDS[0].to_owned()] } else { Vec::new() },
            slots: usize::from(slots),
            ttl: TTL,
            limits: Limits::default(),
            others: Vec::new(),
        }
    }

    fn beat(&self, by: u16) -> Call {
        let executor = self.executors[usize::from(by) % EXECUTORS].clone();
        let mine =
            self.held.iter().map(|at| self.leases[*at]).filter(|(_, whose)| *whose == executor.incarnation);
        let leases = mine.map(|(key, _)| key).collect();
        Call::Renew(Beat { executor, leases, ttl: TTL })
    }

    fn new_id(&mut self) -> JobId {
        self.ids += 1;
        JobId(Uuid::from_u128(0x1000 + self.ids))
    }

    fn new_job(&mut self, spec: &Spec, now: Timestamp) -> NewJob {
        let id = self.new_id();
        let parent = spec.parent.and_then(|number| self.known(number));
        NewJob {
            id: Some(id),
            priority: rank(spec.priority),
            schedule_at: spec.delay.map(|seconds| after(now, seconds)),
            parent_job_id: parent.map(|(id, _)| *id),
            idempotency_key: spec.key.map(|key| format!("key {key}")),
            lane: spec.lane.map(|lane| LANES[usize::from(lane) % LANES.len()].to_owned()),
            tasks: vec![NewTask::default(); usize::from(spec.has_task)],
            ..NewJob::new(KINDS[usize::from(spec.kind) % KINDS.len()])
        }
    }

    fn write(&mut self, key: LeaseKey, what: Written, value: u16, now: Timestamp) -> Call {
        let mut write = AttemptWrite { lease: Some(key), ..AttemptWrite::default() };
        let is = |one: Written| what == one || what == Written::Everything;
        if is(Written::Details) {
            write.details.insert(format!("key {value}"), json!(now.as_millisecond()));
        }
        if is(Written::Progress) || is(Written::TaskEnd) {
            self.tasks += 1;
            // One task of each value for a job: written to again and again.
            let id = key.job_id.0.as_u128() << 8 | u128::from(value);
            write.tasks.push(TaskUpdate {
                id: TaskId(Uuid::from_u128(id)),
                server_id: None,
                status: is(Written::TaskEnd).then_some(JobStatus::Completed),
                log: None,
                progress: u8::try_from(self.tasks * 37 % 101).ok(),
            });
        }
        if is(Written::Checkpoint) {
            write.checkpoint = Some(Bytes::from(format!("{value}")));
        }
        let step = |change| StepWrite { name: format!("step {value}"), change };
        if is(Written::StepBegun) {
            write.steps.push(step(StepChange::Begin(json!({"look for": value}))));
        }
        if is(Written::StepDone) {
            write.steps.push(step(StepChange::Done(json!(now.as_millisecond()))));
        }
        Call::Write(write)
    }
}

fn settlement(lease: LeaseKey, how: Ending, value: u16, now: Timestamp) -> Settlement {
    let mut details = Map::new();
    let outcome = match how {
        Ending::Completed => Outcome::End(JobStatus::Completed, None),
        Ending::Partly => {
            details.insert("partial".into(), Value::Bool(true));
            Outcome::End(JobStatus::Completed, Some("some of it".into()))
        }
        Ending::Failed => Outcome::End(JobStatus::Failed, Some("it went wrong".into())),
        Ending::Cancelled => Outcome::End(JobStatus::Cancelled, None),
        Ending::Retry => Outcome::Retry(after(now, value * 10), "busy".into()),
        Ending::Release => Outcome::Release,
        Ending::Snooze => Outcome::Snooze(after(now, value * 10)),
        Ending::Line => Outcome::Line(LANES[usize::from(value) % LANES.len()].to_owned()),
    };
    details.insert(format!("key {value}"), json!("settled"));
    Settlement { lease, outcome, details, tasks: Vec::new() }
}

fn named(keys: u16) -> Vec<String> {
    LOCKS.iter().enumerate().filter(|(at, _)| keys >> at & 1 == 1).map(|(_, key)| (*key).to_owned()).collect()
}

fn pause_scope(number: u16) -> PauseScope {
    match number {
        0 => PauseScope::All,
        1 => PauseScope::Idracs,
        2..=4 => PauseScope::JobType(KINDS[usize::from(number) - 2].into()),
        _ => PauseScope::Lane(LANES[usize::from(number) % LANES.len()].into()),
    }
}

fn rank(number: u16) -> Priority {
    [Priority::Low, Priority::Normal, Priority::High, Priority::Critical][usize::from(number) % 4]
}

fn after(now: Timestamp, seconds: u16) -> Timestamp {
    now.checked_add(Duration::from_secs(u64::from(seconds))).unwrap_or(Timestamp::MAX)
}

fn activity(number: u16, now: Timestamp) -> ActivityRow {
    ActivityRow {
        id: Uuid::from_u128(0xAC71 + u128::from(number)),
        timestamp: now,
        server_id: None,
        job_id: None,
        task_id: None,
        command_type: "GET".into(),
        operation_type: "idrac_api".into(),
        endpoint: format!("/written/at/{}", now.as_millisecond()),
        full_url: "https://10.0.0.1/".into(),
        status_code: Some(200),
        success: true,
        response_time_ms: Some(1),
        error_message: None,
        request_body: None,
        response_body: None,
        source: "the model".into(),
        initiated_by: None,
    }
}
