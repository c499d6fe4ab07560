//! A one-time boot that an earlier attempt may have set: the next start uses it up, so it is not set twice.

use dell_redfish::Client;
use dell_redfish::flow::boot::{BootOverride, plan_boot_override};
use dell_redfish::model::ComputerSystem;
use dell_redfish::ops::GetComputerSystem;
use serde::{Deserialize, Serialize};

use super::walk::{Before, Sent, Visit};
use crate::error::{Error, ErrorKind, Result};

/// What a later attempt goes by.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Note {
    pub(super) before: Before,
    last_reset_time: Option<String>,
}

impl Note {
    /// Before anything is sent.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn of(visit: &Visit, system: &ComputerSystem) -> Result<Self> {
        Ok(Self { before: visit.before().await?, last_reset_time: system.last_reset_time.clone() })
    }
}

/// Whether it is set. No: it is to be set.
///
/// # Errors
/// It may have been set, and the host may have started from it since: nobody can tell.
pub(super) async fn is_set(
    visit: &Visit,
    client: &Client,
    wanted: &BootOverride,
    note: &Note,
) -> Result<bool> {
    let is_it = |method: &str, path: &str| method == "PATCH" && path.contains("/Systems/");
    if visit.asked_since(is_it, &note.before).await? == Sent::No {
        return Ok(false);
    }
    if plan_boot_override(client, wanted).await?.is_empty() {
        return Ok(true);
    }
    let system = client.run(&GetComputerSystem).await?;
    if note.last_reset_time.is_some() && system.last_reset_time == note.last_reset_time {
        // Nothing has used it up: the request never left, or somebody took it back.
        return Ok(false);
    }
    let message = "an earlier attempt may have set the one-time boot, and it is not set any more";
    let hint = "look whether the host has started from it, and run the job again if it has not";
    Err(Error::new(ErrorKind::Redfish, message).hint(hint))
}
