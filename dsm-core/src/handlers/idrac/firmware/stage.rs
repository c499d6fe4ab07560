//! Hands one package to the iDRAC, at most once over all attempts.

use dell_redfish::DellJobId;
use dell_redfish::ODataId;
use dell_redfish::catalog::DellVersion;
use dell_redfish::flow::firmware::{
    FirmwareUpdate, PackageSource, list_firmware, start_of_update, submit_update,
};
use dell_redfish::flow::wait::{JobRef, Started, find_started};
use dell_redfish::{Error as Refused, ErrorKind as Kind};
use serde::{Deserialize, Serialize};

use super::end::Failure;
use super::plan::Item;
use super::run::Run;
use crate::error::Result;
use crate::step::{OpenStep, Step};

/// What is on record before a package is sent.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    package: String,
    version: Option<String>,
    sha256: Option<String>,
    /// What its job can be told by.
    started: Started,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Staged {
    /// Dell's job.
    job: Option<String>,
    /// The Redfish task, where only that is known.
    task: Option<String>,
}

impl Staged {
    pub(super) fn of(job: &JobRef) -> Self {
        Self {
            job: job.job.as_ref().map(|id| id.as_str().to_owned()),
            task: job.task.as_ref().map(|task| task.path().to_owned()),
        }
    }

    /// Its job; none where the iDRAC said that the version is installed already.
    pub(super) fn job(&self) -> Option<JobRef> {
        let job = self.job.as_deref().and_then(|id| DellJobId::parse(id).ok());
        let task = self.task.as_deref().and_then(|path| ODataId::parse(path).ok());
        Some(JobRef { job, task, retry_after: None }).filter(JobRef::is_known)
    }
}

impl Run<'_> {
    /// Stages an item, or takes over the job that an earlier attempt made for it. `known` are the jobs that are not it.
    pub(super) async fn stage(
        &self,
        round: &str,
        item: &Item,
        known: &[DellJobId],
    ) -> Result<std::result::Result<Staged, Failure>> {
        let server = self.visit.server_id();
        let staged = match self.visit.step::<Staged>(&format!("stage {round} {}", item.key))? {
            Step::Done(staged) => Ok(staged),
            Step::New(step) => {
                let started = self.start(known).await;
                self.send(step, item, &started, item.update(&self.access)?).await?
            }
            Step::Begun(step, note) => match serde_json::from_value::<Note>(note) {
                Ok(note) => self.resume(step, item, note).await?,
                Err(_) => {
                    let started = self.start(known).await;
                    self.send(step, item, &started, item.update(&self.access)?).await?
                }
            },
        };
        if let Ok(staged) = &staged {
            self.ledger().sent(server, staged.job().and_then(|job| job.job).as_ref());
        }
        Ok(staged)
    }

    async fn start(&self, known: &[DellJobId]) -> Started {
        start_of_update(&self.client, known.to_vec()).by_its_clock(&self.client).await
    }

    /// An earlier attempt began it: the queue knows its job, or the inventory its package; else it never arrived.
    async fn resume(
        &self,
        step: OpenStep<'_>,
        item: &Item,
        note: Note,
    ) -> Result<std::result::Result<Staged, Failure>> {
        self.list.now(self.list.percent(), format!("{}: looking for what was sent before", item.name));
        match find_started(&self.client, &note.started, &self.wait(&item.name, 20)).await {
            Ok(job) => return step.done(Staged::of(&job)).await.map(Ok),
            Err(error) if error.kind() == Kind::NotFound => {}
            Err(error) => return Ok(Err(Failure::of(error)?)),
        }
        let inventory = list_firmware(&self.client).await?;
        if item.expected.as_ref().is_some_and(|expected| expected.is_met(&inventory.installed)) {
            return step.done(Staged::default()).await.map(Ok);
        }
        let mut update = item.update(&self.access)?;
        // Through `HttpPushUri` a package becomes an entry first: one that lies there already is not sent again.
        let lies_there = inventory.available.iter().find(|entry| {
            item.expected.as_ref().is_some_and(|expected| {
                expected.concerns(entry)
                    && DellVersion::new(&entry.version).is_same(DellVersion::new(&expected.version))
            })
        });
        if let (PackageSource::File(_), Some(entry)) = (&update.package, lies_there)
            && let Some(id) = inventory
                .entries
                .iter()
                .find(|one| one.id.as_deref() == Some(entry.id.as_str()))
                .and_then(|one| one.odata_id.clone())
        {
            update.package = PackageSource::Entry(ODataId::parse(&id)?);
        }
        self.send(step, item, &note.started, update).await
    }

    async fn send(
        &self,
        step: OpenStep<'_>,
        item: &Item,
        started: &Started,
        update: FirmwareUpdate,
    ) -> Result<std::result::Result<Staged, Failure>> {
        let sha256 = match self.work.depot.check(&item.parcel).await {
            Ok(sha256) => sha256,
            Err(error) => return Ok(Err(Failure::new(error.chain()))),
        };
        let note = Note {
            package: item.parcel.name(),
            version: item.version.clone(),
            sha256,
            started: started.clone(),
        };
        step.begin(&note).await?;
        self.ledger().sends(self.visit.server_id(), started);
        let sent = submit_update(&self.client, &self.access, &update, started, &self.options()).await;
        match sent {
            Ok(submitted) => step.done(Staged::of(&submitted.job)).await.map(Ok),
            Err(error) if says_same_version(&error) => self.same_or_unsupported(step, item, error).await,
            Err(error) => {
                self.ledger().sent(self.visit.server_id(), None);
                Ok(Err(Failure::of(error)?))
            }
        }
    }

    /// "Only the same version or unsupported packages": which of both, the inventory knows.
    async fn same_or_unsupported(
        &self,
        step: OpenStep<'_>,
        item: &Item,
        error: Refused,
    ) -> Result<std::result::Result<Staged, Failure>> {
        let inventory = list_firmware(&self.client).await?;
        let is_met = item.expected.as_ref().is_none_or(|expected| expected.is_met(&inventory.installed));
        if is_met { step.done(Staged::default()).await.map(Ok) } else { Ok(Err(Failure::of(error)?)) }
    }
}

fn says_same_version(error: &Refused) -> bool {
    error.message_ids().any(|id| id.as_str() == "SUP029")
}
