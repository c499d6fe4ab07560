//! From wanted settings to one Dell job that waits for a restart: judged, staged, and on a cancel taken back.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use dell_redfish::attribute::{AttributeValues, Reason};
use dell_redfish::flow::bios::{clear_pending_bios, plan_bios, set_bios};
use dell_redfish::flow::jobs::delete_job;
use dell_redfish::flow::settings::{Afterwards, SettingsEnd, SettingsOptions, SettingsOutcome, SettingsPlan};
use dell_redfish::flow::wait::{JobRef, Started, WaitOptions, fetch_job, find_started};
use dell_redfish::model::JobState;
use dell_redfish::{DellJobId, ErrorKind as RedfishKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::work::Work;
use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::queue::{known_jobs, queue};
use crate::handlers::idrac::walk::{Before, Sent};

/// Dell's type of the job that applies BIOS settings.
const JOB_TYPE: &str = "BIOSConfiguration";

/// Where settings are staged, as the record of commands ends.
const SETTINGS: &str = "/Bios/Settings";

/// How long a job that was made a moment ago may be missing in the queue.
const GRACE: Duration = Duration::from_secs(30);

/// What the registry says of the wish.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Judged {
    /// Settings to be changed.
    pub(super) changes: usize,
    /// Left out, and why.
    pub(super) skipped: BTreeMap<String, String>,
}

/// What is staged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Staged {
    pub(super) how: How,
    pub(super) job: Option<String>,
    /// Somebody else made the job.
    pub(super) is_adopted: bool,
}

/// How far that went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum How {
    /// All was as wanted.
    Unchanged,
    /// A job waits.
    Waiting,
    /// The job has ended already.
    Ended,
}

/// What an attempt that comes later has to go by.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Note {
    before: Before,
    /// Jobs that were there already.
    known: Vec<DellJobId>,
}

impl Staged {
    fn of(outcome: &SettingsOutcome) -> Self {
        Self {
            how: match outcome.end {
                SettingsEnd::Unchanged => How::Unchanged,
                SettingsEnd::Staged => How::Waiting,
                SettingsEnd::Ended(_) => How::Ended,
            },
            job: outcome.job.as_ref().map(ToString::to_string),
            is_adopted: outcome.is_adopted,
        }
    }

    /// The job, to be followed.
    pub(super) fn job_ref(&self) -> Result<JobRef> {
        let id = self.job.as_deref().unwrap_or_default();
        let id = DellJobId::parse(id)
            .map_err(|error| Error::from(error).about("the Dell job of the staged settings"))?;
        Ok(JobRef::from(id))
    }
}

impl Work<'_> {
    /// What of the wish can be had, and what would happen. Nothing is sent.
    pub(super) async fn plan(
        &self,
        wanted: &AttributeValues,
        afterwards: Afterwards,
    ) -> Result<(AttributeValues, Judged, SettingsPlan)> {
        let options = SettingsOptions::default().with_cache(self.cache.clone()).with_afterwards(afterwards);
        let (mut left, mut skipped) = (wanted.clone(), BTreeMap::new());
        loop {
            let plan = plan_bios(self.client, &left, &options).await?;
            let problems = &plan.validation.problems;
            let out: Vec<_> = problems.iter().filter(|problem| is_unwritable(&problem.reason)).collect();
            if !self.manner.skips || out.is_empty() {
                let judged = Judged { changes: plan.validation.changes.len(), skipped };
                return Ok((left, judged, plan));
            }
            for problem in out {
                left.remove(&problem.attribute);
                skipped.insert(problem.attribute.clone(), problem.to_string());
            }
        }
    }

    /// Judges the wish, once: after it is staged the registry would say other things.
    pub(super) async fn judge(&self, wanted: &AttributeValues) -> Result<Judged> {
        // Reading again is always right before anything is sent.
        let anew = async |_| Ok(None);
        self.visit.once("judge", Value::Null, anew, || self.judged(wanted)).await
    }

    async fn judged(&self, wanted: &AttributeValues) -> Result<Judged> {
        let (_, judged, plan) = self.plan(wanted, Afterwards::Leave).await?;
        if let Some(why) = self.objection(&plan).await? {
            return Err(why);
        }
        Ok(judged)
    }

    /// What stands against a plan: the registry, or another's job that holds the settings.
    pub(super) async fn objection(&self, plan: &SettingsPlan) -> Result<Option<Error>> {
        let problems: Vec<String> = plan.validation.problems.iter().map(ToString::to_string).collect();
        if !problems.is_empty() {
            return Ok(Some(Error::invalid(
                "details.attributes",
                format!("nothing was sent: {}", problems.join("; ")),
                "correct them, or write details.skip_unwritable true to leave out what cannot be written",
            )));
        }
        if plan.validation.is_noop() {
            return Ok(None);
        }
        Ok(self.holder().await?.map(|job| {
            Error::new(
                ErrorKind::Busy,
                format!("the BIOS is held by {job} until that has run or was deleted"),
            )
            .about(job.to_string())
            .hint("restart the host so that it runs, or delete it, and run this job again")
        }))
    }

    /// The job in the queue that holds the BIOS, where the queue tells its jobs' types.
    async fn holder(&self) -> Result<Option<DellJobId>> {
        let holds = |job: &dell_redfish::flow::wait::JobStatus| {
            job.job_type.as_deref() == Some(JOB_TYPE) && !job.state.is_end()
        };
        Ok(queue(self.client).await?.into_iter().find(holds).and_then(|job| job.id))
    }

    /// Stages the settings, once.
    pub(super) async fn stage(&self, wanted: &AttributeValues) -> Result<Staged> {
        let known = known_jobs(self.client, JOB_TYPE).await?;
        let note = Note { before: self.visit.before().await?, known };
        self.visit.once("stage", note, |note| self.find_staged(note), || self.staged(wanted)).await
    }

    async fn staged(&self, wanted: &AttributeValues) -> Result<Staged> {
        let options = SettingsOptions::default().with_cache(self.cache.clone());
        Ok(Staged::of(&set_bios(self.client, wanted, &options).await?))
    }

    /// The job of an earlier attempt. Without one the settings are staged by what can be read: that is never done twice either.
    async fn find_staged(&self, note: Value) -> Result<Option<Staged>> {
        let note: Note = serde_json::from_value(note).unwrap_or_default();
        if self.visit.sent_since("PATCH", SETTINGS, &note.before).await? == Sent::No {
            return Ok(None);
        }
        let started = Started {
            job_types: vec![JOB_TYPE.to_owned()],
            since: UNIX_EPOCH,
            since_there: None,
            known: note.known,
            later: true,
        };
        match find_started(self.client, &started, &WaitOptions::default().with_grace(GRACE)).await {
            Ok(found) => {
                let job = found.job.map(|job| job.to_string());
                let text = job.as_deref().unwrap_or("a job without a name").to_owned();
                self.visit
                    .log("WARN", format!("an earlier attempt staged the settings: {text} is taken over"));
                Ok(Some(Staged { how: How::Waiting, job, is_adopted: false }))
            }
            Err(error) if error.kind() == RedfishKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes back what this job staged and no restart has begun to apply.
    pub(super) async fn take_back(&self, staged: Staged) -> Result<()> {
        if staged.is_adopted || staged.how != How::Waiting {
            return Ok(());
        }
        let job = staged.job_ref()?;
        let waits = fetch_job(self.client, &job).await.is_ok_and(|status| has_not_begun(status.state));
        if let (true, Some(id)) = (waits, &job.job) {
            delete_job(self.client, id, &WaitOptions::default()).await?;
            match clear_pending_bios(self.client).await {
                Ok(_) => self.visit.log("WARN", format!("cancelled: {id} was deleted, nothing is staged")),
                Err(error) if error.kind() == RedfishKind::Unsupported => {
                    let left = "the settings stay staged without a job, as this iDRAC cannot drop them";
                    self.visit.log("WARN", format!("cancelled: {id} was deleted; {left}"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// What an attempt that was stopped in the middle has staged, as far as it can be known.
    pub(super) async fn staged_so_far(&self) -> Result<Option<Staged>> {
        match self.visit.step::<Staged>("stage")? {
            crate::step::Step::Done(staged) => Ok(Some(staged)),
            crate::step::Step::Begun(_, note) => self.find_staged(note).await,
            crate::step::Step::New(_) => Ok(None),
        }
    }
}

/// Whether no value of it could be written.
fn is_unwritable(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::Unknown { .. } | Reason::ReadOnly { .. } | Reason::Hidden { .. } | Reason::Forced { .. }
    )
}

/// Whether a job is in the queue and has done nothing yet.
pub(in crate::handlers::idrac) const fn has_not_begun(state: JobState) -> bool {
    matches!(state, JobState::New | JobState::Scheduling) || state.is_held()
}
