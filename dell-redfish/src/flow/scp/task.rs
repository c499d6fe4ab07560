//! The task of an export or import, read without showing it to an observer.

use std::time::Duration;

use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::wait::{JobRef, passes};
use crate::id::ODataId;
use crate::model::{Resource, Task};
use crate::operation::{Redfish, run};
use crate::ops::{GetProfileTask, PrivateBytes, ProfileTaskReply};

/// Between two looks for a profile that is late.
const LOOK_EVERY: Duration = Duration::from_secs(15);

fn path_of(job: &JobRef) -> Result<ODataId> {
    match (&job.task, &job.job) {
        (Some(task), _) => Ok(task.clone()),
        (None, Some(job)) => ODataId::parse(&endpoint::task_of(job)),
        (None, None) => Err(Error::new(ErrorKind::NotFound, "the iDRAC named neither task nor job")),
    }
}

/// The task, for its messages; nothing once it is purged.
pub(super) async fn fetch(redfish: &dyn Redfish, job: &JobRef) -> Option<Box<Resource<Task>>> {
    match run(redfish, &GetProfileTask::at(path_of(job).ok()?)).await {
        Ok(ProfileTaskReply::Task(task)) => Some(task),
        _ => None,
    }
}

/// The exported profile. It may come minutes after the job has ended, XML above all.
pub(super) async fn await_profile(
    redfish: &dyn Redfish,
    job: &JobRef,
    patience: Duration,
) -> Result<PrivateBytes> {
    let operation = GetProfileTask::at(path_of(job)?);
    let end = redfish.clock().now() + patience;
    loop {
        match run(redfish, &operation).await {
            Ok(ProfileTaskReply::Profile(profile)) => return Ok(profile),
            Ok(ProfileTaskReply::Task(_)) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let message =
                    "the export has ended, but its task was purged before the profile could be read";
                return Err(Error::new(ErrorKind::NotFound, message)
                    .with_host(redfish.host())
                    .with_source(error));
            }
            Err(error) if passes(&error) => {}
            Err(error) => return Err(error),
        }
        if redfish.clock().now() + LOOK_EVERY > end {
            let message = format!("the export has ended, but its profile did not appear within {patience:?}");
            return Err(Error::new(ErrorKind::Timeout, message).with_host(redfish.host()));
        }
        redfish.clock().sleep(LOOK_EVERY).await;
    }
}
