//! The job types of the existing system that this one takes over, each under all its names.

/// A job of one of these may be added where no handler runs it: another executor's may.
const KNOWN: [&str; 34] = [
    "discovery_scan",
    "health_check",
    "fetch_event_logs",
    "test_credentials",
    "power_action",
    "boot_configuration",
    "bios_config_read",
    "bios_config_write",
    "firmware_update",
    "full_server_update",
    "virtual_media_mount",
    "virtual_media_unmount",
    "scp_export",
    "scp_import",
    "vcenter_sync",
    "safety_check",
    "cluster_safety_check",
    "server_group_safety_check",
    "prepare_host",
    "prepare_host_for_update",
    "verify_host_after_update",
    "rolling_update",
    "rolling_cluster_update",
    "esxi_upgrade",
    "esxi_then_firmware",
    "firmware_then_esxi",
    "esxi_preflight",
    "esxi_preflight_check",
    "console_launch",
    "browse_datastore",
    "iso_upload",
    "scan_local_isos",
    "register_iso_url",
    "idm_authenticate",
];

pub(crate) fn is_known(job_type: &str) -> bool {
    KNOWN.contains(&job_type)
}
