//! Dell's services around the job queue: what they offer, and the manager's links to them.

use serde_json::{Value, json};

use super::MANAGER;
use super::builder::{Builder, link};

pub(super) fn add(b: &mut Builder) {
    if !b.p.oem_jobs {
        return;
    }
    let jobs = format!("{MANAGER}/Oem/Dell/DellJobService");
    let lifecycle = format!("{MANAGER}/Oem/Dell/DellLCService");
    let target = |service: &str, action: &str| -> Value { format!("{service}/Actions/{action}").into() };
    b.put(
        &jobs,
        "DellJobService.v1_2_0.DellJobService",
        json!({"Actions": {
                "#DellJobService.CreateRebootJob": {
                    "RebootJobType@Redfish.AllowableValues": ["GracefulRebootWithForcedShutdown",
                        "GracefulRebootWithoutForcedShutdown", "PowerCycle"],
                    "target": target(&jobs, "DellJobService.CreateRebootJob")},
                "#DellJobService.DeleteJobQueue": {"target": target(&jobs, "DellJobService.DeleteJobQueue")},
                "#DellJobService.SetupJobQueue": {"target": target(&jobs, "DellJobService.SetupJobQueue")}},
            "DeleteOnCompletionTimeoutMinutes": 2880, "Description": "Actions on the job queue",
            "MaximumNumberOfJobs": 256, "Name": "DellJobService"}),
    );
    b.amend(
        &lifecycle,
        "DellLCService.v1_7_0.DellLCService",
        json!({"Actions": {"#DellLCService.GetRemoteServicesAPIStatus":
            {"target": target(&lifecycle, "DellLCService.GetRemoteServicesAPIStatus")}}}),
    );
    b.amend(
        MANAGER,
        "Manager.v1_12_0.Manager",
        json!({"Links": {"Oem": {"Dell": {"DellJobService": link(&jobs), "DellLCService": link(&lifecycle)}}}}),
    );
}
