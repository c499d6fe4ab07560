//! The manager's actions for configuration profiles, as each firmware names them.

use serde_json::{Map, Value, json};

use super::MANAGER;
use super::profile::Profile;
use crate::spec::Generation;

/// The entries of `Actions.Oem`.
pub(super) fn actions(profile: &Profile) -> Map<String, Value> {
    let (prefix, family) = match profile.generation {
        Generation::Idrac7 | Generation::Idrac8 => ("OemManager.v1_1_0#OemManager", "EID_674_Manager"),
        Generation::Idrac9V5 => ("OemManager.v1_2_0#OemManager", "EID_674_Manager"),
        Generation::Idrac9V6 => ("#OemManager.v1_4_0.OemManager#OemManager", "EID_674_Manager"),
        Generation::Idrac9V7 => ("#OemManager", "EID_674_Manager"),
        Generation::Idrac10 => ("#OemManager", "OemManager"),
    };
    let old = matches!(profile.generation, Generation::Idrac7 | Generation::Idrac8);
    let shares: &[&str] = match profile.generation {
        Generation::Idrac7 => &["NFS", "CIFS"],
        Generation::Idrac8 => &["LOCAL", "NFS", "CIFS"],
        _ => &["LOCAL", "NFS", "CIFS", "HTTP", "HTTPS"],
    };
    let formats: &[&str] = if old { &["XML"] } else { &["XML", "JSON"] };
    let targets: &[&str] = match profile.generation {
        Generation::Idrac7 | Generation::Idrac8 | Generation::Idrac9V5 => {
            &["ALL", "IDRAC", "BIOS", "NIC", "RAID"]
        }
        _ => &[
            "ALL",
            "IDRAC",
            "BIOS",
            "NIC",
            "RAID",
            "FC",
            "InfiniBand",
            "SupportAssist",
            "EventFilters",
            "System",
            "LifecycleController",
            "AHCI",
            "PCIeSSD",
        ],
    };
    let share =
        json!({"ShareType@Redfish.AllowableValues": shares, "Target@Redfish.AllowableValues": targets});
    let at = |name: &str| format!("{MANAGER}/Actions/Oem/{family}.{name}");
    let rows = [
        (
            "ExportSystemConfiguration",
            json!({
            "ExportFormat@Redfish.AllowableValues": formats,
            "ExportUse@Redfish.AllowableValues": ["Default", "Clone", "Replace"],
            "ShareParameters": share, "target": at("ExportSystemConfiguration")}),
        ),
        (
            "ImportSystemConfiguration",
            json!({
            "HostPowerState@Redfish.AllowableValues": ["On", "Off"],
            "ShutdownType@Redfish.AllowableValues": ["Graceful", "Forced", "NoReboot"],
            "ShareParameters": share, "target": at("ImportSystemConfiguration")}),
        ),
        (
            "ImportSystemConfigurationPreview",
            json!({
            "ShareParameters": {"Target@Redfish.AllowableValues": ["ALL"]},
            "target": at("ImportSystemConfigurationPreview")}),
        ),
    ];
    rows.into_iter().map(|(name, action)| (format!("{prefix}.{name}"), action)).collect()
}
