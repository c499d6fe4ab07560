//! What became of one package on one server.

use dell_redfish::ErrorKind as Kind;
use dell_redfish::Permanence;
use dell_redfish::flow::wait::{JobOutcome, SoftEnd, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Error;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Became {
    /// The inventory shows the version that was wanted.
    Installed,
    /// Its job ended well, and nobody said which version to look for.
    Ended,
    /// It is not installed.
    Failed,
    /// Nor will it be before somebody does something about it.
    NeedsPerson,
}

/// See the module's documentation. Kept with the step of its round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) key: String,
    pub(super) became: Became,
    /// Why not.
    pub(super) error: Option<String>,
    /// Whether another round may do better.
    pub(super) may_pass: bool,
    /// Its Dell job, as it was seen last.
    pub(super) job: Option<Value>,
}

impl End {
    pub(super) fn new(key: &str, became: Became) -> Self {
        Self { key: key.to_owned(), became, error: None, may_pass: false, job: None }
    }

    pub(super) fn failed(key: &str, failure: Failure) -> Self {
        let became = if failure.needs_person { Became::NeedsPerson } else { Became::Failed };
        Self {
            error: Some(failure.why),
            may_pass: failure.may_pass,
            job: failure.job,
            ..Self::new(key, became)
        }
    }

    pub(super) fn is_good(&self) -> bool {
        matches!(self.became, Became::Installed | Became::Ended)
    }
}

/// Why a package is not installed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Failure {
    pub(super) why: String,
    pub(super) may_pass: bool,
    pub(super) needs_person: bool,
    pub(super) job: Option<Value>,
}

impl Failure {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), may_pass: false, needs_person: false, job: None }
    }

    pub(super) fn passing(self) -> Self {
        Self { may_pass: true, ..self }
    }

    /// What the iDRAC said to one package; an error that is about the iDRAC as a whole stays one.
    pub(super) fn of(error: dell_redfish::Error) -> Result<Self, Error> {
        let is_whole = matches!(
            error.kind(),
            Kind::AddressRefused
                | Kind::CertificateChanged
                | Kind::CertificateInvalid
                | Kind::Authentication
                | Kind::PasswordChangeRequired
                | Kind::Lockdown
                | Kind::RedfishDisabled
                | Kind::NotDell
                | Kind::Fenced
                | Kind::Cancelled
                | Kind::Callback
        );
        if is_whole {
            return Err(error.into());
        }
        let may_pass = error.permanence() != Permanence::Permanent
            || matches!(
                error.kind(),
                Kind::Busy | Kind::NotReady | Kind::Server | Kind::Stalled | Kind::Conflict
            );
        Ok(Self { may_pass, ..Self::new(error.chain()) })
    }

    /// What a job that came to an end failed at; nothing where it did not.
    pub(super) fn of_job(outcome: &JobOutcome) -> Option<Self> {
        let job = Some(shown(outcome));
        let waits = match outcome.verdict {
            Verdict::Done | Verdict::Lost => return None,
            Verdict::SoftEnd(SoftEnd::UserIntervention) => {
                "a person must take the host's power away and give it back"
            }
            // Another restart settles it.
            Verdict::SoftEnd(_) => {
                let why = format!("its job stops at {}", outcome.state);
                return Some(Self { job, ..Self::new(why).passing() });
            }
            _ => "",
        };
        if !waits.is_empty() {
            return Some(Self { needs_person: true, job, ..Self::new(waits) });
        }
        let error = outcome.clone().into_result().err()?;
        let may_pass = error.permanence() != Permanence::Permanent;
        Some(Self { may_pass, job, ..Self::new(error.chain()) })
    }
}

/// A Dell job as front ends show it.
pub(super) fn shown(outcome: &JobOutcome) -> Value {
    let last = outcome.messages.last();
    json!({
        "id": outcome.id,
        "name": outcome.name,
        "job_type": outcome.job_type,
        "job_state": outcome.state,
        "percent_complete": outcome.percent,
        "message": last.and_then(|info| info.message.clone()),
        "message_id": last.and_then(|info| info.message_id.as_ref()).map(ToString::to_string),
    })
}
