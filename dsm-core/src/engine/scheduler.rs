//! Makes the jobs of schedules whose times have come.
//!
//! Every engine looks; who finds something to do takes the lock of the role first, so that one does it. The lock spares
//! work, it is not what keeps a time from being fired twice: the job of a time has one id and one key, and where the
//! schedule stands is noted after it, against the revision that was read.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::engine::events::EventKind;
use crate::engine::inner::Inner;
use crate::engine::locks::HeldLocks;
use crate::error::{Error, ErrorKind, Result};
use crate::id::JobId;
use crate::schedule::Why;
use crate::schedule::course::{Decision, Made, Skipped};
use crate::schedule::ledger::{self, Stored};
use crate::store::{Enqueued, JobQuery, LockOwner, LockRequest, Turn, Wish};

/// The lock of whoever makes jobs of schedules.
const ROLE: &str = "role:scheduler";

/// A time that came longer ago than this was missed. At least so long, and longer than a dead engine's lock stands.
const LEAST_GRACE: Duration = Duration::from_secs(60);

/// Pause while another engine is at it, or its lock outlives it.
const BUSY_PAUSE: Duration = Duration::from_millis(250);

/// Shortest pause between two looks.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

/// What there is to do, and when to look again if nothing changes.
struct Survey {
    work: Vec<(Stored, Decision)>,
    next_due: Option<Timestamp>,
    now: Timestamp,
}

impl Inner {
    pub(super) async fn schedule_loop(self: Arc<Self>) {
        while !self.is_stopping() {
            let pause = self.tick().await.unwrap_or_else(|error| {
                tracing::error!("cannot look after the schedules: {}", error.chain());
                self.options.poll_interval
            });
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.replanned.notified() => {}
            }
        }
    }

    /// Makes the jobs whose times have come, and says how long there is nothing to do.
    pub(super) async fn tick(&self) -> Result<Duration> {
        let mut survey = self.survey().await?;
        if !survey.work.is_empty() {
            let Some(lock) = self.take_role(ROLE).await? else {
                return Ok(BUSY_PAUSE.min(self.options.poll_interval));
            };
            let done = self.carry_out_all().await;
            lock.release().await?;
            done?;
            survey = self.survey().await?;
        }
        let until_due = survey.next_due.map(|due| {
            Duration::try_from(due.duration_since(survey.now)).unwrap_or(Duration::ZERO).max(SHORTEST_PAUSE)
        });
        Ok(until_due.map_or(self.options.poll_interval, |until| until.min(self.options.poll_interval)))
    }

    /// The lock of a role, or nothing if another engine has it.
    pub(super) async fn take_role(&self, role: &str) -> Result<Option<HeldLocks>> {
        let request = LockRequest {
            owner: LockOwner::Call(Uuid::now_v7()),
            executor: self.executor.clone(),
            wishes: vec![Wish::alone(role)],
            label: role.to_owned(),
            turn: Turn::Now,
            ttl: self.options.lease_ttl,
        };
        match HeldLocks::take(self.store.clone(), request, None, || None).await {
            Ok(lock) => Ok(Some(lock)),
            Err(error) if error.kind() == ErrorKind::Busy => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn survey(&self) -> Result<Survey> {
        let schedules = ledger::schedules(&*self.store).await?;
        if schedules.is_empty() {
            return Ok(Survey { work: Vec::new(), next_due: None, now: Timestamp::UNIX_EPOCH });
        }
        let now = self.store.now().await?;
        let next_due = schedules.iter().filter_map(|one| one.course.next_due(&one.schedule, one.since)).min();
        let mut work = Vec::new();
        for stored in schedules {
            let decision = self.decide(&stored, now).await?;
            if decision.course != stored.course || !decision.fire.is_empty() {
                work.push((stored, decision));
            }
        }
        Ok(Survey { work, next_due, now })
    }

    async fn decide(&self, stored: &Stored, now: Timestamp) -> Result<Decision> {
        let news = stored.course.news(&stored.schedule, stored.since, now);
        if news.times.is_empty() && stored.course.queued.is_empty() {
            return Ok(Decision { course: stored.course.clone(), ..Decision::default() });
        }
        let dues = stored.course.in_question(&news);
        let ids: Vec<JobId> = dues.iter().map(|due| stored.job_id(*due)).collect();
        let rows = self.store.jobs(JobQuery { ids, ..JobQuery::default() }).await?;
        let status =
            |due: &Timestamp| rows.iter().find(|row| row.id == stored.job_id(*due)).map(|row| row.status);
        let made: Made = dues.iter().filter_map(|due| Some((*due, status(due)?))).collect();
        let grace = LEAST_GRACE.max(self.options.lease_ttl * 3);
        Ok(stored.course.decide(&stored.schedule, &news, &made, now, grace))
    }

    /// One schedule that cannot be served does not keep the others waiting.
    async fn carry_out_all(&self) -> Result<()> {
        let mut result = Ok(());
        for (stored, decision) in self.survey().await?.work {
            if let Err(error) = self.carry_out(&stored, &decision).await {
                result = Err(error.about(format!("schedule {}", stored.schedule.name)));
            }
        }
        result
    }

    async fn carry_out(&self, stored: &Stored, decision: &Decision) -> Result<()> {
        let mut refused = Vec::new();
        for due in &decision.fire {
            match self.fire(stored, *due).await {
                Ok(()) => {}
                Err(error) if is_final(&error) => refused.push((*due, error.chain())),
                // The time is not decided: the next look finds it again.
                Err(error) => return Err(error),
            }
        }
        // Told once, by whoever could note it.
        if ledger::advance(&*self.store, stored, &decision.course).await? {
            for Skipped { from, until, why } in &decision.skipped {
                self.tell_skipped(stored, *from, *until, *why, None);
            }
            for (due, error) in refused {
                self.tell_skipped(stored, due, due, Why::Refused, Some(error));
            }
        }
        Ok(())
    }

    async fn fire(&self, stored: &Stored, due: Timestamp) -> Result<()> {
        let job = self.admit(stored.schedule.job_for(stored.id, due)).await?;
        let job_type = job.job_type.clone();
        let added = self.store.enqueue(vec![job]).await?;
        if let Some(Enqueued::Inserted(id)) = added.first().copied() {
            let schedule = stored.schedule.name.clone();
            tracing::info!(job_id = %id, schedule, %due, "a schedule made a job");
            self.events.emit(id, || EventKind::Queued { job_type });
            self.events.emit(id, || EventKind::Scheduled { schedule, due });
            self.wake();
        }
        Ok(())
    }

    fn tell_skipped(
        &self,
        stored: &Stored,
        due: Timestamp,
        until: Timestamp,
        why: Why,
        error: Option<String>,
    ) {
        let schedule = stored.schedule.name.clone();
        tracing::warn!(schedule, %due, %until, ?why, error, "a schedule made no job");
        self.events.emit(JobId::NIL, || EventKind::ScheduleSkipped { schedule, due, until, why, error });
    }
}

/// Whether the job would be refused the next time as well.
fn is_final(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NoHandler | ErrorKind::AddressRefused)
}

#[cfg(test)]
#[path = "scheduler_tests.rs"]
mod tests;
