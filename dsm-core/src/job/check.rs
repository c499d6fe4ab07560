//! What every new job is held to, whatever its type: what the existing system's `create-job` asks, and a little more.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::id::JobId;
use crate::job::NewJob;

/// Longest `details`, in characters of JSON.
const MOST_DETAILS: usize = 10_000;

/// Longest `target_scope`: tens of thousands of servers.
const MOST_SCOPE: usize = 4_000_000;

/// Lists of ids in `target_scope`.
const ID_LISTS: [&str; 2] = ["server_ids", "vcenter_host_ids"];

pub(crate) fn check_shape(job: &NewJob) -> Result<()> {
    check_size("details", size(&job.details), MOST_DETAILS)?;
    check_size("target_scope", size(&job.target_scope), MOST_SCOPE)?;
    if let Value::Object(scope) = &job.target_scope {
        ID_LISTS.iter().try_for_each(|list| check_ids(scope, list))?;
    }
    Ok(())
}

fn size<T: serde::Serialize>(value: &T) -> usize {
    // Maps with text keys can always be written.
    serde_json::to_string(value).map_or(0, |text| text.chars().count())
}

fn check_size(field: &str, size: usize, most: usize) -> Result<()> {
    if size <= most {
        return Ok(());
    }
    Err(Error::invalid(
        field,
        format!("it has {size} characters"),
        format!("use at most {most}, and put what is large where the job can read it from"),
    ))
}

fn check_ids(scope: &Map<String, Value>, list: &str) -> Result<()> {
    let Some(Value::Array(ids)) = scope.get(list) else { return Ok(()) };
    let is_id = |id: &Value| id.as_str().is_some_and(|id| Uuid::parse_str(id).is_ok());
    match ids.iter().position(|id| !is_id(id)) {
        None => Ok(()),
        Some(at) => Err(Error::invalid(
            format!("target_scope.{list}[{at}]"),
            format!("{} is no id", ids.get(at).unwrap_or(&Value::Null)),
            "write ids as `018f2b6e-…`, or leave it out",
        )),
    }
}

/// Refuses jobs that are part of themselves, by whatever way.
pub(crate) fn check_parents(jobs: &[NewJob]) -> Result<()> {
    let parents: HashMap<JobId, JobId> =
        jobs.iter().filter_map(|job| Some((job.id?, job.parent_job_id?))).collect();
    for (at, job) in jobs.iter().enumerate() {
        let mut seen = HashSet::new();
        let mut next = job.id;
        while let Some(id) = next {
            if !seen.insert(id) {
                return Err(Error::invalid(
                    format!("jobs[{at}].parent_job_id"),
                    format!("job {id} is part of itself"),
                    "name a parent that is no part of it",
                ));
            }
            next = parents.get(&id).copied();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_ids_and_sizes_have_bounds() {
        let scope = |scope| check_shape(&NewJob::new("x").with_scope(scope));
        scope(json!({"server_ids": [Uuid::nil()], "vcenter_host_ids": []})).unwrap();
        scope(json!({"server_ids": null})).unwrap();
        scope(json!(["anything"])).unwrap();
        let error = scope(json!({"vcenter_host_ids": [Uuid::nil(), 7]})).unwrap_err();
        assert_eq!(error.subject(), Some("target_scope.vcenter_host_ids[1]"));
        assert_eq!(
            scope(json!({"server_ids": ["x"]})).unwrap_err().subject(),
            Some("target_scope.server_ids[0]")
        );
        let details = |length| check_shape(&NewJob::new("x").with_details(json!({"a": "é".repeat(length)})));
        details(9_000).unwrap();
        assert_eq!(details(10_000).unwrap_err().subject(), Some("details"));
    }

    #[test]
    fn no_job_is_part_of_itself() {
        let [a, b, c] = [JobId::new(), JobId::new(), JobId::new()];
        let job = |id, parent| NewJob { id: Some(id), parent_job_id: parent, ..NewJob::new("x") };
        check_parents(&[job(a, None), job(b, Some(a)), job(c, Some(b))]).unwrap();
        check_parents(&[job(b, Some(a)), job(c, Some(a))]).unwrap();
        assert!(check_parents(&[job(a, Some(a))]).is_err());
        let error = check_parents(&[job(a, Some(c)), job(b, Some(a)), job(c, Some(b))]).unwrap_err();
        assert_eq!(error.subject(), Some("jobs[0].parent_job_id"));
    }
}
