//! From what a job says of itself to what became of it.

use crate::meaning::{Basis, Meaning, MessageClass};
use crate::message::ExtendedInfo;
use crate::model::JobState;
use crate::safeguard::{Safeguard, Safeguards};

use super::outcome::{SoftEnd, Verdict};
use super::status::JobStatus;

/// What DMTF's one word for several ends meant, by the message beside it.
pub(super) fn refine(state: JobState, messages: &[ExtendedInfo]) -> JobState {
    match (state, decisive(messages)) {
        (JobState::Failed, Some(MessageClass::Partial)) => JobState::CompletedWithErrors,
        (JobState::Failed, Some(MessageClass::Cancelled)) => JobState::Cancelled,
        (state, _) => state,
    }
}

/// The verdict on a job that has come to an end, hard or soft; nothing while it goes on. `restart_comes` says that somebody
/// will restart the host, so that a job which waits for it does go on.
pub(super) fn verdict(status: &JobStatus, restart_comes: bool, on: Safeguards) -> Option<Verdict> {
    let soft = |end| on.has(Safeguard::SoftEnd).then_some(Verdict::SoftEnd(end));
    match status.state {
        JobState::Completed => Some(completed(status, on)),
        JobState::CompletedWithErrors if on.has(Safeguard::PartialIsNoSuccess) => Some(Verdict::Partial),
        JobState::CompletedWithErrors => Some(Verdict::Done),
        // Of any other job than a reboot job it says that the restart is over, not the work.
        JobState::RebootCompleted => is_reboot(status).then_some(Verdict::Done),
        JobState::Failed if says(status, MessageClass::Cancelled) => Some(Verdict::Cancelled),
        JobState::Failed if says(status, MessageClass::Partial) => Some(Verdict::Partial),
        JobState::Failed | JobState::RebootFailed => Some(Verdict::Failed),
        JobState::Cancelled => Some(Verdict::Cancelled),
        JobState::UserIntervention => soft(SoftEnd::UserIntervention),
        JobState::PendingActivation => soft(SoftEnd::PendingActivation),
        JobState::RebootPending if status.percent == Some(100) || !restart_comes => {
            soft(SoftEnd::RebootPending)
        }
        _ => None,
    }
}

/// The state says all is well; an id beside it may know better: an erase that timed out ends `Completed` with JCP052.
fn completed(status: &JobStatus, on: Safeguards) -> Verdict {
    match decisive(&status.messages) {
        Some(MessageClass::Failed) if on.has(Safeguard::PartialIsNoSuccess) => Verdict::Failed,
        Some(MessageClass::Partial) if on.has(Safeguard::PartialIsNoSuccess) => Verdict::Partial,
        Some(MessageClass::UserAction) if on.has(Safeguard::SoftEnd) => {
            Verdict::SoftEnd(SoftEnd::UserIntervention)
        }
        _ => Verdict::Done,
    }
}

fn is_reboot(status: &JobStatus) -> bool {
    status.id.as_ref().is_some_and(|id| id.is_reboot())
        || status.job_type.as_deref().is_some_and(|kind| kind.starts_with("Reboot"))
}

fn says(status: &JobStatus, class: MessageClass) -> bool {
    status.messages.iter().filter_map(class_of).any(|own| own == class)
}

fn decisive(messages: &[ExtendedInfo]) -> Option<MessageClass> {
    messages.iter().filter_map(class_of).min()
}

/// What an id says of a job's end: only one that is known by itself, for a family's rule sees failures in all it does not know.
fn class_of(info: &ExtendedInfo) -> Option<MessageClass> {
    let meaning = Meaning::of(info.message_id.as_ref()?);
    (meaning.basis == Basis::Id).then_some(meaning.class)
}

/// What a line of the log says became of a job, if it tells an end.
pub(super) fn by_message(info: &ExtendedInfo) -> Option<Verdict> {
    Some(match class_of(info)? {
        MessageClass::Success | MessageClass::NoChange => Verdict::Done,
        MessageClass::Partial => Verdict::Partial,
        MessageClass::Failed => Verdict::Failed,
        MessageClass::Cancelled => Verdict::Cancelled,
        MessageClass::UserAction => Verdict::SoftEnd(SoftEnd::UserIntervention),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DellJob;

    fn job(state: &str, message: &str, kind: &str, percent: u64) -> JobStatus {
        JobStatus::from(&DellJob {
            job_state: Some(state.to_owned()),
            message_id: Some(message.to_owned()),
            job_type: Some(kind.to_owned()),
            percent_complete: Some(percent),
            ..DellJob::default()
        })
    }

    #[test]
    fn each_state_has_its_verdict() {
        use Verdict as V;
        let all = Safeguards::default();
        let bios = "BIOSConfiguration";
        for (state, message, kind, percent, verdict_of) in [
            ("Completed", "PR19", bios, 100, Some(V::Done)),
            ("Completed", "JCP052", "SystemErase", 100, Some(V::Failed)),
            ("Completed", "SYS055", "ImportConfiguration", 100, Some(V::Partial)),
            ("Completed", "SUP0544", "FirmwareUpdate", 100, Some(V::SoftEnd(SoftEnd::UserIntervention))),
            ("CompletedWithErrors", "PR31", bios, 100, Some(V::Partial)),
            ("Failed", "PR21", bios, 100, Some(V::Failed)),
            ("Failed", "PR24", bios, 100, Some(V::Cancelled)),
            ("RebootFailed", "RED033", "RebootForce", 100, Some(V::Failed)),
            ("RebootCompleted", "RED030", "RebootForce", 100, Some(V::Done)),
            ("RebootCompleted", "RED030", bios, 50, None),
            ("RebootPending", "RED029", bios, 100, Some(V::SoftEnd(SoftEnd::RebootPending))),
            ("RebootPending", "RED029", bios, 50, None),
            ("PendingActivation", "", bios, 100, Some(V::SoftEnd(SoftEnd::PendingActivation))),
            ("UserIntervention", "", bios, 100, Some(V::SoftEnd(SoftEnd::UserIntervention))),
            ("Downloaded", "RED003", bios, 0, None),
            ("New", "JCP001", bios, 0, None),
            ("Scheduled", "JCP001", bios, 0, None),
            ("Running", "PR21", bios, 99, None),
            ("Bogus", "", bios, 100, None),
        ] {
            assert_eq!(
                verdict(&job(state, message, kind, percent), true, all),
                verdict_of,
                "{state} {message}"
            );
        }
        let pending = job("RebootPending", "RED029", bios, 50);
        assert_eq!(verdict(&pending, false, all), Some(V::SoftEnd(SoftEnd::RebootPending)));
    }

    #[test]
    fn a_safeguard_off_is_the_naive_reading() {
        let all = Safeguards::default();
        let errors = job("CompletedWithErrors", "PR31", "", 100);
        assert_eq!(verdict(&errors, true, all.without(Safeguard::PartialIsNoSuccess)), Some(Verdict::Done));
        let pending = job("UserIntervention", "", "", 100);
        assert_eq!(verdict(&pending, true, all.without(Safeguard::SoftEnd)), None);
    }
}
