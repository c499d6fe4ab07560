//! Rows of `jobs` and `job_tasks`.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{CredentialSetId, JobId, ProfileId, ServerId, TaskId};
use crate::job::JobStatus;
use crate::store::{OnFailure, Share};

/// How urgent a job is, in the words of the existing database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// After everything else.
    Low,
    /// The default.
    #[default]
    Normal,
    /// Before normal.
    High,
    /// First.
    Critical,
}

impl Priority {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Reads the stored word; an unknown one counts as normal.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "low" => Self::Low,
            "high" => Self::High,
            "critical" => Self::Critical,
            _ => Self::Normal,
        }
    }
}

/// A row of `jobs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// What to do: one of the 24 job types, an alias, or a name the embedding program registered.
    pub job_type: String,
    /// Where it stands.
    pub status: JobStatus,
    /// What to do it to. Usually an object; null and arrays occur and are kept.
    pub target_scope: Value,
    /// Input, progress and result. Null is read as empty; keys we do not own are kept.
    pub details: Map<String, Value>,
    /// Who asked for it.
    pub created_by: Option<ProfileId>,
    /// Credentials to try (scan, test).
    pub credential_set_ids: Vec<CredentialSetId>,
    /// How urgent.
    pub priority: Priority,
    /// Not before this time.
    pub schedule_at: Option<Timestamp>,
    /// When it was enqueued.
    pub created_at: Timestamp,
    /// When its first attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// The job it is part of.
    pub parent_job_id: Option<JobId>,
    /// Its place among its parent's children.
    pub component_order: Option<i64>,
    /// A person's remark.
    pub notes: Option<String>,
}

/// A job to enqueue.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NewJob {
    /// Its id, if the caller made one.
    pub id: Option<JobId>,
    /// What to do.
    pub job_type: String,
    /// What to do it to.
    pub target_scope: Value,
    /// Input.
    pub details: Map<String, Value>,
    /// Who asks.
    pub created_by: Option<ProfileId>,
    /// Credentials to try.
    pub credential_set_ids: Vec<CredentialSetId>,
    /// How urgent.
    pub priority: Priority,
    /// Not before this time.
    pub schedule_at: Option<Timestamp>,
    /// A time that has passed means now; else it is refused.
    pub catch_up: bool,
    /// The job it is part of.
    pub parent_job_id: Option<JobId>,
    /// Its place among its parent's children.
    pub component_order: Option<i64>,
    /// A remark.
    pub notes: Option<String>,
    /// The same key enqueues the same job once.
    pub idempotency_key: Option<String>,
    /// A lock it needs before it may run (`server:<id>`); one job at a time has it. The engine asks the handler where
    /// none is given.
    pub lane: Option<String>,
    /// With how many others that share it as well it has its lane; 0 or `None`: it has it alone.
    pub lane_among: Option<u32>,
    /// Where it works, for the limit of its subnet. The engine looks the server of its lane up where none is given.
    pub address: Option<IpAddr>,
    /// One task a target.
    pub tasks: Vec<NewTask>,
    /// Parts by which it runs, instead of by a handler: in the order of their `component_order`, which is their place here
    /// where it is not given; those of one number run side by side. They are added with it or not at all.
    pub children: Vec<NewJob>,
    /// What becomes of the parts to come once one has failed.
    pub on_failure: OnFailure,
}

impl NewJob {
    /// A job of this type, to be filled in.
    #[must_use]
    pub fn new(job_type: impl Into<String>) -> Self {
        Self { job_type: job_type.into(), ..Self::default() }
    }

    /// What to do it to.
    #[must_use]
    pub fn with_scope(self, target_scope: Value) -> Self {
        Self { target_scope, ..self }
    }

    /// Input; anything but an object counts as none.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = match details {
            Value::Object(details) => details,
            _ => Map::new(),
        };
        self
    }

    /// Credentials to try.
    #[must_use]
    pub fn with_credential_sets(self, credential_set_ids: Vec<CredentialSetId>) -> Self {
        Self { credential_set_ids, ..self }
    }

    /// With whom it shares its lane.
    pub(crate) fn lane_share(&self) -> Share {
        self.lane_among.filter(|most| *most > 0).map_or(Share::Alone, Share::Among)
    }

    /// The row it would become, for handlers that look at input before it is stored.
    pub(crate) fn preview(&self) -> JobRow {
        JobRow {
            id: self.id.unwrap_or_default(),
            job_type: self.job_type.clone(),
            status: JobStatus::Pending,
            target_scope: self.target_scope.clone(),
            details: self.details.clone(),
            created_by: self.created_by,
            credential_set_ids: self.credential_set_ids.clone(),
            priority: self.priority,
            schedule_at: self.schedule_at,
            created_at: Timestamp::UNIX_EPOCH,
            started_at: None,
            completed_at: None,
            parent_job_id: self.parent_job_id,
            component_order: self.component_order,
            notes: self.notes.clone(),
        }
    }
}

/// A task to enqueue with its job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NewTask {
    /// The server it is about.
    pub server_id: Option<ServerId>,
}

/// A row of `job_tasks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRow {
    /// Its id.
    pub id: TaskId,
    /// Its job.
    pub job_id: JobId,
    /// The server it is about.
    pub server_id: Option<ServerId>,
    /// Where it stands.
    pub status: JobStatus,
    /// Text for people.
    pub log: Option<String>,
    /// 0 to 100; only rises.
    pub progress: u8,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A change to a task, fenced like every write of an attempt. `None` leaves a column alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskUpdate {
    /// Which.
    pub id: TaskId,
    /// The server it is about, when the row is new: the task is made if it is not there.
    pub server_id: Option<ServerId>,
    /// Where it stands now.
    pub status: Option<JobStatus>,
    /// The whole text to show.
    pub log: Option<String>,
    /// 0 to 100; a lower value than the stored one is ignored.
    pub progress: Option<u8>,
}
