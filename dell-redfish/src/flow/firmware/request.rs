//! What is to be installed, and how far to go for it.

use std::time::Duration;

use crate::catalog::{self, ComponentId, DellVersion, InstalledFirmware, Reboot};
use crate::flow::power::Reset;
use crate::flow::wait::WaitOptions;
use crate::id::ODataId;
use crate::ops::{ApplyTime, ImageUri};
use crate::upload::PackageFile;

/// Where a package comes from.
#[derive(Debug, Clone)]
pub enum PackageSource {
    /// A web server or share, from which the iDRAC fetches it.
    Uri(ImageUri),
    /// A file here, sent to the iDRAC.
    File(PackageFile),
    /// An entry of the firmware inventory: kept for a rollback, or sent before.
    Entry(ODataId),
}

/// What is to be installed afterwards: how success is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The version.
    pub version: String,
    /// Names of the devices (FQDDs).
    pub devices: Vec<String>,
    /// All devices with this component id, where no names are given.
    pub component: Option<ComponentId>,
}

impl Expected {
    /// This version in this device.
    pub fn in_device(version: impl Into<String>, fqdd: impl Into<String>) -> Self {
        Self { version: version.into(), devices: vec![fqdd.into()], component: None }
    }

    /// This version in every device with this component id.
    pub fn in_component(version: impl Into<String>, component: ComponentId) -> Self {
        Self { version: version.into(), devices: Vec::new(), component: Some(component) }
    }

    /// Whether it is about this item.
    #[must_use]
    pub fn concerns(&self, item: &InstalledFirmware) -> bool {
        if self.devices.is_empty() {
            return self.component.is_some() && self.component == item.component;
        }
        item.fqdd.as_ref().is_some_and(|fqdd| self.devices.contains(fqdd))
    }

    /// Whether all of it is installed: at least one item is concerned, each named device is there, and all have the version.
    #[must_use]
    pub fn is_met(&self, installed: &[InstalledFirmware]) -> bool {
        let concerned: Vec<_> = installed.iter().filter(|item| self.concerns(item)).collect();
        let has_version = |item: &&InstalledFirmware| {
            DellVersion::new(&item.version).is_same(DellVersion::new(&self.version))
        };
        let is_there = |fqdd: &String| concerned.iter().any(|item| item.fqdd.as_ref() == Some(fqdd));
        !concerned.is_empty() && concerned.iter().all(has_version) && self.devices.iter().all(is_there)
    }
}

/// One update.
#[derive(Debug, Clone)]
pub struct FirmwareUpdate {
    /// The package.
    pub package: PackageSource,
    /// What is to be installed afterwards. Without it the job's end is all that is known.
    pub expected: Option<Expected>,
    /// Only on these entries of the firmware inventory; on whatever it fits when empty.
    pub targets: Vec<ODataId>,
    /// When it is installed; when the iDRAC thinks best unless said.
    pub apply_time: Option<ApplyTime>,
    /// Whether the host must restart, where a catalogue told.
    pub reboot: Reboot,
}

impl FirmwareUpdate {
    /// A package of which nothing more is known.
    #[must_use]
    pub fn new(package: PackageSource) -> Self {
        Self { package, expected: None, targets: Vec::new(), apply_time: None, reboot: Reboot::Unknown }
    }

    /// An update that a comparison with a catalogue found.
    #[must_use]
    pub fn of(update: &catalog::Update, package: PackageSource) -> Self {
        let devices: Vec<_> = update.targets.iter().filter_map(|target| target.fqdd.clone()).collect();
        let is_named = !devices.is_empty();
        let expected = Expected { version: update.package.version.to_string(), devices, component: None };
        Self { expected: is_named.then_some(expected), reboot: update.reboot, ..Self::new(package) }
    }

    /// Says what is to be installed afterwards.
    #[must_use]
    pub fn expecting(mut self, expected: Expected) -> Self {
        self.expected = Some(expected);
        self
    }

    /// Only on these entries of the firmware inventory.
    #[must_use]
    pub fn with_targets(mut self, targets: Vec<ODataId>) -> Self {
        self.targets = targets;
        self
    }

    /// At this moment.
    #[must_use]
    pub fn with_apply_time(mut self, apply_time: ApplyTime) -> Self {
        self.apply_time = Some(apply_time);
        self
    }

    /// Says whether the host must restart.
    #[must_use]
    pub fn with_reboot(mut self, reboot: Reboot) -> Self {
        self.reboot = reboot;
        self
    }
}

/// How far to go for an update, and how long each phase may take. There is no time-out in all: each phase has its own, and a
/// phase that moves goes on.
#[derive(Debug, Clone)]
pub struct UpdateOptions {
    /// Longest time in which no byte of an upload moves; 2 min.
    pub standstill: Duration,
    /// How the job is waited for.
    pub wait: WaitOptions,
    /// How the host is restarted where the update waits for it; it is not unless said.
    pub restart: Option<Reset>,
    /// How many readings of the inventory in a row must agree; 3.
    pub agreeing_reads: u32,
    /// Time between them; 10 s.
    pub read_interval: Duration,
    /// Longest time until they agree, after the job; 20 min.
    pub settle_limit: Duration,
    /// Whether the iDRAC may be restarted, once, when it takes no upload without (RAC964); it may not unless said.
    pub reset_and_upload_again: bool,
}

impl Default for UpdateOptions {
    fn default() -> Self {
        Self {
            standstill: Duration::from_secs(120),
            wait: WaitOptions::default(),
            restart: None,
            agreeing_reads: 3,
            read_interval: Duration::from_secs(10),
            settle_limit: Duration::from_secs(20 * 60),
            reset_and_upload_again: false,
        }
    }
}

impl UpdateOptions {
    /// Restarts the host where the update waits for it.
    #[must_use]
    pub fn with_restart(mut self, restart: Reset) -> Self {
        self.restart = Some(restart);
        self
    }

    /// Sets how the job is waited for.
    #[must_use]
    pub fn with_wait(mut self, wait: WaitOptions) -> Self {
        self.wait = wait;
        self
    }

    /// Sets how many readings in a row must agree.
    #[must_use]
    pub fn with_agreeing_reads(mut self, reads: u32) -> Self {
        self.agreeing_reads = reads.max(1);
        self
    }

    /// Allows one restart of the iDRAC when it takes no upload without.
    #[must_use]
    pub fn resetting_for_upload(mut self) -> Self {
        self.reset_and_upload_again = true;
        self
    }
}
