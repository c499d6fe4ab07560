//! How an import goes about it, for every server.

use std::time::Duration;

use dell_redfish::flow::scp::ImportOptions;
use dell_redfish::ops::{HostPowerState, ShutdownType};
use dell_redfish::scp::ScpTarget;

use crate::error::Result;
use crate::handlers::idrac::input::Input;

/// How long a graceful shutdown may take, as the iDRAC takes it.
const PATIENCE_S: std::ops::RangeInclusive<u64> = 300..=3600;

/// See the module's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) shutdown: ShutdownType,
    pub(super) host: HostPowerState,
    pub(super) time_to_wait: Option<Duration>,
    /// A profile of another model is imported, too.
    pub(super) any_model: bool,
    /// Settings that destroy data are imported, too.
    pub(super) may_destroy: bool,
    /// The configuration is kept before.
    pub(super) keeps_before: bool,
    /// An import that goes wrong is followed by one of what was kept before.
    pub(super) rolls_back: bool,
    /// What was imported is compared with what is in force.
    pub(super) verifies: bool,
    pub(super) is_dry: bool,
}

impl Manner {
    pub(super) fn decode(details: Input<'_>) -> Result<Self> {
        let shutdowns = [
            ("Graceful", ShutdownType::Graceful),
            ("Forced", ShutdownType::Forced),
            ("NoReboot", ShutdownType::NoReboot),
        ];
        let powers = [("On", HostPowerState::On), ("Off", HostPowerState::Off)];
        let rolls_back = details.flag("rollback", false)?;
        Ok(Self {
            shutdown: details.choice("shutdown_type", &shutdowns)?.unwrap_or_default(),
            host: details.choice("host_power_state", &powers)?.unwrap_or_default(),
            time_to_wait: details.number("time_to_wait_seconds", PATIENCE_S)?.map(Duration::from_secs),
            any_model: details.flag("force", false)?,
            may_destroy: details.flag("allow_data_loss", false)?,
            keeps_before: details.flag("backup_before", true)? || rolls_back,
            rolls_back,
            verifies: details.flag("verify", true)?,
            is_dry: details.flag("dry_run", false)?,
        })
    }

    /// The options of an import of this kind.
    pub(super) fn on(&self, options: ImportOptions, classes: &[ScpTarget]) -> ImportOptions {
        let options = options.with_targets(classes).with_host(self.shutdown, self.host);
        let options = match self.time_to_wait {
            Some(time) => options.with_time_to_wait(time),
            None => options,
        };
        if self.any_model { options.for_any_model() } else { options }
    }
}
