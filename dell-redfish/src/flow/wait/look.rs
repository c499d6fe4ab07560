//! One look at a job: at Dell's queue first, at the task where that does not know it.

use std::time::{Duration, SystemTime};

use crate::endpoint::{self, JobHome};
use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::model::{DellJob, JobServiceJob, Resource, Schema, Task};
use crate::operation::Redfish;
use crate::policy::{parse_http_date, parse_retry_after};
use crate::request::{Request, Response};
use crate::safeguard::Safeguard;

use super::job_ref::JobRef;
use super::status::JobStatus;

/// What a look met.
#[derive(Debug)]
pub(super) enum Sight {
    /// The job, and the pause the iDRAC asked for before the next look.
    Seen(Box<JobStatus>, Option<Duration>),
    /// No face of it.
    Missing,
    /// An iDRAC that does not answer, or not with what was asked.
    Away(Error),
}

/// Where a job is looked for.
pub(super) struct Looker<'a> {
    redfish: &'a dyn Redfish,
    homes: Vec<JobHome>,
    /// Whether the job was seen in the first of them.
    settled: bool,
}

impl<'a> Looker<'a> {
    pub(super) fn new(redfish: &'a dyn Redfish) -> Self {
        Self { redfish, homes: homes(redfish), settled: false }
    }

    /// Looks once.
    ///
    /// # Errors
    /// What will not pass by waiting: a refused login, a changed certificate, a missing privilege.
    pub(super) async fn look(&mut self, of: &JobRef) -> Result<Sight> {
        let on = self.redfish.safeguards();
        if let Some(task) = of.task.as_ref()
            && !(on.has(Safeguard::JobWhenTaskIsGone) && on.has(Safeguard::CrossCheckMonitor))
        {
            let sight = self.task(task.path()).await?;
            if !matches!(sight, Sight::Missing) || !on.has(Safeguard::JobWhenTaskIsGone) {
                return Ok(sight);
            }
        }
        let sight = self.job(of).await?;
        if !matches!(sight, Sight::Missing) {
            return Ok(sight);
        }
        match (&of.task, &of.job) {
            (Some(task), _) => self.task(task.path()).await,
            (None, Some(job)) => self.task(&endpoint::task_of(job)).await,
            (None, None) => Ok(Sight::Missing),
        }
    }

    /// The task, for the results of its parts.
    pub(super) async fn parts(&self, of: &JobRef) -> Option<JobStatus> {
        let own = of.task.as_ref().map(|task| task.path().to_owned());
        let path = own.or_else(|| of.job.as_ref().map(endpoint::task_of))?;
        match self.task(&path).await {
            Ok(Sight::Seen(status, _)) => Some(*status),
            _ => None,
        }
    }

    /// Dell's queue at each place this iDRAC may have it, until one knows the job.
    async fn job(&mut self, of: &JobRef) -> Result<Sight> {
        let Some(job) = &of.job else { return Ok(Sight::Missing) };
        for nth in 0..self.homes.len() {
            let home = self.homes[nth];
            let path = home.job(job);
            let sight = match home {
                JobHome::JobService => self.read::<JobServiceJob>("GetJob", path).await?,
                JobHome::Dell | JobHome::Manager => self.read::<DellJob>("GetDellJob", path).await?,
            };
            match sight {
                Sight::Missing if self.settled => return Ok(Sight::Missing),
                Sight::Missing => {}
                Sight::Seen(..) => {
                    self.settle(nth);
                    return Ok(sight);
                }
                Sight::Away(_) => return Ok(sight),
            }
        }
        Ok(Sight::Missing)
    }

    /// This is the place; the others are not asked any more.
    fn settle(&mut self, nth: usize) {
        self.homes.swap(0, nth);
        if !self.settled {
            self.settled = true;
            remember(self.redfish, self.homes[0]);
        }
    }

    async fn task(&self, path: &str) -> Result<Sight> {
        self.read::<Task>("GetTask", path.to_owned()).await
    }

    async fn read<T: Schema>(&self, operation: &'static str, path: String) -> Result<Sight>
    where
        for<'v> JobStatus: From<&'v T>,
    {
        let outcome = self.redfish.send(operation, Request::get(path.clone())).await;
        let read = outcome.and_then(|response| {
            let pause = retry_after(&response, self.redfish.clock().wall());
            Ok((Resource::<T>::parse(response.body)?, pause))
        });
        match read {
            Ok((resource, pause)) => Ok(Sight::Seen(Box::new(JobStatus::from(&*resource)), pause)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {
                Ok(Sight::Missing)
            }
            Err(error) if passes(&error) && self.rides_out(&error) => Ok(Sight::Away(error)),
            Err(error) => Err(error.with_operation(operation).with_path(path)),
        }
    }

    fn rides_out(&self, error: &Error) -> bool {
        let safeguard = match error.kind() {
            ErrorKind::NotReady | ErrorKind::Busy => Safeguard::WaitUntilReady,
            _ => Safeguard::SurviveRestart,
        };
        self.redfish.safeguards().has(safeguard)
    }
}

/// The places of Dell's queue on this iDRAC, the one that is known to work first.
pub(in crate::flow) fn homes(redfish: &dyn Redfish) -> Vec<JobHome> {
    let facts = redfish.facts();
    let mut homes = JobHome::of(facts.generation).to_vec();
    if let Some(known) = facts.jobs_path.as_deref().and_then(JobHome::find) {
        homes.retain(|home| *home != known);
        homes.insert(0, known);
    }
    homes
}

/// Notes where the queue is.
pub(in crate::flow) fn remember(redfish: &dyn Redfish, home: JobHome) {
    redfish.learn(&mut |facts| {
        if facts.jobs_path.as_deref() != Some(home.collection()) {
            facts.jobs_path = Some(home.collection().to_owned());
        }
    });
}

/// Whether an error is one of an iDRAC that restarts or is busy, and may pass by waiting.
pub(in crate::flow) fn passes(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connect
        | ErrorKind::Timeout
        | ErrorKind::Tls
        | ErrorKind::NotReady
        | ErrorKind::Busy
        | ErrorKind::SessionLimit
        | ErrorKind::Server
        | ErrorKind::CircuitOpen
        | ErrorKind::Protocol => true,
        _ => error.permanence() != Permanence::Permanent,
    }
}

fn retry_after(response: &Response, wall: SystemTime) -> Option<Duration> {
    let sent = response.header("date").and_then(parse_http_date).unwrap_or(wall);
    parse_retry_after(response.header("retry-after")?, sent)
}
