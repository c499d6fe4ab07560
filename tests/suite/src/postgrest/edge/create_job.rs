//! `create-job`: how people add jobs.

use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::Shared;
use super::super::database::{Parameter, Statement};
use super::super::reply::{Refusal, Reply};
use super::super::serve::Asked;
use super::{bearer, rows, told};

/// Types that jobs may be made of here. The contract counts 35 and names some; those of iDRACs are meant.
const TYPES: [&str; 24] = [
    "discovery_scan",
    "test_credentials",
    "health_check",
    "fetch_event_logs",
    "power_action",
    "boot_configuration",
    "bios_config_read",
    "bios_config_write",
    "virtual_media_mount",
    "virtual_media_unmount",
    "firmware_update",
    "full_server_update",
    "scp_export",
    "scp_import",
    "idrac_network_read",
    "idrac_network_write",
    "prepare_host_for_update",
    "verify_host_after_update",
    "rolling_cluster_update",
    "esxi_upgrade",
    "esxi_then_firmware",
    "firmware_then_esxi",
    "console_launch",
    "vcenter_sync",
];
const COMPONENTS: [&str; 6] = ["iDRAC", "BIOS", "CPLD", "RAID", "NIC", "Backplane"];
const MOST_DETAILS: usize = 10_000;

pub(super) async fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let error = |status, text: &str| told(status, &json!({"error": text}));
    let Some(user) = bearer(shared, asked) else { return error(StatusCode::UNAUTHORIZED, "Unauthorized") };
    if !matches!(user.role.as_str(), "admin" | "operator") {
        return error(StatusCode::FORBIDDEN, "Insufficient permissions");
    }
    let body: Value = match serde_json::from_str(&asked.body) {
        Ok(body) => body,
        Err(_) => return error(StatusCode::INTERNAL_SERVER_ERROR, "Unexpected token in JSON"),
    };
    if let Err(wrong) = check(&body) {
        return error(StatusCode::BAD_REQUEST, &wrong);
    }
    match create(shared, user.id, &body).await {
        Ok(job) => told(StatusCode::CREATED, &json!({"success": true, "job": job})),
        Err(refusal) => error(StatusCode::INTERNAL_SERVER_ERROR, refusal.message()),
    }
}

fn check(body: &Value) -> Result<(), String> {
    let job_type = body["job_type"].as_str().unwrap_or_default();
    if !TYPES.contains(&job_type) {
        return Err(format!("Invalid job_type: {job_type}"));
    }
    let scope = body["target_scope"].as_object().ok_or("target_scope must be an object")?;
    let lists = [scope.get("server_ids"), scope.get("vcenter_host_ids"), body.get("credential_set_ids")];
    for id in lists.into_iter().flatten().filter_map(Value::as_array).flatten() {
        if id.as_str().is_none_or(|id| Uuid::parse_str(id).is_err()) {
            return Err(format!("Invalid UUID: {id}"));
        }
    }
    if body.get("details").is_some_and(|details| details.to_string().chars().count() > MOST_DETAILS) {
        return Err("details is too large".to_owned());
    }
    match body.get("schedule_at").and_then(Value::as_str) {
        Some(time) if time.parse::<Timestamp>().is_err() => Err("Invalid schedule_at".to_owned()),
        _ => Ok(()),
    }
}

async fn create(shared: &Shared, user: Uuid, body: &Value) -> Result<Value, Refusal> {
    let json_of = |key: &str| Parameter(body.get(key).filter(|value| !value.is_null()).map(Value::to_string));
    let job_type = body["job_type"].as_str().unwrap_or_default();
    let sets = body["credential_set_ids"].as_array().map(|ids| {
        let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
        format!("{{{}}}", ids.join(","))
    });
    let insert = Statement::of(
        "WITH added AS (INSERT INTO jobs (job_type, status, target_scope, details, created_by, schedule_at, credential_set_ids)
                        VALUES ($1, 'pending', $2, $3, $4, $5, $6) RETURNING *)
         SELECT row_to_json(added)::text FROM added",
        [
            job_type.into(),
            json_of("target_scope"),
            json_of("details"),
            user.to_string().into(),
            Parameter(body["schedule_at"].as_str().map(str::to_owned)),
            Parameter(sets),
        ],
    );
    let job = rows(shared, insert).await?.into_iter().next().unwrap_or_default();
    let id = job["id"].as_str().unwrap_or_default();
    if job_type == "full_server_update" {
        for (place, component) in COMPONENTS.iter().enumerate() {
            let details = json!({"component": component, "version": "latest", "apply_time": "OnReset"});
            let child = Statement::of(
                "INSERT INTO jobs (job_type, target_scope, details, created_by, parent_job_id, component_order)
                 SELECT 'firmware_update', target_scope, $2, created_by, id, $3 FROM jobs WHERE id = $1",
                [id.into(), details.to_string().into(), (place + 1).to_string().into()],
            );
            rows(shared, child).await?;
        }
    } else if job_type != "discovery_scan" {
        for server in
            body["target_scope"]["server_ids"].as_array().into_iter().flatten().filter_map(Value::as_str)
        {
            let task = Statement::of(
                "INSERT INTO job_tasks (job_id, server_id) VALUES ($1, $2)",
                [id.into(), server.into()],
            );
            rows(shared, task).await?;
        }
    }
    let audit = json!({"job_id": id, "job_type": job_type}).to_string();
    let note = "INSERT INTO audit_logs (user_id, action, details) VALUES ($1, 'job_created', $2)";
    rows(shared, Statement::of(note, [user.to_string().into(), audit.into()])).await?;
    Ok(job)
}
