//! Why a job is not running now.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::id::JobId;
use crate::job::{JobRow, JobStatus};
use crate::store::limits::{Reached, limit_name};
use crate::store::{Holder, Pause};

/// Jobs that come before one are counted up to here.
pub(crate) const MOST_COUNTED: u32 = 1000;

/// An executor that has registered and not claimed yet counts as alive for so long.
pub(crate) const FIRST_WORD: Duration = Duration::from_secs(60);

/// Everything that keeps a job from running now, as one sentence when printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyNot {
    /// The job.
    pub job_id: JobId,
    /// All that would have to change, at least one.
    pub reasons: Vec<Reason>,
}

/// One thing that keeps a job from running now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// It has ended.
    Ended {
        /// As what.
        status: JobStatus,
        /// When.
        at: Option<Timestamp>,
    },
    /// It is running.
    Running {
        /// Where; `None` if another program said so.
        executor: Option<String>,
        /// Since when.
        since: Option<Timestamp>,
        /// Which attempt of its run.
        attempt: u32,
    },
    /// It is part of another job, which runs it.
    Part {
        /// That job.
        parent: JobId,
        /// Where that one stands.
        status: JobStatus,
    },
    /// The engine that was asked claims nothing: others at the table claim without a condition.
    Unguarded {
        /// They.
        executors: Vec<String>,
    },
    /// It runs by its parts.
    Parts {
        /// So many of them have not ended.
        open: u64,
    },
    /// Its time has not come.
    Due {
        /// When.
        at: Timestamp,
    },
    /// The maintenance window it waits for is closed.
    Window {
        /// Which.
        name: String,
        /// When it opens; `None`: never again, or it is gone.
        opens_at: Option<Timestamp>,
    },
    /// A schedule made it: no reason by itself, but where it comes from.
    Schedule {
        /// Which.
        name: String,
        /// For which of its times.
        due: Option<Timestamp>,
    },
    /// It is held back.
    Paused(Pause),
    /// Others are before it in its lane.
    Lane {
        /// The lane.
        key: String,
        /// Who has it; or else who is next.
        first: Holder,
        /// How many are before it, that one among them.
        before: u64,
    },
    /// As many are at work as may be.
    Limit {
        /// The limit, by the name of its lock: `all`, `type:<job_type>` or `subnet:<network>`.
        key: String,
        /// So many are at work under it.
        used: u32,
        /// So many may be.
        most: u32,
    },
    /// No executor that is alive runs its type.
    NoExecutor {
        /// The type.
        job_type: String,
    },
    /// Nothing is in its way: it gets the next free slot after those who are due before it.
    Slot {
        /// So many are due before it; counted up to 1000.
        before: u32,
    },
}

/// Who runs a job.
pub(crate) struct Held {
    pub(crate) executor: Option<String>,
    pub(crate) since: Timestamp,
    pub(crate) attempt: u32,
}

/// The head of a line and how many are before the job there.
pub(crate) struct Line {
    pub(crate) key: String,
    pub(crate) first: Holder,
    pub(crate) before: u64,
}

/// What a store knows of a job's prospects.
pub(crate) struct Facts {
    pub(crate) row: JobRow,
    pub(crate) held: Option<Held>,
    /// The job it is part of, which has to let it go first.
    pub(crate) parent: Option<(JobId, JobStatus)>,
    /// Of a job that runs by its parts, how many have not ended.
    pub(crate) open_parts: Option<u64>,
    /// Those that hold it back.
    pub(crate) pauses: Vec<Pause>,
    pub(crate) line: Option<Line>,
    /// The limits that keep it from running.
    pub(crate) limits: Vec<Reached>,
    /// Whether an executor that is alive runs its type, if that is known.
    pub(crate) is_served: Option<bool>,
    pub(crate) now: Timestamp,
}

impl Facts {
    /// All reasons but the last one, [`Reason::Slot`].
    pub(crate) fn reasons(self) -> Vec<Reason> {
        let row = self.row;
        if row.status.is_terminal() {
            return vec![Reason::Ended { status: row.status, at: row.completed_at }];
        }
        if let Some(open) = self.open_parts {
            return vec![Reason::Parts { open }];
        }
        if row.status == JobStatus::Running {
            let (executor, since, attempt) = match self.held {
                Some(held) => (held.executor, Some(held.since), held.attempt),
                None => (None, row.started_at, 0),
            };
            return vec![Reason::Running { executor, since, attempt }];
        }
        if let Some((parent, status)) = self.parent {
            return vec![Reason::Part { parent, status }];
        }
        let mut reasons: Vec<Reason> = self.pauses.into_iter().map(Reason::Paused).collect();
        reasons.extend(row.schedule_at.filter(|at| *at > self.now).map(|at| Reason::Due { at }));
        if let Some(Line { key, first, before }) = self.line {
            reasons.push(Reason::Lane { key, first, before });
        }
        let limits = self.limits.into_iter();
        reasons.extend(limits.map(|Reached { key, used, most }| Reason::Limit { key, used, most }));
        if self.is_served == Some(false) {
            reasons.push(Reason::NoExecutor { job_type: row.job_type });
        }
        reasons
    }
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, reason) in self.reasons.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "; " })?;
            reason.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended { status, at } => {
                write!(f, "it ended as {status}")?;
                at.map_or(Ok(()), |at| write!(f, " at {at}"))
            }
            Self::Running { executor, since, attempt } => {
                match executor {
                    Some(executor) => write!(f, "it runs on {executor} (attempt {attempt})")?,
                    None => f.write_str("another program says that it runs")?,
                }
                since.map_or(Ok(()), |since| write!(f, " since {since}"))
            }
            Self::Part { parent, status } => {
                write!(f, "it is part of job {parent} ({status}), which runs it")
            }
            Self::Unguarded { executors } => {
                write!(f, "{} would run it as well: nothing is claimed here", executors.join(", "))
            }
            Self::Parts { open } => write!(f, "it runs by its parts, {open} of which have not ended"),
            Self::Due { at } => write!(f, "it is due at {at}"),
            Self::Window { name, opens_at: Some(at) } => {
                write!(f, "the maintenance window `{name}` opens at {at}")
            }
            Self::Window { name, opens_at: None } => {
                write!(f, "the maintenance window `{name}` does not open any more")
            }
            Self::Schedule { name, due } => {
                write!(f, "the schedule `{name}` made it")?;
                due.map_or(Ok(()), |due| write!(f, " for {due}"))
            }
            Self::Paused(pause) => pause.fmt(f),
            Self::Lane { key, first, before } => lane(f, key, first, *before),
            Self::Limit { key, used, most } => write!(f, "{} {used}/{most}", limit_name(key)),
            Self::NoExecutor { job_type } => write!(f, "no executor that is alive runs `{job_type}`"),
            Self::Slot { before: 0 } => f.write_str("nothing is in its way: it is next"),
            Self::Slot { before } => {
                let more = if *before >= MOST_COUNTED { " or more" } else { "" };
                write!(f, "nothing is in its way but {before}{more} due before it")
            }
        }
    }
}

fn lane(f: &mut fmt::Formatter<'_>, key: &str, first: &Holder, before: u64) -> fmt::Result {
    let how = if first.is_waiting { "is next for" } else { "has" };
    write!(f, "{} ", first.label)?;
    if let Some(job) = first.job_id {
        write!(f, "(job {job}) ")?;
    }
    if let Some(executor) = &first.executor {
        write!(f, "on {executor} ")?;
    }
    write!(f, "{how} {key} since {}, {before} before it there", first.since)
}

impl Reason {
    /// Its name: `ended`, `running`, `part`, `parts`, `unguarded`, `due`, `window`, `schedule`, `paused`, `lane`, `limit`,
    /// `no_executor` or `slot`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Ended { .. } => "ended",
            Self::Running { .. } => "running",
            Self::Part { .. } => "part",
            Self::Unguarded { .. } => "unguarded",
            Self::Parts { .. } => "parts",
            Self::Due { .. } => "due",
            Self::Window { .. } => "window",
            Self::Schedule { .. } => "schedule",
            Self::Paused(_) => "paused",
            Self::Lane { .. } => "lane",
            Self::Limit { .. } => "limit",
            Self::NoExecutor { .. } => "no_executor",
            Self::Slot { .. } => "slot",
        }
    }
}
