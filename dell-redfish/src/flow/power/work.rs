//! A reset under way: sent, watched, forced where that is allowed.

use super::goal::{Goal, goal};
use super::reset::{Answer, Attempt, offered};
use super::state::PowerState;
use super::wanted::Reset;
use super::witness::{RestartProof, Witness, is_in_post, is_past_post};
use crate::clock::Instant;
use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::model::{ComputerSystem, Resource};
use crate::operation::{Redfish, run};
use crate::ops::{GetComputerSystem, ResetSystem, ResetType};
use crate::safeguard::Safeguard;

/// A reset under way.
pub(super) struct Work<'a> {
    pub(super) idrac: &'a dyn Redfish,
    pub(super) reset: &'a Reset,
    pub(super) attempts: Vec<Attempt>,
}

impl Work<'_> {
    /// The host once it is neither powering on nor off.
    pub(super) async fn settle(&self) -> Result<Resource<ComputerSystem>> {
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
    pub(super) async fn carry_out(
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
