//! `ComputerSystem.Reset`: from one power state to the next, on the simulated clock.

use std::time::Duration;

use crate::spec::ServerSpec;
use crate::state::{Phase, State};

/// The reset types every generation here allows.
pub(crate) const RESET_TYPES: [&str; 8] = [
    "On",
    "ForceOff",
    "ForceRestart",
    "GracefulRestart",
    "GracefulShutdown",
    "PushPowerButton",
    "Nmi",
    "PowerCycle",
];

/// Why a reset was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Not one of the reset types.
    Unknown,
    /// The host is in that state already: 409.
    Conflict,
}

/// Lets the time pass that has passed.
pub(crate) fn settle(state: &mut State, spec: &ServerSpec, now: Duration) {
    loop {
        let next = match state.phase {
            Phase::Post { until } if until <= now => Phase::Running,
            Phase::ShuttingDown { until, restart } if until <= now => {
                if restart {
                    Phase::Post { until: until + Duration::from_millis(spec.post_ms) }
                } else {
                    Phase::Off
                }
            }
            _ => return,
        };
        state.phase = next;
        state.version += 1;
    }
}

/// Whether the host draws power.
pub(crate) fn is_on(phase: Phase) -> bool {
    phase != Phase::Off
}

/// Carries out a reset, or says why not.
pub(crate) fn reset(state: &mut State, spec: &ServerSpec, now: Duration, kind: &str) -> Result<(), Refused> {
    settle(state, spec, now);
    let on = is_on(state.phase);
    let post = Phase::Post { until: now + Duration::from_millis(spec.post_ms) };
    let down =
        |restart| Phase::ShuttingDown { until: now + Duration::from_millis(spec.shutdown_ms), restart };
    let next = match (kind, on) {
        ("On", false) | ("PushPowerButton", false) | ("ForceRestart" | "PowerCycle", true) => post,
        ("ForceOff", true) => Phase::Off,
        ("GracefulShutdown" | "PushPowerButton", true) => down(false),
        ("GracefulRestart", true) => down(true),
        ("Nmi", true) => state.phase,
        (kind, _) if RESET_TYPES.contains(&kind) => return Err(Refused::Conflict),
        _ => return Err(Refused::Unknown),
    };
    state.phase = next;
    state.power_touched = true;
    state.last_reset = now;
    state.version += 1;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(steps: &[(&str, u64)]) -> Vec<Result<Phase, Refused>> {
        let (mut state, spec) = (State::new(), ServerSpec::default());
        let mut now = Duration::ZERO;
        steps
            .iter()
            .map(|(kind, wait)| {
                let done = reset(&mut state, &spec, now, kind);
                now += Duration::from_secs(*wait);
                settle(&mut state, &spec, now);
                done.map(|()| state.phase)
            })
            .collect()
    }

    #[test]
    fn states_follow_each_other_in_time() {
        assert_eq!(
            run(&[("GracefulShutdown", 14), ("On", 1), ("On", 90)]),
            [
                Ok(Phase::ShuttingDown { until: Duration::from_secs(15), restart: false }),
                Err(Refused::Conflict),
                Ok(Phase::Running),
            ]
        );
        assert_eq!(run(&[("GracefulRestart", 105)]), [Ok(Phase::Running)]);
    }

    #[test]
    fn what_is_done_already_conflicts() {
        assert_eq!(run(&[("On", 0)]), [Err(Refused::Conflict)]);
        assert_eq!(run(&[("ForceOff", 0), ("ForceOff", 0)]), [Ok(Phase::Off), Err(Refused::Conflict)]);
        assert_eq!(run(&[("Fly", 0)]), [Err(Refused::Unknown)]);
    }
}
