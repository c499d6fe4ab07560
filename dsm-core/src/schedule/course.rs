//! Where a schedule stands, and what becomes of each of its times: decided here, carried out by the engine.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CatchUp, Overlap, Schedule};
use crate::job::JobStatus;

/// Times that are made up for, or wait, at most.
pub(crate) const MOST_TIMES: usize = 100;

/// How far back times are looked for, first near and then farther: the last of them are wanted, and a schedule that is
/// due each second would have many in a year.
const REACHES_S: [u64; 5] = [120, 7_200, 172_800, 64 * 86_400, 730 * 86_400];

/// Where a schedule stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Course {
    /// What becomes of every time up to this one has been decided.
    pub(crate) decided: Option<Timestamp>,
    /// The last time for which a job was made.
    pub(crate) last_due: Option<Timestamp>,
    /// Times that wait for that job to end.
    pub(crate) queued: VecDeque<Timestamp>,
}

/// Times that have come, oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) times: VecDeque<Timestamp>,
    /// The oldest time of all, if there were more than that.
    pub(crate) dropped: Option<Timestamp>,
}

/// What is known of the jobs of times that may have one: how those stand that are there.
pub(crate) type Made = BTreeMap<Timestamp, JobStatus>;

/// A time, or several in a row, for which no job is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Skipped {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) why: Why,
}

/// Why no job is made for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// Nothing was there to see it.
    Missed,
    /// The job of the last time has not ended.
    Overlap,
    /// As many wait already as may.
    Full,
    /// The job cannot run as it is: the error says why.
    Refused,
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Jobs to make, in order.
    pub(crate) fire: Vec<Timestamp>,
    pub(crate) skipped: Vec<Skipped>,
    /// Where the schedule stands after it.
    pub(crate) course: Course,
}

impl Course {
    /// The times since what was decided, or since the schedule got these times, whichever is later.
    pub(crate) fn news(&self, schedule: &Schedule, since: Timestamp, now: Timestamp) -> News {
        if !schedule.enabled {
            return News::default();
        }
        let cursor = self.decided.map_or(since, |decided| decided.max(since));
        let Some(first) = schedule.next_after(cursor).filter(|first| *first <= now) else {
            return News::default();
        };
        let reaches =
            REACHES_S.iter().map(|reach| now.checked_sub(Duration::from_secs(*reach)).unwrap_or(cursor));
        let mut times = VecDeque::new();
        for start in reaches.map(|start| start.max(cursor)).chain([cursor]) {
            times = last_times(schedule, start, now);
            if times.len() == MOST_TIMES || start == cursor {
                break;
            }
        }
        News { dropped: (times.front() != Some(&first)).then_some(first), times }
    }

    /// When there may be something to decide next.
    pub(crate) fn next_due(&self, schedule: &Schedule, since: Timestamp) -> Option<Timestamp> {
        let cursor = self.decided.map_or(since, |decided| decided.max(since));
        if schedule.enabled { schedule.next_after(cursor) } else { None }
    }

    /// The times whose jobs may be there: to be asked for before anything is decided.
    pub(crate) fn in_question(&self, news: &News) -> Vec<Timestamp> {
        self.last_due.iter().chain(&self.queued).chain(&news.times).copied().collect()
    }

    /// What becomes of the times that have come. `grace`: one that came longer ago than this was missed.
    pub(crate) fn decide(
        &self,
        schedule: &Schedule,
        news: &News,
        made: &Made,
        now: Timestamp,
        grace: Duration,
    ) -> Decision {
        let mut course = self.clone();
        let mut decision = Decision::default();
        if let Some(last) = news.times.back() {
            course.decided = Some(*last);
        }
        // Whoever decided before us and could not say so: these jobs are there.
        if let Some((due, _)) = made.last_key_value() {
            course.last_due = course.last_due.max(Some(*due));
            course.queued.retain(|due| !made.contains_key(due));
        }
        let mut is_live =
            course.last_due.and_then(|due| made.get(&due)).is_some_and(|status| !status.is_terminal());
        let chosen = choose(schedule.catch_up, news, made, now, grace, &mut decision.skipped);
        if schedule.overlap == Overlap::Queue {
            enqueue(&mut course.queued, chosen, &mut decision.skipped);
            if !is_live && let Some(due) = course.queued.pop_front() {
                decision.fire.push(due);
            }
        } else {
            for due in std::mem::take(&mut course.queued).into_iter().chain(chosen) {
                if is_live && schedule.overlap == Overlap::Skip {
                    skip(&mut decision.skipped, due, Why::Overlap);
                } else {
                    decision.fire.push(due);
                    is_live = true;
                }
            }
        }
        course.last_due = course.last_due.max(decision.fire.last().copied());
        decision.course = course;
        decision
    }
}

fn last_times(schedule: &Schedule, start: Timestamp, now: Timestamp) -> VecDeque<Timestamp> {
    let mut times = VecDeque::new();
    let mut at = start;
    while let Some(due) = schedule.next_after(at).filter(|due| *due <= now) {
        if times.len() == MOST_TIMES {
            times.pop_front();
        }
        times.push_back(due);
        at = due;
    }
    times
}

/// The times for which jobs are wanted, those of them left out that are there.
fn choose(
    catch_up: CatchUp,
    news: &News,
    made: &Made,
    now: Timestamp,
    grace: Duration,
    skipped: &mut Vec<Skipped>,
) -> Vec<Timestamp> {
    let late = now.checked_sub(grace).unwrap_or(Timestamp::MIN);
    let mut missed: Vec<Timestamp> = news.times.iter().copied().filter(|due| *due < late).collect();
    let on_time: Vec<Timestamp> = news.times.iter().copied().filter(|due| *due >= late).collect();
    let wanted = match catch_up {
        CatchUp::All => std::mem::take(&mut missed),
        CatchUp::One if on_time.is_empty() => missed.pop().into_iter().collect(),
        CatchUp::One | CatchUp::None => Vec::new(),
    };
    if let Some(from) = news.dropped {
        skip(skipped, from, Why::Missed);
    }
    for due in missed.into_iter().filter(|due| !made.contains_key(due)) {
        skip(skipped, due, Why::Missed);
    }
    wanted.into_iter().chain(on_time).filter(|due| !made.contains_key(due)).collect()
}

fn enqueue(queued: &mut VecDeque<Timestamp>, chosen: Vec<Timestamp>, skipped: &mut Vec<Skipped>) {
    for due in chosen {
        if queued.len() < MOST_TIMES {
            queued.push_back(due);
        } else {
            skip(skipped, due, Why::Full);
        }
    }
}

/// Times in a row with the same reason are told once.
fn skip(skipped: &mut Vec<Skipped>, due: Timestamp, why: Why) {
    match skipped.last_mut() {
        Some(last) if last.why == why => last.until = due,
        _ => skipped.push(Skipped { from: due, until: due, why }),
    }
}

#[cfg(test)]
#[path = "course_tests.rs"]
mod tests;
