//! Questions whose answer changes nothing, so that nobody has to write down that they were asked.

use jiff::Timestamp;

use super::Jobs;
use crate::job::JobStatus;
use crate::store::clock::lease_end;
use crate::store::memory::locks::Owner;
use crate::store::pause::free_types;
use crate::store::{Claim, Claimed, Pause};

impl Jobs {
    /// The answer to a claim that finds nothing due and leaves everything as it is.
    pub(in crate::store::memory) fn nothing_to_claim(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> Option<Claimed> {
        if self.is_news(claim, now) || self.locks.is_over(now) {
            return None;
        }
        let pauses: Vec<Pause> = self.pauses.values().cloned().collect();
        let types = free_types(&pauses, &claim.job_types, &claim.gated);
        let mut next_due = None;
        for at in 0..self.rows.len() {
            let held = &self.rows[at];
            if held.row.status != JobStatus::Pending {
                continue;
            }
            let is_to_leave = || held.is_parked || self.locks.is_in(Owner::Job(held.row.id));
            if !pauses.is_empty() && self.is_paused(at, &claim.gated) && is_to_leave() {
                return None;
            }
            if held.is_offered(&types) && !self.is_lane_paused(at) {
                let due = held.due_at();
                if due <= now {
                    return None;
                }
                next_due = Some(next_due.map_or(due, |earliest: Timestamp| earliest.min(due)));
            }
        }
        Some(Claimed { jobs: Vec::new(), next_due })
    }

    /// Whether the claim says something of its executor that has to be kept.
    fn is_news(&self, claim: &Claim, now: Timestamp) -> bool {
        self.executors.get(&claim.executor.incarnation).is_some_and(|heard| {
            heard.job_types.as_ref() != Some(&claim.served()) || heard.until < lease_end(now, claim.ttl / 2)
        })
    }

    /// Whether no lease and no lock has run out.
    pub(in crate::store::memory) fn is_nothing_over(&self, now: Timestamp) -> bool {
        let mut holders = self.rows.iter().filter_map(|held| held.holder.as_ref());
        holders.all(|holder| holder.until > now) && !self.locks.is_over(now)
    }
}
