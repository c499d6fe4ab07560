//! The paths every PowerEdge has, and queries put onto paths.

use std::borrow::Cow;

use crate::id::DellJobId;

/// The service root.
pub const ROOT: &str = "/redfish/v1";
/// All systems.
pub const SYSTEMS: &str = "/redfish/v1/Systems";
/// The server, on every PowerEdge.
pub const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";
/// The boot list of old firmware, where the system does not link to it.
pub const SYSTEM_BOOT_SOURCES: &str = "/redfish/v1/Systems/System.Embedded.1/BootSources";
/// BIOS settings in force, on every PowerEdge.
pub const SYSTEM_BIOS: &str = "/redfish/v1/Systems/System.Embedded.1/Bios";
/// All registries.
pub const REGISTRIES: &str = "/redfish/v1/Registries";
/// Where the values for later are, below a resource that does not say so.
pub(crate) const SETTINGS_BELOW: &str = "/Settings";
/// All chassis.
pub const CHASSIS_ALL: &str = "/redfish/v1/Chassis";
/// The server's chassis, on every PowerEdge.
pub const CHASSIS: &str = "/redfish/v1/Chassis/System.Embedded.1";
/// All managers.
pub const MANAGERS: &str = "/redfish/v1/Managers";
/// The iDRAC, on every PowerEdge.
pub const MANAGER: &str = "/redfish/v1/Managers/iDRAC.Embedded.1";
/// Virtual drives from 6.x on; their only home on iDRAC10.
pub const MEDIA_OF_SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1/VirtualMedia";
/// Virtual drives at their older home.
pub const MEDIA_OF_MANAGER: &str = "/redfish/v1/Managers/iDRAC.Embedded.1/VirtualMedia";
/// Firmware inventory.
pub const FIRMWARE_INVENTORY: &str = "/redfish/v1/UpdateService/FirmwareInventory";
/// Where sessions are created, from Redfish 1.6.
pub const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
/// Where sessions are created on iDRAC7/8 and early iDRAC9.
pub const SESSIONS_AT_ROOT: &str = "/redfish/v1/Sessions";

/// The Lifecycle Controller's log.
pub const LC_LOG: &str = "/redfish/v1/Managers/iDRAC.Embedded.1/LogServices/Lclog/Entries";
/// The same at its place on iDRAC7/8 and early iDRAC9.
pub const LC_LOG_OLD: &str = "/redfish/v1/Managers/iDRAC.Embedded.1/Logs/Lclog";

/// The task that belongs to a Dell job: it has the job's name.
#[must_use]
pub fn task_of(job: &DellJobId) -> String {
    format!("{TASK_SERVICE_HOME}Tasks/{job}")
}

/// Where the task is read that a `Location` points at: itself, or, for a monitor, the task of the same name.
#[must_use]
pub(crate) fn task_path(path: &str) -> Option<String> {
    let (home, name) = path.rsplit_once('/')?;
    let is_task = ["Tasks", "TaskMonitors", "TaskMonitor"]
        .iter()
        .any(|last| home.strip_prefix(TASK_SERVICE_HOME).is_some_and(|rest| rest == *last));
    (is_task && !name.is_empty()).then(|| format!("{TASK_SERVICE_HOME}Tasks/{name}"))
}

/// The path of a `Location`, an absolute URL among them. Whether it may be asked for is for the table to say.
#[must_use]
pub(crate) fn own_path(location: &str) -> Option<String> {
    let path = match location.find("://") {
        Some(at) => location[at + 3..].find('/').map(|slash| &location[at + 3 + slash..])?,
        None => location,
    };
    path.starts_with('/').then(|| path.to_owned())
}

/// A file that an export left on the iDRAC, by the `Location` that names it: an absolute URL among them.
#[must_use]
pub(crate) fn file_path(location: &str) -> Option<String> {
    let path = own_path(location)?;
    let name = FILE_HOMES.iter().find_map(|home| path.strip_prefix(home))?;
    (!name.is_empty() && !name.contains('/')).then(|| path.clone())
}

const FILE_HOMES: [&str; 2] = ["/redfish/v1/Dell/", "/redfish/v1/Oem/Dell/"];

const TASK_SERVICE_HOME: &str = "/redfish/v1/TaskService/";

/// Whether the actions for configuration profiles at this path take lists as arrays only: those of the newer family.
#[must_use]
pub(crate) fn wants_arrays(path: &str) -> bool {
    super::find(&http::Method::POST, path).is_some_and(|row| row.since >= crate::quirk::Generation::Idrac10)
}

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
