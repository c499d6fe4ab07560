//! The one restart of the host that a wave of staged packages waits for.

use dell_redfish::flow::power::reset_and_wait;
use dell_redfish::flow::wait::{JobRef, fetch_job};
use dell_redfish::{ErrorKind as Kind, Redfish as _};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::end::Failure;
use super::run::Run;
use crate::error::Result;
use crate::handlers::idrac::walk::{Before, Sent};
use crate::step::Step;

/// The command, as it is put on record.
const RESET: &str = "ComputerSystem.Reset";

impl Run<'_> {
    /// Restarts the host, once over all attempts: what an earlier one sent, or may have sent, is not sent again.
    pub(super) async fn restart(
        &self,
        round: &str,
        jobs: &[JobRef],
    ) -> Result<std::result::Result<(), Failure>> {
        self.list.now(70, "Restarting the host");
        let step = match self.visit.step::<Value>(&format!("restart {round}"))? {
            Step::Done(_) => return Ok(Ok(())),
            Step::Begun(step, note) => {
                let before = Before::deserialize(note).unwrap_or_default();
                if self.visit.sent_since("POST", RESET, &before).await? != Sent::No {
                    return match self.is_under_way(jobs).await {
                        true => step.done(json!({"resumed": true})).await.map(|_| Ok(())),
                        false => Ok(Err(Failure::new(
                            "an earlier attempt sent the restart, the host has not done it, and it is not sent again",
                        ))),
                    };
                }
                step
            }
            Step::New(step) => step,
        };
        step.begin(&self.visit.before().await?).await?;
        let reset = &self.work.args.reset;
        let outcome = match reset_and_wait(&self.client, reset).await {
            // iDRAC9 3.36 has no graceful restart; nothing was sent.
            Err(error) if error.kind() == Kind::Unsupported => {
                reset_and_wait(&self.client, &reset.clone().in_two_steps()).await
            }
            outcome => outcome,
        };
        match outcome {
            Ok(outcome) => {
                self.list.tick("The host restarts");
                step.done(json!(outcome)).await.map(|_| Ok(()))
            }
            // What waited for it goes on: it came, whatever became of the answer or the looks after it.
            Err(_) if self.goes_on(jobs).await => step.done(json!({"adopted": true})).await.map(|_| Ok(())),
            Err(error) => Ok(Err(Failure { may_pass: false, ..Failure::of(error)? })),
        }
    }

    /// Whether any of the jobs goes on since the host was told to restart.
    async fn is_under_way(&self, jobs: &[JobRef]) -> bool {
        let clock = self.client.clock();
        let end = clock.now() + self.work.args.reset.patience;
        loop {
            if self.goes_on(jobs).await {
                return true;
            }
            if clock.now() >= end {
                return false;
            }
            clock.sleep(self.work.args.reset.poll).await;
        }
    }

    /// Whether any of the jobs waits no more.
    async fn goes_on(&self, jobs: &[JobRef]) -> bool {
        for job in jobs {
            match fetch_job(&self.client, job).await {
                Ok(status) if status.state.is_held() => {}
                Ok(_) => return true,
                Err(error) if error.kind() == Kind::NotFound => return true,
                Err(_) => {}
            }
        }
        false
    }
}
