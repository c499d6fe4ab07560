//! A reset, and what became of it.

use serde::{Deserialize, Serialize};

use super::goal::{Goal, goal, is_there, need_on};
use super::state::PowerState;
use super::wanted::Reset;
use super::witness::RestartProof;
use super::work::Work;
use crate::actions::{Action, Actions};
use crate::error::Result;
use crate::model::{ComputerSystem, Resource};
use crate::operation::{Redfish, run};
use crate::ops::{GetComputerSystem, ResetSystem, ResetType};
use crate::plan::{Plan, Restart};
use crate::safeguard::Safeguard;

/// How the iDRAC answered one reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It took it on.
    Accepted,
    /// It said that the host is there already, and it was.
    AlreadyThere,
    /// The connection broke; what became of it was read afterwards.
    None,
}

/// One reset that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was asked for.
    pub reset: ResetType,
    /// What was answered.
    pub answer: Answer,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetOutcome {
    /// How the host stood before.
    pub before: PowerState,
    /// And how it stands now.
    pub after: PowerState,
    /// Whether anything changed; false where the host was there already.
    pub changed: bool,
    /// What was sent, in order; more than one where force was needed and allowed.
    pub attempts: Vec<Attempt>,
    /// For a restart: what showed it.
    pub proof: Option<RestartProof>,
}

/// Says what a reset would do, having looked at the host.
///
/// # Errors
/// As [`reset_and_wait`] before it sends anything.
pub async fn plan_reset(idrac: &dyn Redfish, reset: &Reset) -> Result<Plan> {
    let system = run(idrac, &GetComputerSystem).await?;
    let state = PowerState::of(&system);
    let mut plan = Plan::new(format!("{} of a host that is {state}", reset.kind));
    if is_there(reset.kind, state) {
        return Ok(plan);
    }
    need_on(reset.kind, state)?;
    for part in reset.parts() {
        let action = offered(&system, part)?;
        plan = plan.with_step(&ResetSystem { target: action.target, reset: part });
    }
    if state != PowerState::Off {
        plan = plan.with_host(Restart::Certain);
    }
    let ladder = reset.ladder(reset.parts().first().copied().unwrap_or(reset.kind));
    if let [_, more @ ..] = ladder.as_slice()
        && !more.is_empty()
    {
        let more: Vec<_> = more.iter().map(|step| step.as_str()).collect();
        plan = plan.with_warning(format!(
            "if the host ignores it, {} follows: unsaved work is lost",
            more.join(", then ")
        ));
    }
    Ok(plan)
}

/// Resets the host and waits until it has happened.
///
/// The state is read first: a host that is there already is left alone. After the reset it is read until the goal is seen, for
/// [`Reset::patience`]; a restart must be witnessed where this firmware can show it. A connection that breaks in the middle is
/// answered by reading, never by sending the same reset again.
///
/// # Errors
/// [`Unsupported`](crate::ErrorKind::Unsupported) when the iDRAC does not offer the reset; [`Conflict`](crate::ErrorKind::Conflict) for a restart of a host that is off;
/// [`Timeout`](crate::ErrorKind::Timeout) (exhausted) when the goal was not seen in time, saying what was sent.
pub async fn reset_and_wait(idrac: &dyn Redfish, reset: &Reset) -> Result<ResetOutcome> {
    let mut work = Work { idrac, reset, attempts: Vec::new() };
    let system = work.settle().await?;
    let before = PowerState::of(&system);
    if is_there(reset.kind, before) && idrac.safeguards().has(Safeguard::AlreadyThere) {
        return Ok(ResetOutcome { before, after: before, changed: false, attempts: Vec::new(), proof: None });
    }
    need_on(reset.kind, before)?;
    // All parts, before the first is sent: half a restart is a host that is off.
    for part in reset.parts() {
        offered(&system, part)?;
    }
    let (mut proof, mut after) = (None, system);
    for part in reset.parts() {
        (after, proof) = work.carry_out(part, after).await?;
    }
    let is_restart = goal(reset.kind, before) == Goal::Restarted;
    Ok(ResetOutcome {
        before,
        after: PowerState::of(&after),
        changed: work.attempts.iter().any(|attempt| attempt.answer != Answer::AlreadyThere),
        proof: if is_restart && reset.two_steps { Some(RestartProof::PowerState) } else { proof },
        attempts: work.attempts,
    })
}

pub(super) fn offered(system: &Resource<ComputerSystem>, kind: ResetType) -> Result<Action> {
    let actions = Actions::of(system);
    let action = actions.need("ComputerSystem.Reset")?;
    action.check("ResetType", kind.as_str())?;
    Ok(action.clone())
}
