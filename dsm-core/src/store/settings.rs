//! How long things are kept, in the words of the existing database (`activity_settings`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Longest retention that can be set.
const LONGEST_DAYS: i64 = 36_500;

/// One row for the whole system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Days for which activity is kept.
    pub log_retention_days: i64,
    /// Whether older activity goes by itself.
    pub auto_cleanup_enabled: bool,
    /// When it last did.
    pub last_cleanup_at: Option<Timestamp>,
    /// Days for which jobs are kept after their end.
    pub job_retention_days: i64,
    /// Whether older jobs go by themselves.
    pub job_auto_cleanup_enabled: bool,
    /// When they last did.
    pub job_last_cleanup_at: Option<Timestamp>,
    /// Hours after which the existing system takes a pending job for forgotten. The engine cancels none for its age: a
    /// job may wait for a lane, a pause or a window, and `why_not` says for what.
    pub stale_pending_hours: i64,
    /// Hours after which the existing system takes a running job for dead. The engine goes by leases.
    pub stale_running_hours: i64,
    /// Whether the existing system cancels such jobs.
    pub auto_cancel_stale_jobs: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            log_retention_days: 30,
            auto_cleanup_enabled: true,
            last_cleanup_at: None,
            job_retention_days: 90,
            job_auto_cleanup_enabled: true,
            job_last_cleanup_at: None,
            stale_pending_hours: 24,
            stale_running_hours: 48,
            auto_cancel_stale_jobs: true,
        }
    }
}

/// A change of [`Settings`]. `None` leaves a column as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SettingsPatch {
    /// See [`Settings::log_retention_days`]; at least 1.
    pub log_retention_days: Option<i64>,
    /// See [`Settings::auto_cleanup_enabled`].
    pub auto_cleanup_enabled: Option<bool>,
    /// See [`Settings::last_cleanup_at`].
    pub last_cleanup_at: Option<Timestamp>,
    /// See [`Settings::job_retention_days`]; at least 1.
    pub job_retention_days: Option<i64>,
    /// See [`Settings::job_auto_cleanup_enabled`].
    pub job_auto_cleanup_enabled: Option<bool>,
    /// See [`Settings::job_last_cleanup_at`].
    pub job_last_cleanup_at: Option<Timestamp>,
    /// See [`Settings::stale_pending_hours`]; at least 1.
    pub stale_pending_hours: Option<i64>,
    /// See [`Settings::stale_running_hours`]; at least 1.
    pub stale_running_hours: Option<i64>,
    /// See [`Settings::auto_cancel_stale_jobs`].
    pub auto_cancel_stale_jobs: Option<bool>,
}

impl SettingsPatch {
    pub(crate) fn check(&self) -> Result<()> {
        for (field, value, most) in [
            ("log_retention_days", self.log_retention_days, LONGEST_DAYS),
            ("job_retention_days", self.job_retention_days, LONGEST_DAYS),
            ("stale_pending_hours", self.stale_pending_hours, LONGEST_DAYS * 24),
            ("stale_running_hours", self.stale_running_hours, LONGEST_DAYS * 24),
        ] {
            if let Some(value) = value.filter(|value| !(1..=most).contains(value)) {
                return Err(Error::invalid(
                    field,
                    format!("it cannot be {value}"),
                    format!("use 1 to {most}"),
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn apply(&self, to: &mut Settings) {
        fn lay<T: Copy>(over: &mut T, new: Option<T>) {
            *over = new.unwrap_or(*over);
        }
        lay(&mut to.log_retention_days, self.log_retention_days);
        lay(&mut to.auto_cleanup_enabled, self.auto_cleanup_enabled);
        lay(&mut to.job_retention_days, self.job_retention_days);
        lay(&mut to.job_auto_cleanup_enabled, self.job_auto_cleanup_enabled);
        lay(&mut to.stale_pending_hours, self.stale_pending_hours);
        lay(&mut to.stale_running_hours, self.stale_running_hours);
        lay(&mut to.auto_cancel_stale_jobs, self.auto_cancel_stale_jobs);
        to.last_cleanup_at = self.last_cleanup_at.or(to.last_cleanup_at);
        to.job_last_cleanup_at = self.job_last_cleanup_at.or(to.job_last_cleanup_at);
    }
}
