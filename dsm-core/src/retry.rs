//! When a job that failed is tried again.

use std::time::Duration;

use crate::id::JobId;

/// Pauses that double, up to a longest one, so many times. Each is shortened by up to a quarter, by the job's id, so that
/// jobs that failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// Before the second.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

impl Backoff {
    /// Never tried again.
    pub const NONE: Self = Self { attempts: 1, first: Duration::ZERO, longest: Duration::ZERO };

    /// The pause after this attempt (1 for the first); `None` after the last.
    #[must_use]
    pub fn pause(&self, attempt: u32, job: JobId) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let factor = 2_u32.checked_pow(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let full = self.first.saturating_mul(factor).min(self.longest);
        // The last bytes of a version 7 id are random.
        let dice = u32::from(job.0.as_bytes()[15]);
        Some(full - full * dice / 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_end() {
        let backoff =
            Backoff { attempts: 5, first: Duration::from_secs(10), longest: Duration::from_secs(35) };
        let job = JobId::new();
        let seen: Vec<Option<Duration>> = (1..=6).map(|attempt| backoff.pause(attempt, job)).collect();
        for (pause, full) in seen.iter().zip([10, 20, 35, 35]) {
            let full = Duration::from_secs(full);
            let pause = pause.expect("not the last");
            assert!(pause <= full && pause >= full * 3 / 4, "{pause:?} of {full:?}");
        }
        assert_eq!(seen[4..], [None, None]);
        assert_eq!(Backoff::NONE.pause(1, job), None);
        let many = Backoff { attempts: u32::MAX, ..backoff };
        assert!(many.pause(u32::MAX - 1, job).is_some_and(|pause| pause <= backoff.longest));
    }
}
