//! Rows of the endpoint table outside of systems, chassis and managers.

use super::{Endpoint, Methods, endpoints};
use crate::quirk::Generation;

endpoints! {
    VERSIONS: GET, Idrac7, "/redfish", "Protocol versions.";
    SERVICE_ROOT: GET, Idrac7, "/redfish/v1", "The service root, without a login.";
    SESSION_SERVICE: GET PATCH, Idrac7, "/redfish/v1/SessionService", "Session settings.";
    SESSION_COLLECTION: GET POST, Idrac9, "/redfish/v1/SessionService/Sessions", "Sessions; logs in.";
    SESSION: GET DELETE, Idrac9, "/redfish/v1/SessionService/Sessions/{session}", "One session; logs out.";
    SESSION_COLLECTION_OLD: GET POST, Idrac7 ..= Idrac9, "/redfish/v1/Sessions", "Sessions at their older place; logs in.";
    SESSION_OLD: GET DELETE, Idrac7 ..= Idrac9, "/redfish/v1/Sessions/{session}", "One session at its older place; logs out.";
    ACCOUNT_SERVICE: GET PATCH, Idrac7, "/redfish/v1/AccountService", "Account settings.";
    ACCOUNT_COLLECTION: GET POST, Idrac7, "/redfish/v1/AccountService/Accounts", "Users; creates one on iDRAC10.";
    ACCOUNT: GET PATCH DELETE, Idrac7, "/redfish/v1/AccountService/Accounts/{account}", "One user.";
    ROLE_COLLECTION: GET, Idrac7, "/redfish/v1/AccountService/Roles", "Roles.";
    ROLE: GET, Idrac7, "/redfish/v1/AccountService/Roles/{role}", "One role.";
    TASK_SERVICE: GET, Idrac7, "/redfish/v1/TaskService", "Task settings.";
    TASK_COLLECTION: GET, Idrac7, "/redfish/v1/TaskService/Tasks", "Tasks.";
    TASK: GET, Idrac7, "/redfish/v1/TaskService/Tasks/{task}", "One task.";
    TASK_MONITOR: GET DELETE, Idrac7, "/redfish/v1/TaskService/TaskMonitors/{task}", "What a 202 points at on newer firmware.";
    TASK_MONITOR_OLD: GET, Idrac7, "/redfish/v1/TaskService/TaskMonitor/{task}", "The same, as some firmware spells it.";
    JOB_SERVICE: GET, Idrac9, "/redfish/v1/JobService", "Job settings, from 6.x.";
    JOB_COLLECTION: GET, Idrac9, "/redfish/v1/JobService/Jobs", "Jobs, from 6.x.";
    JOB: GET DELETE, Idrac9, "/redfish/v1/JobService/Jobs/{job}", "One job.";
    UPDATE_SERVICE: GET PATCH, Idrac7, "/redfish/v1/UpdateService", "Update settings, and where packages are pushed.";
    FIRMWARE_COLLECTION: GET POST, Idrac7, "/redfish/v1/UpdateService/FirmwareInventory", "Firmware inventory; takes a package where HttpPushUri is this.";
    FIRMWARE: GET DELETE, Idrac7, "/redfish/v1/UpdateService/FirmwareInventory/{firmware}", "One entry; deletes a package.";
    SOFTWARE_COLLECTION: GET, Idrac9, "/redfish/v1/UpdateService/SoftwareInventory", "Drivers and other software.";
    SIMPLE_UPDATE: POST, Idrac7, "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate", "Installs a package from a URL.";
    START_UPDATE: POST, Idrac9, "/redfish/v1/UpdateService/Actions/UpdateService.StartUpdate", "Starts updates that were pushed with OnStartUpdateRequest.";
    UPDATE_INSTALL_OLD: POST, Idrac7 ..= Idrac9, "/redfish/v1/UpdateService/Actions/Oem/DellUpdateService.Install", "Installs a pushed package, older.";
    MULTIPART_UPDATE: POST, Idrac9, "/redfish/v1/UpdateService/MultipartUpload", "Takes a package with its parameters, from 4.x.";
    EVENT_SERVICE: GET PATCH, Idrac7, "/redfish/v1/EventService", "Event settings.";
    SUBSCRIPTION_COLLECTION: GET POST, Idrac7, "/redfish/v1/EventService/Subscriptions", "Event subscriptions; creates one.";
    SUBSCRIPTION: GET PATCH DELETE, Idrac7, "/redfish/v1/EventService/Subscriptions/{subscription}", "One subscription.";
    SUBMIT_TEST_EVENT: POST, Idrac7, "/redfish/v1/EventService/Actions/EventService.SubmitTestEvent", "Sends a test event.";
    EVENT_STREAM: GET, Idrac9, "/redfish/v1/SSE", "Events as a stream.";
    TELEMETRY_SERVICE: GET PATCH, Idrac9, "/redfish/v1/TelemetryService", "Telemetry settings.";
    METRIC_REPORT_DEFINITION_COLLECTION: GET POST, Idrac9, "/redfish/v1/TelemetryService/MetricReportDefinitions", "Report definitions; creates one.";
    METRIC_REPORT_DEFINITION: GET PATCH DELETE, Idrac9, "/redfish/v1/TelemetryService/MetricReportDefinitions/{definition}", "One report definition.";
    METRIC_REPORT_COLLECTION: GET, Idrac9, "/redfish/v1/TelemetryService/MetricReports", "Reports.";
    METRIC_REPORT: GET, Idrac9, "/redfish/v1/TelemetryService/MetricReports/{report}", "One report.";
    METRIC_DEFINITION_COLLECTION: GET, Idrac9, "/redfish/v1/TelemetryService/MetricDefinitions", "What can be measured.";
    LICENSE_SERVICE: GET, Idrac9, "/redfish/v1/LicenseService", "Licence settings, from 7.x.";
    LICENSE_COLLECTION: GET POST, Idrac9, "/redfish/v1/LicenseService/Licenses", "Licences; installs one.";
    LICENSE: GET DELETE, Idrac9, "/redfish/v1/LicenseService/Licenses/{licence}", "One licence.";
    LICENSE_INSTALL: POST, Idrac9, "/redfish/v1/LicenseService/Actions/LicenseService.Install", "Installs a licence.";
    CERTIFICATE_SERVICE: GET, Idrac9, "/redfish/v1/CertificateService", "Certificate actions.";
    GENERATE_CSR: POST, Idrac9, "/redfish/v1/CertificateService/Actions/CertificateService.GenerateCSR", "Makes a certificate request.";
    REPLACE_CERTIFICATE: POST, Idrac9, "/redfish/v1/CertificateService/Actions/CertificateService.ReplaceCertificate", "Installs a certificate.";
    REGISTRY_COLLECTION: GET, Idrac7, "/redfish/v1/Registries", "Registries of messages and attributes.";
    REGISTRY: GET, Idrac7, "/redfish/v1/Registries/{registry}", "Where a registry is.";
    REGISTRY_FILE: GET, Idrac7, "/redfish/v1/Registries/{registry}/{file}", "A registry.";
}
