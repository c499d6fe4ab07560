//! What each call promises.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::oracle::{Check, Hold, Oracle, View, ensure};
use super::snapshot::Snapshot;
use super::world::{Call, MOST_ORPHANINGS, Reply, TTL};
use crate::error::ErrorKind;
use crate::id::JobId;
use crate::job::{JobStatus, NewJob};
use crate::store::{
    AttemptWrite, Beat, BeatReply, Cancelled, Enqueued, Executor, Holder, LockOwner, LockRequest, Locked,
    Outcome, Prune, Pruned, Reaped, Registered, Reschedule, Rescheduled, Retried, Settled, Settlement, Share,
    StepState, Turn,
};

impl Oracle {
    /// Goes along with a call, and says what is wrong with its reply.
    pub(super) fn follow(
        &mut self,
        call: &Call,
        reply: &Reply,
        before: &Snapshot,
        after: &Snapshot,
    ) -> Check {
        let now = before.now;
        match (call, reply) {
            (Call::Enqueue(jobs), Reply::Enqueued(added)) => self.enqueued(jobs, added, now),
            // I14: one bad job leaves nothing of its batch.
            (Call::Enqueue(jobs), Reply::Refused(ErrorKind::InvalidInput)) => {
                let is_bad = |job: &NewJob| {
                    let is_orphan = job.parent_job_id.is_some_and(|id| !self.jobs.contains_key(&id));
                    job.job_type.trim().is_empty() || is_orphan
                };
                ensure!(jobs.iter().any(is_bad), "good jobs were refused");
                Ok(())
            }
            (Call::Claim(claim), Reply::Claimed(claimed)) => self.claimed(claim, claimed, before, after),
            (Call::Renew(beat), Reply::Renewed(reply)) => self.renewed(beat, reply, now),
            (Call::Write(write), reply) => self.written(write, reply, before, after),
            (Call::Settle(items), Reply::Settled(answers)) => self.settled(items, answers),
            (Call::Lock(request), reply) => self.locked(request, reply, before, after),
            (Call::Unlock(owner, keys), reply) => self.unlocked(*owner, keys, reply, after),
            (Call::Cancel(job), Reply::Cancelled(answer)) => self.cancelled(*job, *answer),
            (Call::Pause(scope), Reply::Paused(pause)) => {
                ensure!(pause.scope == *scope, "{:?} was paused", pause.scope);
                self.pauses.insert(scope.clone());
                Ok(())
            }
            (Call::Resume(scope), Reply::Resumed(was_paused)) => {
                let is_known = self.pauses.remove(scope);
                ensure!(is_known == *was_paused, "a resume says {was_paused}");
                Ok(())
            }
            (Call::Retry(job), Reply::Retried(answer)) => self.retried(*job, *answer, now),
            (Call::Reschedule(job, change), Reply::Rescheduled(answer)) => self.moved(*job, *change, *answer),
            (Call::Reap, Reply::Reaped(reaped)) => self.reaped(reaped, now),
            (Call::Register(executor), Reply::Registered(registered)) => {
                self.registered(executor, registered)
            }
            (Call::Unregister(executor), Reply::Done) => self.unregistered(executor),
            (Call::Prune(prune), Reply::Pruned(pruned)) => self.pruned(*prune, *pruned, before, after),
            (Call::Record(rows), Reply::Done) => {
                for row in rows.iter() {
                    self.activity.entry(row.id).or_insert_with(|| row.endpoint.clone());
                }
                Ok(())
            }
            // I9: time alone changes nothing.
            (Call::Advance(_) | Call::StepBack(_), Reply::Done) => Ok(()),
            (Call::Crash, Reply::Done) => {
                self.dead.append(&mut self.alive);
                Ok(())
            }
            (call, reply) => Err(format!("{reply:?} is no answer to {call:?}")),
        }
    }

    fn enqueued(&mut self, jobs: &[NewJob], added: &[Enqueued], now: Timestamp) -> Check {
        ensure!(jobs.len() == added.len(), "{} answers to {} jobs", added.len(), jobs.len());
        for (job, added) in jobs.iter().zip(added) {
            let by_key = job.idempotency_key.as_ref().and_then(|key| self.keys.get(key)).copied();
            let known = by_key.or(job.id.filter(|id| self.jobs.contains_key(id)));
            match (known, *added) {
                (Some(known), Enqueued::Existing(id)) => ensure!(known == id, "{id} stands for {known}"),
                (None, Enqueued::Inserted(id)) => {
                    ensure!(job.id.is_none_or(|wanted| wanted == id), "{id} is another id than was given");
                    let is_free = job.parent_job_id.is_none_or(|parent| self.jobs.contains_key(&parent));
                    ensure!(is_free, "a part of nothing was enqueued");
                    self.add(id, job, now);
                }
                (known, added) => return Err(format!("I8: {added:?} where {known:?} was there")),
            }
        }
        Ok(())
    }

    fn renewed(&mut self, beat: &Beat, reply: &BeatReply, now: Timestamp) -> Check {
        let (mut lost, mut cancel) = (BTreeSet::new(), BTreeSet::new());
        for key in &beat.leases {
            let job = self.jobs.get_mut(&key.job_id);
            let Some(job) = job.filter(|job| {
                job.holder.as_ref().is_some_and(|hold| {
                    hold.fence == key.fence && hold.incarnation == beat.executor.incarnation
                })
            }) else {
                lost.insert(key.job_id);
                continue;
            };
            if job.is_cancel_wanted {
                cancel.insert(key.job_id);
            }
            if let Some(hold) = &mut job.holder {
                hold.until = hold.until.max(now + TTL);
            }
        }
        let (told, asked): (BTreeSet<JobId>, BTreeSet<JobId>) =
            (reply.lost.iter().copied().collect(), reply.cancel.iter().copied().collect());
        ensure!(told == lost, "I3: a beat tells of {told:?} lost where {lost:?} are");
        ensure!(asked == cancel, "I11: a beat tells of {asked:?} to be cancelled where {cancel:?} are");
        Ok(())
    }

    fn written(&mut self, write: &AttemptWrite, reply: &Reply, before: &Snapshot, after: &Snapshot) -> Check {
        let Some(key) = write.lease else { return Ok(()) };
        if !self.is_held(key) {
            ensure!(
                matches!(reply, Reply::Refused(ErrorKind::LeaseLost)),
                "I3: a superseded attempt wrote: {reply:?}"
            );
            return Ok(());
        }
        ensure!(matches!(reply, Reply::Done), "the holder's write was answered by {reply:?}");
        let (was, is) = (&before.jobs[&key.job_id], &after.jobs[&key.job_id]);
        let ends = |record: &super::snapshot::Record| {
            let tasks = record.tasks.iter().filter(|task| task.status.is_terminal()).count();
            tasks + record.steps.iter().filter(|step| step.state == StepState::Done).count()
        };
        let job = self.view(key.job_id)?;
        let mut got_further = ends(is) > ends(was);
        if write.checkpoint.is_some() {
            got_further |= write.checkpoint != job.checkpoint;
            job.checkpoint.clone_from(&write.checkpoint);
        }
        if got_further {
            job.orphaned = 0;
        }
        job.details.extend(write.details.clone());
        for step in &write.steps {
            let is_there = is.steps.iter().any(|row| row.run == job.run && row.name == step.name);
            ensure!(is_there, "step {} is not on record", step.name);
        }
        for task in &write.tasks {
            ensure!(is.tasks.iter().any(|row| row.id == task.id), "task {} is not on record", task.id);
        }
        Ok(())
    }

    fn settled(&mut self, items: &[Settlement], answers: &[Settled]) -> Check {
        ensure!(
            items.len() == answers.len(),
            "I14: {} answers to {} settlements",
            answers.len(),
            items.len()
        );
        for (item, answer) in items.iter().zip(answers) {
            let wanted = self.settle_one(item)?;
            ensure!(
                *answer == wanted,
                "I3, I8: {item:?} is answered by {answer:?} where {wanted:?} has to be"
            );
        }
        Ok(())
    }

    fn settle_one(&mut self, item: &Settlement) -> Check<Settled> {
        let id = item.lease.job_id;
        let word = match &item.outcome {
            Outcome::End(status, _) => status.as_str(),
            Outcome::Retry(..) => "retry",
            Outcome::Release | Outcome::Snooze(_) | Outcome::Line(_) => "released",
        };
        let Some(job) = self.jobs.get(&id) else { return Ok(Settled::LeaseLost) };
        if !job.is_held_under(item.lease.fence) {
            let earlier = self.fences.get(&item.lease.fence).filter(|(whose, _)| *whose == id);
            return Ok(match earlier {
                Some((_, Some(earlier))) if *earlier == word => Settled::AlreadyApplied,
                _ if job.status.is_terminal() => Settled::Terminal(job.status),
                _ => Settled::LeaseLost,
            });
        }
        self.end_attempt(id, word)?;
        let job = self.view(id)?;
        job.details.extend(item.details.clone());
        job.orphaned = 0;
        match &item.outcome {
            Outcome::End(status, _) => self.end(id, *status)?,
            Outcome::Retry(due, _) => self.give_back(id, Some(*due))?,
            back => {
                job.attempt -= 1;
                let due = if let Outcome::Snooze(due) = back { Some(*due) } else { None };
                if let Outcome::Line(lane) = back {
                    job.lane = Some(lane.clone());
                }
                self.give_back(id, due)?;
            }
        }
        Ok(Settled::Applied)
    }

    fn locked(&mut self, request: &LockRequest, reply: &Reply, before: &Snapshot, after: &Snapshot) -> Check {
        if let LockOwner::Job(key) = request.owner
            && !self.is_held(key)
        {
            ensure!(
                matches!(reply, Reply::Refused(ErrorKind::LeaseLost)),
                "I3: a superseded attempt locked: {reply:?}"
            );
            return Ok(());
        }
        let is_mine = |row: &Holder| match request.owner {
            LockOwner::Job(key) => row.job_id == Some(key.job_id),
            // Calls are not told apart on record: this one is if it says what it is for.
            LockOwner::Call(_) => row.job_id.is_none(),
        };
        match reply {
            Reply::Locked(Locked::Granted) => {
                for wish in &request.wishes {
                    let line = after.line(&wish.key);
                    let mine = line.iter().position(|row| is_mine(row) && !row.is_waiting);
                    ensure!(mine.is_some(), "{} was granted and is not held", wish.key);
                    let waited = before.line(&wish.key);
                    let had = waited.iter().any(|row| is_mine(row) && !row.is_waiting);
                    let is_passed =
                        line.iter().take(mine.unwrap_or(0)).any(|row| row.is_waiting && !is_mine(row));
                    ensure!(
                        had || request.turn == Turn::Now || !is_passed,
                        "I7: {} was given past who waits",
                        wish.key
                    );
                }
                Ok(())
            }
            Reply::Locked(Locked::Busy(holders)) => {
                ensure!(!holders.is_empty(), "busy, and nobody is in the way");
                for row in holders {
                    let is_there =
                        after.locks.iter().any(|known| (&known.key, known.job_id) == (&row.key, row.job_id));
                    ensure!(is_there, "{row:?} is in the way and not on record");
                }
                Ok(())
            }
            reply => Err(format!("{reply:?} is no answer to a request for locks")),
        }
    }

    fn unlocked(&self, owner: LockOwner, keys: &[String], reply: &Reply, after: &Snapshot) -> Check {
        let LockOwner::Job(key) = owner else { return Ok(()) };
        if !self.is_held(key) {
            ensure!(
                matches!(reply, Reply::Refused(ErrorKind::LeaseLost)),
                "I3: a superseded attempt unlocked"
            );
            return Ok(());
        }
        let is_left =
            |row: &&Holder| row.job_id == Some(key.job_id) && (keys.is_empty() || keys.contains(&row.key));
        ensure!(!after.locks.iter().any(|row| is_left(&row)), "what was given back is held still");
        Ok(())
    }

    fn cancelled(&mut self, id: JobId, answer: Cancelled) -> Check {
        let wanted = match self.jobs.get(&id).map(|job| job.status) {
            None => Cancelled::NotFound,
            Some(JobStatus::Pending) => Cancelled::AtOnce,
            Some(JobStatus::Running) => Cancelled::Requested,
            Some(_) => Cancelled::AlreadyEnded,
        };
        ensure!(answer == wanted, "a request to cancel is answered by {answer:?} where {wanted:?} has to be");
        match wanted {
            Cancelled::AtOnce => self.end(id, JobStatus::Cancelled)?,
            Cancelled::Requested => self.view(id)?.is_cancel_wanted = true,
            Cancelled::AlreadyEnded | Cancelled::NotFound => {}
        }
        Ok(())
    }

    fn retried(&mut self, id: JobId, answer: Retried, now: Timestamp) -> Check {
        let Some(job) = self.jobs.get(&id) else {
            ensure!(answer == Retried::NotFound, "{answer:?} for no job");
            return Ok(());
        };
        let is_partial = job.details.get("partial") == Some(&Value::Bool(true));
        let parent = job.parent.and_then(|parent| Some((parent, self.jobs.get(&parent)?.status)));
        let wanted = match (job.status, parent) {
            (JobStatus::Pending, _) => Retried::AlreadyPending,
            (JobStatus::Running, _) => Retried::StillRunning,
            (JobStatus::Completed, _) if !is_partial => Retried::Complete,
            (_, Some((parent, status))) if status.is_terminal() => Retried::ParentEnded(parent, status),
            _ => Retried::Queued(job.run + 1),
        };
        ensure!(answer == wanted, "a retry is answered by {answer:?} where {wanted:?} has to be");
        if let Retried::Queued(run) = wanted {
            let job = self.view(id)?;
            (job.status, job.due, job.run, job.attempt, job.orphaned) = (JobStatus::Pending, now, run, 0, 0);
            job.is_cancel_wanted = false;
            job.details.remove("partial");
        }
        Ok(())
    }

    fn moved(&mut self, id: JobId, change: Reschedule, answer: Rescheduled) -> Check {
        let wanted = match self.jobs.get(&id).map(|job| job.status) {
            None => Rescheduled::NotFound,
            Some(JobStatus::Pending) => Rescheduled::Applied,
            Some(other) => Rescheduled::NotPending(other),
        };
        ensure!(answer == wanted, "a move is answered by {answer:?} where {wanted:?} has to be");
        if wanted == Rescheduled::Applied {
            let job = self.view(id)?;
            job.due = change.schedule_at.unwrap_or(job.due);
            job.priority = change.priority.unwrap_or(job.priority);
        }
        Ok(())
    }

    /// I9: exactly those whose time is over.
    fn reaped(&mut self, reaped: &[Reaped], now: Timestamp) -> Check {
        let is_over = |job: &View| match &job.holder {
            Some(hold) => hold.until <= now,
            None => job.status == JobStatus::Pending && job.orphaned >= MOST_ORPHANINGS,
        };
        let wanted: BTreeSet<JobId> =
            self.jobs.iter().filter(|(_, job)| is_over(job)).map(|(id, _)| *id).collect();
        let told: BTreeSet<JobId> = reaped.iter().map(|one| one.job_id).collect();
        ensure!(
            told == wanted && told.len() == reaped.len(),
            "I9: {reaped:?} were taken back where {wanted:?} were over"
        );
        for id in wanted {
            let job = self.view(id)?;
            // One whose executor was proved dead was given back uncounted by anybody: it is judged here.
            if job.holder.is_some() {
                job.orphaned += 1;
                self.end_attempt(id, "orphaned")?;
            }
            let job = self.view(id)?;
            if job.orphaned >= MOST_ORPHANINGS && !job.is_cancel_wanted {
                self.end(id, JobStatus::Failed)?;
            } else {
                self.give_back(id, None)?;
            }
        }
        for Reaped { job_id, status } in reaped {
            let job = self.view(*job_id)?;
            ensure!(job.status == *status, "job {job_id} was taken back as {status}, and is {}", job.status);
        }
        Ok(())
    }

    /// Only a dead process's jobs come back at once.
    fn registered(&mut self, executor: &Executor, registered: &Registered) -> Check {
        self.alive.insert(executor.incarnation);
        for id in &registered.released {
            let hold = self.view(*id)?.holder.clone();
            let is_dead = hold.as_ref().is_some_and(|hold| self.dead.contains(&hold.incarnation));
            ensure!(is_dead, "I1: job {id} was taken from {hold:?}, which lives");
            // An executor that died held it: that counts as an orphaning.
            self.end_attempt(*id, "orphaned")?;
            self.view(*id)?.orphaned += 1;
            self.give_back(*id, None)?;
        }
        Ok(())
    }

    fn unregistered(&mut self, executor: &Executor) -> Check {
        self.alive.remove(&executor.incarnation);
        let is_theirs = |hold: &Hold| hold.incarnation == executor.incarnation;
        let held: Vec<JobId> = self
            .jobs
            .iter()
            .filter(|(_, job)| job.holder.as_ref().is_some_and(is_theirs))
            .map(|(id, _)| *id)
            .collect();
        for id in held {
            self.end_attempt(id, "released")?;
            self.view(id)?.attempt -= 1;
            self.give_back(id, None)?;
        }
        Ok(())
    }

    /// I18.
    fn pruned(&mut self, prune: Prune, pruned: Pruned, before: &Snapshot, after: &Snapshot) -> Check {
        let Some(until) = prune.jobs_before else { return Ok(()) };
        let is_old =
            |id: &JobId, at: &Snapshot| at.jobs[id].row.completed_at.is_some_and(|ended| ended < until);
        let gone: BTreeSet<JobId> =
            before.jobs.keys().filter(|id| !after.jobs.contains_key(id)).copied().collect();
        ensure!(gone.len() as u64 == pruned.jobs, "{} jobs went where {} are told", gone.len(), pruned.jobs);
        for id in &gone {
            let job = &self.jobs[id];
            ensure!(job.status.is_terminal() && job.holder.is_none(), "I18: job {id} was alive and went");
            ensure!(is_old(id, before), "I18: job {id} went before its time");
            let parent = job.parent.and_then(|parent| self.jobs.get(&parent));
            ensure!(
                parent.is_none_or(|parent| parent.status.is_terminal()),
                "I18: job {id} went before its parent ended"
            );
            let has_parts = after.jobs.values().any(|other| other.row.parent_job_id == Some(*id));
            ensure!(!has_parts, "I18: job {id} went before what is part of it");
        }
        self.jobs.retain(|id, _| !gone.contains(id));
        self.keys.retain(|_, id| !gone.contains(id));
        let over = |id: &JobId| {
            let job = &self.jobs[id];
            let parent = job.parent.and_then(|parent| self.jobs.get(&parent));
            job.status.is_terminal()
                && is_old(id, after)
                && parent.is_none_or(|parent| parent.status.is_terminal())
                && !self.jobs.values().any(|other| other.parent == Some(*id))
        };
        let left = after.jobs.keys().find(|id| over(id));
        ensure!(
            pruned.has_more || left.is_none(),
            "job {left:?} is over and was left, and no more is told of"
        );
        Ok(())
    }
}

/// So many may hold a lock that is shared so.
pub(super) fn most(share: Share) -> usize {
    match share {
        Share::Alone => 1,
        Share::Among(most) => most as usize,
    }
}
