//! Jobs that run by their parts, which are jobs themselves.
//!
//! A job enqueued with [`children`](crate::NewJob::children) is run by nobody: its parts are, in the order of their
//! `component_order`, those of one number side by side, each number after the end of the one before. The job runs from its
//! first part's start to its last one's end, and ends as [`fold`] says. A job that another program enqueued as part of
//! another is not touched: whoever runs that one runs it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::id::JobId;
use crate::job::{JobStatus, NewJob};

/// What becomes of the parts to come once one has failed or was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// They are cancelled, and the job fails.
    #[default]
    Stop,
    /// They run. The job is completed in part if any of them is, and else has failed.
    Continue,
}

impl OnFailure {
    /// The stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Continue => "continue",
        }
    }

    pub(crate) fn from_word(word: &str) -> Self {
        if word == "continue" { Self::Continue } else { Self::Stop }
    }

    /// Whether a part that ended so ends the others.
    pub(crate) fn stops_at(self, ended: JobStatus) -> bool {
        self == Self::Stop && ended != JobStatus::Completed
    }
}

/// How the parts of a job ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) completed: u64,
    /// Of those completed.
    pub(crate) partial: u64,
    pub(crate) failed: u64,
    pub(crate) cancelled: u64,
}

impl Ended {
    pub(crate) fn add(&mut self, status: JobStatus, is_partial: bool) {
        match status {
            JobStatus::Completed => self.completed += 1,
            JobStatus::Failed => self.failed += 1,
            JobStatus::Cancelled => self.cancelled += 1,
            JobStatus::Pending | JobStatus::Running => {}
        }
        self.partial += u64::from(status == JobStatus::Completed && is_partial);
    }
}

/// How a job ends whose parts have ended, and what its details say of it.
pub(crate) fn fold(ended: Ended, rule: OnFailure) -> (JobStatus, Map<String, Value>) {
    let Ended { completed, partial, failed, cancelled } = ended;
    let undone = failed + cancelled;
    let status = match rule {
        _ if undone == 0 => JobStatus::Completed,
        _ if completed == 0 && failed == 0 => JobStatus::Cancelled,
        OnFailure::Continue if completed > 0 => JobStatus::Completed,
        _ => JobStatus::Failed,
    };
    let counts =
        json!({"completed": completed, "partial": partial, "failed": failed, "cancelled": cancelled});
    let mut details = Map::from_iter([("children".to_owned(), counts)]);
    if status == JobStatus::Completed && undone + partial > 0 {
        details.insert("partial".to_owned(), json!(true));
    }
    if undone > 0 {
        let all = completed + undone;
        let text =
            format!("{undone} of {all} parts did not end well: {failed} failed, {cancelled} were cancelled");
        details.insert("error".to_owned(), json!(text));
    }
    (status, details)
}

/// The parts of a job as they are stored, and whether each may run at once.
pub(crate) fn parts(job: &NewJob, id: JobId) -> Vec<(NewJob, bool)> {
    let order = |at: usize, part: &NewJob| {
        part.component_order.unwrap_or_else(|| i64::try_from(at).unwrap_or(i64::MAX).saturating_add(1))
    };
    let first = job.children.iter().enumerate().map(|(at, part)| order(at, part)).min();
    let part = |(at, part): (usize, &NewJob)| {
        let order = order(at, part);
        let mut part = part.clone();
        part.parent_job_id = Some(id);
        part.component_order = Some(order);
        part.created_by = part.created_by.or(job.created_by);
        part.schedule_at = part.schedule_at.or(job.schedule_at);
        if part.credential_set_ids.is_empty() {
            part.credential_set_ids.clone_from(&job.credential_set_ids);
        }
        (part, Some(order) == first)
    };
    job.children.iter().enumerate().map(part).collect()
}

pub(crate) fn check_parts(job: &NewJob) -> Result<()> {
    for part in &job.children {
        let field = |name: &str| format!("children.{name}");
        if !part.children.is_empty() {
            return Err(Error::invalid(
                field("children"),
                "a part has parts of its own",
                "put all under one job",
            ));
        }
        if part.parent_job_id.is_some() || part.idempotency_key.is_some() {
            return Err(Error::invalid(
                field("parent_job_id"),
                "a part belongs to the job it is enqueued with, and stands or falls with its key",
                "leave parent_job_id and idempotency_key of parts out",
            ));
        }
    }
    Ok(())
}

/// Why the parts to come do not.
pub(crate) fn part_ended(part: JobId, as_status: JobStatus) -> String {
    format!("job {part}, which comes before it, ended as {as_status}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_ends_as_its_parts_did() {
        use JobStatus::{Cancelled, Completed, Failed};
        use OnFailure::{Continue, Stop};
        for ((completed, partial, failed, cancelled), rule, status, is_partial) in [
            ((3, 0, 0, 0), Stop, Completed, false),
            ((3, 1, 0, 0), Stop, Completed, true),
            ((1, 0, 1, 1), Stop, Failed, false),
            ((1, 0, 1, 0), Continue, Completed, true),
            ((0, 0, 2, 0), Continue, Failed, false),
            ((0, 0, 0, 2), Continue, Cancelled, false),
            ((0, 0, 0, 2), Stop, Cancelled, false),
            ((1, 0, 0, 2), Stop, Failed, false),
        ] {
            let ended = Ended { completed, partial, failed, cancelled };
            let (folded, details) = fold(ended, rule);
            assert_eq!((folded, details.contains_key("partial")), (status, is_partial), "{ended:?} {rule:?}");
            assert_eq!(details.contains_key("error"), failed + cancelled > 0, "{details:?}");
        }
    }

    #[test]
    fn parts_stand_in_order_and_inherit() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let side_by_side = |order| NewJob { component_order: Some(order), ..NewJob::new("a") };
        let job = NewJob {
            children: vec![NewJob::new("a"), NewJob::new("b"), side_by_side(1)],
            schedule_at: Some(at),
            ..NewJob::new("all")
        };
        let parts = parts(&job, JobId::new());
        let seen: Vec<_> = parts.iter().map(|(part, ready)| (part.component_order, *ready)).collect();
        assert_eq!(seen, [(Some(1), true), (Some(2), false), (Some(1), true)]);
        assert!(parts.iter().all(|(part, _)| part.schedule_at == Some(at)));
    }

    #[test]
    fn parts_of_parts_are_refused() {
        let inner = NewJob { children: vec![NewJob::new("a")], ..NewJob::new("b") };
        let outer = NewJob { children: vec![inner.clone()], ..NewJob::new("c") };
        assert!(check_parts(&inner).is_ok());
        assert!(check_parts(&outer).is_err());
    }
}
