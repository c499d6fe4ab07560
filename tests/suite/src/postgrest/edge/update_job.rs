//! `update-job`: how the old executor reports, and how people cancel.

use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::Shared;
use super::super::database::{Parameter, Statement, quoted};
use super::super::reply::{Refusal, Reply};
use super::super::serve::Asked;
use super::{bearer, rows, signature, told};

/// A step that went wrong, with the answer it leads to.
type Step<T> = Result<T, Box<Reply>>;

pub(super) async fn answer(shared: &Shared, asked: &Asked) -> Reply {
    let Ok(body) = serde_json::from_str::<Value>(&asked.body) else {
        return failed(StatusCode::INTERNAL_SERVER_ERROR, "Unexpected token in JSON");
    };
    let is_ping = body.get("action").and_then(Value::as_str) == Some("ping");
    if let Err(reason) = admit(shared, asked, &body) {
        let status = StatusCode::UNAUTHORIZED;
        return if is_ping {
            told(status, &json!({"success": false, "message": reason}))
        } else {
            failed(status, reason)
        };
    }
    if is_ping {
        return told(StatusCode::OK, &json!({"success": true, "message": "signature verified"}));
    }
    match change(shared, &body).await {
        Ok(()) => told(StatusCode::OK, &json!({"success": true})),
        Err(reply) => *reply,
    }
}

fn failed(status: StatusCode, error: &str) -> Reply {
    told(status, &json!({"success": false, "error": error}))
}

/// A signature must hold where there is one; else a user's token will do, and where no secret is set up, anything.
fn admit(shared: &Shared, asked: &Asked, body: &Value) -> Result<(), &'static str> {
    let header = |name| asked.headers.get(name).and_then(|value| value.to_str().ok());
    let secret = shared.options.shared_secret.as_deref();
    match (header("x-executor-signature"), header("x-executor-timestamp")) {
        (Some(signature), Some(timestamp)) => match secret {
            Some(secret) if signature::is_valid(secret, body, signature, timestamp, Timestamp::now()) => {
                Ok(())
            }
            _ => Err("Invalid signature"),
        },
        _ if bearer(shared, asked).is_some() || secret.is_none() => Ok(()),
        _ => Err("Unauthorized"),
    }
}

async fn change(shared: &Shared, body: &Value) -> Step<()> {
    if let Some(job) = body.get("job").and_then(Value::as_object) {
        change_job(shared, job).await?;
    }
    if let Some(task) = body.get("task").and_then(Value::as_object) {
        change_task(shared, task).await?;
    }
    Ok(())
}

fn is_over(status: &str) -> bool {
    matches!(status, "completed" | "failed" | "cancelled")
}

/// What JavaScript takes for true.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is_true) => *is_true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

async fn change_job(shared: &Shared, job: &Map<String, Value>) -> Step<()> {
    let id = job.get("job_id").or_else(|| job.get("id")).and_then(Value::as_str);
    let Some(id) = id else { return Err(Box::new(failed(StatusCode::BAD_REQUEST, "job_id is required"))) };
    let current = json_rows(
        shared,
        Statement::of("SELECT row_to_json(j)::text FROM jobs j WHERE id = $1", [id.into()]),
    );
    let current = current.await?.into_iter().next();
    let Some(current) = current else {
        return Err(Box::new(failed(StatusCode::INTERNAL_SERVER_ERROR, "no such job")));
    };
    let word = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    let (before, job_type) = (word(&current["status"]), word(&current["job_type"]));
    let status = job.get("status").filter(|status| is_truthy(status)).map(word);
    if is_over(&before) {
        match &status {
            Some(status) if !is_over(status) => {
                let error = format!("cannot go from {before} to {status}");
                let body = json!({"success": false, "error": error, "current_status": before});
                return Err(Box::new(told(StatusCode::CONFLICT, &body)));
            }
            None => return Ok(()),
            Some(_) => {}
        }
    }
    let written = ["status", "started_at", "completed_at", "details"];
    let values =
        written.iter().filter_map(|name| Some((*name, job.get(*name).filter(|value| is_truthy(value))?)));
    write(shared, "jobs", id, values.collect()).await?;
    if let Some(status @ ("cancelled" | "failed")) = status.as_deref() {
        cascade(shared, id, status).await?;
    }
    if let Some(status) =
        status.filter(|status| matches!(status.as_str(), "completed" | "failed" | "running"))
    {
        let told = json!({"jobId": id, "jobType": job_type, "status": status, "details": job.get("details")});
        shared.state().notifications.push(told);
    }
    Ok(())
}

/// The children, the tasks that did not begin and the steps end with their job.
async fn cascade(shared: &Shared, id: &str, status: &str) -> Step<()> {
    let reason = json!({"cancellation_reason": format!("parent job {status}")}).to_string();
    let step = if status == "cancelled" { "cancelled" } else { "failed" };
    for statement in [
        Statement::of(
            "UPDATE jobs SET status = 'cancelled', completed_at = now(), details = $2
             WHERE parent_job_id = $1 AND status IN ('pending', 'running')",
            [id.into(), reason.into()],
        ),
        Statement::of(
            "UPDATE job_tasks SET status = 'cancelled', completed_at = now(), log = 'Task cancelled: parent job ended'
             WHERE job_id = $1 AND status = 'pending'",
            [id.into()],
        ),
    ] {
        json_rows(shared, statement).await?;
    }
    // `cancelled` breaks the table's own check, there as here: that step is lost and nobody is told.
    let steps = Statement::of(
        "UPDATE workflow_executions SET step_status = $2, step_error = $3, step_completed_at = now()
         WHERE job_id = $1 AND step_status IN ('running', 'pending')",
        [id.into(), step.into(), format!("job {status}").into()],
    );
    let _ = rows(shared, steps).await;
    Ok(())
}

async fn change_task(shared: &Shared, task: &Map<String, Value>) -> Step<()> {
    let id = task.get("task_id").or_else(|| task.get("id")).and_then(Value::as_str);
    let Some(id) = id else { return Err(Box::new(failed(StatusCode::BAD_REQUEST, "task_id is required"))) };
    let truthy = ["status", "log", "started_at", "completed_at"];
    let values =
        truthy.iter().filter_map(|name| Some((*name, task.get(*name).filter(|value| is_truthy(value))?)));
    let progress = task.get("progress").map(|progress| ("progress", progress));
    write(shared, "job_tasks", id, values.chain(progress).collect()).await
}

/// Sets columns of a row; `details` is replaced as a whole.
async fn write(shared: &Shared, table: &str, id: &str, values: Vec<(&str, &Value)>) -> Step<()> {
    if values.is_empty() {
        return Ok(());
    }
    let mut statement = Statement::default();
    let set: Vec<String> = values
        .into_iter()
        .map(|(name, value)| {
            let text = match value {
                Value::Null => Parameter(None),
                Value::String(text) if name != "details" => text.as_str().into(),
                other => other.to_string().into(),
            };
            format!("{} = {}", quoted(name), statement.bind(text))
        })
        .collect();
    let id = statement.bind(id);
    statement.sql = format!("UPDATE {table} SET {} WHERE id = {id}", set.join(", "));
    json_rows(shared, statement).await.map(|_| ())
}

async fn json_rows(shared: &Shared, statement: Statement) -> Step<Vec<Value>> {
    let failure = |refusal: Refusal| Box::new(failed(StatusCode::INTERNAL_SERVER_ERROR, refusal.message()));
    rows(shared, statement).await.map_err(failure)
}
