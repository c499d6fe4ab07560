//! What a person may ask of the jobs: to wait, to run once more, at another time, to say why they do not run, to go.

use std::time::Duration;

use jiff::Timestamp;

use crate::engine::Engine;
use crate::engine::events::EventKind;
use crate::error::{Error, ErrorKind, Result};
use crate::id::JobId;
use crate::store::{Pause, PauseScope, Prune, Pruned, Reschedule, Rescheduled, Retried, WhyNot};

/// Rows of each kind removed in one transaction: others write between two.
const BATCH: usize = 500;

/// How long what is over is kept. `None`: for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Jobs, from their end.
    pub jobs: Option<Duration>,
    /// The record of every exchange.
    pub activity: Option<Duration>,
    /// The health of servers; the newest of each is kept whatever its age.
    pub health: Option<Duration>,
}

/// What the existing system keeps: jobs 90 days, activity 30. Health as long as jobs.
impl Default for Retention {
    fn default() -> Self {
        let days = |count: u64| Some(Duration::from_secs(count * 86_400));
        Self { jobs: days(90), activity: days(30), health: days(90) }
    }
}

impl Engine {
    /// Holds pending jobs back, in every engine on this store, until [`Engine::resume`]. What runs goes on, nothing is
    /// cancelled; a job held back gives up its place in line. `reason` and `by` are shown to whoever asks.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`]: a type or lane without a name. The store's.
    pub async fn pause(&self, scope: &PauseScope, reason: &str, by: &str) -> Result<Pause> {
        let pause = self.inner.store.pause(scope, reason, by).await?;
        tracing::info!("{pause}");
        self.inner.events.emit(JobId::NIL, || EventKind::Paused(pause.clone()));
        Ok(pause)
    }

    /// Holds back no longer. Whether there was such a pause.
    ///
    /// # Errors
    /// The store's.
    pub async fn resume(&self, scope: &PauseScope) -> Result<bool> {
        let was_paused = self.inner.store.resume(scope).await?;
        if was_paused {
            tracing::info!("{scope} goes on");
            self.inner.events.emit(JobId::NIL, || EventKind::Resumed(scope.clone()));
            self.inner.wake();
        }
        Ok(was_paused)
    }

    /// What is held back, by whom and why.
    ///
    /// # Errors
    /// The store's.
    pub async fn pauses(&self) -> Result<Vec<Pause>> {
        self.inner.store.pauses().await
    }

    /// Runs a job once more that failed, was cancelled or ended in part: from its beginning, without the checkpoint and
    /// the steps of its last run, which are kept as evidence. A job that has not ended is left as it is.
    ///
    /// # Errors
    /// The store's.
    pub async fn retry(&self, job: JobId) -> Result<Retried> {
        let retried = self.inner.store.retry(job).await?;
        if let Retried::Queued(run) = retried {
            self.inner.events.emit(job, || EventKind::Retried { run });
            self.inner.wake();
        }
        Ok(retried)
    }

    /// Gives a pending job another time or priority.
    ///
    /// # Errors
    /// The store's.
    pub async fn reschedule(&self, job: JobId, change: Reschedule) -> Result<Rescheduled> {
        let rescheduled = self.inner.store.reschedule(job, change).await?;
        if rescheduled == Rescheduled::Applied {
            let Reschedule { schedule_at, priority } = change;
            self.inner.events.emit(job, || EventKind::Rescheduled { schedule_at, priority });
            self.inner.wake();
        }
        Ok(rescheduled)
    }

    /// Why a job is not running now: as a value, and printed as one sentence.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], or the store's.
    pub async fn why_not(&self, job: JobId) -> Result<WhyNot> {
        let why = self.inner.store.why_not(job, &self.inner.registry.gated()).await?;
        let mut why = why.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "there is no such job").about(format!("job {job}"))
        })?;
        self.inner.neighbours.explain(&mut why);
        self.with_schedule(why).await
    }

    /// Removes what is over and older than said, batch by batch, and says what went. Never a job that lives, one that
    /// another is part of, or one that is part of another that lives.
    ///
    /// # Errors
    /// The store's; what went before stays gone.
    pub async fn prune(&self, retention: Retention) -> Result<Pruned> {
        let now = self.inner.store.now().await?;
        let before = |age: Option<Duration>| age.map(|age| now.checked_sub(age).unwrap_or(Timestamp::MIN));
        let prune = Prune {
            jobs_before: before(retention.jobs),
            activity_before: before(retention.activity),
            health_before: before(retention.health),
            limit: BATCH,
        };
        let mut pruned = Pruned::default();
        loop {
            pruned += self.inner.store.prune(prune).await?;
            if !pruned.has_more {
                return Ok(pruned);
            }
        }
    }
}
