//! The iDRAC back to defaults.

use serde_json::json;

use crate::accepted::Accepted;
use crate::capability::{Found, IDRAC, need_at};
use crate::endpoint;
use crate::error::Result;
use crate::message::ExtendedInfo;
use crate::operation::{Redfish, run};
use crate::ops::defaults::{DellResetToDefaults, ResetToDefaults, SetCustomDefaults};
use crate::plan::{Plan, Restart};
use crate::secret::Secret;

/// What goes, and what stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
pub enum IdracDefaults {
    /// All goes, users and network among it (DMTF `ResetAll`). The password is the one on the server's tag.
    ResetAll,
    /// All but users and network goes (DMTF `PreserveNetworkAndUsers`).
    PreserveNetworkAndUsers,
    /// All goes, users and network among it (Dell `All`). The password is the one on the server's tag.
    All,
    /// All but users and network goes (Dell `Default`).
    Default,
    /// All goes, and the user is root with Dell's well-known password (Dell `ResetAllWithRootDefaults`).
    ResetAllWithRootDefaults,
    /// To what [`set_custom_defaults`] stored (Dell `CustomDefaults`).
    CustomDefaults,
}

impl IdracDefaults {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ResetAll => "ResetAll",
            Self::PreserveNetworkAndUsers => "PreserveNetworkAndUsers",
            Self::All => "All",
            Self::Default => "Default",
            Self::ResetAllWithRootDefaults => "ResetAllWithRootDefaults",
            Self::CustomDefaults => "CustomDefaults",
        }
    }

    /// Whether users and network survive.
    #[must_use]
    pub const fn preserves_access(self) -> bool {
        matches!(self, Self::PreserveNetworkAndUsers | Self::Default)
    }
}

enum Reset {
    Dmtf(ResetToDefaults),
    Dell(DellResetToDefaults),
}

fn reset(manager: &Found, defaults: IdracDefaults) -> Result<Reset> {
    let (actions, body) = (manager.actions(), json!({"ResetType": defaults.as_str()}));
    Ok(match defaults {
        IdracDefaults::ResetAll | IdracDefaults::PreserveNetworkAndUsers => {
            Reset::Dmtf(ResetToDefaults::new(&actions, body)?)
        }
        _ => Reset::Dell(DellResetToDefaults::new(&actions, body)?),
    })
}

async fn manager(redfish: &dyn Redfish) -> Result<Found> {
    need_at(redfish, &endpoint::MANAGER_RESOURCE, &[IDRAC], "a manager").await
}

/// What going back to defaults would do. One request, a read.
///
/// # Errors
/// As [`reset_to_defaults`].
pub async fn plan_reset_to_defaults(redfish: &dyn Redfish, defaults: IdracDefaults) -> Result<Plan> {
    let plan =
        Plan::new(format!("the iDRAC back to defaults: {}", defaults.as_str())).with_idrac(Restart::Certain);
    let plan = match reset(&manager(redfish).await?, defaults)? {
        Reset::Dmtf(operation) => plan.with_step(&operation),
        Reset::Dell(operation) => plan.with_step(&operation),
    };
    Ok(if defaults.preserves_access() {
        plan
    } else {
        plan.with_warning("address and users go with the rest: the iDRAC may not be reachable afterwards")
            .with_warning(
                "the web certificate is made anew: what is remembered or pinned of it must be renewed",
            )
    })
}

/// Goes back to defaults. The iDRAC restarts by itself right after its answer. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where this iDRAC does not offer these defaults.
pub async fn reset_to_defaults(redfish: &dyn Redfish, defaults: IdracDefaults) -> Result<Vec<ExtendedInfo>> {
    match reset(&manager(redfish).await?, defaults)? {
        Reset::Dmtf(operation) => run(redfish, &operation).await,
        Reset::Dell(operation) => run(redfish, &operation).await,
    }
}

/// Stores a server configuration profile of the iDRAC as its custom defaults: a job checks it. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) without `DellManager.SetCustomDefaults` (before 7.x).
pub async fn set_custom_defaults(redfish: &dyn Redfish, profile: &Secret) -> Result<Accepted> {
    let manager = manager(redfish).await?;
    let body = json!({"CustomDefaults": profile.expose()});
    run(redfish, &SetCustomDefaults::new(&manager.actions(), body)?).await
}
