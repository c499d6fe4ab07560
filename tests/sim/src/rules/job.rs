//! The job queue: jobs run on the simulated clock and show the three faces an iDRAC gives them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::spec::millis;
use crate::tree::profile::Profile;

/// A job of the queue.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) start: Duration,
    pub(crate) runs_for: Duration,
    /// `Completed`, `CompletedWithErrors` or `Failed`.
    pub(crate) ends: String,
}

/// A job to put into a server's queue.
#[derive(Clone, Debug)]
pub struct JobSpec {
    /// Shown name, for example `Configure: BIOS.Setup.1-1`.
    pub name: String,
    /// Dell's job type, for example `BIOSConfiguration`.
    pub kind: String,
    /// Simulated time from start to end.
    pub runs_for: Duration,
    /// The final Dell state: `Completed`, `CompletedWithErrors` or `Failed`.
    pub ends: String,
}

impl Job {
    pub(crate) fn is_done(&self, now: Duration) -> bool {
        now >= self.start + self.runs_for
    }

    fn percent(&self, now: Duration) -> u64 {
        if self.is_done(now) {
            return 100;
        }
        millis(now.saturating_sub(self.start)) * 100 / millis(self.runs_for).max(1)
    }

    fn dell_state(&self, now: Duration) -> &str {
        if self.is_done(now) { &self.ends } else { "Running" }
    }

    /// Bare id: only the faces outside Dell's own queue carry the registry's prefix.
    fn message(&self, now: Duration) -> (&'static str, &'static str) {
        match self.dell_state(now) {
            "Running" => ("PR20", "The job is running."),
            "Completed" => ("PR19", "The job is done."),
            "CompletedWithErrors" => ("PR31", "The job is done, with errors."),
            _ => ("PR21", "The job failed."),
        }
    }

    fn dmtf_state(&self, now: Duration) -> (&'static str, &'static str) {
        match self.dell_state(now) {
            "Running" => ("Running", "OK"),
            "Completed" => ("Completed", "OK"),
            _ => ("Exception", "Critical"),
        }
    }

    /// As `Managers/…/Jobs` and `…/Oem/Dell/Jobs` show it.
    pub(crate) fn as_dell(&self, clock: &Clock, path: &str) -> Value {
        let now = clock.now();
        let (id, text) = self.message(now);
        let end = self.is_done(now).then(|| clock.dell_stamp(self.start + self.runs_for));
        json!({
            "@odata.context": "/redfish/v1/$metadata#DellJob.DellJob",
            "@odata.id": path,
            "@odata.type": "#DellJob.v1_4_0.DellJob",
            "ActualRunningStartTime": clock.dell_stamp(self.start),
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
            "StartTime": clock.dell_stamp(self.start),
            "TargetSettingsURI": null,
        })
    }

    /// As `JobService/Jobs` shows it.
    pub(crate) fn as_job(&self, profile: &Profile, clock: &Clock, path: &str) -> Value {
        let now = clock.now();
        let (state, health) = self.dmtf_state(now);
        let end = self.is_done(now).then(|| clock.stamp(self.start + self.runs_for));
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
            "StartTime": clock.stamp(self.start),
        })
    }

    /// As `TaskService/Tasks` shows it.
    pub(crate) fn as_task(&self, profile: &Profile, clock: &Clock, path: &str) -> Value {
        let now = clock.now();
        let (state, health) = self.dmtf_state(now);
        let end = self.is_done(now).then(|| clock.stamp(self.start + self.runs_for));
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
                "JobState": self.dell_state(now), "JobType": self.kind, "Name": self.name,
                "PercentComplete": self.percent(now)}},
            "PercentComplete": self.percent(now),
            "StartTime": clock.stamp(self.start),
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
