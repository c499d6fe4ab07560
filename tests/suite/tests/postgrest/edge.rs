//! The simulated edge functions.

use dsm_suite::postgrest::{EdgeUser, PostgrestOptions, sign};
use dsm_suite::rest::{RestClient, Told};
use hyper::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::Own;

const SECRET: &str = "hush";
const JOB: &str = "00000000-0000-0000-0000-000000000001";
const CHILD: &str = "00000000-0000-0000-0000-000000000002";

fn functions(own: &Own) -> RestClient {
    RestClient::new(&format!("{}/functions/v1", own.fake.url()), "").unwrap()
}

async fn post(client: &RestClient, function: &str, body: &Value, headers: &[(&str, String)]) -> Told {
    client.send_bare(Method::POST, &format!("/{function}"), Some(body.to_string()), headers).await.unwrap()
}

fn signed(body: &Value) -> [(&'static str, String); 2] {
    let seconds = jiff::Timestamp::now().as_second();
    [("x-executor-signature", sign(SECRET, body, seconds)), ("x-executor-timestamp", seconds.to_string())]
}

async fn with_secret() -> Option<Own> {
    Own::start(PostgrestOptions { shared_secret: Some(SECRET.into()), ..PostgrestOptions::default() }).await
}

#[tokio::test]
async fn a_signature_must_hold() {
    let Some(own) = with_secret().await else { return };
    let client = functions(&own);
    own.sql(&format!("INSERT INTO jobs (id, job_type) VALUES ('{JOB}', 'health_check')"));
    let body = json!({"job": {"job_id": JOB, "status": "running", "details": {"log": "✓ 1.0 \u{1f600}", "share": 1.0}}});
    assert_eq!(post(&client, "update-job", &body, &[]).await.status, 401);
    let mut wrong = signed(&body);
    wrong[0].1.replace_range(..1, "z");
    assert_eq!(post(&client, "update-job", &body, &wrong).await.status, 401);
    let told = post(&client, "update-job", &body, &signed(&body)).await;
    assert_eq!((told.status, told.body), (200, json!({"success": true})));
    assert_eq!(own.sql("SELECT status, details ->> 'log' FROM jobs").trim(), "running|✓ 1.0 \u{1f600}");
    let ping = json!({"action": "ping"});
    assert_eq!(post(&client, "update-job", &ping, &signed(&ping)).await.body["success"], true);
    assert_eq!(own.fake.notifications().len(), 1);
}

#[tokio::test]
async fn what_is_over_stays_over_and_takes_its_own_along() {
    let Some(own) = Own::plain().await else { return };
    let client = functions(&own);
    own.sql(&format!(
        "INSERT INTO jobs (id, job_type, status, details, parent_job_id)
         VALUES ('{JOB}', 'full_server_update', 'running', '{{\"old\": 1}}', NULL),
                ('{CHILD}', 'firmware_update', 'pending', NULL, '{JOB}');
         INSERT INTO job_tasks (job_id, status) VALUES ('{JOB}', 'pending'), ('{JOB}', 'running');
         INSERT INTO workflow_executions (job_id, workflow_type, step_number, step_name, step_status)
         VALUES ('{JOB}', 'w', 1, 's', 'running')"
    ));
    let update = async |job: Value| post(&client, "update-job", &json!({"job": job}), &[]).await;
    assert_eq!(update(json!({"status": "running"})).await.status, 400, "no id");
    assert_eq!(update(json!({"id": JOB, "status": "paused"})).await.status, 500, "no such status");
    let told = update(json!({"job_id": JOB, "details": {"new": 2}, "error": "dropped"})).await;
    assert_eq!(told.status, 200);
    assert_eq!(
        own.sql(&format!("SELECT details FROM jobs WHERE id = '{JOB}'")).trim(),
        "{\"new\": 2}",
        "replaced"
    );
    assert_eq!(update(json!({"job_id": JOB, "status": "failed"})).await.status, 200);
    assert_eq!(
        own.sql("SELECT status FROM jobs ORDER BY id").lines().collect::<Vec<_>>(),
        ["failed", "cancelled"]
    );
    assert_eq!(
        own.sql("SELECT status FROM job_tasks ORDER BY status").lines().collect::<Vec<_>>(),
        ["running", "cancelled"]
    );
    assert_eq!(own.sql("SELECT step_status FROM workflow_executions").trim(), "failed");
    let told = update(json!({"job_id": JOB, "status": "running"})).await;
    assert_eq!((told.status, &told.body["current_status"]), (409, &json!("failed")));
    assert_eq!(update(json!({"job_id": JOB, "details": {"late": 3}})).await.status, 200, "ignored");
    assert_eq!(own.sql(&format!("SELECT details FROM jobs WHERE id = '{JOB}'")).trim(), "{\"new\": 2}");
    assert_eq!(
        update(json!({"job_id": JOB, "status": "completed"})).await.status,
        200,
        "as it is there: over to over"
    );
    let told: Vec<Value> = own.fake.notifications().iter().map(|told| told["status"].clone()).collect();
    assert_eq!(told, ["failed", "completed"]);
}

#[tokio::test]
async fn a_tasks_log_is_replaced() {
    let Some(own) = Own::plain().await else { return };
    let client = functions(&own);
    own.sql(&format!(
        "INSERT INTO jobs (id, job_type) VALUES ('{JOB}', 'health_check');
         INSERT INTO job_tasks (id, job_id, log) VALUES ('{CHILD}', '{JOB}', 'before')"
    ));
    let body = json!({"task": {"task_id": CHILD, "status": "running", "log": "after", "progress": 0}});
    assert_eq!(post(&client, "update-job", &body, &[]).await.status, 200);
    assert_eq!(own.sql("SELECT status, log, progress FROM job_tasks").trim(), "running|after|0");
    let body = json!({"task": {"task_id": CHILD, "progress": 200}});
    assert_eq!(post(&client, "update-job", &body, &[]).await.status, 500);
}

#[tokio::test]
async fn jobs_are_created_for_those_who_may() {
    let user = |role: &str| EdgeUser { token: "token".into(), id: Uuid::from_u128(7), role: role.into() };
    let options = |role: &str| PostgrestOptions { user: Some(user(role)), ..PostgrestOptions::default() };
    let bearer = [("authorization", "Bearer token".to_owned())];
    let Some(own) = Own::start(options("operator")).await else { return };
    own.sql(&format!(
        "INSERT INTO auth.users VALUES ('{0}'); INSERT INTO profiles (id, email) VALUES ('{0}', 'a@b')",
        Uuid::from_u128(7)
    ));
    let client = functions(&own);
    let good = json!({"job_type": "health_check", "target_scope": {"type": "specific", "server_ids": [JOB]}, "details": {"a": 1}});
    assert_eq!(post(&client, "create-job", &good, &[]).await.status, 401);
    let told = post(&client, "create-job", &good, &bearer).await;
    assert_eq!((told.status, &told.body["job"]["status"]), (201, &json!("pending")), "{}", told.body);
    assert_eq!(own.sql("SELECT server_id FROM job_tasks").trim(), JOB);
    assert_eq!(own.sql("SELECT action FROM audit_logs").trim(), "job_created");
    let full = json!({"job_type": "full_server_update", "target_scope": {"server_ids": [JOB]}});
    assert_eq!(post(&client, "create-job", &full, &bearer).await.status, 201);
    let children = own.sql("SELECT string_agg(details ->> 'component', ' ' ORDER BY component_order) FROM jobs WHERE parent_job_id IS NOT NULL");
    assert_eq!(children.trim(), "iDRAC BIOS CPLD RAID NIC Backplane");
    for bad in [
        json!({"job_type": "firmware_inventory_scan", "target_scope": {}}),
        json!({"job_type": "health_check"}),
        json!({"job_type": "health_check", "target_scope": {"server_ids": ["5"]}}),
        json!({"job_type": "health_check", "target_scope": {}, "details": {"x": "x".repeat(10_001)}}),
        json!({"job_type": "health_check", "target_scope": {}, "schedule_at": "soon"}),
    ] {
        assert_eq!(post(&client, "create-job", &bad, &bearer).await.status, 400, "{bad}");
    }
    let Some(own) = Own::start(options("viewer")).await else { return };
    assert_eq!(post(&functions(&own), "create-job", &good, &bearer).await.status, 403);
}
