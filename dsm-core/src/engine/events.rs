//! One stream of typed events for whoever watches. It costs nothing while nobody does.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::broadcast;

use crate::clock;
use crate::id::{JobId, ServerId};
use crate::job::{JobStatus, Priority};
use crate::store::{Pause, PauseScope};

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
fn is_end(kind: &EventKind) -> bool {
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
