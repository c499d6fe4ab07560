//! Starting from something else, once or until told otherwise.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::read::{OverrideState, Place};
use super::{Applied, may_have_worked};
use crate::error::{Error, ErrorKind, Result};
use crate::id::DellJobId;
use crate::operation::{Redfish, run};
use crate::ops::SetBoot;
use crate::plan::{Plan, Restart};
use crate::safeguard::Safeguard;

/// How long a setting has to show, once it is accepted, and how often it is looked for.
const SHOWS_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What to start from instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BootOverride {
    /// `Once`, `Continuous` or `Disabled`.
    enabled: String,
    /// DMTF's name: `Pxe`, `Cd`, `Hdd`, `BiosSetup`, `UefiTarget`, `UefiHttp`, …
    target: String,
    /// `UEFI` or `Legacy`; as it is unless said.
    mode: Option<String>,
    /// UEFI device path, for the target `UefiTarget`.
    uefi_target: Option<String>,
}

impl BootOverride {
    /// From this target at the next start only. [`BootConfig::targets`](super::BootConfig::targets) names what a server takes.
    #[must_use]
    pub fn once(target: impl Into<String>) -> Self {
        Self { enabled: "Once".to_owned(), target: target.into(), mode: None, uefi_target: None }
    }

    /// From this UEFI device path at the next start only.
    #[must_use]
    pub fn once_from_uefi(device_path: impl Into<String>) -> Self {
        Self { uefi_target: Some(device_path.into()), ..Self::once("UefiTarget") }
    }

    /// From nothing but the boot order.
    #[must_use]
    pub fn disabled() -> Self {
        Self { enabled: "Disabled".to_owned(), ..Self::once("None") }
    }

    /// At every start until it is disabled.
    #[must_use]
    pub fn continuously(mut self) -> Self {
        self.enabled = "Continuous".to_owned();
        self
    }

    /// In this boot mode, `UEFI` or `Legacy`. It is sent only where it changes.
    #[must_use]
    pub fn with_mode(mut self, mode: impl Into<String>) -> Self {
        self.mode = Some(mode.into());
        self
    }

    /// Whether it is so.
    fn holds(&self, now: &OverrideState) -> bool {
        let is = |now: &Option<String>, wanted: &str| now.as_deref() == Some(wanted);
        let off = |now: &Option<String>, none: &str| now.as_deref().is_none_or(|now| now == none);
        if self.enabled == "Disabled" {
            return off(&now.enabled, "Disabled") || off(&now.target, "None");
        }
        is(&now.enabled, &self.enabled)
            && is(&now.target, &self.target)
            && self.uefi_target.as_deref().is_none_or(|path| is(&now.uefi_target, path))
            && self.mode.as_deref().is_none_or(|mode| now.mode.as_deref().unwrap_or("UEFI") == mode)
    }

    /// Refuses what this server cannot do, before anything is sent.
    fn check(&self, now: &OverrideState, targets: &[String]) -> Result<()> {
        let refuse = |kind, message: String| Err(Error::new(kind, message));
        if !targets.is_empty() && !targets.contains(&self.target) {
            let offered = targets.join(", ");
            let message =
                format!("boot target {:?} is not offered by this server; it offers {offered}", self.target);
            return refuse(ErrorKind::Unsupported, message);
        }
        if (self.target == "UefiTarget") != self.uefi_target.is_some() {
            let message = "a UEFI device path goes with the boot target UefiTarget, and only with it";
            return refuse(ErrorKind::InvalidInput, message.to_owned());
        }
        let mode = self.mode.as_deref();
        if !matches!(mode, None | Some("UEFI" | "Legacy")) {
            return refuse(ErrorKind::InvalidInput, format!("{mode:?} is no boot mode: UEFI or Legacy"));
        }
        if mode == Some("Legacy") && now.mode.is_none() {
            return refuse(
                ErrorKind::Unsupported,
                "this server knows no boot mode: it starts by UEFI only".to_owned(),
            );
        }
        if self.target.starts_with("Uefi") && mode.or(now.mode.as_deref()) == Some("Legacy") {
            let message = format!("boot target {} needs the boot mode UEFI, and it is Legacy", self.target);
            return refuse(ErrorKind::Conflict, message);
        }
        Ok(())
    }

    fn operation(&self, place: &Place, now: &OverrideState) -> SetBoot {
        let mut boot = Map::new();
        let mut put = |key: &str, value: &str| boot.insert(key.to_owned(), Value::from(value));
        put("BootSourceOverrideTarget", &self.target);
        put("BootSourceOverrideEnabled", &self.enabled);
        if let Some(path) = &self.uefi_target {
            put("UefiTargetBootSourceOverride", path);
        }
        // Some firmware refuses the mode that is in force already, and iDRAC10 has none to set.
        if let (Some(mode), Some(now)) = (&self.mode, &now.mode)
            && mode != now
        {
            put("BootSourceOverrideMode", mode);
        }
        SetBoot { home: place.home.clone(), boot: Value::Object(boot) }
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverrideOutcome {
    /// How far it has come.
    pub applied: Applied,
    /// The job, where the iDRAC made one (for a change of mode).
    pub job: Option<DellJobId>,
    /// Whether it is set although the iDRAC answered that it is not.
    pub set_despite_refusal: bool,
    /// The override before.
    pub before: OverrideState,
    /// The override as it was last read.
    pub after: OverrideState,
}

/// Says what an override would change.
///
/// # Errors
/// As [`set_boot_override`] before it sends anything.
pub async fn plan_boot_override(idrac: &dyn Redfish, wanted: &BootOverride) -> Result<Plan> {
    let place = Place::find(idrac).await?;
    let now = place.state();
    let plan = Plan::new(match wanted.enabled.as_str() {
        "Disabled" => "no boot override".to_owned(),
        often => format!("boot from {} ({often})", wanted.target),
    });
    if wanted.holds(&now) {
        return Ok(plan);
    }
    wanted.check(&now, &place.targets())?;
    Ok(plan.with_step(&wanted.operation(&place, &now)).with_host(Restart::Needed))
}

/// Sets the boot override, and reads it back whatever the answer: an iDRAC may set it and answer 400, or accept it and not
/// set it. Nothing is sent where it is so already. The host is not restarted.
///
/// # Errors
/// [`ErrorKind::Unsupported`] for a target or mode this server does not offer, [`ErrorKind::Conflict`] for a UEFI target in legacy
/// mode, [`ErrorKind::Server`] when it was accepted and does not show; else the iDRAC's own refusal.
pub async fn set_boot_override(idrac: &dyn Redfish, wanted: &BootOverride) -> Result<OverrideOutcome> {
    let place = Place::find(idrac).await?;
    let before = place.state();
    let outcome = |applied, job, set_despite_refusal, after| OverrideOutcome {
        applied,
        job,
        set_despite_refusal,
        before: before.clone(),
        after,
    };
    if wanted.holds(&before) {
        return Ok(outcome(Applied::Unchanged, None, false, before.clone()));
    }
    wanted.check(&before, &place.targets())?;
    let answer = run(idrac, &wanted.operation(&place, &before)).await;
    let read_back = idrac.safeguards().has(Safeguard::ReadBack);
    match answer {
        Ok(accepted) if !read_back => Ok(outcome(Applied::Set, accepted.job, false, before.clone())),
        Ok(accepted) => {
            let after = shows(idrac, &place, wanted, accepted.job.is_some()).await?;
            let applied = if wanted.holds(&after) { Applied::Set } else { Applied::PendingRestart };
            if applied == Applied::PendingRestart && accepted.job.is_none() {
                let message =
                    format!("the boot override to {} was accepted and does not show", wanted.target);
                return Err(Error::new(ErrorKind::Server, message)
                    .with_host(idrac.host())
                    .with_path(place.home.as_str()));
            }
            Ok(outcome(applied, accepted.job, false, after))
        }
        Err(error) if read_back && may_have_worked(&error) => {
            let after = place.look(idrac).await?;
            if !wanted.holds(&after) {
                return Err(error);
            }
            Ok(outcome(Applied::Set, None, true, after))
        }
        Err(error) => Err(error),
    }
}

/// Starts from the boot order again. As [`set_boot_override`] of [`BootOverride::disabled`].
///
/// # Errors
/// As [`set_boot_override`].
pub async fn disable_boot_override(idrac: &dyn Redfish) -> Result<OverrideOutcome> {
    set_boot_override(idrac, &BootOverride::disabled()).await
}

/// Looks until it shows, or time is up; once only where a job has to set it first.
async fn shows(
    idrac: &dyn Redfish,
    place: &Place,
    wanted: &BootOverride,
    has_job: bool,
) -> Result<OverrideState> {
    let clock = idrac.clock();
    let end = clock.now() + SHOWS_WITHIN;
    loop {
        let now = place.look(idrac).await?;
        if wanted.holds(&now) || has_job || clock.now() + LOOK_EVERY > end {
            return Ok(now);
        }
        clock.sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(enabled: &str, target: &str, mode: Option<&str>) -> OverrideState {
        OverrideState {
            enabled: Some(enabled.to_owned()),
            target: Some(target.to_owned()),
            mode: mode.map(str::to_owned),
            uefi_target: None,
        }
    }

    #[test]
    fn what_is_so_already_is_known() {
        let pxe = state("Once", "Pxe", Some("UEFI"));
        assert!(
            BootOverride::once("Pxe").holds(&pxe) && BootOverride::once("Pxe").with_mode("UEFI").holds(&pxe)
        );
        assert!(!BootOverride::once("Pxe").with_mode("Legacy").holds(&pxe));
        assert!(!BootOverride::once("Pxe").continuously().holds(&pxe));
        assert!(!BootOverride::disabled().holds(&pxe));
        assert!(BootOverride::disabled().holds(&state("Disabled", "Pxe", None)));
        assert!(BootOverride::disabled().holds(&OverrideState::default()));
        assert!(BootOverride::once("Pxe").with_mode("UEFI").holds(&state("Once", "Pxe", None)));
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let targets = ["None", "Pxe", "UefiTarget", "UefiHttp"].map(str::to_owned);
        let uefi = state("Disabled", "None", Some("UEFI"));
        let legacy = state("Disabled", "None", Some("Legacy"));
        let new = state("Disabled", "None", None);
        for (wanted, now, kind) in [
            (BootOverride::once("Floppy"), &uefi, Some(ErrorKind::Unsupported)),
            (BootOverride::once("UefiTarget"), &uefi, Some(ErrorKind::InvalidInput)),
            (BootOverride::once("Pxe").with_mode("CSM"), &uefi, Some(ErrorKind::InvalidInput)),
            (BootOverride::once("Pxe").with_mode("Legacy"), &new, Some(ErrorKind::Unsupported)),
            (BootOverride::once("UefiHttp"), &legacy, Some(ErrorKind::Conflict)),
            (BootOverride::once("UefiHttp").with_mode("UEFI"), &legacy, None),
            (BootOverride::once_from_uefi("PciRoot(0x0)"), &new, None),
        ] {
            assert_eq!(wanted.check(now, &targets).err().map(|error| error.kind()), kind, "{wanted:?}");
        }
        assert!(BootOverride::once("Floppy").check(&uefi, &[]).is_ok());
    }
}
