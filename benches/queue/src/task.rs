//! What a measured process is told on its command line, and what it says when it is done. Peers in other languages read
//! and write the same JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One piece of work.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Task {
    pub(crate) shape: String,
    /// `memory`, `sqlite` or `postgres`.
    pub(crate) store: String,
    /// Where the store is: a file or a URL.
    pub(crate) address: String,
    /// Jobs to run.
    pub(crate) jobs: usize,
    /// Servers they work on, one at a time each; 0: on none.
    pub(crate) lanes: usize,
    /// Jobs that wait in two busy lanes meanwhile.
    pub(crate) waiting: usize,
    /// Activity rows written meanwhile.
    pub(crate) rows: usize,
    /// Jobs at work at a time.
    pub(crate) slots: usize,
    /// Jobs a second, where they come at a rate.
    pub(crate) rate: f64,
    /// How long, where it is for a time.
    pub(crate) seconds: u64,
    /// Whoever enqueues has a store of its own, and so no way to wake the engine but the store's.
    pub(crate) apart: bool,
}

/// What came of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Done {
    /// Of the work alone.
    pub(crate) wall_s: f64,
    /// Of this process during the work.
    pub(crate) cpu_s: f64,
    /// Peak of this process.
    pub(crate) rss_mb: f64,
    /// Things done, which `wall_s` divides into a rate; 0 where there is none.
    pub(crate) count: usize,
    /// Milliseconds: median, 99th percentile, most.
    pub(crate) latency_ms: Option<[f64; 3]>,
    /// Whatever else is worth knowing.
    pub(crate) facts: Map<String, Value>,
    /// What was wrong: a sample with any is no good.
    pub(crate) problems: Vec<String>,
}

impl Done {
    pub(crate) fn expect<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, found: T, wanted: T) {
        if found != wanted {
            self.problems.push(format!("{what}: {found:?} instead of {wanted:?}"));
        }
    }
}
