//! Jobs in their lanes, and the locks of attempts and calls.

use jiff::Timestamp;

use super::Jobs;
use crate::error::Result;
use crate::store::Claim;
use crate::store::clock::lease_end;
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
        held.is_parked = !self.locks.ask(&asker, &[Wish::alone(lane)], now).is_empty();
        !held.is_parked
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
