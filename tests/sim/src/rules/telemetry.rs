//! Metric report definitions and reports, with a Datacenter licence.

use std::collections::BTreeSet;

use hyper::Method;
use serde_json::{Value, json};

use super::Area;
use crate::dynamic::Listing;
use crate::handle::Asked;
use crate::read::{error, not_allowed};
use crate::reply::Reply;
use crate::server::Server;
use crate::tree::Tree;

const SERVICE: &str = "/redfish/v1/TelemetryService";
const DEFINITIONS: &str = "/redfish/v1/TelemetryService/MetricReportDefinitions";
const REPORTS: &str = "/redfish/v1/TelemetryService/MetricReports";

/// Definition, metric, value.
const DEFINED: [(&str, &str, &str); 3] = [
    ("PowerMetrics", "SystemInputPower", "262"),
    ("ThermalMetrics", "InletTemperature", "22"),
    ("CPUSensor", "TemperatureReading", "51"),
];

/// What of it changes while a server runs.
#[derive(Debug, Default)]
pub(crate) struct State {
    enabled: bool,
    reports: BTreeSet<&'static str>,
}

pub(crate) const AREA: Area = Area { list, get, change, ..Area::NOTHING };

fn has(server: &Server) -> bool {
    server.profile.is_idrac9_or_later() && !matches!(server.tree, Tree::Mockup(_))
}

fn list(server: &Server, path: &str) -> Option<Listing> {
    let (kind, members): (_, Vec<Value>) = match path {
        _ if !has(server) => return None,
        DEFINITIONS => {
            ("MetricReportDefinition", DEFINED.iter().map(|(id, ..)| definition(server, id)).collect())
        }
        REPORTS => ("MetricReport", DEFINED.iter().filter_map(|(id, ..)| report(server, id)).collect()),
        _ => return None,
    };
    Some(Listing {
        path: path.into(),
        kind: kind.into(),
        name: format!("{kind}s"),
        members,
        embedded: false,
        page: None,
        past_end: None,
    })
}

fn get(server: &Server, path: &str) -> Option<Value> {
    if path != SERVICE || !has(server) {
        return None;
    }
    let enabled = server.state().telemetry.enabled;
    Some(json!({
        "@odata.context": "/redfish/v1/$metadata#TelemetryService.TelemetryService", "@odata.id": SERVICE,
        "@odata.type": "#TelemetryService.v1_3_1.TelemetryService", "Id": "TelemetryService",
        "Description": "The Manager TelemetryService", "MaxReports": 50, "MinCollectionInterval": "PT0H0M5S",
        "MetricReportDefinitions": {"@odata.id": DEFINITIONS}, "MetricReports": {"@odata.id": REPORTS},
        "Name": "TelemetryService", "ServiceEnabled": enabled,
    }))
}

fn definition(server: &Server, id: &str) -> Value {
    let enabled = server.state().telemetry.reports.contains(id);
    json!({
        "@odata.context": "/redfish/v1/$metadata#MetricReportDefinition.MetricReportDefinition",
        "@odata.id": format!("{DEFINITIONS}/{id}"),
        "@odata.type": "#MetricReportDefinition.v1_4_2.MetricReportDefinition", "Id": id, "Name": id,
        "MetricReportDefinitionEnabled": enabled, "MetricReportDefinitionType": "Periodic",
        "ReportActions": ["RedfishEvent", "LogToMetricReportsCollection"], "ReportUpdates": "Overwrite",
        "Schedule": {"RecurrenceInterval": "PT0H1M0S"},
        "Status": {"State": if enabled { "Enabled" } else { "Disabled" }},
    })
}

/// There is one where service and definition are on.
fn report(server: &Server, id: &str) -> Option<Value> {
    let (_, metric, value) = DEFINED.iter().find(|(name, ..)| *name == id)?;
    let state = server.state();
    let on = state.telemetry.enabled && state.telemetry.reports.contains(id);
    drop(state);
    let now = server.clock.stamp(server.clock.now());
    on.then(|| {
        json!({
            "@odata.context": "/redfish/v1/$metadata#MetricReport.MetricReport",
            "@odata.id": format!("{REPORTS}/{id}"), "@odata.type": "#MetricReport.v1_4_2.MetricReport",
            "Id": id, "Name": format!("{id} Metric Report"), "ReportSequence": "1", "Timestamp": now,
            "MetricReportDefinition": {"@odata.id": format!("{DEFINITIONS}/{id}")},
            "MetricValues": [{"MetricId": metric, "MetricValue": value, "Timestamp": now}],
            "MetricValues@odata.count": 1,
        })
    })
}

fn change(server: &Server, asked: &Asked) -> Option<Reply> {
    if !has(server) || !asked.path.starts_with(SERVICE) {
        return None;
    }
    if asked.method != Method::PATCH {
        return Some(not_allowed(server, "GET, PATCH"));
    }
    if !server.spec.telemetry_licensed {
        return Some(error(server, 403, &["SYS461"]));
    }
    let Ok(body) = serde_json::from_slice::<Value>(&asked.body) else {
        return Some(error(server, 400, &["SYS405"]));
    };
    let switch = |key: &str| body.get(key).and_then(Value::as_bool);
    let mut state = server.state();
    if asked.path == SERVICE {
        let Some(on) = switch("ServiceEnabled") else {
            drop(state);
            return Some(error(server, 400, &["SYS429"]));
        };
        state.telemetry.enabled = on;
    } else {
        let id = asked.path.strip_prefix(DEFINITIONS).and_then(|id| id.strip_prefix('/'));
        let found = DEFINED.iter().map(|(id, ..)| *id).find(|name| Some(*name) == id);
        match (found, switch("MetricReportDefinitionEnabled")) {
            (Some(id), Some(true)) => drop(state.telemetry.reports.insert(id)),
            (Some(id), Some(false)) => drop(state.telemetry.reports.remove(id)),
            (found, _) => {
                drop(state);
                let (status, id) = if found.is_some() { (400, "SYS429") } else { (404, "SYS403") };
                return Some(error(server, status, &[id]));
            }
        }
    }
    state.version += 1;
    drop(state);
    Some(Reply::value(
        200,
        &json!({"@Message.ExtendedInfo": [crate::message::entry(&server.profile, "SYS413")]}),
    ))
}
