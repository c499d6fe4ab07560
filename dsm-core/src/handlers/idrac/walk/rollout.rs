//! How a job goes over its servers: how many at once, in which portions, and when it stops by itself.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::handlers::idrac::input::Input;

/// `details.max_failures`, `batch_size`, `canary` and `stagger_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rollout {
    /// Once more servers than this have failed, no other is begun.
    max_failures: Option<u64>,
    /// Servers that must be through before the next ones begin; none: all as places come free.
    batch_size: Option<u64>,
    /// So many go first, and unless all of them do well, no other.
    canary: u64,
    /// Least time between two beginnings.
    stagger: Duration,
}

/// What a type does where `details` say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caution {
    /// It only reads: all servers, whatever fails.
    Reads,
    /// It changes servers: it stops once more than a tenth of them (three, of few) have failed.
    Changes,
}

/// Longest time between two beginnings.
const LONGEST_STAGGER_MS: u64 = 3_600_000;

/// Failures a job that changes servers bears at least.
const FEW: u64 = 3;

impl Rollout {
    /// Reads it.
    pub(crate) fn decode(details: Input<'_>, caution: Caution, servers: usize) -> Result<Self> {
        let servers = servers as u64;
        let default = match caution {
            Caution::Reads => None,
            Caution::Changes => Some((servers / 10).max(FEW)),
        };
        Ok(Self {
            max_failures: details.number("max_failures", 0..=u64::MAX)?.or(default),
            batch_size: details.number("batch_size", 1..=u64::MAX)?,
            canary: details.number("canary", 0..=u64::MAX)?.unwrap_or(0),
            stagger: Duration::from_millis(
                details.number("stagger_ms", 0..=LONGEST_STAGGER_MS)?.unwrap_or(0),
            ),
        })
    }

    pub(super) const fn stagger(&self) -> Duration {
        self.stagger
    }

    /// How many servers may have been begun in all, once `ended` of them are through.
    pub(super) fn room(&self, ended: u64) -> u64 {
        if ended < self.canary {
            return self.canary;
        }
        match self.batch_size {
            // Portions are counted after the canaries; one is open until all before it are through.
            Some(size) => self.canary + ((ended - self.canary) / size + 1) * size,
            None => u64::MAX,
        }
    }

    /// Why no other server is begun.
    pub(super) fn halt(&self, ended: u64, failed: u64) -> Option<String> {
        if failed > 0 && ended <= self.canary {
            return Some(format!("{failed} of {} canaries failed", self.canary));
        }
        let most = self.max_failures.filter(|most| failed > *most)?;
        Some(format!("{failed} servers failed, more than max_failures {most}"))
    }

    /// As the job's details show it.
    pub(super) fn shown(&self) -> Map<String, Value> {
        Map::from_iter([
            ("max_failures".to_owned(), json!(self.max_failures)),
            ("batch_size".to_owned(), json!(self.batch_size)),
            ("canary".to_owned(), json!(self.canary)),
            ("stagger_ms".to_owned(), json!(self.stagger.as_millis() as u64)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rollout(details: Value, servers: usize) -> Result<Rollout> {
        let details = details.as_object().cloned().unwrap_or_default();
        Rollout::decode(Input::of("details", &details), Caution::Changes, servers)
    }

    #[test]
    fn canaries_go_first_then_portion_by_portion() {
        let plan = rollout(json!({"canary": 2, "batch_size": 3}), 100).expect("plan");
        for (ended, room) in [(0, 2), (1, 2), (2, 5), (4, 5), (5, 8)] {
            assert_eq!(plan.room(ended), room, "{ended}");
        }
        assert_eq!(plan.halt(2, 0), None);
        assert!(plan.halt(2, 1).is_some_and(|why| why.contains("canaries")));
        assert_eq!(plan.halt(50, 10), None);
        assert!(plan.halt(50, 11).is_some_and(|why| why.contains("max_failures 10")));
    }

    #[test]
    fn without_a_word_a_tenth_may_fail_and_of_few_three() {
        for (servers, most) in [(1, 3), (30, 3), (500, 50)] {
            let plan = rollout(json!({}), servers).expect("plan");
            assert_eq!(plan.halt(u64::MAX, most), None);
            assert!(plan.halt(u64::MAX, most + 1).is_some());
            assert_eq!(plan.room(0), u64::MAX);
        }
        assert_eq!(
            rollout(json!({"batch_size": 0}), 1).expect_err("none").subject(),
            Some("details.batch_size")
        );
    }
}
