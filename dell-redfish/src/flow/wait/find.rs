//! Finds the job that was started when the iDRAC did not name it.

use std::time::{Duration, SystemTime};

use crate::accepted::Accepted;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::jobs::list_jobs;
use crate::id::DellJobId;
use crate::operation::Redfish;
use crate::safeguard::Safeguard;

use super::idrac_clock::IdracClock;
use super::job_ref::JobRef;
use super::look::passes;
use super::options::WaitOptions;
use super::status::JobStatus;

/// Dell's times are whole seconds, and a reply takes a moment.
const TOLERANCE: Duration = Duration::from_secs(5);

/// What was started, and when: enough to tell its job among others. Made before the request is sent; written down, it finds the
/// job after whoever sent it is gone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Started {
    /// Dell's types of the job it may be, such as `BIOSConfiguration`; any when empty.
    pub job_types: Vec<String>,
    /// When, by our own clock.
    pub since: SystemTime,
    /// When, by the iDRAC's, where it was asked.
    #[serde(default)]
    pub since_there: Option<SystemTime>,
    /// Jobs that were there before.
    pub known: Vec<DellJobId>,
    /// Whether it may have been put off to a later moment, such as a maintenance window.
    pub later: bool,
}

impl Started {
    /// Something of these types that is started now.
    #[must_use]
    pub fn now(redfish: &dyn Redfish, job_types: &[&str]) -> Self {
        Self {
            job_types: job_types.iter().map(|kind| (*kind).to_owned()).collect(),
            since: redfish.clock().wall(),
            since_there: None,
            known: Vec::new(),
            later: false,
        }
    }

    /// It may begin only later.
    #[must_use]
    pub fn later(mut self) -> Self {
        self.later = true;
        self
    }

    /// With the time by the iDRAC's own clock, which whoever looks for the job later shares, be it on another machine or after our
    /// clock was set. One request; where it is not answered, our clock has to do.
    pub async fn by_its_clock(self, redfish: &dyn Redfish) -> Self {
        Self { since_there: IdracClock::read(redfish).await.map(|clock| clock.at), ..self }
    }

    fn fits(&self, job: &JobStatus, clock: Option<IdracClock>) -> bool {
        let kind = self.job_types.is_empty()
            || job.job_type.as_ref().is_none_or(|kind| self.job_types.contains(kind));
        let known = job.id.as_ref().is_none_or(|id| self.known.contains(id));
        kind && !known && self.is_of_now(job, clock)
    }

    /// Whether its time is the time of the request, by the iDRAC's clock. A job without a time may be it while it goes on.
    fn is_of_now(&self, job: &JobStatus, clock: Option<IdracClock>) -> bool {
        let made = clock.and_then(|clock| Some((clock, job.started_at(Some(clock.offset))?)));
        let Some((clock, made)) = made else { return !job.state.is_end() };
        let (since, began) = match self.since_there {
            Some(there) => (there, made),
            None => (self.since, clock.ours(made)),
        };
        let early = since.checked_sub(TOLERANCE).is_some_and(|earliest| began < earliest);
        let late = clock.at + TOLERANCE < made;
        !early && (self.later || !late)
    }
}

/// The job behind an answer: the one that it names, or the one that is found by what was started.
///
/// # Errors
/// As [`find_started`].
pub async fn follow(
    redfish: &dyn Redfish,
    accepted: &Accepted,
    started: &Started,
    options: &WaitOptions,
) -> Result<JobRef> {
    let named = JobRef::from(accepted);
    if named.is_known() { Ok(named) } else { find_started(redfish, started, options).await }
}

/// Looks for a job among all, by its type and by when it was made, until it appears or [`WaitOptions::grace`] is over.
/// No id is ever made up, and none is taken while several could be it.
///
/// # Errors
/// [`ErrorKind::NotFound`] when none appears, [`ErrorKind::Conflict`] naming the jobs when several could be it, and whatever
/// reading them says.
pub async fn find_started(redfish: &dyn Redfish, started: &Started, options: &WaitOptions) -> Result<JobRef> {
    if !redfish.safeguards().has(Safeguard::FindUnnamedJob) {
        return Err(none(redfish, started));
    }
    let began = redfish.clock().now();
    let mut clock = None;
    loop {
        if clock.is_none() {
            clock = IdracClock::read(redfish).await;
        }
        match list_jobs(redfish).await {
            Ok(jobs) => {
                let fitting: Vec<_> = jobs
                    .into_iter()
                    .filter(|job| started.fits(job, clock))
                    .filter_map(|job| job.id)
                    .collect();
                match fitting.as_slice() {
                    [] => {}
                    [job] => return Ok(job.clone().into()),
                    several => return Err(ambiguous(redfish, several)),
                }
            }
            Err(error) if passes(&error) => {}
            Err(error) => return Err(error),
        }
        if redfish.clock().now().saturating_duration_since(began) >= options.grace {
            return Err(none(redfish, started));
        }
        redfish.clock().sleep(options.interval.min(options.grace)).await;
    }
}

fn none(redfish: &dyn Redfish, started: &Started) -> Error {
    let kinds = match started.job_types.as_slice() {
        [] => "any type".to_owned(),
        kinds => kinds.join(" or "),
    };
    let message = format!("the iDRAC took the work on without naming a job, and no job of {kinds} appeared");
    Error::new(ErrorKind::NotFound, message).with_host(redfish.host())
}

fn ambiguous(redfish: &dyn Redfish, several: &[DellJobId]) -> Error {
    let ids: Vec<_> = several.iter().map(DellJobId::as_str).collect();
    let message =
        format!("several jobs could be the one that was started: {}; none is taken", ids.join(", "));
    Error::new(ErrorKind::Conflict, message).with_host(redfish.host())
}
