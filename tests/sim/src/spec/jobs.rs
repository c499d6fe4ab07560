//! How the job queue misbehaves.

use serde::{Deserialize, Serialize};

/// Misbehaviour of the job queue, each seen on real machines; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobRules {
    /// Seconds a task stays after its end, where that is not what the generation does: 5 on firmware 7.00.00.
    pub task_life_s: Option<u64>,
    /// Seconds in which a new job answers 404.
    pub hidden_s: u64,
    /// What the answer to a request that made a job tells of it.
    pub naming: JobNaming,
    /// Tasks stay `New` and monitors 202, whatever becomes of the job.
    pub frozen_tasks: bool,
    /// So many jobs, the first ones, are not prepared when their restart comes: they stay scheduled with PR30.
    pub not_prepared: u32,
    /// The percentage at which every job stands still.
    pub stands_at: Option<u64>,
    /// The state in which every job ends.
    pub ends: Option<String>,
    /// Seconds after which a job that began is in neither queue nor task service.
    pub lost_after_s: Option<u64>,
}

/// What is told of a job that was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobNaming {
    /// Where it is.
    #[default]
    Told,
    /// Nothing.
    Untold,
    /// A location that is no job's.
    Odd,
}
