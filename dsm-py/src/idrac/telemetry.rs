//! Telemetry: what is reported, the reports, and the switches.

use dell_redfish::flow::telemetry::{
    fetch_report as fetch_one, fetch_telemetry, list_report_definitions, list_reports as list,
    plan_telemetry, set_report as switch_report, set_telemetry,
};
use serde::Deserialize;

use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    enabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    report: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SwitchOne {
    report: String,
    enabled: bool,
}

pub(super) async fn fetch(call: Call) -> Outcome {
    Reply::json(&fetch_telemetry(&call.client).await?)
}

pub(super) async fn list_definitions(call: Call) -> Outcome {
    Reply::json(&list_report_definitions(&call.client).await?)
}

pub(super) async fn list_reports(call: Call) -> Outcome {
    Reply::json(&list(&call.client).await?)
}

pub(super) async fn fetch_report(mut call: Call) -> Outcome {
    let One { report } = call.read()?;
    Reply::json(&fetch_one(&call.client, &report).await?)
}

pub(super) async fn set(mut call: Call) -> Outcome {
    let Switch { enabled } = call.read()?;
    Ok(Reply::Flag(set_telemetry(&call.client, enabled).await?))
}

pub(super) async fn plan_set(mut call: Call) -> Outcome {
    let Switch { enabled } = call.read()?;
    Reply::json(&plan_telemetry(&call.client, enabled).await?)
}

pub(super) async fn set_report(mut call: Call) -> Outcome {
    let SwitchOne { report, enabled } = call.read()?;
    Ok(Reply::Flag(switch_report(&call.client, &report, enabled).await?))
}
