//! Jobs in their lanes, and the locks of attempts and calls.

use jiff::Timestamp;

use super::Jobs;
use crate::error::Result;
use crate::store::Claim;
use crate::store::clock::lease_end;
use crate::store::limits::Usage;
use crate::store::lock::{Holder, LockOwner, LockRequest, Locked, Turn, Wish};
use crate::store::memory::locks::{Asker, Owner};

impl Jobs {
    /// Takes the job's lane for it; where others are first, the job is put aside until it is its turn.
    pub(super) fn enter_lane(&mut self, at: usize, claim: &Claim, now: Timestamp) -> bool {
        let held = &mut self.rows[at];
        let Some(lane) = &held.lane else { return true };
        let asker = Asker {
            owner: Owner::Job(held.row.id),
            label: &held.row.job_type,
            through: Some((claim.executor.id.clone(), claim.executor.incarnation)),
            until: None,
            turn: Turn::InLine,
        };
        let wish = Wish { key: lane.clone(), share: held.share };
        held.is_parked = !self.locks.ask(&asker, &[wish], now).is_empty();
        !held.is_parked
    }

    /// Whether no limit is in the job's way; who meets one stands in no line, so that others pass.
    pub(super) fn has_room(&mut self, at: usize, claim: &Claim) -> bool {
        let held = &mut self.rows[at];
        let wishes = claim.limits.wishes(&held.row.job_type, held.address);
        let mut usage = Usage::default();
        for wish in &wishes {
            usage.note(&wish.key, self.locks.used(&wish.key));
        }
        if usage.has_room(&wishes) {
            held.waits.clear();
            return true;
        }
        held.waits = wishes.into_iter().map(|wish| wish.key).collect();
        self.leave_line(at);
        false
    }

    /// The job runs, and counts.
    pub(super) fn count(&mut self, at: usize, claim: &Claim, now: Timestamp) {
        let held = &mut self.rows[at];
        held.waits.clear();
        let asker = Asker {
            owner: Owner::Job(held.row.id),
            label: &held.row.job_type,
            through: Some((claim.executor.id.clone(), claim.executor.incarnation)),
            until: None,
            turn: Turn::Now,
        };
        let wishes = claim.limits.wishes(&held.row.job_type, held.address);
        self.locks.hold(&asker, &wishes, now);
    }

    pub(super) fn expire_locks(&mut self, now: Timestamp) {
        let freed = self.locks.expire(now);
        self.unpark(&freed);
    }

    pub(in crate::store) fn lock(&mut self, request: &LockRequest, now: Timestamp) -> Result<Locked> {
        self.expire_locks(now);
        let owner = match request.owner {
            LockOwner::Job(key) => {
                self.check_fence(key)?;
                Owner::Job(key.job_id)
            }
            LockOwner::Call(id) => Owner::Call(id),
        };
        let asker = Asker {
            owner,
            label: &request.label,
            through: Some((request.executor.id.clone(), request.executor.incarnation)),
            until: matches!(owner, Owner::Call(_)).then(|| lease_end(now, request.ttl)),
            turn: request.turn,
        };
        let busy = self.locks.ask(&asker, &request.wishes, now);
        Ok(if busy.is_empty() { Locked::Granted } else { Locked::Busy(busy) })
    }

    pub(in crate::store) fn unlock(&mut self, owner: LockOwner, keys: &[String]) -> Result<()> {
        let owner = match owner {
            LockOwner::Job(key) => {
                self.check_fence(key)?;
                Owner::Job(key.job_id)
            }
            LockOwner::Call(id) => Owner::Call(id),
        };
        let freed = self.locks.release(owner, keys);
        self.unpark(&freed);
        Ok(())
    }

    pub(in crate::store::memory) fn lock_holders(&self, key: Option<&str>) -> Vec<Holder> {
        self.locks.shown(key)
    }

    /// Whoever is next on these locks may be claimed.
    pub(super) fn unpark(&mut self, keys: &[String]) {
        for job in keys.iter().flat_map(|key| self.locks.next_in_line(key)).collect::<Vec<_>>() {
            if let Some(at) = self.at(job) {
                self.rows[at].is_parked = false;
            }
        }
    }
}
