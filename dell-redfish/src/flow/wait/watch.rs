//! What follows from what was seen, and when: no I/O, no clock of its own.

use std::time::Duration;

use crate::clock::Instant;
use crate::error::{Error, ErrorKind, Permanence};
use crate::meaning::MessageClass;
use crate::model::JobState;
use crate::safeguard::{Safeguard, Safeguards};

use super::judge;
use super::look::Sight;
use super::options::{HeldBy, JobProgress, Until, WaitOptions};
use super::outcome::{SoftEnd, Verdict, called};
use super::status::JobStatus;

/// A job whose preparation failed; it stays scheduled for ever.
const NOT_PREPARED: &str = "PR30";
/// Scheduled into a maintenance window.
const IN_A_WINDOW: [&str; 3] = ["JCP049", "JCP050", "JCP051"];

/// What to do next.
#[derive(Debug)]
pub(super) enum Next {
    /// Look again after this pause.
    Again(Duration),
    /// It has come to this end.
    Ended(Verdict),
    /// It has been missing for too long: only the log may know of it.
    Gone,
    /// The waiting has come to an end, the job has not.
    GaveUp(Error),
}

/// A job while it is waited for.
pub(super) struct Watch<'a> {
    options: &'a WaitOptions,
    on: Safeguards,
    began: Instant,
    changed: Instant,
    missing: Option<Instant>,
    away: Option<Instant>,
    stuck: Option<Instant>,
    last: Option<JobStatus>,
    shown: Option<JobProgress>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(options: &'a WaitOptions, on: Safeguards, now: Instant) -> Self {
        Self {
            options,
            on,
            began: now,
            changed: now,
            missing: None,
            away: None,
            stuck: None,
            last: None,
            shown: None,
        }
    }

    /// The last that was seen of it.
    pub(super) fn into_last(self) -> Option<JobStatus> {
        self.last
    }

    pub(super) fn waited(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.began)
    }

    /// Takes in what a look met.
    pub(super) fn take(&mut self, sight: Sight, now: Instant) -> Next {
        let next = match sight {
            Sight::Seen(status, pause) => self.seen(*status, pause, now),
            Sight::Missing => self.missing(now),
            Sight::Away(error) => self.away(error, now),
        };
        self.show(now);
        let left = self.options.deadline.saturating_sub(self.waited(now));
        match next {
            Next::Again(_) if left.is_zero() => Next::GaveUp(self.too_late()),
            Next::Again(pause) => Next::Again(pause.min(left)),
            next => next,
        }
    }

    fn seen(&mut self, status: JobStatus, pause: Option<Duration>, now: Instant) -> Next {
        // What an iDRAC could not tell while it was away is not held against the job.
        let back = self.missing.take().is_some() | self.away.take().is_some();
        let same = self.last.as_ref().is_some_and(|last| {
            (last.state, last.percent, last.message_id())
                == (status.state, status.percent, status.message_id())
        });
        if back || !same {
            self.changed = now;
        }
        let not_prepared = status.state.is_held() && status.has_message(NOT_PREPARED);
        self.stuck = not_prepared.then(|| self.stuck.unwrap_or(now));
        let next = self.judge(&status, now);
        self.last = Some(status);
        next.unwrap_or_else(|| Next::Again(self.pause(pause)))
    }

    fn judge(&self, status: &JobStatus, now: Instant) -> Option<Next> {
        let comes = self.options.held_by != HeldBy::Nothing;
        if let Some(verdict) = judge::verdict(status, comes, self.on) {
            return Some(Next::Ended(verdict));
        }
        let still = now.saturating_duration_since(self.changed) >= self.options.stall_limit;
        match (self.options.until, status.state) {
            (Until::Downloaded, JobState::Downloaded) => {
                return Some(Next::Ended(Verdict::SoftEnd(SoftEnd::Downloaded)));
            }
            (Until::Scheduled | Until::Downloaded, JobState::Scheduled | JobState::ReadyForExecution)
                if self.stuck.is_none() =>
            {
                return Some(Next::Ended(Verdict::SoftEnd(SoftEnd::Scheduled)));
            }
            // Whether an installation follows is known only once none did.
            (_, JobState::Downloaded) if still && self.on.has(Safeguard::SoftEnd) => {
                return Some(Next::Ended(Verdict::SoftEnd(SoftEnd::Downloaded)));
            }
            _ => {}
        }
        if !self.on.has(Safeguard::NoticeStall) {
            return None;
        }
        let stuck = self.stuck.is_some_and(|since| {
            now.saturating_duration_since(since) >= self.options.stuck_limit.min(self.options.stall_limit)
        });
        (stuck || (still && !self.is_held(status))).then(|| Next::GaveUp(stalled(status, stuck)))
    }

    /// Whether it waits for what it should wait for.
    fn is_held(&self, status: &JobStatus) -> bool {
        let waits_its_turn = MessageClass::decisive(&status.messages) == Some(MessageClass::Wait);
        let in_a_window = IN_A_WINDOW.iter().any(|id| status.has_message(id));
        status.state.is_held() && (self.options.held_by != HeldBy::Nothing || in_a_window || waits_its_turn)
    }

    fn missing(&mut self, now: Instant) -> Next {
        self.away = None;
        let since = *self.missing.get_or_insert(now);
        let grace = match self.on.has(Safeguard::GraceForNewJob) {
            true => self.options.grace,
            false => Duration::ZERO,
        };
        if now.saturating_duration_since(since) >= grace { Next::Gone } else { Next::Again(self.pause(None)) }
    }

    fn away(&mut self, error: Error, now: Instant) -> Next {
        let since = *self.away.get_or_insert(now);
        if now.saturating_duration_since(since) < self.options.restart_limit {
            return Next::Again(self.pause(error.retry_after()));
        }
        Next::GaveUp(error.with_permanence(Permanence::Exhausted))
    }

    /// The interval, longer where the iDRAC asks for it, but not for ever.
    fn pause(&self, asked: Option<Duration>) -> Duration {
        let interval = self.options.interval;
        asked.map_or(interval, |asked| asked.min(interval.saturating_mul(10)).max(interval))
    }

    fn too_late(&self) -> Error {
        let job = self.last.as_ref();
        let state = job.map_or("never seen".to_owned(), shown_state);
        let name = called(job.and_then(|job| job.id.as_ref()), job.and_then(|job| job.name.as_deref()));
        let limit = self.options.deadline.as_secs();
        let messages = job.map(|job| job.messages.clone()).unwrap_or_default();
        Error::new(ErrorKind::Timeout, format!("{name} has not ended within {limit} s; it is {state}"))
            .with_permanence(Permanence::Exhausted)
            .with_extended(messages)
    }

    /// Tells what is new.
    fn show(&mut self, now: Instant) {
        let Some(on_progress) = &self.options.on_progress else { return };
        let last = self.last.as_ref();
        let progress = JobProgress {
            id: last.and_then(|job| job.id.clone()),
            state: last.map(|job| job.state),
            percent: last.and_then(|job| job.percent),
            message: last.and_then(|job| job.messages.last().cloned()),
            away: self.away.is_some(),
            elapsed: self.waited(now),
        };
        let known = self.shown.take().map(|shown| JobProgress { elapsed: progress.elapsed, ..shown });
        if known.as_ref() != Some(&progress) {
            on_progress(&progress);
        }
        self.shown = Some(progress);
    }
}

fn shown_state(job: &JobStatus) -> String {
    match job.percent {
        Some(percent) => format!("{} at {percent} %", job.state),
        None => job.state.to_string(),
    }
}

fn stalled(job: &JobStatus, stuck: bool) -> Error {
    let name = called(job.id.as_ref(), job.name.as_deref());
    let why = if stuck { "could not be prepared and stays" } else { "stands still:" };
    Error::new(ErrorKind::Stalled, format!("{name} {why} {}", shown_state(job)))
        .with_extended(job.messages.clone())
}
