//! Schedules, maintenance windows and settings, as a person edits them.

use jiff::Timestamp;
use serde_json::Value;

use crate::engine::Engine;
use crate::error::Result;
use crate::job::{JobRow, JobStatus};
use crate::schedule::{
    DUE_KEY, SCHEDULE_KEY, Schedule, ScheduleRow, WINDOW_KEY, Window, WindowRow, ledger, named_window,
};
use crate::store::{Reason, Settings, SettingsPatch, WhyNot};

impl Engine {
    /// Adds a schedule (no revision), or edits the one of its name that has this revision. Some engine on the store makes
    /// its jobs, each once. Times that went by before a change of its times, or while it was not enabled, are past.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for a job that would be refused, or one with a password
    /// in its details, which only a job keeps sealed;
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) where somebody else was first;
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where the store keeps none; the store's.
    pub async fn put_schedule(&self, schedule: Schedule, revision: Option<i64>) -> Result<ScheduleRow> {
        schedule.check()?;
        let mut job = schedule.job.clone();
        if let Some(window) = &schedule.window {
            job.details.insert(WINDOW_KEY.to_owned(), Value::from(window.as_str()));
        }
        self.inner.admit(job).await?;
        let row = ledger::put_schedule(&*self.inner.store, schedule, revision).await?;
        self.inner.replanned.notify_one();
        Ok(row)
    }

    /// All schedules, by name.
    ///
    /// # Errors
    /// The store's.
    pub async fn schedules(&self) -> Result<Vec<ScheduleRow>> {
        let stored = ledger::schedules(&*self.inner.store).await?;
        Ok(stored.into_iter().map(ledger::Stored::row).collect())
    }

    /// Removes a schedule. Whether there was one; the jobs it made stay.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_schedule(&self, name: &str) -> Result<bool> {
        ledger::remove_schedule(&*self.inner.store, name).await
    }

    /// Adds a maintenance window (no revision), or edits the one of its name that has this revision. Jobs that wait for
    /// it are held to the new hours when their old ones come.
    ///
    /// # Errors
    /// As [`Engine::put_schedule`].
    pub async fn put_window(&self, window: Window, revision: Option<i64>) -> Result<WindowRow> {
        window.check()?;
        ledger::put_window(&*self.inner.store, window, revision).await
    }

    /// All maintenance windows, by name.
    ///
    /// # Errors
    /// The store's.
    pub async fn windows(&self) -> Result<Vec<WindowRow>> {
        ledger::windows(&*self.inner.store).await
    }

    /// Removes a maintenance window. Whether there was one. A job that still waits for it fails when its time comes.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) while a schedule names it; the store's.
    pub async fn remove_window(&self, name: &str) -> Result<bool> {
        ledger::remove_window(&*self.inner.store, name).await
    }

    /// How long things are kept: `activity_settings`.
    ///
    /// # Errors
    /// The store's.
    pub async fn settings(&self) -> Result<Settings> {
        self.inner.store.settings().await
    }

    /// Changes how long things are kept.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput); the store's.
    pub async fn put_settings(&self, patch: SettingsPatch) -> Result<Settings> {
        self.inner.store.put_settings(patch).await
    }

    /// Adds what a store does not know: the window that a job waits for, and the schedule it comes from.
    pub(super) async fn with_schedule(&self, mut why: WhyNot) -> Result<WhyNot> {
        let is_settled = |reason: &Reason| matches!(reason, Reason::Ended { .. } | Reason::Running { .. });
        if why.reasons.iter().any(is_settled) {
            return Ok(why);
        }
        let row = self.look(why.job_id).await?;
        if row.status != JobStatus::Pending {
            return Ok(why);
        }
        if let Some(window) = self.closed_window(&row).await? {
            why.reasons.retain(|reason| !matches!(reason, Reason::Slot { .. }));
            why.reasons.push(window);
        }
        if let Some(name) = row.details.get(SCHEDULE_KEY).and_then(Value::as_str) {
            let due = row.details.get(DUE_KEY).and_then(Value::as_str).and_then(|due| due.parse().ok());
            why.reasons.push(Reason::Schedule { name: name.to_owned(), due });
        }
        Ok(why)
    }

    async fn closed_window(&self, row: &JobRow) -> Result<Option<Reason>> {
        let Ok(Some(name)) = named_window(&row.details) else { return Ok(None) };
        let windows = ledger::windows(&*self.inner.store).await?;
        let known = windows.iter().find(|known| known.window.name == name);
        if known.is_some_and(|known| known.is_open) {
            return Ok(None);
        }
        let opens_at: Option<Timestamp> = known.and_then(|known| known.opens_at);
        Ok(Some(Reason::Window { name: name.to_owned(), opens_at }))
    }
}
