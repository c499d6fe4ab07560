//! Erasing a server before it is given away.
//!
//! Both ways take the job queue and the log with them: a job that nobody knows any more afterwards is lost by design
//! (fault 17). What tells the end is the server: it answers again, and still is the one it was.

use std::time::Duration;

use serde_json::json;

use crate::accepted::Accepted;
use crate::capability::{Found, IDRAC, SERVER, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::wait::{JobOutcome, JobRef, Verdict, WaitOptions, wait_for_job};
use crate::model::ComputerSystem;
use crate::operation::{Redfish, run};
use crate::ops::GetComputerSystem;
use crate::ops::erase::{DecommissionSystem, SystemErase};
use crate::plan::{Plan, Restart};
use crate::safeguard::Safeguard;

/// Pause between two looks whether the server is back.
const PAUSE: Duration = Duration::from_secs(20);

/// A part of a server that can be erased by Dell's `SystemErase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
pub enum EraseComponent {
    /// BIOS settings back to defaults.
    #[serde(rename = "BIOS")]
    Bios,
    /// iDRAC settings back to defaults.
    #[serde(rename = "IDRAC")]
    Idrac,
    /// Diagnostics.
    #[serde(rename = "DIAG")]
    Diagnostics,
    /// Drivers for installing systems.
    #[serde(rename = "DrvPack")]
    DriverPack,
    /// What the Lifecycle Controller keeps: log, configuration, old firmware.
    #[serde(rename = "LCData")]
    LifecycleData,
    /// All of Dell's programs on the server.
    #[serde(rename = "AllApps")]
    AllApps,
    /// Drives that encrypt themselves: their keys.
    #[serde(rename = "CryptographicErasePD")]
    CryptographicErase,
    /// Drives that do not: all their data, in hours.
    #[serde(rename = "OverwritePD")]
    OverwriteDrives,
    /// Caches of RAID controllers.
    #[serde(rename = "PERCNVCache")]
    ControllerCache,
    /// Memory modules that keep their contents.
    #[serde(rename = "NonVolatileMemory")]
    NonVolatileMemory,
    /// The vFlash card.
    #[serde(rename = "vFlash")]
    VFlash,
    /// Data processing units.
    #[serde(rename = "DPU")]
    Dpu,
}

impl EraseComponent {
    /// Dell's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bios => "BIOS",
            Self::Idrac => "IDRAC",
            Self::Diagnostics => "DIAG",
            Self::DriverPack => "DrvPack",
            Self::LifecycleData => "LCData",
            Self::AllApps => "AllApps",
            Self::CryptographicErase => "CryptographicErasePD",
            Self::OverwriteDrives => "OverwritePD",
            Self::ControllerCache => "PERCNVCache",
            Self::NonVolatileMemory => "NonVolatileMemory",
            Self::VFlash => "vFlash",
            Self::Dpu => "DPU",
        }
    }
}

/// What is to be erased, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Dell(Vec<EraseComponent>),
    Dmtf { types: Vec<String>, oem: Vec<String> },
}

/// An erasure: shown first, done then. Nothing of it can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EraseSystem {
    what: What,
}

enum Operation {
    Dell(SystemErase),
    Dmtf(DecommissionSystem),
}

/// What came of it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Erased {
    /// What became of the job; nothing where the iDRAC named none. [`Verdict::Lost`] is as it should be.
    pub job: Option<JobOutcome>,
    /// The service tag, read after it: the same as before.
    pub service_tag: String,
}

impl EraseSystem {
    /// These parts, by Dell's `SystemErase` (iDRAC9 and 10).
    #[must_use]
    pub fn components(components: impl IntoIterator<Item = EraseComponent>) -> Self {
        let mut components: Vec<_> = components.into_iter().collect();
        components.sort_unstable();
        components.dedup();
        Self { what: What::Dell(components) }
    }

    /// These kinds, by DMTF's `Decommission` (iDRAC10): `All`, `UserData`, `ManagerConfig`, `BIOSConfig`, `StorageConfig`, `Logs`,
    /// `TPM`, …; and Dell's own beside them.
    #[must_use]
    pub fn decommission(types: Vec<String>, oem: Vec<String>) -> Self {
        Self { what: What::Dmtf { types, oem } }
    }

    async fn operation(&self, redfish: &dyn Redfish) -> Result<Operation> {
        match &self.what {
            What::Dell(components) => {
                if components.is_empty() {
                    return Err(nothing());
                }
                let names: Vec<_> = components.iter().map(|component| component.as_str()).collect();
                let service = need_at(redfish, &endpoint::LC_SERVICE, &[IDRAC], "DellLCService").await?;
                SystemErase::new(&service.actions(), json!({"Component": names})).map(Operation::Dell)
            }
            What::Dmtf { types, oem } => {
                if types.is_empty() && oem.is_empty() {
                    return Err(nothing());
                }
                let system: Found =
                    need_at(redfish, &endpoint::COMPUTER_SYSTEM, &[SERVER], "a system").await?;
                let mut body = json!({"DecommissionTypes": types});
                if !oem.is_empty() {
                    body["OEMDecommissionTypes"] = json!(oem);
                }
                DecommissionSystem::new(&system.actions(), body).map(Operation::Dmtf)
            }
        }
    }

    /// What it would do. One request, a read.
    ///
    /// # Errors
    /// As [`EraseSystem::start`].
    pub async fn plan(&self, redfish: &dyn Redfish) -> Result<Plan> {
        let plan = Plan::new("erase the server")
            .with_host(Restart::Certain)
            .with_idrac(Restart::Certain)
            .with_warning("nothing of it can be brought back")
            .with_warning("the host is turned off, and on again for the erasure");
        let plan = match self.operation(redfish).await? {
            Operation::Dell(operation) => plan.with_step(&operation),
            Operation::Dmtf(operation) => plan.with_step(&operation),
        };
        Ok(if self.takes_access() {
            plan.with_warning(
                "the iDRAC goes back to defaults: its address, its users and its certificate change",
            )
        } else {
            plan
        })
    }

    /// Whether the iDRAC forgets address and users over it.
    #[must_use]
    pub fn takes_access(&self) -> bool {
        match &self.what {
            What::Dell(components) => components.contains(&EraseComponent::Idrac),
            What::Dmtf { types, .. } => {
                types.iter().any(|kind| matches!(kind.as_str(), "All" | "ManagerConfig" | "NetworkConfig"))
            }
        }
    }

    /// Starts it. Two requests. It is not sent twice, whatever happens to its answer.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where this iDRAC cannot erase that; [`ErrorKind::InvalidInput`] when nothing is named.
    pub async fn start(&self, redfish: &dyn Redfish) -> Result<Accepted> {
        match self.operation(redfish).await? {
            Operation::Dell(operation) => run(redfish, &operation).await,
            Operation::Dmtf(operation) => run(redfish, &operation).await,
        }
    }

    /// Starts it and waits for its end: the job's where it can still be seen, and that the server answers again and is the
    /// same. Not for an erasure that [takes the iDRAC's address and users](EraseSystem::takes_access): nobody can log in after
    /// that, so [`EraseSystem::start`] is all there is.
    ///
    /// # Errors
    /// As [`EraseSystem::start`]; [`ErrorKind::JobFailed`] when the job says so; [`ErrorKind::Timeout`] when the server is not
    /// back within [`WaitOptions::restart_limit`]; [`ErrorKind::Conflict`] when another server answers.
    pub async fn run(&self, redfish: &dyn Redfish, options: &WaitOptions) -> Result<Erased> {
        if self.takes_access() {
            let message = "after this erasure nobody can log in to look at it; start it without waiting";
            return Err(Error::new(ErrorKind::InvalidInput, message).with_host(redfish.host()));
        }
        let before = run(redfish, &GetComputerSystem).await?;
        let accepted = self.start(redfish).await?;
        let job = JobRef::from(&accepted);
        let outcome = if job.is_known() { Some(wait_for_job(redfish, &job, options).await?) } else { None };
        let job = match outcome {
            // A lost job says nothing: the server will.
            Some(lost) if lost.verdict == Verdict::Lost => Some(lost),
            Some(ended) => Some(ended.into_result().map_err(|error| error.with_host(redfish.host()))?),
            None => None,
        };
        let after = self.back(redfish, options).await?;
        match (&before.sku, &after.sku) {
            (Some(before), Some(after)) if before != after => {
                let message = format!("{after} answers where {before} was erased");
                Err(Error::new(ErrorKind::Conflict, message).with_host(redfish.host()))
            }
            (_, tag) => Ok(Erased { job, service_tag: tag.clone().unwrap_or_default() }),
        }
    }

    /// The server, once it answers again.
    async fn back(
        &self,
        redfish: &dyn Redfish,
        options: &WaitOptions,
    ) -> Result<crate::model::Resource<ComputerSystem>> {
        let began = redfish.clock().now();
        loop {
            match run(redfish, &GetComputerSystem).await {
                Ok(system) => return Ok(system),
                Err(error)
                    if redfish.safeguards().has(Safeguard::SurviveRestart)
                        && is_away(&error)
                        && redfish.clock().now() - began < options.restart_limit =>
                {
                    redfish.clock().sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn is_away(error: &Error) -> bool {
    use ErrorKind as K;
    matches!(
        error.kind(),
        K::Connect | K::Timeout | K::NotReady | K::CircuitOpen | K::Tls | K::Server | K::NotFound
    )
}

fn nothing() -> Error {
    Error::new(ErrorKind::InvalidInput, "nothing is named that should be erased")
}

/// What this iDRAC can erase: Dell's names for [`EraseSystem::components`], and DMTF's for [`EraseSystem::decommission`]. Two
/// requests.
///
/// # Errors
/// Those of reading.
pub async fn list_erasable(redfish: &dyn Redfish) -> Result<(Vec<String>, Vec<String>)> {
    let values = |found: Option<Found>, action: &str, parameter: &str| {
        let actions = found.map(|found| found.actions())?;
        Some(actions.find(action)?.values(parameter)?.to_vec())
    };
    let service = crate::capability::find_at(redfish, &endpoint::LC_SERVICE, &[IDRAC]).await?;
    let system = crate::capability::find_at(redfish, &endpoint::COMPUTER_SYSTEM, &[SERVER]).await?;
    Ok((
        values(service, "DellLCService.SystemErase", "Component").unwrap_or_default(),
        values(system, "ComputerSystem.Decommission", "DecommissionTypes").unwrap_or_default(),
    ))
}
