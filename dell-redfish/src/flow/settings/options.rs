//! How staged settings are brought into force.

use std::time::Duration;

use crate::flow::power::{Escalation, Reset};
use crate::flow::wait::WaitOptions;
use crate::ops::{ApplyTime, ResetType};

use super::cache::RegistryCache;

/// What comes after values are staged and their job is in the queue.
#[derive(Debug, Clone, Default)]
pub enum Afterwards {
    /// Nothing: they wait for whatever restart comes.
    #[default]
    Leave,
    /// Somebody else restarts the host, or a window opens; the job is followed to its end.
    Follow,
    /// The host is restarted by this, and the job followed to its end.
    Restart(Reset),
}

impl Afterwards {
    /// Asks the operating system to restart; it may refuse.
    #[must_use]
    pub fn restart_graceful() -> Self {
        Self::Restart(Reset::new(ResetType::GracefulRestart))
    }

    /// Asks the operating system to shut down, takes the power away where it has not after this long, and powers on. In two
    /// steps because a restart in one shows on newer firmware only, and what cannot be seen cannot be forced.
    #[must_use]
    pub fn restart_graceful_then_forced(patience: Duration) -> Self {
        let reset = Reset::new(ResetType::GracefulRestart).with_escalation(Escalation::Force);
        Self::Restart(reset.with_patience(patience).in_two_steps())
    }
}

/// How settings are written.
#[derive(Debug, Clone)]
pub struct SettingsOptions {
    /// When they are applied; at the next restart unless said, which is all there is where a job is made by hand.
    pub apply_time: ApplyTime,
    /// What comes after.
    pub afterwards: Afterwards,
    /// How the job is waited for.
    pub wait: WaitOptions,
    /// Registries that were read before.
    pub cache: RegistryCache,
}

impl Default for SettingsOptions {
    fn default() -> Self {
        Self {
            apply_time: ApplyTime::OnReset,
            afterwards: Afterwards::default(),
            wait: WaitOptions::default(),
            cache: RegistryCache::default(),
        }
    }
}

impl SettingsOptions {
    /// Sets when they are applied.
    #[must_use]
    pub fn with_apply_time(mut self, time: ApplyTime) -> Self {
        self.apply_time = time;
        self
    }

    /// Sets what comes after.
    #[must_use]
    pub fn with_afterwards(mut self, afterwards: Afterwards) -> Self {
        self.afterwards = afterwards;
        self
    }

    /// Sets how the job is waited for.
    #[must_use]
    pub fn with_wait(mut self, wait: WaitOptions) -> Self {
        self.wait = wait;
        self
    }

    /// Shares registries with other flows.
    #[must_use]
    pub fn with_cache(mut self, cache: RegistryCache) -> Self {
        self.cache = cache;
        self
    }
}
