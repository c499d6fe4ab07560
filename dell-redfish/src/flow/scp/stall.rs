//! An import that stands still (fault 28): what the log says of it, and out of the queue with it.

use serde::Deserialize;

use crate::endpoint;
use crate::error::{Error, ErrorKind};
use crate::flow::wait::{JobRef, homes, message};
use crate::id::{DellJobId, ODataId};
use crate::message::ExtendedInfo;
use crate::model::{Member, lenient};
use crate::operation::{Redfish, run};
use crate::ops::ListMembers;
use crate::request::Request;

/// Lines of one job that are kept.
const MOST_LINES: usize = 20;

/// An entry of the log (DMTF `LogEntry`), as far as it is needed here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    #[serde(rename = "Message", deserialize_with = "lenient::field")]
    text: Option<String>,
    #[serde(rename = "MessageId", deserialize_with = "lenient::field")]
    id: Option<String>,
    #[serde(rename = "MessageArgs", deserialize_with = "lenient::field")]
    args: Option<Vec<String>>,
}

/// What the newest page of the Lifecycle Controller's log says of a job, the newest line first. Never an error: the log explains,
/// it does not decide.
pub(super) async fn log_of(redfish: &dyn Redfish, job: &JobRef) -> Vec<ExtendedInfo> {
    let Some(id) = &job.job else { return Vec::new() };
    for place in [endpoint::LC_LOG, endpoint::LC_LOG_OLD] {
        let Ok(path) = ODataId::parse(place) else { continue };
        if let Ok(page) = run(redfish, &ListMembers::links(&path)).await {
            return page.members.iter().filter_map(|entry| read(entry, id)).take(MOST_LINES).collect();
        }
    }
    Vec::new()
}

fn read(entry: &Member, job: &DellJobId) -> Option<ExtendedInfo> {
    let Member::Inline { raw, .. } = entry else { return None };
    let line: Line = serde_json::from_slice(raw).ok()?;
    let about = line.args.as_ref()?.iter().any(|arg| arg == job.as_str());
    about.then(|| message(line.id.as_deref(), line.text.as_deref())).flatten()
}

/// Takes a job that stands still out of the queue, and adds to the error what the log says and what became of the job.
pub(super) async fn give_up(redfish: &dyn Redfish, job: &JobRef, error: Error) -> Error {
    if error.kind() != ErrorKind::Stalled {
        return error;
    }
    let mut said = error.extended().to_vec();
    said.extend(log_of(redfish, job).await);
    let cancelled = cancel(redfish, job).await;
    let fate =
        if cancelled { "it was taken out of the queue" } else { "it could not be taken out of the queue" };
    Error::new(ErrorKind::Stalled, format!("the import stands still; {fate}"))
        .with_host(redfish.host())
        .with_extended(said)
        .with_source(error)
}

async fn cancel(redfish: &dyn Redfish, job: &JobRef) -> bool {
    let Some(id) = &job.job else { return false };
    for home in homes(redfish) {
        match redfish.send("DeleteJob", Request::delete(home.job(id))).await {
            Ok(_) => return true,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {}
            Err(_) => return false,
        }
    }
    false
}
