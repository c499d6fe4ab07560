//! The three faces of one job: Dell's queue, the job service, the task service. Same job, other words.

use std::time::Duration;

use serde_json::{Value, json};

use super::Job;
use crate::clock::Clock;
use crate::tree::profile::Profile;

impl Job {
    /// As `Managers/…/Jobs` and `…/Oem/Dell/Jobs` show it.
    pub(crate) fn as_dell(&self, clock: &Clock, path: &str) -> Value {
        let now = clock.now();
        let (id, text) = self.message(now);
        let end = self.ended(now).map(|at| clock.dell_stamp(at));
        json!({
            "@odata.context": "/redfish/v1/$metadata#DellJob.DellJob",
            "@odata.id": path,
            "@odata.type": "#DellJob.v1_4_0.DellJob",
            "ActualRunningStartTime": self.started.map(|at| clock.dell_stamp(at)),
            "ActualRunningStopTime": end,
            "CompletionTime": end,
            "Description": "Job Instance",
            "EndTime": "TIME_NA",
            "Id": self.id,
            "JobState": self.dell_state(now),
            "JobType": self.kind,
            "Message": text,
            "MessageArgs": [],
            "MessageArgs@odata.count": 0,
            "MessageId": id,
            "Name": self.name,
            "PercentComplete": self.percent(now),
            "StartTime": clock.dell_stamp(self.created),
            "TargetSettingsURI": self.target_settings,
        })
    }

    /// As `JobService/Jobs` shows it.
    pub(crate) fn as_job(&self, profile: &Profile, clock: &Clock, path: &str) -> Value {
        let now = clock.now();
        let (state, health) = self.dmtf_state(now);
        let end = self.ended(now).map(|at| clock.stamp(at));
        json!({
            "@odata.context": "/redfish/v1/$metadata#Job.Job",
            "@odata.id": path,
            "@odata.type": "#Job.v1_1_1.Job",
            "Description": "Represents Job Instance",
            "EndTime": end,
            "Id": self.id,
            "JobState": state,
            "JobStatus": health,
            "Messages": [self.dmtf_message(profile, now)],
            "Messages@odata.count": 1,
            "Name": self.name,
            "PercentComplete": self.percent(now),
            "StartTime": clock.stamp(self.created),
        })
    }

    /// As `TaskService/Tasks` shows it.
    pub(crate) fn as_task(&self, profile: &Profile, clock: &Clock, path: &str, frozen: bool) -> Value {
        let now = clock.now();
        let (state, health) = if frozen { ("New", "OK") } else { self.dmtf_state(now) };
        let dell = if frozen { "New" } else { self.dell_state(now) };
        let percent = if frozen { 0 } else { self.percent(now) };
        let end = self.ended(now).filter(|_| !frozen).map(|at| clock.stamp(at));
        json!({
            "@odata.context": "/redfish/v1/$metadata#Task.Task",
            "@odata.id": path,
            "@odata.type": "#Task.v1_5_1.Task",
            "Description": "Server Configuration and other Tasks running on iDRAC are listed here",
            "EndTime": end,
            "Id": self.id,
            "Messages": [self.dmtf_message(profile, now)],
            "Messages@odata.count": 1,
            "Name": self.name,
            "Oem": {"Dell": {"@odata.type": "#DellJob.v1_4_0.DellJob", "Id": self.id,
                "JobState": dell, "JobType": self.kind, "Name": self.name,
                "PercentComplete": percent}},
            "PercentComplete": percent,
            "StartTime": clock.stamp(self.created),
            "TaskState": state,
            "TaskStatus": health,
        })
    }

    fn dmtf_message(&self, profile: &Profile, now: Duration) -> Value {
        let (id, text) = self.message(now);
        json!({"Message": text, "MessageArgs": [], "MessageArgs@odata.count": 0,
            "MessageId": format!("{}.{id}", profile.eemi_registry)})
    }
}
