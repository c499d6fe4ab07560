//! What a job type takes, gives and does, as data: the documentation's table is made of it.

/// One key of a job's input or output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Where and what: `details.action`, `target_scope.server_ids`, `results`.
    pub name: &'static str,
    /// Its kind and what it is without a word: `text = On`, `list of ids`, `1 to 60`.
    pub kind: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
}

/// A job type on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobCard {
    /// `jobs.job_type`.
    pub job_type: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Whether it changes servers; such a type accepts `dry_run` and the keys of a rollout.
    pub changes: bool,
    /// Input, beside the servers, `dry_run` and the keys of a rollout.
    pub input: &'static [Key],
    /// Output in `details`, beside the keys that all have.
    pub output: &'static [Key],
    /// Tables it writes beside the job's own.
    pub rows: &'static [&'static str],
    /// When it counts as completed.
    pub completed: &'static str,
    /// What a second run does.
    pub again: &'static str,
}
