//! One stream of typed events for whoever watches. It costs nothing while nobody does.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::broadcast;
use uuid::Uuid;

use crate::activity::ActivityListener;
use crate::clock;
use crate::id::{JobId, ServerId, TaskId};
use crate::job::{JobStatus, Priority};
use crate::schedule::Why;
use crate::store::{ActivityRow, Pause, PauseScope, StepState};

/// Events kept for a slow listener before it misses some.
const BACKLOG: usize = 4096;

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// When, on this machine's clock.
    pub at: Timestamp,
    /// In which job; [`JobId::NIL`] for what concerns more than one.
    pub job_id: JobId,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// A job was added.
    Queued {
        /// Its type.
        job_type: String,
    },
    /// An attempt began.
    Started {
        /// Its type.
        job_type: String,
        /// 1 for the first.
        attempt: u32,
    },
    /// Counters moved. The keys are those of the job row's `details`.
    Progress {
        /// The counters.
        details: Arc<Map<String, Value>>,
    },
    /// A server was found or looked at.
    Server {
        /// Its row.
        server_id: ServerId,
        /// Where.
        ip: String,
        /// `new`, `updated` or `moved`.
        change: &'static str,
        /// Service tag, where known.
        service_tag: Option<String>,
        /// Model, where known.
        model: Option<String>,
    },
    /// The inventory of a server was stored.
    Inventory {
        /// Its row.
        server_id: ServerId,
        /// Where.
        ip: String,
        /// Sections stored.
        sections: usize,
        /// Parts that could not be read.
        failures: usize,
    },
    /// A task moved.
    Task {
        /// Which.
        task_id: TaskId,
        /// The server it is about, where that is said now.
        server_id: Option<ServerId>,
        /// Where it stands now, where that changed.
        status: Option<JobStatus>,
        /// 0 to 100, where that changed.
        progress: Option<u8>,
    },
    /// A step was begun or done.
    Step {
        /// Its name, the only one of its run.
        name: String,
        /// How far it is.
        state: StepState,
    },
    /// An exchange with an iDRAC, as it is put on record, without its bodies. Told within a second of its end.
    Activity {
        /// Its row.
        id: Uuid,
        /// The server, where known.
        server_id: Option<ServerId>,
        /// The task, where there is one.
        task_id: Option<TaskId>,
        /// HTTP method, or the operation's name for other protocols.
        command_type: String,
        /// `idrac_api`, `session_create`, …
        operation_type: String,
        /// With scheme and host; redacted.
        full_url: String,
        /// HTTP status, if a reply came.
        status_code: Option<u16>,
        /// As judged by status and message ids.
        success: bool,
        /// Milliseconds from sending to the end of the reply.
        response_time_ms: Option<u32>,
        /// Why not; redacted.
        error_message: Option<String>,
    },
    /// A line for people.
    Log {
        /// `INFO`, `WARN` or `ERROR`.
        level: &'static str,
        /// The text.
        text: String,
    },
    /// The job ended, or went back to pending.
    Ended {
        /// Its status now.
        status: JobStatus,
        /// Why, where it did not end well.
        error: Option<String>,
    },
    /// A handler was told to stop, did not, and could not be stopped: it goes on without a lease, and the job needs a
    /// person.
    Abandoned {
        /// Which attempt.
        attempt: u32,
        /// Why it was to stop.
        reason: String,
    },
    /// An ended job is to run once more.
    Retried {
        /// Which run it will be.
        run: u32,
    },
    /// A pending job was given another time or priority.
    Rescheduled {
        /// Not before this time, where that changed.
        schedule_at: Option<Timestamp>,
        /// How urgent, where that changed.
        priority: Option<Priority>,
    },
    /// Jobs are held back from now on.
    Paused(Pause),
    /// They are held back no longer.
    Resumed(PauseScope),
    /// A job was made because its time had come.
    Scheduled {
        /// By which schedule.
        schedule: String,
        /// For which of its times.
        due: Timestamp,
    },
    /// A time of a schedule, or several in a row, for which no job was made.
    ScheduleSkipped {
        /// Which schedule.
        schedule: String,
        /// The first of them.
        due: Timestamp,
        /// The last of them.
        until: Timestamp,
        /// Why.
        why: Why,
        /// What was wrong with the job, where that was it.
        error: Option<String>,
    },
    /// Executors beside this one claim without a condition: nothing is claimed here until they are guarded, or gone.
    StandsBack {
        /// They.
        executors: Vec<String>,
        /// What is the matter, and the way out.
        reason: String,
    },
    /// There are none of those any more.
    ClaimsAgain,
    /// This listener was too slow and missed that many events.
    Missed {
        /// How many.
        count: u64,
    },
}

/// Where events go in.
#[derive(Debug, Clone)]
pub(crate) struct EventBus(broadcast::Sender<Event>);

impl EventBus {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }

    /// Whether anybody listens: what an event costs to make is spent only then.
    pub(crate) fn is_watched(&self) -> bool {
        self.0.receiver_count() > 0
    }

    pub(crate) fn emit(&self, job_id: JobId, kind: impl FnOnce() -> EventKind) {
        if self.is_watched() {
            // An error means that the last listener left just now.
            let _ = self.0.send(Event { at: clock::now(), job_id, kind: kind() });
        }
    }

    pub(crate) fn subscribe(&self, only: Option<JobId>) -> Events {
        Events { receiver: self.0.subscribe(), only, ended: false }
    }
}

/// Tells of every exchange while somebody listens.
#[derive(Debug)]
pub(crate) struct Told(pub(crate) EventBus);

impl ActivityListener for Told {
    fn is_listening(&self) -> bool {
        self.0.is_watched()
    }

    fn recorded(&self, row: &ActivityRow) {
        self.0.emit(row.job_id.unwrap_or(JobId::NIL), || EventKind::Activity {
            id: row.id,
            server_id: row.server_id,
            task_id: row.task_id,
            command_type: row.command_type.clone(),
            operation_type: row.operation_type.clone(),
            full_url: row.full_url.clone(),
            status_code: row.status_code,
            success: row.success,
            response_time_ms: row.response_time_ms,
            error_message: row.error_message.clone(),
        });
    }
}

/// Where events come out: from the moment of subscribing.
#[derive(Debug)]
pub struct Events {
    receiver: broadcast::Receiver<Event>,
    only: Option<JobId>,
    ended: bool,
}

impl Events {
    /// The next event. `None` when the engine is gone or, for the events of one job, after its end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if self.ended {
                return None;
            }
            match self.receiver.recv().await {
                Ok(event) => {
                    if self.only.is_some_and(|job| job != event.job_id) {
                        continue;
                    }
                    self.ended = self.only.is_some() && is_end(&event.kind);
                    return Some(event);
                }
                Err(broadcast::error::RecvError::Lagged(count)) => {
                    let job_id = self.only.unwrap_or_default();
                    return Some(Event { at: clock::now(), job_id, kind: EventKind::Missed { count } });
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// A job that went back to pending will have more events.
pub(crate) fn is_end(kind: &EventKind) -> bool {
    matches!(kind, EventKind::Ended { status, .. } if status.is_terminal())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_about_more_than_one_job_are_flat_like_the_others() {
        let at = Timestamp::UNIX_EPOCH;
        let told = |kind| serde_json::to_value(Event { at, job_id: JobId::NIL, kind }).unwrap();
        let zeros = "00000000-0000-0000-0000-000000000000";
        let epoch = "1970-01-01T00:00:00Z";
        let scope = PauseScope::JobType("firmware_update".to_owned());
        let pause =
            Pause { scope: scope.clone(), reason: None, by: Some("anna".to_owned()), since: Some(at) };
        assert_eq!(
            told(EventKind::Paused(pause)),
            json!({"at": epoch, "job_id": zeros, "event": "paused", "scope": "job_type", "name": "firmware_update",
                   "reason": null, "by": "anna", "since": epoch})
        );
        assert_eq!(
            told(EventKind::Resumed(scope)),
            json!({"at": epoch, "job_id": zeros, "event": "resumed", "scope": "job_type", "name": "firmware_update"})
        );
        assert_eq!(
            told(EventKind::Resumed(PauseScope::All)),
            json!({"at": epoch, "job_id": zeros, "event": "resumed", "scope": "all"})
        );
    }
}
