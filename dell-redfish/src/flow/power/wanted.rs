//! What is wanted of the host's power, and with how much force.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ops::ResetType;

/// How far to go with a host that does not do as it was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escalation {
    /// Leave it; the error says that it ignored the request.
    #[default]
    Never,
    /// Force it: what is not written to disk yet is lost.
    Force,
    /// Force it, and then take its power.
    PowerCycle,
}

/// What is wanted of the host's power.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// The reset.
    pub kind: ResetType,
    /// How far to go where it is ignored; not at all unless said.
    pub escalation: Escalation,
    /// How long each attempt has; five minutes unless said.
    pub patience: Duration,
    /// Pause between two looks; five seconds unless said.
    pub poll: Duration,
    /// Whether to wait until the power-on test is over, too, where the iDRAC tells.
    pub until_post_is_over: bool,
    /// Whether to restart by shutting down and powering on.
    pub two_steps: bool,
}

impl Reset {
    /// This reset, never forced.
    #[must_use]
    pub fn new(kind: ResetType) -> Self {
        Self {
            kind,
            escalation: Escalation::Never,
            patience: Duration::from_secs(300),
            poll: Duration::from_secs(5),
            until_post_is_over: false,
            two_steps: false,
        }
    }

    /// Allows more force where it is ignored.
    #[must_use]
    pub fn with_escalation(mut self, escalation: Escalation) -> Self {
        self.escalation = escalation;
        self
    }

    /// Gives each attempt this long.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Looks this often.
    #[must_use]
    pub fn with_poll(mut self, poll: Duration) -> Self {
        self.poll = poll.max(Duration::from_millis(100));
        self
    }

    /// Waits until the power-on test is over, too, where the iDRAC tells (`BootProgress`).
    #[must_use]
    pub fn until_post_is_over(mut self) -> Self {
        self.until_post_is_over = true;
        self
    }

    /// Restarts by shutting down and powering on: shows on every firmware that the host obeyed, and works where
    /// `GracefulRestart` is not offered. For anything but a restart it changes nothing.
    #[must_use]
    pub fn in_two_steps(mut self) -> Self {
        self.two_steps = true;
        self
    }

    /// The parts it is carried out in.
    pub(super) fn parts(&self) -> Vec<ResetType> {
        match (self.two_steps, self.kind) {
            (true, ResetType::GracefulRestart) => vec![ResetType::GracefulShutdown, ResetType::On],
            (true, ResetType::ForceRestart | ResetType::PowerCycle) => {
                vec![ResetType::ForceOff, ResetType::On]
            }
            (_, kind) => vec![kind],
        }
    }

    /// The attempts one part may take, each more forceful.
    pub(super) fn ladder(&self, part: ResetType) -> Vec<ResetType> {
        use ResetType as R;
        let more: &[R] = match part {
            R::GracefulShutdown | R::PushPowerButton => &[R::ForceOff],
            R::GracefulRestart => &[R::ForceRestart, R::PowerCycle],
            R::ForceRestart => &[R::ForceRestart, R::PowerCycle],
            _ => &[],
        };
        let allowed = more.iter().enumerate().filter(|(nth, step)| match self.escalation {
            Escalation::Never => false,
            Escalation::Force => *nth == 0 && **step != part,
            Escalation::PowerCycle => **step != part,
        });
        std::iter::once(part).chain(allowed.map(|(_, step)| *step)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ResetType as R;

    #[test]
    fn force_comes_only_when_allowed() {
        for (kind, escalation, ladder) in [
            (R::GracefulShutdown, Escalation::Never, vec![R::GracefulShutdown]),
            (R::GracefulShutdown, Escalation::PowerCycle, vec![R::GracefulShutdown, R::ForceOff]),
            (R::GracefulRestart, Escalation::Force, vec![R::GracefulRestart, R::ForceRestart]),
            (
                R::GracefulRestart,
                Escalation::PowerCycle,
                vec![R::GracefulRestart, R::ForceRestart, R::PowerCycle],
            ),
            (R::ForceRestart, Escalation::Force, vec![R::ForceRestart]),
            (R::ForceRestart, Escalation::PowerCycle, vec![R::ForceRestart, R::PowerCycle]),
            (R::On, Escalation::PowerCycle, vec![R::On]),
            (R::Nmi, Escalation::PowerCycle, vec![R::Nmi]),
        ] {
            assert_eq!(
                Reset::new(kind).with_escalation(escalation).ladder(kind),
                ladder,
                "{kind} {escalation:?}"
            );
        }
    }
}
