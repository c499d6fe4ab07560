//! Starting a server from an image on the network, once: insert, choose, restart, verify, eject.
//!
//! The virtual CD is chosen by the boot override where that means it, which is from iDRAC9 on; iDRAC7 and 8 take an
//! override to `Cd` for the drive in the server, so there a configuration profile chooses it (`ServerBoot.1#BootOnce` with
//! `FirstBootDevice` `VCD-DVD`), and so it does where an override is not offered or does not stick (fault 34). What was
//! begun is undone when a later step fails: no server may start from a forgotten image weeks later.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::flow::boot::{BootOverride, disable_boot_override, plan_boot_override, set_boot_override};
use crate::flow::media::{self, EjectFrom, Ejected, MountOptions, Mounted};
use crate::flow::power::{PowerState, Reset, ResetOutcome, plan_reset, reset_and_wait};
use crate::flow::scp::{ImportOptions, import};
use crate::operation::{Redfish, run};
use crate::ops::{GetComputerSystem, GetManager, HostPowerState, ResetType, ShutdownType};
use crate::plan::{Plan, Restart};
use crate::quirk::Generation;
use crate::scp::{Attribute, Component, Profile, ProfileFormat, ScpTarget};

/// Between two looks at a host that should switch itself off.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// When the image leaves the drive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EjectWhen {
    /// It stays: the caller ejects it.
    #[default]
    Never,
    /// Once the power-on test is over; for images that are loaded into memory whole.
    AfterPost,
    /// Once the host has switched itself off, as installers do; given up after so long.
    HostOff(Duration),
}

/// What to start from, and how.
#[derive(Debug, Clone)]
pub struct BootIso {
    /// The image.
    pub mount: MountOptions,
    /// How a running host is restarted; one that is off is switched on.
    pub reset: Reset,
    /// When the image leaves the drive.
    pub eject: EjectWhen,
}

impl BootIso {
    /// Restarts gracefully, never by force, waits until the power-on test is over, and leaves the image in.
    #[must_use]
    pub fn new(mount: MountOptions) -> Self {
        let reset = Reset::new(ResetType::GracefulRestart).until_post_is_over();
        Self { mount, reset, eject: EjectWhen::default() }
    }

    /// Restarts in this way.
    #[must_use]
    pub fn with_reset(mut self, reset: Reset) -> Self {
        self.reset = reset;
        self
    }

    /// Ejects the image then.
    #[must_use]
    pub fn ejecting(mut self, when: EjectWhen) -> Self {
        self.eject = when;
        self
    }

    fn reset_from(&self, state: PowerState) -> Reset {
        let kind = if state == PowerState::Off { ResetType::On } else { self.reset.kind };
        Reset { kind, ..self.reset.clone() }
    }
}

/// How the virtual CD was chosen for one start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChosenBy {
    /// By the boot override.
    Override,
    /// By a configuration profile.
    Profile,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BootIsoOutcome {
    /// Where the image is, or was.
    pub mounted: Mounted,
    /// How it was chosen.
    pub chosen_by: ChosenBy,
    /// The restart.
    pub reset: ResetOutcome,
    /// Whether the image was still connected after the restart.
    pub is_connected: bool,
    /// Whether the choice is used up, as far as the iDRAC tells: it started from it.
    pub is_used: Option<bool>,
    /// What was ejected, if it was to be.
    pub ejected: Option<Ejected>,
}

/// What [`boot_iso`] would send.
///
/// # Errors
/// As [`boot_iso`] before it sends anything.
pub async fn plan_boot_iso(redfish: &dyn Redfish, options: &BootIso) -> Result<Plan> {
    let state = PowerState::of(&*run(redfish, &GetComputerSystem).await?);
    let insert = media::plan_insert(redfish, &options.mount).await?;
    let mut plan = Plan::new(format!("start once from {}", options.mount.image().address()));
    plan.warnings = insert.warnings;
    plan.steps = insert.steps;
    let choice = plan_virtual_cd(redfish).await?;
    plan.steps.extend(choice.steps);
    plan.warnings.extend(choice.warnings);
    plan.steps.extend(plan_reset(redfish, &options.reset_from(state)).await?.steps);
    Ok(plan.with_host(Restart::Certain))
}

/// Starts a server once from an image. The host restarts; what is on its drives is the image's business.
///
/// # Errors
/// Those of [`media::insert`], [`set_boot_override`] and [`reset_and_wait`]. When a step after the insertion fails, the choice
/// is taken back and an image that was inserted is ejected.
pub async fn boot_iso(redfish: &dyn Redfish, options: &BootIso) -> Result<BootIsoOutcome> {
    let state = PowerState::of(&*run(redfish, &GetComputerSystem).await?);
    let mounted = media::insert(redfish, &options.mount).await?;
    match start(redfish, options, state, &mounted).await {
        Ok(outcome) => Ok(outcome),
        Err(error) => {
            undo(redfish, options, &mounted).await;
            Err(error)
        }
    }
}

async fn start(
    redfish: &dyn Redfish,
    options: &BootIso,
    state: PowerState,
    mounted: &Mounted,
) -> Result<BootIsoOutcome> {
    let chosen_by = choose_virtual_cd(redfish).await?;
    let reset = reset_and_wait(redfish, &options.reset_from(state)).await?;
    let image = options.mount.image();
    let drives = media::list(redfish).await?;
    let is_connected = drives.iter().any(|drive| drive.media.is_connected() && image.is_in(&drive.media));
    let is_used = match chosen_by {
        // Setting it again would take a request only if it is gone.
        ChosenBy::Override => Some(!plan_boot_override(redfish, &once()).await?.is_empty()),
        ChosenBy::Profile => None,
    };
    let ejected = eject(redfish, options).await?;
    Ok(BootIsoOutcome { mounted: mounted.clone(), chosen_by, reset, is_connected, is_used, ejected })
}

fn once() -> BootOverride {
    BootOverride::once("Cd")
}

/// Which way means the virtual CD on this iDRAC.
async fn way(redfish: &dyn Redfish) -> Result<ChosenBy> {
    let mut generation = redfish.facts().generation;
    if generation.is_none() {
        let manager = run(redfish, &GetManager).await?;
        generation = manager.model.as_deref().and_then(Generation::from_manager_model);
        redfish.learn(&mut |facts| facts.generation = generation);
    }
    Ok(match generation {
        Some(Generation::Idrac7 | Generation::Idrac8) => ChosenBy::Profile,
        _ => ChosenBy::Override,
    })
}

/// What [`choose_virtual_cd`] would send; an import of a profile is a warning.
///
/// # Errors
/// Those of reading.
pub async fn plan_virtual_cd(redfish: &dyn Redfish) -> Result<Plan> {
    match way(redfish).await? {
        ChosenBy::Override => plan_boot_override(redfish, &once()).await,
        ChosenBy::Profile => Ok(Plan::new("start once from the virtual CD")
            .with_warning("chooses the virtual CD by a configuration profile")
            .with_host(Restart::Needed)),
    }
}

/// Has a server start from its virtual CD at the next restart, once. Restarts nothing.
///
/// # Errors
/// Those of [`set_boot_override`], and of [`import`] where a configuration profile has to choose it.
pub async fn choose_virtual_cd(redfish: &dyn Redfish) -> Result<ChosenBy> {
    if way(redfish).await? == ChosenBy::Override {
        match set_boot_override(redfish, &once()).await {
            Ok(_) => return Ok(ChosenBy::Override),
            // Not offered, or accepted and not kept.
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::Server) => {}
            Err(error) => return Err(error),
        }
    }
    choose_by_profile(redfish).await.map(|()| ChosenBy::Profile)
}

async fn choose_by_profile(redfish: &dyn Redfish) -> Result<()> {
    let component = Component::new("iDRAC.Embedded.1")
        .with_attribute(Attribute::new("ServerBoot.1#BootOnce", "Enabled"))
        .with_attribute(Attribute::new("ServerBoot.1#FirstBootDevice", "VCD-DVD"));
    let profile = Profile::from_components(vec![component], ProfileFormat::Xml)?;
    let options = ImportOptions::new(profile)
        .with_targets(&[ScpTarget::Idrac])
        .with_host(ShutdownType::NoReboot, HostPowerState::On);
    let outcome = import(redfish, &options).await?;
    if outcome.is_complete() {
        return Ok(());
    }
    let message = "the virtual CD could not be chosen for the next start by a configuration profile";
    Err(Error::new(ErrorKind::JobFailed, message)
        .with_host(redfish.host())
        .with_extended(outcome.job.messages))
}

async fn eject(redfish: &dyn Redfish, options: &BootIso) -> Result<Option<Ejected>> {
    match options.eject {
        EjectWhen::Never => return Ok(None),
        EjectWhen::AfterPost => {}
        EjectWhen::HostOff(patience) => await_off(redfish, patience).await?,
    }
    let from = EjectFrom::Image(Box::new(options.mount.image().clone()));
    media::eject(redfish, &from).await.map(Some)
}

async fn await_off(redfish: &dyn Redfish, patience: Duration) -> Result<()> {
    let end = redfish.clock().now() + patience;
    while PowerState::of(&*run(redfish, &GetComputerSystem).await?) != PowerState::Off {
        if redfish.clock().now() + LOOK_EVERY > end {
            let message = format!("the host has not switched itself off within {} s", patience.as_secs());
            return Err(Error::new(ErrorKind::Timeout, message).with_host(redfish.host()));
        }
        redfish.clock().sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// Takes back what was begun. The error that led here matters more than one of these.
async fn undo(redfish: &dyn Redfish, options: &BootIso, mounted: &Mounted) {
    if way(redfish).await.is_ok_and(|way| way == ChosenBy::Override) {
        note(redfish, disable_boot_override(redfish).await.err());
    }
    if mounted.changed {
        let from = EjectFrom::Image(Box::new(options.mount.image().clone()));
        note(redfish, media::eject(redfish, &from).await.err());
    }
}

fn note(redfish: &dyn Redfish, error: Option<Error>) {
    if let Some(error) = error {
        tracing::warn!(host = redfish.host(), error = %error.chain(), "a start from an image was not undone");
    }
}
