//! What is done to one server, as the story it is.

use async_trait::async_trait;
use dell_redfish::Client;
use dell_redfish::attribute::AttributeValues;
use dell_redfish::flow::bios::verify_bios;
use dell_redfish::flow::settings::{Afterwards, RegistryCache};
use dell_redfish::flow::wait::{HeldBy, JobOutcome, JobRef, Verdict, WaitOptions, wait_for_job};
use dell_redfish::model::{ComputerSystem, Resource};
use serde_json::{Value, json};
use uuid::Uuid;

use super::outcome::{End, Report};
use super::restart::{Restarted, reset};
use super::snapshot::{Label, Snapshot};
use super::stage::{How, Judged};
use super::write::Manner;
use crate::error::Result;
use crate::handlers::idrac::walk::{PerServer, Visit, Visited};
use crate::step::Step;
use crate::store::{AttemptWrite, RowWrite};

/// What is kept with a snapshot where nobody says.
const NOTES: &str = "Before bios_config_write";

/// See the module's documentation.
pub(super) struct Write {
    pub(super) wanted: AttributeValues,
    pub(super) manner: Manner,
}

/// One server under way.
pub(super) struct Work<'a> {
    pub(super) visit: &'a Visit,
    pub(super) client: &'a Client,
    pub(super) system: &'a Resource<ComputerSystem>,
    pub(super) manner: &'a Manner,
    pub(super) cache: RegistryCache,
}

#[async_trait]
impl PerServer for Write {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let (client, system) = visit.connect().await?;
        let work = self.work(visit, &client, &system);
        if self.manner.is_dry {
            return work.dry_run(&self.wanted).await;
        }
        visit.progress(5, "Judging the settings...");
        let judged = work.judge(&self.wanted).await?;
        let wanted: AttributeValues =
            self.wanted.clone().into_iter().filter(|(name, _)| !judged.skipped.contains_key(name)).collect();
        let mut report = Report::new(&judged);
        match work.bring_about(&wanted, &judged, &mut report).await {
            Ok(end) => Ok(report.ended(end)),
            // What was done until then is told as well.
            Err(error) => Ok(report.broke_off(&error)),
        }
    }

    async fn tidy(&self, visit: &Visit) {
        if self.manner.is_dry {
            return;
        }
        if let Err(error) = self.take_back(visit).await {
            visit.log("ERROR", format!("what was staged could not be taken back: {}", error.chain()));
        }
    }
}

impl Write {
    fn work<'a>(
        &'a self,
        visit: &'a Visit,
        client: &'a Client,
        system: &'a Resource<ComputerSystem>,
    ) -> Work<'a> {
        // A registry is large and of this one machine: it goes when the visit is over.
        Work { visit, client, system, manner: &self.manner, cache: RegistryCache::default() }
    }

    async fn take_back(&self, visit: &Visit) -> Result<()> {
        if matches!(visit.step::<Value>("stage")?, Step::New(_)) {
            return Ok(());
        }
        let (client, system) = visit.connect().await?;
        let work = self.work(visit, &client, &system);
        let Some(staged) = work.staged_so_far().await? else { return Ok(()) };
        // Once the restart was asked for, the job runs whatever is done here.
        if work.is_restarting().await? {
            let job = staged.job.as_deref().unwrap_or("the Dell job");
            visit.log("WARN", format!("cancelled after the restart was asked for: {job} runs on"));
            return Ok(());
        }
        work.take_back(staged).await
    }
}

impl Work<'_> {
    /// From the snapshot to the comparison. The report learns on the way what was done.
    async fn bring_about(
        &self,
        wanted: &AttributeValues,
        judged: &Judged,
        report: &mut Report,
    ) -> Result<End> {
        if self.manner.snapshot.unwrap_or(judged.changes > 0) {
            report.snapshot(self.snapshot().await?);
        }
        self.visit.progress(15, "Staging the settings...");
        let staged = self.stage(wanted).await?;
        if staged.how == How::Unchanged {
            return Ok(End::Unchanged(verify_bios(self.client, wanted, &self.cache).await?));
        }
        report.staged(&staged, judged);
        let job = staged.job_ref()?;
        if staged.how == How::Waiting {
            let Some(reset) = reset(self.manner, self.system) else { return Ok(End::Waits(staged)) };
            let Restarted { action, is_resumed } = self.restart(&reset, &job).await?;
            report.restarted(action, is_resumed);
        }
        let outcome = self.follow(&job).await?;
        match outcome.verdict {
            // Of a lost job the settings tell.
            Verdict::Done | Verdict::Lost => {
                self.visit.progress(95, "Comparing the settings...");
                let results = verify_bios(self.client, wanted, &self.cache).await?;
                Ok(End::Compared(outcome, results))
            }
            _ => Ok(End::JobFailed(outcome)),
        }
    }

    /// Says what would happen.
    async fn dry_run(&self, wanted: &AttributeValues) -> Result<Visited> {
        let afterwards = match reset(self.manner, self.system) {
            Some(reset) => Afterwards::Restart(reset),
            None => Afterwards::Leave,
        };
        let (_, judged, plan) = self.plan(wanted, afterwards).await?;
        let visited = match self.objection(&plan).await? {
            Some(why) => Visited::failed(why.chain()),
            None => Visited::done(plan.plan.summary.clone()),
        };
        Ok(visited
            .with("settings_applied", 0)
            .with("changes", json!(plan.validation.changes))
            .with("side_effects", json!(plan.validation.side_effects))
            .with("problems", json!(plan.validation.problems))
            .with("skipped", json!(judged.skipped))
            .with("plan", json!(plan.plan)))
    }

    /// Keeps the settings as they are, once.
    async fn snapshot(&self) -> Result<Uuid> {
        self.visit.progress(10, "Keeping the settings as they are...");
        // The row of an attempt before has the same id: writing it again changes nothing.
        let anew = async |_| Ok(None);
        self.visit.once("snapshot", Value::Null, anew, || self.kept()).await
    }

    async fn kept(&self) -> Result<Uuid> {
        let notes = if self.manner.notes.is_empty() { NOTES } else { &self.manner.notes };
        let snapshot = Snapshot::take(self.client, self.system, &self.cache).await?;
        let row: RowWrite = snapshot.row(self.visit, &Label { kind: "current", notes });
        let id = row.id;
        let write = AttemptWrite { rows: vec![row], ..AttemptWrite::default() };
        self.visit.ctx().write_patiently(write).await?;
        Ok(id)
    }

    /// Follows the job to its end.
    async fn follow(&self, job: &JobRef) -> Result<JobOutcome> {
        self.visit.progress(50, "Waiting for the job...");
        let tell = self.visit.teller();
        let wait = WaitOptions::default().with_held_by(HeldBy::Restart).with_progress(move |seen| {
            let percent = seen.percent.unwrap_or(0).min(100);
            let state = seen.state.map_or("not seen yet", |state| state.as_str());
            let away = if seen.away { "; the iDRAC does not answer just now" } else { "" };
            tell(50 + percent * 2 / 5, format!("The job is {state}, {percent} %{away}"));
        });
        Ok(wait_for_job(self.client, job, &wait).await?)
    }
}
