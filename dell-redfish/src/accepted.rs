//! An answer that says "under way": where the work can be followed.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::endpoint;
use crate::id::{DellJobId, ODataId};
use crate::message::{ExtendedInfo, read_extended};
use crate::policy::{parse_http_date, parse_retry_after};
use crate::request::Response;

/// What an iDRAC told about work it took on (or has done at once). Any part may be missing: some firmware answers 202 without
/// a `Location`, or 200 with no job at all; [`flow::wait`](crate::flow::wait) finds the job then. No id is ever made up.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Accepted {
    /// HTTP status.
    pub status: u16,
    /// Dell's job.
    pub job: Option<DellJobId>,
    /// The Redfish task. A `TaskMonitors` location is rewritten to the task itself: a monitor has no body.
    pub task: Option<ODataId>,
    /// What the iDRAC said beside it.
    pub messages: Vec<ExtendedInfo>,
    /// The pause it asks for before the first look.
    #[serde(rename = "retry_after_s", serialize_with = "crate::seconds::maybe")]
    pub retry_after: Option<Duration>,
}

impl Accepted {
    /// Reads it from any 2xx reply: `Location` first, then the body's own `@odata.id`, `Id`, `JobID` or `TaskUri`.
    #[must_use]
    pub fn read(response: &Response) -> Self {
        // A pause given as a date counts from the iDRAC's own clock, which may be hours off ours.
        let sent = response.header("date").and_then(parse_http_date).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut found = Self {
            status: response.status,
            messages: read_extended(&response.body),
            retry_after: response.header("retry-after").and_then(|value| parse_retry_after(value, sent)),
            ..Self::default()
        };
        if let Some(location) = response.header("location") {
            found.follow(location);
        }
        if found.job.is_none()
            && let Ok(Value::Object(body)) = serde_json::from_slice(&response.body)
        {
            let link = |holder: &Value| holder.get("@odata.id")?.as_str().map(str::to_owned);
            let own = ["@odata.id", "TaskUri", "JobUri", "Location", "Id", "JobID", "JobId"];
            let names = own.iter().filter_map(|key| body.get(*key)?.as_str().map(str::to_owned));
            let linked = ["Task", "Job"].iter().filter_map(|key| link(body.get(*key)?));
            names.chain(linked).for_each(|name| found.follow(&name));
            // JCP027, RED054 and their like name the job among what they are about.
            let said = body.get("@Message.ExtendedInfo").and_then(Value::as_array);
            let args = said.into_iter().flatten().filter_map(|entry| entry.get("MessageArgs")?.as_array());
            args.flatten().filter_map(Value::as_str).for_each(|arg| found.follow(arg));
        }
        found
    }

    /// Takes a location, an absolute URL among them, or a bare job id.
    fn follow(&mut self, location: &str) {
        let path = match location.find("://") {
            Some(at) => location[at + 3..].find('/').map_or("", |slash| &location[at + 3 + slash..]),
            None => location,
        };
        let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        if self.job.is_none() {
            self.job = DellJobId::parse(last).ok();
        }
        if self.task.is_none()
            && let Some(task) = endpoint::task_path(path)
        {
            self.task = ODataId::parse(&task).ok();
        }
    }

    /// Whether there is anything to follow.
    #[must_use]
    pub fn is_followable(&self) -> bool {
        self.job.is_some() || self.task.is_some()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn read(location: Option<&str>, body: &str) -> Accepted {
        let mut headers = HeaderMap::new();
        if let Some(location) = location {
            headers.insert("location", location.parse().unwrap());
        }
        let response = Response { status: 202, headers, body: Bytes::copy_from_slice(body.as_bytes()) };
        Accepted::read(&response)
    }

    #[test]
    fn the_job_is_found_wherever_it_is_told() {
        for (location, body, task) in [
            (Some("/redfish/v1/TaskService/Tasks/JID_1"), "", Some("/redfish/v1/TaskService/Tasks/JID_1")),
            (
                Some("/redfish/v1/TaskService/TaskMonitors/JID_1"),
                "",
                Some("/redfish/v1/TaskService/Tasks/JID_1"),
            ),
            (Some("https://10.0.0.1/redfish/v1/Managers/iDRAC.Embedded.1/Jobs/JID_1"), "", None),
            (None, r#"{"@odata.id":"/redfish/v1/Managers/iDRAC.Embedded.1/Oem/Dell/Jobs/JID_1"}"#, None),
            (None, r#"{"JobID":"JID_1"}"#, None),
            (None, r#"{"@Message.ExtendedInfo":[{"MessageId":"JCP027","MessageArgs":["x","JID_1"]}]}"#, None),
            (
                None,
                r#"{"Task":{"@odata.id":"/redfish/v1/TaskService/Tasks/JID_1"}}"#,
                Some("/redfish/v1/TaskService/Tasks/JID_1"),
            ),
        ] {
            let found = read(location, body);
            assert_eq!(found.job.as_ref().map(DellJobId::as_str), Some("JID_1"), "{location:?} {body}");
            assert_eq!(found.task.as_ref().map(ODataId::as_str), task, "{location:?} {body}");
        }
    }

    #[test]
    fn nothing_is_made_up() {
        for (location, body) in [
            (None, ""),
            (None, "<html>"),
            (Some("/redfish/v1/Systems/System.Embedded.1"), "{}"),
            (Some("https://evil"), r#"{"Id":"JID_"}"#),
        ] {
            assert!(!read(location, body).is_followable(), "{location:?} {body}");
        }
    }
}
