//! The job queue.

use dell_redfish::flow::jobs::{
    Stale, When, clear_jobs, clear_stale_jobs, create_job, create_reboot_job, delete_job, list_jobs,
    plan_clear_jobs, plan_clear_stale_jobs, plan_reboot_job, reboot_by_job, setup_job_queue,
};
use dell_redfish::flow::ready::ReadyOptions;
use dell_redfish::flow::wait::{JobRef, Parts, fetch_job, wait_for_job};
use dell_redfish::ops::{Clearing, RebootJobType};
use dell_redfish::{DellJobId, ODataId};
use serde::Deserialize;

use super::argument::{Seconds, Wait, invalid};
use super::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    job: DellJobId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    job: Option<DellJobId>,
    task: Option<ODataId>,
    wait: Option<Wait>,
    #[serde(default)]
    parts: bool,
}

impl Waiting {
    /// What is waited for: work that has a task may have no job of Dell's.
    fn target(&self) -> Result<JobRef, Failure> {
        let task = self.task.clone().map(JobRef::of_task).unwrap_or_default();
        match (&self.job, task) {
            (None, task) if !task.is_known() => Err(invalid("give `job`, `task` or both")),
            (None, task) => Ok(task),
            (Some(job), task) => Ok(JobRef { job: Some(job.clone()), ..task }),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deleting {
    job: DellJobId,
    wait: Option<Wait>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    settings: ODataId,
    start: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Queue {
    jobs: Vec<DellJobId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clear {
    how: Clearing,
    timeout: Option<Seconds>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClearStale {
    failed: Option<bool>,
    completed_with_errors: Option<bool>,
    completed: Option<bool>,
    waiting_longer_than: Option<Seconds>,
}

impl From<ClearStale> for Stale {
    fn from(given: ClearStale) -> Self {
        let usual = Self::default();
        Self {
            failed: given.failed.unwrap_or(usual.failed),
            completed_with_errors: given.completed_with_errors.unwrap_or(usual.completed_with_errors),
            completed: given.completed.unwrap_or(usual.completed),
            waiting_longer_than: given.waiting_longer_than.map(|Seconds(longest)| longest),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Starting {
    kind: RebootJobType,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reboot {
    kind: RebootJobType,
    wait: Option<Wait>,
}

pub(super) async fn list(call: Call) -> Outcome {
    Reply::json(&list_jobs(&call.client).await?)
}

pub(super) async fn fetch(mut call: Call) -> Outcome {
    let One { job } = call.read()?;
    Reply::json(&fetch_job(&call.client, &JobRef::from(job)).await?)
}

pub(super) async fn wait(mut call: Call) -> Outcome {
    let given: Waiting = call.read()?;
    let mut options = call.wait(given.wait.as_ref());
    if given.parts {
        options = options.with_parts(Parts::Always);
    }
    Reply::json(&wait_for_job(&call.client, &given.target()?, &options).await?)
}

pub(super) async fn delete(mut call: Call) -> Outcome {
    let given: Deleting = call.read()?;
    let options = call.wait(given.wait.as_ref());
    Reply::json(&delete_job(&call.client, &given.job, &options).await?)
}

pub(super) async fn clear(mut call: Call) -> Outcome {
    let given: Clear = call.read()?;
    let mut ready = ReadyOptions::default();
    if let Some(Seconds(longest)) = given.timeout {
        ready = ready.with_deadline(longest);
    }
    Reply::json(&clear_jobs(&call.client, given.how, &ready).await?)
}

pub(super) async fn plan_clear(mut call: Call) -> Outcome {
    let given: Clear = call.read()?;
    Reply::json(&plan_clear_jobs(&call.client, given.how).await?)
}

pub(super) async fn clear_stale(mut call: Call) -> Outcome {
    let which = Stale::from(call.read::<ClearStale>()?);
    Reply::json(&clear_stale_jobs(&call.client, which).await?)
}

pub(super) async fn plan_clear_stale(mut call: Call) -> Outcome {
    let which = Stale::from(call.read::<ClearStale>()?);
    Reply::json(&plan_clear_stale_jobs(&call.client, which).await?)
}

pub(super) async fn reboot(mut call: Call) -> Outcome {
    let given: Reboot = call.read()?;
    let options = call.wait(given.wait.as_ref());
    Reply::json(&reboot_by_job(&call.client, &[given.kind], &options).await?)
}

pub(super) async fn create_reboot(mut call: Call) -> Outcome {
    let given: Starting = call.read()?;
    Reply::json(&create_reboot_job(&call.client, given.kind).await?)
}

pub(super) async fn plan_reboot(mut call: Call) -> Outcome {
    let given: Reboot = call.read()?;
    Reply::json(&plan_reboot_job(&call.client, given.kind).await?)
}

pub(super) async fn create(mut call: Call) -> Outcome {
    let Create { settings, start } = call.read()?;
    let when = start.map_or(When::NextRestart, When::From);
    Reply::json(&create_job(&call.client, &settings, &when).await?)
}

pub(super) async fn setup_queue(mut call: Call) -> Outcome {
    let Queue { jobs } = call.read()?;
    setup_job_queue(&call.client, jobs).await?;
    Ok(Reply::Nothing)
}
