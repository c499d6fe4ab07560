//! What a claim promises: the right jobs, to one alone, in order, and all of them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::oracle::{Check, Hold, Oracle, View, ensure};
use super::snapshot::Snapshot;
use super::world::TTL;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::{Claim, Claimed, ClaimedJob};

impl Oracle {
    pub(super) fn claimed(
        &mut self,
        claim: &Claim,
        claimed: &Claimed,
        before: &Snapshot,
        after: &Snapshot,
    ) -> Check {
        let now = before.now;
        ensure!(claimed.jobs.len() <= claim.slots, "{} jobs for {} slots", claimed.jobs.len(), claim.slots);
        let open = self.open(claim);
        let mut ranks = Vec::new();
        for won in &claimed.jobs {
            let id = won.job.id;
            ensure!(open.contains(&id), "I10: job {id} was not to be claimed: {:?}", self.jobs.get(&id));
            let job = &self.jobs[&id];
            ensure!(job.due <= now, "I10: job {id} is due at {} and was claimed at {now}", job.due);
            ranks.push(job.rank());
            self.won(claim, won, before, after).map_err(|what| format!("job {id}: {what}"))?;
        }
        ensure!(
            ranks.is_sorted(),
            "I7: claimed in the order {:?}",
            claimed.jobs.iter().map(|won| won.job.id).collect::<Vec<_>>()
        );

        let last = ranks.pop();
        let has_room = claimed.jobs.len() < claim.slots;
        for id in open.iter().filter(|id| self.jobs[id].holder.is_none()) {
            let job = &self.jobs[id];
            if job.due > now {
                let is_told = claimed.next_due.is_some_and(|next| next > now && next <= job.due);
                ensure!(is_told, "I6: job {id} falls due at {} and {:?} is told", job.due, claimed.next_due);
                continue;
            }
            let is_before = last.as_ref().is_some_and(|last| job.rank() < *last);
            if has_room || is_before {
                let reason = if has_room { "I6: a slot is free" } else { "I7: one after it was claimed" };
                ensure!(
                    is_blocked(*id, job, after),
                    "{reason}, and job {id} of {:?} waits for nothing: {job:?}, {:?}",
                    job.age(),
                    after.locks
                );
            }
        }
        Ok(())
    }

    /// Jobs this claim may have, now or later.
    fn open(&self, claim: &Claim) -> BTreeSet<JobId> {
        let may = |job: &View| {
            job.status == JobStatus::Pending
                && job.parent.is_none()
                && claim.job_types.contains(&job.kind)
                && !self.is_paused(job, &claim.gated)
        };
        self.jobs.iter().filter(|(_, job)| may(job)).map(|(id, _)| *id).collect()
    }

    fn won(&mut self, claim: &Claim, won: &ClaimedJob, before: &Snapshot, after: &Snapshot) -> Check {
        let (id, lease, now) = (won.job.id, &won.lease, before.now);
        let fence = lease.key.fence;
        ensure!(lease.key.job_id == id, "its lease is another's");
        ensure!(!self.fences.contains_key(&fence), "I2: fence {fence} was given before");
        let newest = self.fences.iter().filter(|(_, (whose, _))| *whose == id).map(|(fence, _)| *fence).max();
        ensure!(newest.is_none_or(|newest| newest < fence), "I2: fence {fence} comes after {newest:?}");
        self.fences.insert(fence, (id, None));

        let job = self.view(id)?;
        let until = now + TTL;
        ensure!(job.holder.is_none(), "I1: it is held by {:?}", job.holder);
        (job.status, job.is_cancel_wanted) = (JobStatus::Running, false);
        job.attempt += 1;
        job.holder = Some(Hold { fence, incarnation: claim.executor.incarnation, until });
        ensure!(
            (lease.run, lease.attempt) == (job.run, job.attempt),
            "it is attempt {:?}, not {:?}",
            (lease.run, lease.attempt),
            (job.run, job.attempt)
        );
        ensure!(
            lease.until == until && lease.ttl == TTL,
            "its lease ends at {} where {until} was asked for",
            lease.until
        );
        ensure!(
            won.checkpoint == job.checkpoint,
            "its checkpoint is {:?}, not {:?}",
            won.checkpoint,
            job.checkpoint
        );
        ensure!(won.lane == job.lane, "its lane is {:?}, not {:?}", won.lane, job.lane);

        let record = &before.jobs[&id];
        let of_run: Vec<_> = record.steps.iter().filter(|step| step.run == job.run).collect();
        ensure!(
            won.steps.iter().collect::<Vec<_>>() == of_run,
            "its steps are {:?}, not {of_run:?}",
            won.steps
        );
        ensure!(won.job == after.jobs[&id].row, "its row is told otherwise than it is");
        ensure!(won.tasks.len() == record.tasks.len(), "its tasks are {:?}", won.tasks);
        self.lane_is_its(won, after)
    }

    /// I5, I7: it has its lane, and nobody waits there before it.
    fn lane_is_its(&self, won: &ClaimedJob, after: &Snapshot) -> Check {
        let Some(lane) = &won.lane else { return Ok(()) };
        let line = after.line(lane);
        let mine = line.iter().position(|row| row.job_id == Some(won.job.id) && !row.is_waiting);
        let Some(mine) = mine else { return Err(format!("I5: it runs without its lane: {line:?}")) };
        ensure!(
            !line[..mine].iter().any(|row| row.is_waiting),
            "I7: it was taken before who waits: {line:?}"
        );
        Ok(())
    }
}

/// Whether others are before it in its lane.
fn is_blocked(id: JobId, job: &View, after: &Snapshot) -> bool {
    let Some(lane) = &job.lane else { return false };
    let line = after.line(lane);
    let mine = line.iter().position(|row| row.job_id == Some(id)).unwrap_or(line.len());
    line.iter().enumerate().any(|(at, row)| row.job_id != Some(id) && (!row.is_waiting || at < mine))
}

/// The time at which something falls due next.
pub(super) fn next_due(oracle: &Oracle, now: Timestamp) -> Option<Timestamp> {
    let waiting = oracle.jobs.values().filter(|job| job.status == JobStatus::Pending && job.due > now);
    waiting.map(|job| job.due).min()
}
