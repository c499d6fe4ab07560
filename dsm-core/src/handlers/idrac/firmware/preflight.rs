//! What must be so before anything is changed.

use dell_redfish::flow::health::{Component, HealthDepth, Reason, fetch_health};
use dell_redfish::flow::jobs::list_jobs;
use dell_redfish::flow::lockdown::fetch_lockdown;
use dell_redfish::flow::power::PowerState;
use dell_redfish::flow::ready::{ReadyOptions, fetch_lc_status, wait_until_ready};
use dell_redfish::flow::wait::JobStatus;
use dell_redfish::model::JobPhase;
use dell_redfish::{Client, ErrorKind as Kind, Redfish as _};
use serde::Serialize;

use super::depot::Depot;
use super::plan::{Item, Parcel};
use crate::error::{Error, ErrorKind, Result};
use dell_redfish::catalog::Stage;

/// Pause between two looks at a queue that is busy.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(30);

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    pub(super) check: &'static str,
    pub(super) ok: bool,
    pub(super) found: String,
}

/// What is looked at, and how patiently.
pub(super) struct Preflight<'a> {
    pub(super) client: &'a Client,
    pub(super) power: PowerState,
    pub(super) depot: &'a Depot,
    pub(super) items: &'a [Item],
    /// Largest package that the iDRAC takes, where it says so.
    pub(super) max_bytes: Option<u64>,
    /// Whether the host restarts.
    pub(super) needs_host: bool,
    /// Waits for what passes; a plan only looks.
    pub(super) patience: Option<std::time::Duration>,
}

impl Preflight<'_> {
    /// Looks at everything.
    ///
    /// # Errors
    /// Something could not be looked at.
    pub(super) async fn checks(&self) -> Result<Vec<Check>> {
        let mut checks = vec![
            // It is logged in: there is room for one more session, and the account may read.
            Check { check: "session", ok: true, found: "logged in".to_owned() },
            Check {
                check: "power",
                ok: !self.needs_host || self.power == PowerState::On,
                found: self.power.to_string(),
            },
            self.lockdown().await?,
        ];
        checks.extend(self.packages().await);
        checks.extend(self.space());
        checks.extend(self.lifecycle_controller().await?);
        checks.extend(self.queue().await?);
        checks.extend(self.storage().await?);
        Ok(checks)
    }

    /// As [`Preflight::checks`]; the first thing that is not as it must be is the error.
    pub(super) async fn pass(&self) -> Result<Vec<Check>> {
        let checks = self.checks().await?;
        match checks.iter().find(|check| !check.ok) {
            None => Ok(checks),
            Some(check) => Err(Error::new(
                ErrorKind::Conflict,
                format!("nothing was staged, for {} is not as it must be: {}", check.check, check.found),
            )
            .about(format!("preflight.{}", check.check))),
        }
    }

    async fn lockdown(&self) -> Result<Check> {
        let locked = fetch_lockdown(self.client).await?;
        let found = match locked {
            Some(true) => "lockdown mode is on",
            Some(false) => "lockdown mode is off",
            None => "this iDRAC has no lockdown mode",
        };
        Ok(Check { check: "lockdown", ok: locked != Some(true), found: found.to_owned() })
    }

    async fn packages(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for item in self.items {
            match self.depot.check(&item.parcel).await {
                Ok(Some(hash)) => checks.push(Check {
                    check: "package",
                    ok: true,
                    found: format!("{} is as listed, SHA-256 {hash}", item.parcel.name()),
                }),
                Ok(None) => {}
                Err(error) => checks.push(Check { check: "package", ok: false, found: error.chain() }),
            }
        }
        checks
    }

    fn space(&self) -> Option<Check> {
        let most = self.max_bytes?;
        let sizes = self.items.iter().filter_map(|item| match &item.parcel {
            Parcel::File { path, .. } => Some((item, std::fs::metadata(path).ok()?.len())),
            Parcel::Uri(_) => None,
        });
        let (item, size) = sizes.max_by_key(|(_, size)| *size)?;
        let found = format!("{} has {size} bytes of {most} that the iDRAC takes", item.parcel.name());
        Some(Check { check: "space", ok: size <= most, found })
    }

    async fn lifecycle_controller(&self) -> Result<Option<Check>> {
        let status = match self.patience {
            Some(_) => wait_until_ready(self.client, &ReadyOptions::default()).await,
            None => fetch_lc_status(self.client).await,
        };
        match status {
            Ok(status) => Ok(Some(Check {
                check: "lifecycle_controller",
                ok: status.is_lc_ready(),
                found: status.lc_status.clone().unwrap_or_else(|| "unknown".to_owned()),
            })),
            // iDRAC7 and 8 cannot be asked.
            Err(error) if error.kind() == Kind::Unsupported => Ok(None),
            Err(error) if error.kind() == Kind::NotReady => {
                Ok(Some(Check { check: "lifecycle_controller", ok: false, found: error.chain() }))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Work that runs is waited for; what waits for the next restart would run with ours, and nobody may want that.
    async fn queue(&self) -> Result<Vec<Check>> {
        let clock = self.client.clock();
        let end = self.patience.map(|patience| clock.now() + patience);
        loop {
            let jobs = list_jobs(self.client).await?;
            let named = |wanted: &dyn Fn(&JobStatus) -> bool| -> Vec<String> {
                let found = jobs.iter().filter(|job| wanted(job));
                found.map(shown).collect()
            };
            let held = named(&|job| job.state.is_held());
            let busy = named(&|job| !job.state.is_held() && job.state.phase() == JobPhase::Progress);
            if busy.is_empty() || end.is_none_or(|end| clock.now() + LOOK_EVERY > end) || !held.is_empty() {
                let check = |check, what: &str, jobs: Vec<String>| Check {
                    check,
                    ok: jobs.is_empty(),
                    found: if jobs.is_empty() { what.to_owned() } else { jobs.join(", ") },
                };
                return Ok(vec![
                    check("job_queue", "no other work is under way", busy),
                    check("pending_configuration", "nothing waits for a restart", held),
                ]);
            }
            clock.sleep(LOOK_EVERY).await;
        }
    }

    /// Storage is left alone while it rebuilds.
    async fn storage(&self) -> Result<Option<Check>> {
        let is_storage = |item: &Item| matches!(item.stage, Stage::Storage | Stage::Backplane | Stage::Drive);
        if !self.items.iter().any(is_storage) {
            return Ok(None);
        }
        let health = fetch_health(self.client, HealthDepth::Full).await?;
        let reasons = health.component(Component::Storage).map(|storage| storage.reasons.as_slice());
        let rebuilding: Vec<String> = reasons
            .unwrap_or_default()
            .iter()
            .filter(|reason| matches!(reason, Reason::Operation { .. }))
            .map(ToString::to_string)
            .collect();
        Ok(Some(Check {
            check: "rebuild",
            ok: rebuilding.is_empty(),
            found: if rebuilding.is_empty() {
                "no volume is rebuilt".to_owned()
            } else {
                rebuilding.join(", ")
            },
        }))
    }
}

fn shown(job: &JobStatus) -> String {
    let id = job.id.as_ref().map_or("a job", |id| id.as_str());
    let kind = job.job_type.as_deref().or(job.name.as_deref()).unwrap_or("of unknown type");
    format!("{id} ({kind}) is {}", job.state)
}
