//! Removes what is over and old, as the settings say, by itself.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::engine::inner::Inner;
use crate::error::Result;
use crate::store::{Prune, Pruned, Settings, SettingsPatch};

/// The lock of whoever removes.
const ROLE: &str = "role:cleanup";

/// An engine that has just started has better things to do.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// Settings change, and other engines come and go.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Longer than there has been anything to keep, and a time that every database can name.
const MOST_DAYS: i64 = 700_000;

/// Rows of each kind in one transaction, and the pause after it in which others write.
const BATCH: usize = 500;
const BREATH: Duration = Duration::from_millis(20);

/// What is due to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Due {
    activity: bool,
    jobs: bool,
}

impl Due {
    fn of(settings: &Settings, now: Timestamp, interval: Duration) -> Option<Self> {
        let is_due = |last: Option<Timestamp>| {
            last.is_none_or(|last| last.checked_add(interval).is_ok_and(|next| next <= now))
        };
        // A retention that was never meant removes nothing.
        let activity = settings.auto_cleanup_enabled
            && settings.log_retention_days > 0
            && is_due(settings.last_cleanup_at);
        let jobs = settings.job_auto_cleanup_enabled
            && settings.job_retention_days > 0
            && is_due(settings.job_last_cleanup_at);
        (activity || jobs).then_some(Self { activity, jobs })
    }

    /// Health is kept as long as jobs.
    fn prune(self, settings: &Settings, now: Timestamp) -> Prune {
        let before = |wanted: bool, days: i64| {
            let age = SignedDuration::from_hours(days.clamp(0, MOST_DAYS) * 24);
            wanted.then(|| now.checked_sub(age).unwrap_or(Timestamp::MIN))
        };
        Prune {
            jobs_before: before(self.jobs, settings.job_retention_days),
            activity_before: before(self.activity, settings.log_retention_days),
            health_before: before(self.jobs, settings.job_retention_days),
            limit: BATCH,
        }
    }
}

impl Inner {
    pub(super) async fn cleanup_loop(self: Arc<Self>) {
        let interval = self.options.cleanup_interval;
        tokio::time::sleep(FIRST_LOOK.min(interval)).await;
        while !self.is_stopping() {
            if let Err(error) = self.clean_up().await {
                tracing::error!("cannot remove what is old: {}", error.chain());
            }
            tokio::time::sleep(LONGEST_PAUSE.min(interval)).await;
        }
    }

    /// Removes what is due, if anything is. `None`: nothing was, or another engine is at it.
    pub(super) async fn clean_up(&self) -> Result<Option<Pruned>> {
        if self.due().await?.is_none() {
            return Ok(None);
        }
        let Some(lock) = self.take_role(ROLE).await? else { return Ok(None) };
        // Whoever had the lock before may have done it.
        let pruned = match self.due().await {
            Ok(Some((due, prune, now))) => self.remove(due, prune, now).await,
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        lock.release().await?;
        pruned
    }

    async fn due(&self) -> Result<Option<(Due, Prune, Timestamp)>> {
        let settings = self.store.settings().await?;
        let now = self.store.now().await?;
        let due = Due::of(&settings, now, self.options.cleanup_interval);
        Ok(due.map(|due| (due, due.prune(&settings, now), now)))
    }

    async fn remove(&self, due: Due, prune: Prune, now: Timestamp) -> Result<Option<Pruned>> {
        let mut pruned = Pruned::default();
        loop {
            let batch = self.store.prune(prune).await?;
            pruned += batch;
            if !batch.has_more {
                break;
            }
            if self.is_stopping() {
                return Ok(Some(pruned));
            }
            tokio::time::sleep(BREATH).await;
        }
        let patch = SettingsPatch {
            last_cleanup_at: due.activity.then_some(now),
            job_last_cleanup_at: due.jobs.then_some(now),
            ..SettingsPatch::default()
        };
        self.store.put_settings(patch).await?;
        tracing::info!(
            jobs = pruned.jobs,
            activity = pruned.activity,
            health = pruned.health,
            "removed what is old"
        );
        Ok(Some(pruned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_switched_off_or_was_done_lately_is_not_due() {
        let day = Duration::from_secs(86_400);
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let ago = |hours: u64| Some(now.checked_sub(Duration::from_secs(hours * 3600)).unwrap());
        let fresh = Settings::default();
        let due = |settings: Settings| Due::of(&settings, now, day).map(|due| (due.activity, due.jobs));
        assert_eq!(due(fresh), Some((true, true)));
        assert_eq!(due(Settings { last_cleanup_at: ago(23), ..fresh }), Some((false, true)));
        assert_eq!(
            due(Settings { last_cleanup_at: ago(24), job_last_cleanup_at: ago(2), ..fresh }),
            Some((true, false))
        );
        assert_eq!(due(Settings { last_cleanup_at: ago(1), job_auto_cleanup_enabled: false, ..fresh }), None);
        assert_eq!(due(Settings { log_retention_days: 0, job_retention_days: -5, ..fresh }), None);
        let only_jobs = Due { activity: false, jobs: true };
        let prune = only_jobs.prune(&Settings { job_retention_days: 1, ..fresh }, now);
        assert_eq!((prune.activity_before, prune.jobs_before), (None, ago(24)));
        let ever = only_jobs.prune(&Settings { job_retention_days: i64::MAX, ..fresh }, now);
        assert!(ever.jobs_before.is_some_and(|before| before < Timestamp::UNIX_EPOCH), "{ever:?}");
    }
}
