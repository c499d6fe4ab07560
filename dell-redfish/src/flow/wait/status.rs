//! One job, whichever of its three faces it was read from.

use std::time::SystemTime;

use crate::id::DellJobId;
use crate::message::{ExtendedInfo, MessageId};
use crate::model::{DellJob, JobServiceJob, JobState, Task, TaskMessage, TaskOemDell};
use crate::policy::parse_redfish_time;

use super::part::PartOutcome;

/// Messages of one job that are kept; a hostile reply may list any number.
const MAX_MESSAGES: usize = 4096;

/// What an iDRAC says of a job now.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct JobStatus {
    /// Dell's job, where the face tells it.
    pub id: Option<DellJobId>,
    /// Its state, in Dell's words.
    pub state: JobState,
    /// How far it is, 0 to 100.
    pub percent: Option<u8>,
    /// Dell's job type: `BIOSConfiguration`, `FirmwareUpdate`, …
    pub job_type: Option<String>,
    /// What it is called.
    pub name: Option<String>,
    /// What it says of itself, the latest last.
    pub messages: Vec<ExtendedInfo>,
    /// Results of its parts.
    pub parts: Vec<PartOutcome>,
    /// When it was made or may start, as written: Dell's queue gives local time without an offset, `TIME_NOW` or `TIME_NA`.
    pub start: Option<String>,
    /// When it ended, as written.
    pub end: Option<String>,
    /// The settings resource it applies.
    pub target_settings: Option<String>,
}

impl JobStatus {
    /// When it was made or may start, where a time with an offset says so; `offset` (seconds east of Greenwich) stands in for
    /// one that is missing, as in Dell's own queue.
    #[must_use]
    pub fn started_at(&self, offset: Option<i64>) -> Option<SystemTime> {
        let text = self.start.as_deref()?;
        parse_redfish_time(text).or_else(|| {
            let offset = offset?;
            let (sign, away) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
            parse_redfish_time(&format!("{text}{sign}{:02}:{:02}", away / 3600, away / 60 % 60))
        })
    }

    /// The last message id it gave.
    #[must_use]
    pub fn message_id(&self) -> Option<&MessageId> {
        self.messages.iter().rev().find_map(|info| info.message_id.as_ref())
    }

    /// Whether one of its messages has this id.
    #[must_use]
    pub fn has_message(&self, id: &str) -> bool {
        self.messages.iter().any(|info| info.message_id.as_ref().is_some_and(|own| own.as_str() == id))
    }
}

impl From<&DellJob> for JobStatus {
    fn from(job: &DellJob) -> Self {
        Self {
            id: dell_id(job.id.as_deref()),
            state: JobState::parse(job.job_state.as_deref().unwrap_or_default()),
            percent: percent(job.percent_complete),
            job_type: filled(job.job_type.as_deref()),
            name: filled(job.name.as_deref()),
            messages: message(job.message_id.as_deref(), job.message.as_deref()).into_iter().collect(),
            parts: Vec::new(),
            start: time(job.start_time.as_deref()),
            end: time(job.completion_time.as_deref()).or_else(|| time(job.actual_stop.as_deref())),
            target_settings: filled(job.target_settings.as_deref()),
        }
    }
}

impl From<&JobServiceJob> for JobStatus {
    fn from(job: &JobServiceJob) -> Self {
        let messages = own_messages(job.messages.as_deref());
        let state = JobState::from_dmtf(job.job_state.as_deref().unwrap_or_default());
        Self {
            id: dell_id(job.id.as_deref()),
            state: super::judge::refine(state, &messages),
            percent: percent(job.percent_complete),
            job_type: None,
            name: filled(job.name.as_deref()),
            messages,
            parts: parts(job.messages.as_deref()),
            start: time(job.start_time.as_deref()),
            end: time(job.end_time.as_deref()),
            target_settings: None,
        }
    }
}

impl From<&Task> for JobStatus {
    fn from(task: &Task) -> Self {
        let nothing = TaskOemDell::default();
        let dell = task.oem.as_ref().and_then(|oem| oem.dell.as_ref()).unwrap_or(&nothing);
        let mut messages = own_messages(task.messages.as_deref());
        messages.extend(message(dell.message_id.as_deref(), dell.message.as_deref()));
        let dmtf = task.task_state.as_deref().map(JobState::from_dmtf);
        let state = JobState::of_both(dmtf, dell.job_state.as_deref().map(JobState::parse));
        Self {
            id: dell_id(dell.id.as_deref()).or_else(|| dell_id(task.id.as_deref())),
            state: super::judge::refine(state, &messages),
            percent: percent(task.percent_complete.max(dell.percent_complete)),
            job_type: filled(dell.job_type.as_deref()),
            name: filled(dell.name.as_deref().or(task.name.as_deref())),
            messages,
            parts: parts(task.messages.as_deref()),
            start: time(task.start_time.as_deref()),
            end: time(task.end_time.as_deref()),
            target_settings: None,
        }
    }
}

fn dell_id(text: Option<&str>) -> Option<DellJobId> {
    DellJobId::parse(text?).ok()
}

fn percent(value: Option<u64>) -> Option<u8> {
    value.map(|value| u8::try_from(value.min(100)).unwrap_or(100))
}

fn filled(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A time that is one.
fn time(text: Option<&str>) -> Option<String> {
    filled(text).filter(|text| !text.starts_with("TIME_") && !text.starts_with("0000"))
}

pub(in crate::flow) fn message(id: Option<&str>, text: Option<&str>) -> Option<ExtendedInfo> {
    let (id, text) = (filled(id), filled(text));
    (id.is_some() || text.is_some()).then(|| ExtendedInfo {
        message_id: id.as_deref().map(MessageId::parse),
        message: text,
        ..ExtendedInfo::default()
    })
}

/// Messages of the job itself: those that are no part's result.
fn own_messages(messages: Option<&[TaskMessage]>) -> Vec<ExtendedInfo> {
    let all = messages.unwrap_or_default().iter().take(MAX_MESSAGES);
    all.filter(|message| PartOutcome::read(message).is_none())
        .filter_map(|entry| {
            let mut info = message(entry.message_id.as_deref(), entry.message.as_deref())?;
            info.severity = filled(entry.severity.as_deref());
            info.resolution = filled(entry.resolution.as_deref());
            Some(info)
        })
        .collect()
}

fn parts(messages: Option<&[TaskMessage]>) -> Vec<PartOutcome> {
    messages.unwrap_or_default().iter().take(MAX_MESSAGES).filter_map(PartOutcome::read).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::Schema;

    fn read<T: Schema>(json: Value) -> JobStatus
    where
        for<'a> JobStatus: From<&'a T>,
    {
        JobStatus::from(&serde_json::from_value::<T>(json).unwrap())
    }

    #[test]
    fn three_faces_of_one_job_say_the_same() {
        let dell = read::<DellJob>(json!({"Id": "JID_229700026199", "JobState": "CompletedWithErrors",
            "JobType": "BIOSConfiguration", "Message": "Job completed with errors.", "MessageId": "PR31",
            "PercentComplete": 100, "StartTime": "2024-08-06T13:46:42", "EndTime": "TIME_NA"}));
        let said = json!([{"Message": "Job completed with errors.", "MessageId": "IDRAC.2.9.PR31"}]);
        let job = read::<JobServiceJob>(json!({"Id": "JID_229700026199", "JobState": "Exception",
            "JobStatus": "Critical", "PercentComplete": 100, "StartTime": "2024-08-06T13:46:42-05:00",
            "Messages": said}));
        let task = read::<Task>(json!({"Id": "JID_229700026199", "TaskState": "Completed", "Messages": said,
            "PercentComplete": "100", "Oem": {"Dell": {"Id": "JID_229700026199",
            "JobState": "CompletedWithErrors"}}}));
        for face in [&dell, &job, &task] {
            assert_eq!(face.state, JobState::CompletedWithErrors);
            assert_eq!(face.id.as_ref().map(DellJobId::as_str), Some("JID_229700026199"));
            assert!(face.has_message("PR31") && face.percent == Some(100), "{face:?}");
        }
        assert_eq!(dell.started_at(Some(-5 * 3600)), job.started_at(None));
        assert!(dell.started_at(None).is_none() && job.started_at(None).is_some());
        assert_eq!(dell.end, None);
    }

    #[test]
    fn results_of_parts_are_no_messages_of_the_job() {
        let task = read::<Task>(json!({"TaskState": "Completed", "Messages": [
            {"Message": "done", "MessageId": "IDRAC.2.9.SYS053"},
            {"Message": "The command was successful.", "MessageId": "IDRAC.2.9.SYS413", "Oem": {"Dell": {
                "Name": "LDAP.1#Enable", "OldValue": "Disabled", "NewValue": "Enabled", "Status": "Success",
                "ErrCode": "0"}}},
            {"MessageId": "IDRAC.2.9.SYS056", "Oem": {"Dell": {"Name": "NIC.1#Speed", "Status": "Failure"}}}]}));
        assert_eq!((task.messages.len(), task.parts.len()), (1, 2));
        assert!(!task.parts[0].is_failed() && task.parts[1].is_failed());
    }

    #[test]
    fn nonsense_says_nothing() {
        let job = read::<DellJob>(json!({"Id": "JID_CLEARALL", "JobState": 7, "PercentComplete": 900,
            "MessageId": "", "StartTime": "TIME_NOW"}));
        assert_eq!((job.id, job.state, job.percent), (None, JobState::Unknown, Some(100)));
        assert!(job.messages.is_empty() && job.start.is_none());
    }
}
