//! One controller's changes on their way.

use std::collections::VecDeque;

use super::batch::StorageOptions;
use super::outcome::{ChangeOutcome, ChangeResult};
use super::prepare::{Expect, Prepared};
use super::view::{Controller, fetch_controller};
use crate::accepted::Accepted;
use crate::endpoint::JobHome;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::wait::{
    HeldBy, JobRef, Started, Until, Verdict, WaitOptions, fetch_job, find_started, follow, wait_for_job,
};
use crate::meaning::MessageClass;
use crate::message::ExtendedInfo;
use crate::model::JobState;
use crate::operation::{Redfish, run};
use crate::ops::CreateJob;
use crate::safeguard::Safeguard;

/// Job types of storage changes: while the host runs, and at its restart.
const REAL_TIME: &str = "RealTimeNoRebootConfiguration";
const STAGED: &str = "RAIDConfiguration";

/// One controller's queue.
pub(super) struct Lane {
    pub(super) controller: Controller,
    queue: VecDeque<(usize, Prepared)>,
    /// Changes whose job runs.
    running: Vec<(Vec<usize>, JobRef)>,
    /// Changes whose job waits for a restart.
    staged: Vec<(Vec<usize>, JobRef)>,
    /// Changes that the controller holds until a job is made of them.
    gathered: Vec<usize>,
    expects: Vec<Expect>,
    pub(super) outcomes: Vec<ChangeOutcome>,
}

/// What became of one sending.
enum Sent {
    Job(JobRef),
    Gathered,
    Done,
    Unchanged,
}

impl Lane {
    pub(super) fn new(controller: Controller, prepared: Vec<Prepared>) -> Self {
        let outcome = |prepared: &Prepared| ChangeOutcome {
            controller: controller.id.clone(),
            change: prepared.what.clone(),
            result: ChangeResult::NotSent,
            job: None,
            volume: None,
        };
        Self {
            outcomes: prepared.iter().map(outcome).collect(),
            expects: prepared.iter().map(|prepared| prepared.expect.clone()).collect(),
            queue: prepared.into_iter().enumerate().collect(),
            controller,
            running: Vec::new(),
            staged: Vec::new(),
            gathered: Vec::new(),
        }
    }

    /// Whether nothing more can be sent or waited for.
    pub(super) fn is_over(&self) -> bool {
        self.queue.is_empty() && self.running.is_empty() && self.gathered.is_empty()
    }

    pub(super) fn is_staged(&self) -> bool {
        !self.staged.is_empty()
    }

    /// Sends what can be sent: up to the first change that makes a job, and then the job of what was gathered.
    pub(super) async fn send(&mut self, idrac: &dyn Redfish, options: &StorageOptions) {
        let one_job = idrac.safeguards().has(Safeguard::OneJobAController);
        while let Some((index, prepared)) = self.queue.pop_front() {
            match self.send_one(idrac, &prepared, options).await {
                Ok(Sent::Job(job)) => {
                    self.outcomes[index].job.clone_from(&job.job);
                    self.running.push((vec![index], job));
                    if one_job {
                        return;
                    }
                }
                Ok(Sent::Gathered) => self.gathered.push(index),
                Ok(Sent::Done) => self.outcomes[index].result = ChangeResult::Done,
                Ok(Sent::Unchanged) => self.outcomes[index].result = ChangeResult::Unchanged,
                Err(error) => {
                    self.stop(index, error);
                    break;
                }
            }
        }
        if !self.gathered.is_empty() {
            self.start_gathered(idrac).await;
        }
    }

    /// One change failed: what comes after it may depend on it, and is not sent.
    fn stop(&mut self, index: usize, error: Error) {
        self.outcomes[index].result = ChangeResult::Failed(error);
        self.queue.clear();
    }

    async fn send_one(
        &self,
        idrac: &dyn Redfish,
        prepared: &Prepared,
        options: &StorageOptions,
    ) -> Result<Sent> {
        let started = Started::now(idrac, &[REAL_TIME, STAGED]);
        let end = idrac.clock().now() + options.busy_patience;
        loop {
            let error = match prepared.command.send(idrac).await {
                Ok(accepted) => return accept(idrac, &accepted, &started, &options.wait).await,
                Err(error) => error,
            };
            if MessageClass::decisive(error.extended()) == Some(MessageClass::NoChange) {
                return Ok(Sent::Unchanged);
            }
            if error.kind() == ErrorKind::Busy
                && idrac.safeguards().has(Safeguard::OneJobAController)
                && idrac.clock().now() + options.busy_pause <= end
            {
                // A refusal for the sake of another job proves that nothing was carried out.
                idrac.clock().sleep(options.busy_pause).await;
                continue;
            }
            if !is_broken(&error) {
                return Err(error);
            }
            return match find_started(idrac, &started, &options.wait).await {
                Ok(job) => Ok(Sent::Job(job)),
                Err(_) => {
                    let now = fetch_controller(idrac, &self.controller.id).await?;
                    if prepared.expect.holds(&now) == Some(true) { Ok(Sent::Done) } else { Err(error) }
                }
            };
        }
    }

    /// One job of all that the controller holds.
    async fn start_gathered(&mut self, idrac: &dyn Redfish) {
        let gathered = std::mem::take(&mut self.gathered);
        let made = match &self.controller.settings {
            Some(settings) => run(idrac, &CreateJob::at_restart(JobHome::Manager, settings.clone())).await,
            None => {
                Err(Error::new(ErrorKind::Unsupported, "the controller names no settings to make a job of"))
            }
        };
        let job = made.map(|accepted| JobRef::from(&accepted)).and_then(|job| {
            let missing = || Error::new(ErrorKind::Protocol, "the job of the gathered changes was not named");
            if job.is_known() { Ok(job) } else { Err(missing()) }
        });
        match job {
            Ok(job) => {
                for index in &gathered {
                    self.outcomes[*index].job.clone_from(&job.job);
                }
                self.running.push((gathered, job));
            }
            Err(error) => {
                let text = error.to_string();
                let mut first = Some(error);
                for index in gathered {
                    let error = first.take().unwrap_or_else(|| Error::new(ErrorKind::Conflict, text.clone()));
                    self.stop(index, error);
                }
            }
        }
    }

    /// Waits for what runs; what waits for a restart itself is set aside.
    pub(super) async fn wait(&mut self, idrac: &dyn Redfish, options: &StorageOptions) {
        let in_window = options.apply.as_ref().is_some_and(|time| time.window().is_some());
        for (indexes, job) in std::mem::take(&mut self.running) {
            // A staged job is told by its type and state at the first look; one that cannot be seen yet is waited for.
            let staged = fetch_job(idrac, &job).await.is_ok_and(|status| {
                (in_window || status.job_type.as_deref() == Some(STAGED))
                    && matches!(status.state, JobState::Scheduled)
            });
            if staged {
                self.staged.push((indexes, job));
                continue;
            }
            self.conclude(idrac, indexes, &job, &options.wait).await;
        }
        if !self.staged.is_empty() && options.restart.is_none() {
            // No restart will come: the controller takes nothing more until then.
            self.queue.clear();
            for (indexes, _) in std::mem::take(&mut self.staged) {
                for index in indexes {
                    self.outcomes[index].result = ChangeResult::PendingRestart;
                }
            }
        }
    }

    /// The host has restarted: waits for what was staged.
    pub(super) async fn wait_after_restart(&mut self, idrac: &dyn Redfish, options: &StorageOptions) {
        let wait = options.wait.clone().with_held_by(HeldBy::Restart).with_until(Until::End);
        for (indexes, job) in std::mem::take(&mut self.staged) {
            self.conclude(idrac, indexes, &job, &wait).await;
        }
    }

    /// The restart did not come about.
    pub(super) fn leave_staged(&mut self) {
        self.queue.clear();
        for (indexes, _) in std::mem::take(&mut self.staged) {
            for index in indexes {
                self.outcomes[index].result = ChangeResult::PendingRestart;
            }
        }
    }

    async fn conclude(&mut self, idrac: &dyn Redfish, indexes: Vec<usize>, job: &JobRef, wait: &WaitOptions) {
        let ended = wait_for_job(idrac, job, wait).await;
        let failure = match ended {
            Ok(outcome) if matches!(outcome.verdict, Verdict::SoftEnd(_)) => {
                for index in indexes {
                    self.outcomes[index].result = ChangeResult::PendingRestart;
                }
                return;
            }
            // What is lost is told by the effect, which is read at the end.
            Ok(outcome) if outcome.is_done() || outcome.verdict == Verdict::Lost => None,
            Ok(outcome) => outcome.into_result().err(),
            Err(error) => Some(error),
        };
        let text = failure.as_ref().map(ToString::to_string);
        let mut first = failure;
        for index in indexes {
            match &text {
                None => self.outcomes[index].result = ChangeResult::Done,
                Some(text) => {
                    let error =
                        first.take().unwrap_or_else(|| Error::new(ErrorKind::JobFailed, text.clone()));
                    self.stop(index, error);
                }
            }
        }
    }

    /// Reads the controller again and holds each change that ended well to what it should have done.
    pub(super) async fn verify(&mut self, idrac: &dyn Redfish) -> Result<()> {
        let touched = |outcome: &ChangeOutcome| matches!(outcome.result, ChangeResult::Done);
        let tells =
            |(outcome, expect): (&ChangeOutcome, &Expect)| touched(outcome) && *expect != Expect::Nothing;
        if !self.outcomes.iter().zip(&self.expects).any(tells) {
            return Ok(());
        }
        self.controller = fetch_controller(idrac, &self.controller.id).await?;
        for (index, (outcome, expect)) in self.outcomes.iter_mut().zip(&self.expects).enumerate() {
            if !touched(outcome) {
                continue;
            }
            outcome.volume = expect.new_volume(&self.controller);
            // A later change of the batch may have undone it on purpose.
            let undone = self.expects[index + 1..].iter().any(|later| later.undoes(expect));
            if !undone && expect.holds(&self.controller) == Some(false) {
                let message =
                    format!("{}: the iDRAC says that it is done, and it does not show", outcome.change);
                outcome.result = ChangeResult::Failed(Error::new(ErrorKind::Server, message));
            }
        }
        Ok(())
    }
}

/// What the answer to a change means: a job, something held for a job, or done.
async fn accept(
    idrac: &dyn Redfish,
    accepted: &Accepted,
    started: &Started,
    wait: &WaitOptions,
) -> Result<Sent> {
    if accepted.is_followable() {
        return Ok(Sent::Job(JobRef::from(accepted)));
    }
    let class = |info: &ExtendedInfo| info.message_id.as_ref().and_then(MessageClass::of);
    if accepted.messages.iter().any(|info| class(info) == Some(MessageClass::Pending)) {
        return Ok(Sent::Gathered);
    }
    if accepted.status == 202 {
        return follow(idrac, accepted, started, wait).await.map(Sent::Job);
    }
    Ok(Sent::Done)
}

/// Whether it is open what became of a request: it left, and no answer came.
fn is_broken(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout)
        && !error.is_unsent()
        && error.http_status().is_none()
}
