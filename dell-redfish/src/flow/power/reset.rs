//! A reset, and what became of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::state::PowerState;
use super::witness::{RestartProof, Witness, is_in_post, is_past_post};
use crate::actions::{Action, Actions};
use crate::clock::Instant;
use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::model::{ComputerSystem, Resource};
use crate::operation::{Redfish, run};
use crate::ops::{GetComputerSystem, ResetSystem, ResetType};
use crate::plan::{Plan, Restart};
use crate::safeguard::Safeguard;

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
    fn parts(&self) -> Vec<ResetType> {
        match (self.two_steps, self.kind) {
            (true, ResetType::GracefulRestart) => vec![ResetType::GracefulShutdown, ResetType::On],
            (true, ResetType::ForceRestart | ResetType::PowerCycle) => {
                vec![ResetType::ForceOff, ResetType::On]
            }
            (_, kind) => vec![kind],
        }
    }

    /// The attempts one part may take, each more forceful.
    fn ladder(&self, part: ResetType) -> Vec<ResetType> {
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

/// Where a reset leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Goal {
    Power(PowerState),
    Restarted,
    Nothing,
}

fn goal(kind: ResetType, from: PowerState) -> Goal {
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
/// [`ErrorKind::Unsupported`] when the iDRAC does not offer the reset; [`ErrorKind::Conflict`] for a restart of a host that is off;
/// [`ErrorKind::Timeout`] (exhausted) when the goal was not seen in time, saying what was sent.
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

fn is_there(kind: ResetType, state: PowerState) -> bool {
    kind != ResetType::PushPowerButton && goal(kind, state) == Goal::Power(state)
}

/// A host that is off cannot be restarted, nor interrupted.
fn need_on(kind: ResetType, state: PowerState) -> Result<()> {
    if state == PowerState::Off && matches!(goal(kind, state), Goal::Restarted | Goal::Nothing) {
        return Err(Error::new(ErrorKind::Conflict, format!("{kind} was not sent: the host is off")));
    }
    Ok(())
}

fn offered(system: &Resource<ComputerSystem>, kind: ResetType) -> Result<Action> {
    let actions = Actions::of(system);
    let action = actions.need("ComputerSystem.Reset")?;
    action.check("ResetType", kind.as_str())?;
    Ok(action.clone())
}

/// A reset under way.
struct Work<'a> {
    idrac: &'a dyn Redfish,
    reset: &'a Reset,
    attempts: Vec<Attempt>,
}

impl Work<'_> {
    /// The host once it is neither powering on nor off.
    async fn settle(&self) -> Result<Resource<ComputerSystem>> {
        let end = self.idrac.clock().now() + self.reset.patience;
        loop {
            let system = run(self.idrac, &GetComputerSystem).await?;
            let moving = matches!(PowerState::of(&system), PowerState::PoweringOn | PowerState::PoweringOff);
            if !moving || self.idrac.clock().now() + self.reset.poll > end {
                return Ok(system);
            }
            self.idrac.clock().sleep(self.reset.poll).await;
        }
    }

    /// One part of the reset, with as much force as is needed and allowed.
    async fn carry_out(
        &mut self,
        part: ResetType,
        from: Resource<ComputerSystem>,
    ) -> Result<(Resource<ComputerSystem>, Option<RestartProof>)> {
        let goal = goal(part, PowerState::of(&from));
        let mut ladder = self.reset.ladder(part);
        if !self.idrac.safeguards().has(Safeguard::Escalate) {
            ladder.truncate(1);
        }
        let watched = goal == Goal::Restarted || self.reset.until_post_is_over;
        let witness = if watched { Witness::find(self.idrac, &from).await? } else { Witness::before(&from) };
        let mut last = None;
        for step in ladder {
            if let Some(there) = self.send(step, &from, goal).await? {
                return Ok((there, None));
            }
            match self.watch(goal, &witness).await? {
                Ok(seen) => return Ok(seen),
                Err(error) => last = Some(error),
            }
        }
        let sent: Vec<_> = self.attempts.iter().map(|attempt| attempt.reset.as_str()).collect();
        let unanswered = self.attempts.iter().any(|attempt| attempt.answer == Answer::None);
        let doubt =
            if unanswered { "; the connection broke meanwhile, so it may never have arrived" } else { "" };
        let message = format!("the host has not done as asked in time after {}{doubt}", sent.join(", "));
        let error = Error::new(ErrorKind::Timeout, message)
            .with_permanence(Permanence::Exhausted)
            .with_host(self.idrac.host())
            .with_operation(<ResetSystem as crate::Operation>::NAME);
        Err(match last.flatten() {
            Some(cause) => error.with_source(cause),
            None => error,
        })
    }

    /// Sends one reset. Gives the host where the iDRAC says that it is there already, and it is.
    async fn send(
        &mut self,
        kind: ResetType,
        system: &Resource<ComputerSystem>,
        goal: Goal,
    ) -> Result<Option<Resource<ComputerSystem>>> {
        let action = offered(system, kind)?;
        let sent = run(self.idrac, &ResetSystem { target: action.target, reset: kind }).await;
        let answer = match sent {
            Ok(_) => Answer::Accepted,
            Err(error) if is_broken(&error) => Answer::None,
            Err(error)
                if error.kind() == ErrorKind::Conflict
                    && self.idrac.safeguards().has(Safeguard::AlreadyThere) =>
            {
                let now = run(self.idrac, &GetComputerSystem).await?;
                if goal != Goal::Power(PowerState::of(&now)) {
                    return Err(error);
                }
                self.attempts.push(Attempt { reset: kind, answer: Answer::AlreadyThere });
                return Ok(Some(now));
            }
            Err(error) => return Err(error),
        };
        self.attempts.push(Attempt { reset: kind, answer });
        Ok(None)
    }

    /// Looks until the goal is seen: the outer error ends everything, the inner one says that time is up, and what was met last.
    async fn watch(
        &self,
        goal: Goal,
        witness: &Witness,
    ) -> Result<Result<(Resource<ComputerSystem>, Option<RestartProof>), Option<Error>>> {
        let clock = self.idrac.clock();
        let end = clock.now() + self.reset.patience;
        let (mut proof, mut last) = (None, None);
        while let Some(system) = self.look(end, &mut last).await? {
            let state = PowerState::of(&system);
            let in_post = witness.ask(self.idrac).await.is_some_and(|status| is_in_post(&status));
            if goal == Goal::Restarted && proof.is_none() {
                proof = witness.look(&system).or(in_post.then_some(RestartProof::PostStatus));
                let silent = proof.is_none() && !witness.can_tell();
                // Where nothing can show it, only an answer says that there was a restart at all.
                let accepted = self.attempts.last().is_some_and(|attempt| attempt.answer == Answer::Accepted);
                if silent && accepted {
                    proof = Some(RestartProof::NotShown);
                }
            }
            let reached = match goal {
                Goal::Power(wanted) => state == wanted,
                Goal::Restarted => proof.is_some() && state == PowerState::On,
                Goal::Nothing => true,
            };
            let past = state == PowerState::Off || (is_past_post(&system) && !in_post);
            let posted = !self.reset.until_post_is_over || past;
            if reached && posted {
                return Ok(Ok((system, proof)));
            }
        }
        Ok(Err(last))
    }

    /// One look after a pause; none when time is up. An iDRAC that does not answer meanwhile is looked at again.
    async fn look(&self, end: Instant, last: &mut Option<Error>) -> Result<Option<Resource<ComputerSystem>>> {
        let clock = self.idrac.clock();
        while clock.now() + self.reset.poll <= end {
            clock.sleep(self.reset.poll).await;
            match run(self.idrac, &GetComputerSystem).await {
                Ok(system) => return Ok(Some(system)),
                Err(error) if error.permanence() == Permanence::Permanent => return Err(error),
                Err(error) => *last = Some(error),
            }
        }
        Ok(None)
    }
}

/// Whether it is open what became of a request: it left, and no answer came.
fn is_broken(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout)
        && !error.is_unsent()
        && error.http_status().is_none()
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
