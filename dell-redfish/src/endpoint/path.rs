//! The paths every PowerEdge has, and queries put onto paths.

use std::borrow::Cow;

/// The service root.
pub const ROOT: &str = "/redfish/v1";
/// All systems.
pub const SYSTEMS: &str = "/redfish/v1/Systems";
/// The server, on every PowerEdge.
pub const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";
/// BIOS settings in force, on every PowerEdge.
pub const SYSTEM_BIOS: &str = "/redfish/v1/Systems/System.Embedded.1/Bios";
/// All chassis.
pub const CHASSIS_ALL: &str = "/redfish/v1/Chassis";
/// The server's chassis, on every PowerEdge.
pub const CHASSIS: &str = "/redfish/v1/Chassis/System.Embedded.1";
/// All managers.
pub const MANAGERS: &str = "/redfish/v1/Managers";
/// The iDRAC, on every PowerEdge.
pub const MANAGER: &str = "/redfish/v1/Managers/iDRAC.Embedded.1";
/// Firmware inventory.
pub const FIRMWARE_INVENTORY: &str = "/redfish/v1/UpdateService/FirmwareInventory";
/// Where sessions are created, from Redfish 1.6.
pub const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
/// Where sessions are created on iDRAC7/8 and early iDRAC9.
pub const SESSIONS_AT_ROOT: &str = "/redfish/v1/Sessions";

/// What of a resource's links `$expand` puts in, one level deep (`MaxLevels` is 1 on every iDRAC seen).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expand {
    /// Nothing.
    None,
    /// `*`: every link; for collections, whose links are their members.
    All,
    /// `.`: the links outside `Links`: what belongs to the resource.
    Subordinate,
    /// `~`: the links inside `Links`.
    Related,
}

impl Expand {
    /// `path` with the query. The link to a next page is left as it is where it says already what to expand.
    #[must_use]
    pub fn on(self, path: &str) -> Cow<'_, str> {
        let mode = match self {
            _ if path.contains("$expand=") => return Cow::Borrowed(path),
            Self::None => return Cow::Borrowed(path),
            Self::All => "*",
            Self::Subordinate => ".",
            Self::Related => "~",
        };
        let joint = if path.contains('?') { '&' } else { '?' };
        Cow::Owned(format!("{path}{joint}$expand={mode}($levels=1)"))
    }
}
