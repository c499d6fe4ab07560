//! Where a reset leads.

use super::state::PowerState;
use crate::error::{Error, ErrorKind, Result};
use crate::ops::ResetType;

/// Where a reset leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Power(PowerState),
    Restarted,
    Nothing,
}

pub(super) fn goal(kind: ResetType, from: PowerState) -> Goal {
    use ResetType as R;
    match kind {
        R::On => Goal::Power(PowerState::On),
        R::ForceOff | R::GracefulShutdown => Goal::Power(PowerState::Off),
        R::PushPowerButton if from == PowerState::Off => Goal::Power(PowerState::On),
        R::PushPowerButton => Goal::Power(PowerState::Off),
        R::ForceRestart | R::GracefulRestart | R::PowerCycle => Goal::Restarted,
        R::Nmi => Goal::Nothing,
    }
}

pub(super) fn is_there(kind: ResetType, state: PowerState) -> bool {
    kind != ResetType::PushPowerButton && goal(kind, state) == Goal::Power(state)
}

/// A host that is off cannot be restarted, nor interrupted.
pub(super) fn need_on(kind: ResetType, state: PowerState) -> Result<()> {
    if state == PowerState::Off && matches!(goal(kind, state), Goal::Restarted | Goal::Nothing) {
        return Err(Error::new(ErrorKind::Conflict, format!("{kind} was not sent: the host is off")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ResetType as R;

    #[test]
    fn goals_depend_on_where_one_is() {
        assert_eq!(goal(R::PushPowerButton, PowerState::Off), Goal::Power(PowerState::On));
        assert_eq!(goal(R::PushPowerButton, PowerState::On), Goal::Power(PowerState::Off));
        assert!(is_there(R::On, PowerState::On) && !is_there(R::On, PowerState::Unknown));
        assert!(
            need_on(R::ForceRestart, PowerState::Off).is_err() && need_on(R::On, PowerState::Off).is_ok()
        );
    }
}
