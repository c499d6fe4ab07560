//! Changing one job's row as it was read, and what follows from an end.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::fault::Fault;
use super::super::jobs::NAMED;
use super::super::query::Query;
use super::super::{Rest, Service, records};
use crate::credential::details;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::rules::{CANCELLATION_REASON, parent_ended};

/// What is to become of a row.
pub(super) enum Edit<T> {
    Write(Value, T),
    Keep(T),
}

/// So often a row that others change is read anew.
const TRIES: usize = 12;
/// Tries in which `details` have to be as they were read; after them the attempt's own stamp has to do.
const STRICT: usize = 4;
/// The longest `details` that fit into an address to be compared there.
const LONGEST: usize = 4000;

/// Reads a job's row, decides, and writes if the row is still as it was read. `None`: there is no such job.
pub(super) async fn edit<T>(
    service: &Service,
    job: JobId,
    decide: impl Fn(&Value) -> Edit<T>,
) -> Rest<Option<T>> {
    for attempt in 0..TRIES {
        let text = service.http.get(&Query::of("jobs").eq("id", job), "").await?.body;
        let rows: Vec<Value> = serde_json::from_slice(&text).unwrap_or_default();
        let Some(row) = rows.into_iter().next() else { return Ok(None) };
        let written = Written::read(&text);
        let (change, answer) = match decide(&row) {
            Edit::Keep(answer) => return Ok(Some(answer)),
            Edit::Write(change, answer) => (change, answer),
        };
        let with_details = attempt < STRICT && change.get("details").is_some();
        let mut query = as_read(job, &row, with_details.then(|| written.details()));
        // What is taken out is given to one.
        if let Some(key) = taken(&row, &change) {
            query = query.with(&format!("details->>{key}"), "not.is.null");
        }
        if !service.http.patch_text(&query, written.lay_under(&row, &change)).await?.is_empty() {
            return Ok(Some(answer));
        }
    }
    Err(Fault::Conflict)
}

/// A key that the change leaves out of `details`, of a name that an address holds as it is.
fn taken<'r>(row: &'r Value, change: &Value) -> Option<&'r str> {
    let (had, left) = (row.get("details")?.as_object()?, change.get("details")?.as_object()?);
    let is_plain = |key: &str| key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let mut gone = had.iter().filter(|(key, value)| !left.contains_key(*key) && !value.is_null());
    gone.find(|(key, _)| is_plain(key)).map(|(key, _)| key.as_str())
}

/// `details` as they are written: what is not ours goes back letter by letter, `1.50` and numbers of any length.
struct Written(Option<Box<RawValue>>);

impl Written {
    fn read(rows: &[u8]) -> Self {
        #[derive(serde::Deserialize)]
        struct Row {
            #[serde(default)]
            details: Option<Box<RawValue>>,
        }
        let rows: Vec<Row> = serde_json::from_slice(rows).unwrap_or_default();
        Self(rows.into_iter().next().and_then(|row| row.details))
    }

    fn details(&self) -> Option<&str> {
        self.0.as_ref().map(|raw| raw.get())
    }

    /// A change as it is sent.
    fn lay_under(&self, row: &Value, change: &Value) -> String {
        let (Some(columns), Some(Value::Object(details))) = (change.as_object(), change.get("details"))
        else {
            return change.to_string();
        };
        let known: BTreeMap<String, Box<RawValue>> =
            self.details().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let pair = |key: &String, text: &str| format!("{}:{text}", Value::from(key.as_str()));
        let pairs: Vec<String> = details
            .iter()
            .map(|(key, value)| match known.get(key) {
                Some(raw) if row.get("details").and_then(|had| had.get(key)) == Some(value) => {
                    pair(key, raw.get())
                }
                _ => pair(key, &value.to_string()),
            })
            .collect();
        let others = columns.iter().filter(|(column, _)| *column != "details");
        let mut all: Vec<String> = others.map(|(column, value)| pair(column, &value.to_string())).collect();
        all.push(format!("\"details\":{{{}}}", pairs.join(",")));
        format!("{{{}}}", all.join(","))
    }
}

/// `details`: these have to be as they were read, if that is asked for.
fn as_read(job: JobId, row: &Value, details: Option<Option<&str>>) -> Query {
    let mut query = Query::of("jobs").select("id").eq("id", job).eq("status", records::text(row, "status"));
    query = match records::text(row, "started_at") {
        "" => query.with("started_at", "is.null"),
        at => query.eq("started_at", at),
    };
    match details {
        None => query,
        Some(None) => query.with("details", "is.null"),
        Some(Some(text)) if text.len() > LONGEST => query,
        Some(Some(text)) => query.eq("details", text),
    }
}

/// Tasks their handler left open end as their job does.
pub(super) async fn end_tasks(service: &Service, jobs: &[JobId], to: JobStatus) -> Rest<()> {
    let mut change = json!({"status": to, "completed_at": "now"});
    if to == JobStatus::Completed {
        change["progress"] = json!(100);
    }
    for some in jobs.chunks(NAMED) {
        let open = Query::of("job_tasks").select("id").any_of("job_id", some);
        service.http.patch(&open.with("status", "in.(pending,running)"), &change).await?;
    }
    Ok(())
}

/// Tasks of jobs that are pending again.
pub(super) async fn reopen_tasks(service: &Service, jobs: &[JobId]) -> Rest<()> {
    for some in jobs.chunks(NAMED) {
        let open = Query::of("job_tasks").select("id").any_of("job_id", some).eq("status", "running");
        service.http.patch(&open, &json!({"status": JobStatus::Pending})).await?;
    }
    Ok(())
}

/// What was to come below a job that did not end well does not come.
pub(super) async fn cancel_below(service: &Service, root: JobId, to: JobStatus) -> Rest<()> {
    let mut above = vec![root];
    let mut seen = vec![root];
    while !above.is_empty() {
        let mut below: Vec<JobId> = Vec::new();
        for some in above.chunks(NAMED) {
            let query = Query::of("jobs").select("id,parent_job_id").any_of("parent_job_id", some);
            let rows = service.http.rows(&query, &[("id", false)], None).await?;
            below.extend(rows.iter().filter_map(|row| records::optional::<JobId>(row, "id")));
        }
        below.retain(|job| !seen.contains(job));
        for job in &below {
            let is_cancelled = edit(service, *job, |row| {
                if records::status(row).is_terminal() {
                    return Edit::Keep(false);
                }
                let mut details = records::details(row);
                details.insert(CANCELLATION_REASON.to_owned(), json!(parent_ended(root, to)));
                details::scrub(&mut details);
                let end = json!({"status": JobStatus::Cancelled, "completed_at": "now", "details": details});
                Edit::Write(end, true)
            });
            if is_cancelled.await? == Some(true) {
                end_tasks(service, &[*job], JobStatus::Cancelled).await?;
            }
        }
        seen.extend(&below);
        above = below;
    }
    Ok(())
}
