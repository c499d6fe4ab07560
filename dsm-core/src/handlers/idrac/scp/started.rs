//! The Dell job of an export or import, started once over all attempts.

use std::time::{Duration, UNIX_EPOCH};

use dell_redfish::flow::scp::{EXPORT_JOB_TYPE, IMPORT_JOB_TYPE};
use dell_redfish::flow::wait::{JobRef, Started, WaitOptions, find_started};
use dell_redfish::{Client, DellJobId, ErrorKind as RedfishKind, ODataId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::queue::known_jobs;
use crate::handlers::idrac::walk::{Before, Sent, Visit};
use crate::step::Step;

/// How long a job that was made a moment ago may be missing in the queue.
const GRACE: Duration = Duration::from_secs(60);

/// What is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Changes nothing: where it cannot be found again, it is done again.
    Export,
    /// Is never sent while it may have been carried out.
    Import,
}

/// A job that was started, as its step keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DellJob {
    pub(super) job: Option<String>,
    task: Option<String>,
    /// An earlier attempt started it.
    pub(super) is_resumed: bool,
}

/// What an attempt that comes later has to go by. It may run on another machine, by another clock: what tells the command and
/// its job is that they were not there before.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Note {
    before: Before,
    /// Jobs of this type that were there already.
    known: Vec<DellJobId>,
}

impl Kind {
    /// How the record of its command ends.
    const fn action(self) -> &'static str {
        match self {
            Self::Export => ".ExportSystemConfiguration",
            Self::Import => ".ImportSystemConfiguration",
        }
    }

    const fn job_type(self) -> &'static str {
        match self {
            Self::Export => EXPORT_JOB_TYPE,
            Self::Import => IMPORT_JOB_TYPE,
        }
    }
}

impl DellJob {
    fn of(job: &JobRef, is_resumed: bool) -> Self {
        Self {
            job: job.job.as_ref().map(ToString::to_string),
            task: job.task.as_ref().map(|task| task.path().to_owned()),
            is_resumed,
        }
    }

    /// The job, to be followed.
    ///
    /// # Errors
    /// What is stored names none.
    pub(super) fn job_ref(&self) -> Result<JobRef> {
        let about = |error: dell_redfish::Error| Error::from(error).about("the Dell job of a profile");
        let job = self.job.as_deref().map(DellJobId::parse).transpose().map_err(about)?;
        let task = self.task.as_deref().map(ODataId::parse).transpose().map_err(about)?;
        Ok(JobRef { job, task, retry_after: None })
    }
}

/// Starts it, once.
///
/// # Errors
/// The iDRAC's; it took an import on for an earlier attempt and knows nothing of it now.
pub(super) async fn start_once<F>(
    visit: &Visit,
    client: &Client,
    step: &str,
    kind: Kind,
    start: impl FnOnce() -> F + Send,
) -> Result<DellJob>
where
    F: Future<Output = Result<JobRef>> + Send,
{
    match visit.step::<DellJob>(step)? {
        Step::Done(job) => Ok(job),
        Step::New(open) => {
            let known = known_jobs(client, kind.job_type()).await?;
            open.begin(&Note { before: visit.before().await?, known }).await?;
            open.done(DellJob::of(&start().await?, false)).await
        }
        Step::Begun(open, note) => match find(visit, client, kind, note).await? {
            Some(job) => open.done(job).await,
            None => open.done(DellJob::of(&start().await?, false)).await,
        },
    }
}

/// The job of an attempt that began the step and said nothing more.
pub(super) async fn find(visit: &Visit, client: &Client, kind: Kind, note: Value) -> Result<Option<DellJob>> {
    let note: Note = serde_json::from_value(note).unwrap_or_default();
    let sent = visit.sent_since("POST", kind.action(), &note.before).await?;
    if sent == Sent::No {
        return Ok(None);
    }
    let started = Started {
        job_types: vec![kind.job_type().to_owned()],
        since: UNIX_EPOCH,
        since_there: None,
        known: note.known,
        later: true,
    };
    match find_started(client, &started, &WaitOptions::default().with_grace(GRACE)).await {
        Ok(job) => {
            let found = DellJob::of(&job, true);
            let name = found.job.as_deref().unwrap_or("its job");
            visit.log("WARN", format!("an earlier attempt started it: {name} is taken over"));
            Ok(Some(found))
        }
        // What left with an answer nobody saw makes its job at once: without one it never left.
        Err(error)
            if error.kind() == RedfishKind::NotFound && (kind == Kind::Export || sent == Sent::Perhaps) =>
        {
            Ok(None)
        }
        Err(error) if error.kind() == RedfishKind::NotFound => Err(lost(error)),
        Err(error) => Err(error.into()),
    }
}

fn lost(error: dell_redfish::Error) -> Error {
    let message = "the iDRAC took an import on for an earlier attempt, and its job is not there";
    Error::new(ErrorKind::Redfish, message)
        .hint("look at the server's Lifecycle log, and run the job again if nothing was imported")
        .with_source(error)
}
