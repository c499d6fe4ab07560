//! Telemetry: what is reported, the reports, and the switches. It needs a Datacenter licence (SYS461, then
//! [`ErrorKind::License`]).

use super::members;
use crate::capability::missing;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{MetricReport, MetricReportDefinition, Resource, Schema, TelemetryService};
use crate::operation::{Redfish, run};
use crate::ops::{GetResource, SetTelemetry};
use crate::plan::Plan;

/// Reads the service. One request.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where there is none (iDRAC7/8, early iDRAC9); the iDRAC's.
pub async fn fetch_telemetry(redfish: &dyn Redfish) -> Result<Resource<TelemetryService>> {
    let row = &endpoint::TELEMETRY_SERVICE;
    let unsupported =
        || Error::new(ErrorKind::Unsupported, "this iDRAC has no telemetry").with_host(redfish.host());
    if redfish.facts().generation.is_some_and(|generation| !row.is_in(generation)) {
        return Err(unsupported());
    }
    match run(redfish, &GetResource::at(ODataId::parse(row.template)?)).await {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(unsupported().with_source(error)),
        outcome => outcome,
    }
}

/// All report definitions. One request.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC has no telemetry; the iDRAC's.
pub async fn list_report_definitions(redfish: &dyn Redfish) -> Result<Vec<Resource<MetricReportDefinition>>> {
    list(redfish, endpoint::METRIC_REPORT_DEFINITION_COLLECTION.template).await
}

/// All reports there are. One request.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC has no telemetry; the iDRAC's.
pub async fn list_reports(redfish: &dyn Redfish) -> Result<Vec<Resource<MetricReport>>> {
    list(redfish, endpoint::METRIC_REPORT_COLLECTION.template).await
}

async fn list<T: Schema>(redfish: &dyn Redfish, home: &str) -> Result<Vec<Resource<T>>> {
    members::list(redfish, home).await.map_err(|error| match error.kind() {
        ErrorKind::NotFound => missing(redfish, "telemetry").with_source(error),
        _ => error,
    })
}

/// The latest report of one definition, by its id (`PowerMetrics`). One request.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is none yet; the iDRAC's.
pub async fn fetch_report(redfish: &dyn Redfish, id: &str) -> Result<Resource<MetricReport>> {
    let path = endpoint::METRIC_REPORT.path(&[id])?;
    run(redfish, &GetResource::at(ODataId::parse(&path)?)).await
}

/// Switches the whole service, if it is the other way. Two requests, one where it was so already. Says whether it changed.
///
/// # Errors
/// [`ErrorKind::License`] without the licence; the iDRAC's.
pub async fn set_telemetry(redfish: &dyn Redfish, enabled: bool) -> Result<bool> {
    if fetch_telemetry(redfish).await?.enabled == Some(enabled) {
        return Ok(false);
    }
    run(redfish, &SetTelemetry::service(enabled)).await.map(|()| true)
}

/// Switches one report, if it is the other way, by its definition's id. Two requests, one where it was so already. Says whether
/// it changed.
///
/// # Errors
/// [`ErrorKind::NotFound`] where there is no such definition; [`ErrorKind::License`] without the licence; the iDRAC's.
pub async fn set_report(redfish: &dyn Redfish, id: &str, enabled: bool) -> Result<bool> {
    let path = ODataId::parse(&endpoint::METRIC_REPORT_DEFINITION.path(&[id])?)?;
    let definition: Resource<MetricReportDefinition> = run(redfish, &GetResource::at(path.clone())).await?;
    if definition.enabled == Some(enabled) {
        return Ok(false);
    }
    run(redfish, &SetTelemetry::report(&path, enabled)).await.map(|()| true)
}

/// What switching the whole service would send. One request, which changes nothing.
///
/// # Errors
/// As [`fetch_telemetry`].
pub async fn plan_telemetry(redfish: &dyn Redfish, enabled: bool) -> Result<Plan> {
    let plan = Plan::new(if enabled { "switches telemetry on" } else { "switches telemetry off" });
    if fetch_telemetry(redfish).await?.enabled == Some(enabled) {
        return Ok(plan);
    }
    Ok(plan.with_step(&SetTelemetry::service(enabled)))
}
