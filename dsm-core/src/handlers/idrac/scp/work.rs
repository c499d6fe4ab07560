//! What an import does to one server, as the story it is.

use async_trait::async_trait;
use dell_redfish::flow::jobs::delete_job;
use dell_redfish::flow::scp::{
    ImportOptions, ImportOutcome, follow_import, plan_import, preview_import, start_import,
};
use dell_redfish::flow::wait::{JobRef, Verdict, WaitOptions, fetch_job};
use dell_redfish::model::ComputerSystem;
use dell_redfish::ops::{ExportUse, ShutdownType};
use dell_redfish::scp::{Agreement, Hazard, ScpTarget};
use dell_redfish::{Client, ErrorKind as RedfishKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::backup::{Content, load};
use super::classes;
use super::manner::Manner;
use super::report::Report;
use super::started::{DellJob, Kind, find, start_once};
use super::take::{Taken, Wish, take, watched};
use super::verify::{chosen, verify};
use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::bios::has_not_begun;
use crate::handlers::idrac::walk::{PerServer, Visit, Visited};
use crate::step::Step;

/// Of an import without a restart: some settings wait for one.
const WAITS_FOR_RESTART: &str = "SYS070";

/// Steps that start a Dell job that changes the server.
const IMPORT: &str = "import";
const ROLLBACK: &str = "rollback";

/// What is imported.
#[derive(Debug, Clone)]
pub(super) struct Material {
    pub(super) options: ImportOptions,
    /// The row it comes from, and its name.
    pub(super) backup: Option<(Uuid, String)>,
    /// The model it was made on, where only the table of servers knows it.
    pub(super) model: Option<String>,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) material: Material,
    pub(super) classes: Vec<ScpTarget>,
    pub(super) manner: Manner,
}

/// What the iDRAC said it would do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Previewed {
    /// Nothing where the firmware has no preview.
    changes: Option<bool>,
    restarts: Option<bool>,
    estimated_s: Option<u64>,
    /// Settings it names, of the chosen classes, and those of them that would not work.
    settings: usize,
    problems: usize,
}

/// What became of a way back.
#[derive(Debug, Serialize)]
pub(super) struct RolledBack {
    backup_id: Uuid,
    job_id: Option<String>,
    /// Why it did not bring everything back.
    pub(super) problem: Option<String>,
}

/// How an import ended that did something.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    Whole,
    Staged,
    Wrong(String),
    /// It could not be followed to its end, or not be compared.
    Unknown(String),
}

/// One server under way.
struct Work<'a> {
    visit: &'a Visit,
    client: &'a Client,
    system: &'a ComputerSystem,
    import: &'a Import,
}

#[async_trait]
impl PerServer for Import {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let (client, system) = visit.connect().await?;
        let work = Work { visit, client: &client, system: &system, import: self };
        work.check_model()?;
        if self.manner.is_dry {
            return work.dry_run().await;
        }
        work.check_hazards()?;
        let mut report = Report::new(self);
        let preview = work.preview().await?;
        report.previewed(&preview);
        if preview.changes == Some(false) {
            return Ok(report.unchanged());
        }
        let before = work.before().await?;
        if let Some(before) = &before {
            report.kept(before);
        }
        visit.progress(40, "Importing the configuration...");
        let options = work.options((40, 85), "Import");
        let start = || work.start(&options);
        let job = start_once(visit, &client, IMPORT, Kind::Import, start).await?;
        report.started(visit, self, &job);
        match work.end(&job, &options, &mut report).await? {
            Came::Whole => Ok(report.done()),
            Came::Staged => Ok(report.staged()),
            // Whatever is done now could meet the import half-way.
            Came::Unknown(why) => Ok(report.failed(why)),
            Came::Wrong(why) => match before.filter(|_| self.manner.rolls_back) {
                Some(before) => {
                    visit.log("ERROR", format!("{why}; the configuration kept before is imported again"));
                    let back = work.roll_back(&before).await?;
                    Ok(report.rolled_back(&why, &back))
                }
                None => Ok(report.failed(why)),
            },
        }
    }

    async fn tidy(&self, visit: &Visit) {
        if self.manner.is_dry {
            return;
        }
        if let Err(error) = take_back(visit).await {
            visit.log("ERROR", format!("the import could not be taken back: {}", error.chain()));
        }
    }
}

/// Deletes the import of this job if it has not begun. One that has cannot be stopped half-way without harm.
async fn take_back(visit: &Visit) -> Result<()> {
    for name in [ROLLBACK, IMPORT] {
        let step = visit.step::<DellJob>(name)?;
        if matches!(step, Step::New(_)) {
            continue;
        }
        let (client, _) = visit.connect().await?;
        let job = match step {
            Step::Done(job) => Some(job),
            Step::Begun(_, note) => find(visit, &client, Kind::Import, note).await?,
            Step::New(_) => None,
        };
        let Some(JobRef { job: Some(id), .. }) = job.map(|job| job.job_ref()).transpose()? else {
            return Ok(());
        };
        let status = fetch_job(&client, &JobRef::from(id.clone())).await?;
        if has_not_begun(status.state) {
            delete_job(&client, &id, &WaitOptions::default()).await?;
            visit.log("WARN", format!("cancelled: {id} was deleted before it began"));
        } else if !status.state.is_end() {
            visit.log("WARN", format!("cancelled: {id} has begun and runs to its end on the iDRAC"));
        }
        return Ok(());
    }
    Ok(())
}

impl Work<'_> {
    fn manner(&self) -> &Manner {
        &self.import.manner
    }

    fn options(&self, span: (u8, u8), what: &'static str) -> ImportOptions {
        self.import.material.options.clone().with_wait(watched(self.visit, span, what))
    }

    /// Refuses a profile of another model, before anything is sent.
    fn check_model(&self) -> Result<()> {
        let own = self.system.model.as_deref();
        let material = &self.import.material;
        let (of, is_other) = match material.options.profile() {
            Some(profile) => {
                let fit = profile.fit(own, self.system.sku.as_deref());
                if fit.service_tag == Agreement::Different {
                    let tag = fit.profile_service_tag.as_deref().unwrap_or_default();
                    self.visit.log(
                        "WARN",
                        format!("the profile is of {tag}: its names and addresses come with it"),
                    );
                }
                (fit.profile_model, fit.model == Agreement::Different)
            }
            None => {
                let same = |one: &str, other: &str| one.trim().eq_ignore_ascii_case(other.trim());
                let other = material.model.as_deref().zip(own).is_some_and(|(of, own)| !same(of, own));
                (material.model.clone(), other)
            }
        };
        if !is_other || self.manner().any_model {
            return Ok(());
        }
        let (of, own) = (of.unwrap_or_default(), own.unwrap_or_default());
        Err(Error::new(
            ErrorKind::Conflict,
            format!("the profile is of a {of}, the server is a {own}; nothing was sent"),
        )
        .hint("write details.force true to import it all the same"))
    }

    fn hazards(&self) -> Vec<Hazard> {
        let profile = self.import.material.options.profile();
        let found = profile.map(|profile| profile.hazards()).unwrap_or_default();
        found.into_iter().filter(|one| classes::is_covered(&self.import.classes, &one.component)).collect()
    }

    /// Refuses settings that destroy data, unless they are allowed.
    fn check_hazards(&self) -> Result<()> {
        let hazards = self.hazards();
        let Some(first) = hazards.first().filter(|_| !self.manner().may_destroy) else { return Ok(()) };
        Err(Error::new(
            ErrorKind::Conflict,
            format!(
                "{} settings of the profile destroy data, {} of {} among them; nothing was sent",
                hazards.len(),
                first.attribute,
                first.component
            ),
        )
        .hint("write details.allow_data_loss true to import them, or details.restore_raid false to leave them out"))
    }

    /// Says what would happen.
    async fn dry_run(&self) -> Result<Visited> {
        let planned = plan_import(self.client, &self.options((5, 90), "Preview")).await?;
        let preview = planned.preview.as_ref();
        let hazards = self.hazards();
        let visited = match self.check_hazards() {
            Ok(()) => Visited::done(planned.plan.summary.clone()),
            Err(why) => Visited::failed(why.chain()),
        };
        Ok(visited
            .with("changed", false)
            .with("components", classes::text(&self.import.classes))
            .with("preview", json!(preview.map(|preview| Previewed::of(preview, &self.import.classes))))
            .with("fit", json!(planned.fit))
            .with("hazards", json!(hazards))
            .with("plan", json!(planned.plan)))
    }

    /// Has the iDRAC say what it would do, once. Asking again changes nothing.
    async fn preview(&self) -> Result<Previewed> {
        self.visit.progress(5, "Previewing the import...");
        let anew = async |_| Ok(None);
        self.visit.once("preview", Value::Null, anew, || self.previewed()).await
    }

    async fn previewed(&self) -> Result<Previewed> {
        match preview_import(self.client, &self.options((5, 15), "Preview")).await {
            Ok(preview) => Ok(Previewed::of(&preview, &self.import.classes)),
            Err(error) if error.kind() == RedfishKind::Unsupported => {
                self.visit.log("WARN", "this firmware has no preview");
                Ok(Previewed { changes: None, restarts: None, estimated_s: None, settings: 0, problems: 0 })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the configuration as it is, once.
    async fn before(&self) -> Result<Option<Taken>> {
        if !self.manner().keeps_before {
            return Ok(None);
        }
        let at = self.visit.ctx().job().created_at.strftime("%Y-%m-%dT%H:%M:%SZ");
        let from = self.import.material.backup.as_ref().map_or("a file on a share", |backup| &backup.1);
        let wish = Wish {
            step: "before",
            name: format!("before import {at}"),
            description: Some(format!("Before scp_import of {from}")),
            classes: self.import.classes.clone(),
            export_use: ExportUse::Default,
            include: Vec::new(),
            format: None,
            place: None,
            span: (15, 40),
        };
        let problem = match take(self.visit, self.client, self.system, &wish).await {
            Ok(taken) if taken.is_valid == Some(true) => return Ok(Some(taken)),
            Ok(taken) => taken.problem.unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Unsupported => error.chain(),
            Err(error) => return Err(error),
        };
        if self.manner().rolls_back {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("there would be no way back, nothing was imported: {problem}"),
            )
            .hint("write details.rollback false to import it without one"));
        }
        self.visit.log("WARN", format!("the configuration was not kept before: {problem}"));
        Ok(None)
    }

    async fn start(&self, options: &ImportOptions) -> Result<JobRef> {
        Ok(start_import(self.client, options).await?)
    }

    /// Follows the import to its end and compares.
    async fn end(&self, job: &DellJob, options: &ImportOptions, report: &mut Report) -> Result<Came> {
        let job = job.job_ref()?;
        let came = match follow_import(self.client, &job, options).await {
            Ok(outcome) => {
                report.ended(&outcome);
                came(&outcome, self.manner().shutdown)
            }
            Err(_) if self.manner().verifies && self.is_gone(&job).await => {
                let line =
                    "its job is gone from the iDRAC's queue: the settings tell what became of the import";
                self.visit.log("WARN", line);
                Came::Whole
            }
            Err(error) if has_ended(&error) => return Ok(Came::Wrong(error.chain())),
            Err(error) => {
                return Ok(Came::Unknown(format!("{}; the import may go on", error.chain())));
            }
        };
        if came != Came::Whole || !self.manner().verifies {
            return Ok(came);
        }
        self.visit.progress(86, "Comparing the settings...");
        match verify(self.client, options).await {
            Ok(found) => {
                report.verified(found.as_ref());
                Ok(found.and_then(|found| found.problem()).map_or(Came::Whole, Came::Wrong))
            }
            Err(error) => {
                Ok(Came::Unknown(format!("it was imported and could not be compared: {}", error.chain())))
            }
        }
    }

    /// Whether nothing on the iDRAC knows of a job any more.
    async fn is_gone(&self, job: &JobRef) -> bool {
        matches!(fetch_job(self.client, job).await, Err(error) if error.kind() == RedfishKind::NotFound)
    }

    /// Imports what was kept before.
    async fn roll_back(&self, before: &Taken) -> Result<RolledBack> {
        let Content::Profile(profile) = load(self.visit.ctx(), before.id).await?.content else {
            return Err(Error::new(ErrorKind::StoreNotOurs, "the profile kept before is not there"));
        };
        let options = self.manner().on(ImportOptions::new(*profile).for_any_model(), &self.import.classes);
        let options = options.with_wait(watched(self.visit, (85, 99), "Rollback"));
        let start = || self.start(&options);
        let back = |job_id, problem| RolledBack { backup_id: before.id, job_id, problem };
        let job = match start_once(self.visit, self.client, ROLLBACK, Kind::Import, start).await {
            Ok(job) => job,
            Err(error) if is_of_idrac(&error) => return Ok(back(None, Some(error.chain()))),
            Err(error) => return Err(error),
        };
        let problem = match follow_import(self.client, &job.job_ref()?, &options).await {
            Ok(outcome) => match came(&outcome, self.manner().shutdown) {
                Came::Whole | Came::Staged => None,
                Came::Wrong(why) | Came::Unknown(why) => Some(why),
            },
            Err(error) => Some(error.chain()),
        };
        Ok(back(job.job, problem))
    }
}

/// Whether an import that ended in an error has ended on the iDRAC, too.
fn has_ended(error: &dell_redfish::Error) -> bool {
    matches!(error.kind(), RedfishKind::JobFailed | RedfishKind::Stalled | RedfishKind::Cancelled)
}

/// Whether the iDRAC is at fault, and not the store or the lease.
fn is_of_idrac(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Redfish | ErrorKind::Timeout | ErrorKind::Credential)
}

impl Previewed {
    fn of(preview: &dell_redfish::flow::scp::ImportPreview, classes: &[ScpTarget]) -> Self {
        let parts: Vec<_> = chosen(preview, classes).collect();
        // Firmware that names no settings is believed as a whole.
        let changes = preview.changes && (preview.job.parts.is_empty() || !parts.is_empty());
        Self {
            changes: Some(changes),
            restarts: Some(preview.restarts),
            estimated_s: preview.estimated_s,
            settings: parts.len(),
            problems: parts.iter().filter(|part| part.is_failed()).count(),
        }
    }
}

fn came(outcome: &ImportOutcome, shutdown: ShutdownType) -> Came {
    let failed: usize = outcome.components.iter().map(|component| component.failed.len()).sum();
    let waits = outcome
        .job
        .messages
        .iter()
        .any(|info| info.message_id.as_ref().is_some_and(|id| id.as_str() == WAITS_FOR_RESTART));
    match outcome.job.verdict {
        Verdict::SoftEnd(_) => Came::Staged,
        Verdict::Partial if shutdown == ShutdownType::NoReboot && failed == 0 && waits => Came::Staged,
        Verdict::Partial if failed == 0 => Came::Wrong("the import ended with errors".to_owned()),
        Verdict::Partial => {
            Came::Wrong(format!("the import ended with errors: {failed} settings were not set"))
        }
        _ if outcome.host_as_wanted == Some(false) => {
            Came::Wrong("it was imported, and the host's power did not come to what was asked for".to_owned())
        }
        _ => Came::Whole,
    }
}
