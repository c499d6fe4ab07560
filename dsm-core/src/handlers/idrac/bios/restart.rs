//! The restart that lets a staged job run, sent once over all attempts.

use dell_redfish::flow::power::{PowerState, Reset, reset_and_wait};
use dell_redfish::flow::wait::{
    HeldBy, JobRef, SoftEnd, Until, Verdict, WaitOptions, fetch_job, wait_for_job,
};
use dell_redfish::model::ComputerSystem;
use dell_redfish::ops::{GetComputerSystem, ResetType};
use dell_redfish::{ErrorKind as RedfishKind, Redfish};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::stage::has_not_begun;
use super::work::Work;
use super::write::{Manner, Reboot};
use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::walk::{Before, Sent};
use crate::step::Step;

/// How the record of the command ends.
const RESET: &str = "ComputerSystem.Reset";

/// Pause between two looks at a host whose restart an earlier attempt asked for.
const PAUSE: std::time::Duration = std::time::Duration::from_secs(5);

/// What became of the restart.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Restarted {
    /// What was sent; nothing where the job no longer waited for it.
    pub(super) action: Option<String>,
    /// An earlier attempt sent it.
    pub(super) is_resumed: bool,
}

/// What an attempt that comes later has to go by.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Note {
    before: Before,
    action: String,
}

/// The reset, and its name: a host that is off has nothing to restart, and its job runs when it is powered on.
pub(super) fn reset(manner: &Manner, system: &ComputerSystem) -> Option<Reset> {
    let kind = match manner.reboot {
        Reboot::None => return None,
        _ if PowerState::of(system) == PowerState::Off => ResetType::On,
        Reboot::Graceful => ResetType::GracefulRestart,
        Reboot::Forced => ResetType::ForceRestart,
    };
    let reset = Reset::new(kind).with_patience(manner.patience);
    // Whether the host did as it was asked shows on every firmware only where it goes off in between.
    Some(if manner.reboot == Reboot::Graceful { reset.in_two_steps() } else { reset })
}

impl Work<'_> {
    /// Restarts the host, once.
    pub(super) async fn restart(&self, reset: &Reset, job: &JobRef) -> Result<Restarted> {
        let note = Note { before: self.visit.before().await?, action: reset.kind.to_string() };
        let find = |note: Value| self.find_restart(note, job);
        self.visit.once("restart", json!(note), find, || self.restarted(reset, job)).await
    }

    /// Whether it was asked for already.
    pub(super) async fn is_restarting(&self) -> Result<bool> {
        match self.visit.step::<Restarted>("restart")? {
            Step::New(_) => Ok(false),
            Step::Begun(_, note) => Ok(self.is_sent(&noted(note)).await? != Sent::No),
            Step::Done(restarted) => Ok(restarted.action.is_some()),
        }
    }

    async fn is_sent(&self, note: &Note) -> Result<Sent> {
        self.visit.sent_since("POST", RESET, &note.before).await
    }

    async fn restarted(&self, reset: &Reset, job: &JobRef) -> Result<Restarted> {
        // A restart before the job is scheduled would not bring it about, and one after it began would harm.
        let wait = WaitOptions::default().with_held_by(HeldBy::Restart).with_until(Until::Scheduled);
        let looked = wait_for_job(self.client, job, &wait).await?;
        if looked.verdict != Verdict::SoftEnd(SoftEnd::Scheduled) {
            return Ok(Restarted { action: None, is_resumed: false });
        }
        self.visit.progress(40, format!("{} sent...", reset.kind));
        reset_and_wait(self.client, reset).await?;
        Ok(Restarted { action: Some(reset.kind.to_string()), is_resumed: false })
    }

    /// What came of the restart of an earlier attempt. The Dell job shows it: as long as it waits, there was none. One that the
    /// iDRAC took on is not sent again; one of which only the record is known never left if nothing has happened in all the
    /// time a host has for it. A host that went off for it is powered on.
    async fn find_restart(&self, note: Value, job: &JobRef) -> Result<Option<Restarted>> {
        let note = noted(note);
        let sent = self.is_sent(&note).await?;
        if sent == Sent::No {
            return Ok(None);
        }
        self.visit
            .log("WARN", format!("an earlier attempt sent {}: looking for what came of it", note.action));
        let found = Restarted { action: Some(note.action), is_resumed: true };
        let clock = self.client.clock();
        let end = clock.now() + self.manner.patience;
        loop {
            match fetch_job(self.client, job).await {
                Ok(status) if !has_not_begun(status.state) => return Ok(Some(found)),
                Err(error) if error.kind() == RedfishKind::NotFound => return Ok(Some(found)),
                // It may be away for a moment; whether the host is, too, is seen next.
                Ok(_) | Err(_) => {}
            }
            let system = self.client.run(&GetComputerSystem).await;
            if system.is_ok_and(|system| PowerState::of(&system) == PowerState::Off) {
                let on = Reset::new(ResetType::On).with_patience(self.manner.patience);
                reset_and_wait(self.client, &on).await?;
                return Ok(Some(found));
            }
            if clock.now() >= end {
                return if sent == Sent::Yes { Err(ignored(job)) } else { Ok(None) };
            }
            clock.sleep(PAUSE).await;
        }
    }
}

fn noted(note: Value) -> Note {
    serde_json::from_value(note).unwrap_or_default()
}

fn ignored(job: &JobRef) -> Error {
    let id = job.job.as_ref().map(ToString::to_string).unwrap_or_default();
    let message = format!("an earlier attempt asked the host to restart, and it has not: {id} still waits");
    Error::new(ErrorKind::Redfish, message)
        .hint("restart the host, or delete the Dell job, and run this job again")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_host_that_is_off_is_powered_on_and_one_that_is_not_asked_is_left_alone() {
        let manner = |reboot| Manner {
            reboot,
            patience: Duration::from_secs(60),
            snapshot: None,
            notes: String::new(),
            skips: false,
            is_dry: false,
        };
        let system =
            |state: &str| ComputerSystem { power_state: Some(state.to_owned()), ..ComputerSystem::default() };
        let kind = |reboot, state| reset(&manner(reboot), &system(state)).map(|reset| reset.kind);
        assert_eq!(kind(Reboot::None, "Off"), None);
        assert_eq!(kind(Reboot::Graceful, "Off"), Some(ResetType::On));
        assert_eq!(kind(Reboot::Graceful, "On"), Some(ResetType::GracefulRestart));
        assert_eq!(kind(Reboot::Forced, "On"), Some(ResetType::ForceRestart));
        assert!(reset(&manner(Reboot::Graceful), &system("On")).is_some_and(|reset| reset.two_steps));
    }
}
