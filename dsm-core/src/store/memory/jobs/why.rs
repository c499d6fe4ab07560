//! Why a job is not running now, in memory.

use jiff::Timestamp;

use super::Jobs;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::why::{Facts, Held as Run, Line, MOST_COUNTED};
use crate::store::{Reason, WhyNot};

impl Jobs {
    pub(in crate::store::memory) fn why_not(
        &self,
        job: JobId,
        gated: &[String],
        now: Timestamp,
    ) -> Option<WhyNot> {
        let at = self.at(job)?;
        let mut reasons = self.facts(at, gated, now).reasons();
        if reasons.is_empty() {
            reasons.push(Reason::Slot { before: self.due_before(at, gated, now) });
        }
        Some(WhyNot { job_id: job, reasons })
    }

    fn facts(&self, at: usize, gated: &[String], now: Timestamp) -> Facts {
        let held = &self.rows[at];
        let lane = held.lane.as_deref();
        let is_on = |pause: &&crate::store::Pause| pause.is_on(&held.row.job_type, lane, gated);
        let run = held.history.last().filter(|_| held.holder.is_some());
        let line = lane.and_then(|key| {
            let (first, before) = self.locks.line_before(held.row.id, key)?;
            Some(Line { key: key.to_owned(), first, before })
        });
        Facts {
            row: held.row.clone(),
            held: run.map(|attempt| Run {
                executor: Some(attempt.executor.clone()),
                since: attempt.started_at,
                attempt: attempt.number,
            }),
            parent: self.parent(at).filter(|_| held.ready != Some(true)),
            open_parts: self.open_parts(at),
            pauses: self.pauses.values().filter(is_on).cloned().collect(),
            line,
            limits: held.waits.iter().filter_map(|key| self.locks.reached(key)).collect(),
            is_served: self.is_served(&held.row.job_type, now),
            now,
        }
    }

    /// `None`: one that is alive has not said yet what it runs.
    fn is_served(&self, job_type: &str, now: Timestamp) -> Option<bool> {
        let mut is_served = Some(false);
        for heard in self.executors.values().filter(|heard| heard.until > now) {
            match &heard.job_types {
                Some(types) if types.iter().any(|one| one == job_type) => return Some(true),
                Some(_) => {}
                None => is_served = None,
            }
        }
        is_served
    }

    fn due_before(&self, at: usize, gated: &[String], now: Timestamp) -> u32 {
        let mine = self.rows[at].order(at);
        let before = self.rows.iter().enumerate().filter(|(other, held)| {
            held.row.status == JobStatus::Pending
                && !held.is_parked
                && held.waits.is_empty()
                && held.ready.unwrap_or(held.row.parent_job_id.is_none())
                && held.due_at() <= now
                && held.order(*other) < mine
                && !self.is_paused(*other, gated)
        });
        before.take(MOST_COUNTED as usize).fold(0, |count, _| count + 1)
    }
}
