//! What an attempt says of its tasks.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::jobs::NAMED;
use super::super::query::Query;
use super::super::records::{self, TASK};
use super::super::{Rest, Service};
use super::settle::foreign;
use crate::id::{JobId, TaskId};
use crate::job::{TaskRow, TaskUpdate};
use crate::store::rules::{apply_task, new_task};
use crate::store::text::{clean, record};

/// Those that are stored, after a look whether they are this job's.
pub(super) async fn load(
    service: &Service,
    job: JobId,
    updates: &[TaskUpdate],
) -> Rest<HashMap<TaskId, TaskRow>> {
    let mut known = HashMap::new();
    for some in updates.chunks(NAMED) {
        let query = Query::of("job_tasks").select(TASK).any_of("id", some.iter().map(|update| update.id));
        for row in service.http.rows(&query, &[("id", false)], None).await? {
            let task = records::task(&row)?;
            known.insert(task.id, task);
        }
    }
    match foreign(&known, job) {
        Some(error) => Err(error.into()),
        None => Ok(known),
    }
}

/// Lays updates over tasks, in order. Whether one came to its end.
pub(super) async fn update(service: &Service, job: JobId, updates: &[TaskUpdate]) -> Rest<bool> {
    let before = load(service, job, updates).await?;
    let now = super::now(service).await?;
    let mut tasks = before.clone();
    let mut has_ended = false;
    for update in updates {
        let task = tasks.entry(update.id).or_insert_with(|| new_task(job, update, now));
        has_ended |= apply_task(task, update, now);
    }
    let mut new = Vec::new();
    for task in tasks.values() {
        match before.get(&task.id) {
            None => new.push(row(task)),
            Some(known) if known == task => {}
            Some(_) => {
                let mut change = row(task);
                if let Some(change) = change.as_object_mut() {
                    for column in ["id", "job_id", "created_at"] {
                        change.remove(column);
                    }
                }
                let open = Query::of("job_tasks").select("id").eq("id", task.id).eq("job_id", job);
                service.http.patch(&open.with("status", "in.(pending,running)"), &change).await?;
            }
        }
    }
    if !new.is_empty() {
        service.http.post(&Query::of("job_tasks"), &new, "return=minimal").await?;
    }
    Ok(has_ended)
}

fn row(task: &TaskRow) -> Value {
    let mut row = json!(record(task));
    // Their own columns may be NULL there, but these are written as they are.
    row["progress"] = json!(task.progress);
    clean(&mut row);
    row
}
