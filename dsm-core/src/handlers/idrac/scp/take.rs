//! Takes a profile of a server and keeps it as a row, once over all attempts: what `scp_export` does, and what an import does
//! before it changes anything.

use bytes::Bytes;
use dell_redfish::flow::scp::{
    ExportOptions, Exported, ImportOptions, best_format, follow_export, preview_import, start_export,
};
use dell_redfish::flow::wait::{JobRef, WaitOptions};
use dell_redfish::model::ComputerSystem;
use dell_redfish::ops::share::Share;
use dell_redfish::ops::{ExportUse, IncludeInExport};
use dell_redfish::scp::{Profile, ProfileFormat, ScpTarget};
use dell_redfish::{Client, ErrorKind as RedfishKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::place::Place;
use super::started::{DellJob, Kind, start_once};
use super::{backup, classes};
use crate::clock;
use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::walk::Visit;
use crate::id::made_of;
use crate::step::Step;
use crate::store::{AttemptWrite, RowChange, RowWrite, Table};

/// What is to be kept, and how.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    /// Tells the exports of one job from each other.
    pub(super) step: &'static str,
    /// The row's name, before the server's.
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) classes: Vec<ScpTarget>,
    pub(super) export_use: ExportUse,
    pub(super) include: Vec<IncludeInExport>,
    /// JSON where the iDRAC writes it, if nobody says.
    pub(super) format: Option<ProfileFormat>,
    /// A share, and whether the server is the only one of the job.
    pub(super) place: Option<(Place, bool)>,
    /// The progress at its beginning and its end, in percent.
    pub(super) span: (u8, u8),
}

/// A row that was added.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Taken {
    pub(super) id: Uuid,
    pub(super) name: String,
    /// The Dell job.
    pub(super) job: Option<String>,
    pub(super) format: ProfileFormat,
    /// Nothing where the profile went to a share.
    pub(super) bytes: Option<usize>,
    pub(super) checksum: Option<String>,
    /// Where on a share it is.
    pub(super) path: Option<String>,
    /// Secrets in it that are there in the clear or as a hash.
    pub(super) secrets: usize,
    /// Whether what was written could be read again; nothing where this iDRAC has no way to tell.
    pub(super) is_valid: Option<bool>,
    /// Why not.
    pub(super) problem: Option<String>,
}

/// An export under way.
struct Taking<'a> {
    visit: &'a Visit,
    client: &'a Client,
    system: &'a ComputerSystem,
    wish: &'a Wish,
}

/// Exports and keeps it.
///
/// # Errors
/// The iDRAC's, the store's.
pub(super) async fn take(
    visit: &Visit,
    client: &Client,
    system: &ComputerSystem,
    wish: &Wish,
) -> Result<Taken> {
    let step = format!("{} kept", wish.step);
    if let Step::Done(taken) = visit.step(&step)? {
        return Ok(taken);
    }
    let taking = Taking { visit, client, system, wish };
    visit.progress(wish.span.0, "Exporting the configuration...");
    let format = taking.format().await?;
    let job = start_once(visit, client, wish.step, Kind::Export, || taking.start(format)).await?;
    // The row of an attempt before has the same id: writing it again changes nothing.
    visit.once(&step, Value::Null, async |_| Ok(None), || taking.keep(&job, format)).await
}

/// Follows a Dell job between two percentages.
pub(super) fn watched(visit: &Visit, (from, to): (u8, u8), what: &'static str) -> WaitOptions {
    let tell = visit.teller();
    WaitOptions::default().with_progress(move |seen| {
        let percent = seen.percent.unwrap_or(0).min(100);
        let state = seen.state.map_or("not seen yet", |state| state.as_str());
        let away = if seen.away { "; the iDRAC does not answer just now" } else { "" };
        let overall = from + u8::try_from(u16::from(to - from) * u16::from(percent) / 100).unwrap_or(0);
        tell(overall, format!("{what}: the job is {state}, {percent} %{away}"));
    })
}

impl Taking<'_> {
    async fn format(&self) -> Result<ProfileFormat> {
        match self.wish.format {
            Some(format) => Ok(format),
            None => Ok(best_format(self.client).await?),
        }
    }

    fn options(&self, format: ProfileFormat) -> Result<ExportOptions> {
        let options = ExportOptions::new(format)
            .with_targets(&self.wish.classes)
            .with_use(self.wish.export_use)
            .with_include(&self.wish.include)
            .with_wait(watched(self.visit, self.wish.span, "Export"));
        Ok(match self.share(format)? {
            Some((share, file, _)) => options.with_share(share, file),
            None => options,
        })
    }

    /// The share, the file there, and the address of that.
    fn share(&self, format: ProfileFormat) -> Result<Option<(Share, String, String)>> {
        let Some((place, is_alone)) = &self.wish.place else { return Ok(None) };
        let end = format.as_str().to_ascii_lowercase();
        let id = self.visit.server_id().to_string();
        let file = place.file_of(self.tag().unwrap_or(&id), &end, *is_alone);
        let address = place.address_of(&file);
        Ok(Some((place.share(self.visit.ctx())?, file, address)))
    }

    fn tag(&self) -> Option<&str> {
        self.system.sku.as_deref().filter(|tag| !tag.trim().is_empty())
    }

    async fn start(&self, format: ProfileFormat) -> Result<JobRef> {
        start_export(self.client, &self.options(format)?).await.map_err(|error| match error.kind() {
            RedfishKind::Unsupported => {
                Error::new(ErrorKind::Unsupported, "this iDRAC does not export like that")
                    .hint("write details.share_type for a file on a share, or choose other classes")
                    .with_source(error)
            }
            _ => error.into(),
        })
    }

    /// Follows the job and writes the row.
    async fn keep(&self, job: &DellJob, format: ProfileFormat) -> Result<Taken> {
        let options = self.options(format)?;
        let (exported, job) = match follow_export(self.client, &job.job_ref()?, &options).await {
            Ok(exported) => (exported, job.job.clone()),
            // An iDRAC shows a profile for a while only. It changes nothing, so it is exported again.
            Err(error) if error.kind() == RedfishKind::NotFound => {
                self.visit.log("WARN", "the exported profile is gone before it was read: exported again");
                let job = start_export(self.client, &options).await?;
                let exported = follow_export(self.client, &job, &options).await?;
                (exported, job.job.map(|job| job.to_string()))
            }
            Err(error) => return Err(error.into()),
        };
        let mut taken = Taken {
            id: self.row_id(),
            name: format!("{} - {}", self.wish.name, self.visit.name()),
            job,
            format,
            bytes: None,
            checksum: None,
            path: None,
            secrets: 0,
            is_valid: None,
            problem: None,
        };
        let columns = match self.share(format)? {
            Some((share, file, address)) => self.on_share(&mut taken, share, file, address).await?,
            None => self.at_hand(&mut taken, &exported)?,
        };
        let row = RowWrite {
            table: Table::ScpBackups,
            id: taken.id,
            change: RowChange::Insert(self.columns(&taken, columns)),
        };
        let write = AttemptWrite { rows: vec![row], ..AttemptWrite::default() };
        self.visit.ctx().write_patiently(write).await?;
        Ok(taken)
    }

    /// A job takes each of its profiles of a server once in a run.
    fn row_id(&self) -> Uuid {
        let ctx = self.visit.ctx();
        let (job, run, server) = (ctx.job().id.to_string(), ctx.run().to_string(), self.visit.server_id());
        made_of(&[Table::ScpBackups.name(), &job, &run, &server.to_string(), self.wish.step])
    }

    /// The profile itself: sealed as it came, and a copy to look at without its secrets.
    fn at_hand(&self, taken: &mut Taken, exported: &Exported) -> Result<Map<String, Value>> {
        let raw = exported.raw().cloned().unwrap_or_default();
        taken.bytes = Some(raw.len());
        taken.checksum = Some(backup::checksum(&raw));
        let shown = match Profile::parse(raw.clone()) {
            Ok(profile) => {
                taken.is_valid = Some(true);
                taken.format = profile.format();
                taken.secrets = profile.secrets().iter().filter(|secret| !secret.masked).count();
                let masked = profile.with_secrets_masked()?.to_bytes(ProfileFormat::Json)?;
                serde_json::from_slice(&masked).unwrap_or_default()
            }
            Err(error) => {
                taken.is_valid = Some(false);
                taken.problem = Some(error.message().to_owned());
                Value::Null
            }
        };
        let mut columns = Map::from_iter([("scp_content".to_owned(), shown)]);
        if let Some(text) = text(raw) {
            columns
                .insert("scp_raw_content".to_owned(), json!(backup::seal(self.visit.ctx(), taken.id, text)?));
        }
        Ok(columns)
    }

    /// Has the iDRAC read what it wrote: nobody else here reaches the share.
    async fn on_share(
        &self,
        taken: &mut Taken,
        share: Share,
        file: String,
        address: String,
    ) -> Result<Map<String, Value>> {
        self.visit.progress(self.wish.span.1, "Reading the file back...");
        match preview_import(self.client, &ImportOptions::of_file(share, file)).await {
            Ok(_) => taken.is_valid = Some(true),
            Err(error) if error.kind() == RedfishKind::Unsupported => {}
            Err(error) if error.kind() == RedfishKind::JobFailed => {
                taken.is_valid = Some(false);
                taken.problem = Some(format!("the file on the share cannot be read back: {}", error.chain()));
            }
            Err(error) => return Err(Error::from(error).about("reading the file on the share back")),
        }
        taken.path = Some(address.clone());
        Ok(Map::from_iter([("scp_file_path".to_owned(), json!(address))]))
    }

    fn columns(&self, taken: &Taken, content: Map<String, Value>) -> Map<String, Value> {
        let ctx = self.visit.ctx();
        let mut columns = classes::columns(&self.wish.classes);
        columns.extend(content);
        columns.extend(
            [
                ("server_id", json!(self.visit.server_id())),
                ("export_job_id", json!(ctx.job().id)),
                ("exported_at", json!(clock::now())),
                ("backup_name", json!(taken.name)),
                ("description", json!(self.wish.description)),
                ("scp_file_size_bytes", json!(taken.bytes)),
                ("scp_format", json!(taken.format.as_str())),
                ("checksum", json!(taken.checksum)),
                ("scp_checksum", json!(taken.checksum)),
                ("components", json!(classes::text(&self.wish.classes))),
                ("created_by", json!(ctx.job().created_by)),
                ("is_valid", json!(taken.is_valid)),
                ("validation_errors", json!(taken.problem)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        columns
    }
}

/// As a text, where it is one.
fn text(raw: Bytes) -> Option<String> {
    String::from_utf8(raw.into()).ok()
}
