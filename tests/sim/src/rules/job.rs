//! The job queue: jobs wait for what starts them, run on the simulated clock, show the three faces an iDRAC gives them, and have
//! their effect when they end.

pub(crate) mod face;

use std::time::Duration;

use super::World;
use super::effect::{self, JobEffect};
use super::log::{self, Line};
use crate::spec::millis;
use crate::state::State;

/// What a job waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// Nothing.
    Now,
    /// A moment of the simulated clock: a maintenance window.
    At(Duration),
    /// The next restart of the host; it runs in the power-on test.
    Restart,
}

/// A job of the queue.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) created: Duration,
    pub(crate) trigger: Trigger,
    pub(crate) started: Option<Duration>,
    pub(crate) runs_for: Duration,
    /// States shown while it runs, each from a percentage on; `Running` where there are none.
    pub(crate) stages: Vec<(u64, String)>,
    /// One of Dell's states that end a job, softly or not.
    pub(crate) ends: String,
    /// Bare message id at the end, where it is not the usual one of the state.
    pub(crate) end_message: Option<&'static str>,
    /// The settings resource it applies.
    pub(crate) target_settings: Option<String>,
    /// The percentage at which it stands still for good.
    pub(crate) stands_at: Option<u64>,
    /// It could not be prepared when its restart came, and stays scheduled.
    pub(crate) not_prepared: bool,
    /// What it changes when it ends; taken out then.
    pub(crate) effect: Option<JobEffect>,
}

/// A job to put into a server's queue.
#[derive(Clone, Debug)]
pub struct JobSpec {
    /// Shown name, for example `Configure: BIOS.Setup.1-1`.
    pub name: String,
    /// Dell's job type, for example `BIOSConfiguration`.
    pub kind: String,
    /// Simulated time from start to end.
    pub runs_for: Duration,
    /// The final Dell state: `Completed`, `CompletedWithErrors`, `Failed`, or one that ends it softly, as `UserIntervention`.
    pub ends: String,
}

/// Puts a job into the queue and returns its id.
pub(crate) fn add(state: &mut State, world: World<'_>, now: Duration, job: NewJob) -> String {
    state.next_job += 1;
    // Dell's ids are a time; ours count up from a number of the server's own.
    let id = format!("JID_{:012}", 700_000_000_000 + (world.identity.seed() >> 40) + state.next_job);
    state.version += 1;
    log::note(state, Line::new(now, "JCP027", [id.clone()]));
    state.jobs.push(Job {
        id: id.clone(),
        name: job.name,
        kind: job.kind,
        created: now,
        trigger: job.trigger,
        started: (job.trigger == Trigger::Now).then_some(now),
        runs_for: job.runs_for,
        stages: Vec::new(),
        ends: world.spec.jobs.ends.clone().unwrap_or(job.ends),
        end_message: job.end_message,
        target_settings: job.target_settings,
        stands_at: job.stands_at.or(world.spec.jobs.stands_at),
        not_prepared: false,
        effect: Some(job.effect),
    });
    id
}

/// What a rule says of a job it makes.
#[derive(Clone, Debug)]
pub(crate) struct NewJob {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) trigger: Trigger,
    pub(crate) runs_for: Duration,
    pub(crate) ends: String,
    pub(crate) end_message: Option<&'static str>,
    pub(crate) target_settings: Option<String>,
    pub(crate) stands_at: Option<u64>,
    pub(crate) effect: JobEffect,
}

impl NewJob {
    /// A job that starts at once, runs for so long and ends well.
    pub(crate) fn new(kind: &str, name: impl Into<String>, runs_for: Duration) -> Self {
        Self {
            name: name.into(),
            kind: kind.into(),
            trigger: Trigger::Now,
            runs_for,
            ends: "Completed".into(),
            end_message: None,
            target_settings: None,
            stands_at: None,
            effect: JobEffect::Nothing,
        }
    }
}

/// The job that changes next by itself, and when: one that starts, or one that ends.
pub(crate) fn next_change(state: &State) -> Option<(Duration, usize)> {
    let changes = state.jobs.iter().enumerate().filter_map(|(index, job)| {
        let at = match (job.started, job.trigger) {
            _ if job.stands_at.is_some() => None,
            (Some(started), _) => job.effect.as_ref().map(|_| started + job.runs_for),
            (None, Trigger::At(at)) => Some(at),
            (None, Trigger::Now | Trigger::Restart) => None,
        };
        Some((at?, index))
    });
    changes.min()
}

/// Starts or ends it.
pub(crate) fn step(state: &mut State, world: World<'_>, index: usize, at: Duration) {
    let Some(job) = state.jobs.get_mut(index) else { return };
    if job.started.is_none() {
        job.started = Some(at);
        return;
    }
    let failed = matches!(job.ends.as_str(), "Failed" | "RebootFailed");
    let id = job.id.clone();
    if let Some(effect) = job.effect.take().filter(|_| !failed) {
        effect::apply(state, world, effect, at);
    }
    // What an erasure took away leaves no line.
    if state.jobs.get(index).is_some_and(|job| job.id == id) {
        log::note(state, Line::new(at, if failed { "JCP042" } else { "JCP037" }, [id]));
    }
}

/// Starts what waited for a restart, one after the other; how long it takes in all.
pub(crate) fn start_at_restart(state: &mut State, at: Duration) -> Duration {
    super::bios::restart(state);
    let mut taken = Duration::ZERO;
    let unprepared = &mut state.queue.not_prepared;
    for job in state.jobs.iter_mut().filter(|job| job.started.is_none() && job.trigger == Trigger::Restart) {
        if *unprepared > 0 || job.not_prepared {
            *unprepared -= u32::from(!job.not_prepared);
            job.not_prepared = true;
            continue;
        }
        job.started = Some(at + taken);
        taken += job.runs_for;
    }
    taken
}

impl Job {
    pub(crate) fn is_done(&self, now: Duration) -> bool {
        self.ended(now).is_some()
    }

    pub(super) fn ended(&self, now: Duration) -> Option<Duration> {
        self.started.map(|at| at + self.runs_for).filter(|end| *end <= now && self.stands_at.is_none())
    }

    fn percent(&self, now: Duration) -> u64 {
        match self.started {
            _ if self.is_done(now) => 100,
            // It comes that far in its usual time.
            Some(started) if self.stands_at.is_some_and(|at| at <= self.passed(started, now)) => {
                self.stands_at.unwrap_or(100)
            }
            Some(started) => self.passed(started, now),
            None => 0,
        }
    }

    fn passed(&self, started: Duration, now: Duration) -> u64 {
        millis(now.saturating_sub(started)) * 100 / millis(self.runs_for).max(1)
    }

    pub(crate) fn dell_state(&self, now: Duration) -> &str {
        match self.started {
            _ if self.is_done(now) => &self.ends,
            Some(_) => {
                let percent = self.percent(now);
                let stage = self.stages.iter().rev().find(|(from, _)| *from <= percent);
                stage.map_or("Running", |(_, state)| state)
            }
            None => "Scheduled",
        }
    }

    /// Bare id: only the faces outside Dell's own queue carry the registry's prefix.
    fn message(&self, now: Duration) -> (&'static str, &'static str) {
        let id = match self.dell_state(now) {
            "Scheduled" if self.not_prepared => "PR30",
            "Scheduled" if matches!(self.trigger, Trigger::At(_)) => "JCP051",
            _ if self.is_done(now) && self.end_message.is_some() => self.end_message.unwrap_or_default(),
            "New" => "JCP000",
            "Scheduled" | "Scheduling" => "JCP001",
            "Downloading" => "RED003",
            "Downloaded" => "RED002",
            "Running" | "Waiting" | "ReadyForExecution" | "Paused" => "PR20",
            "RebootPending" | "PendingActivation" => "RED029",
            "UserIntervention" => "SUP0544",
            "RebootCompleted" => "RED030",
            "RebootFailed" => "RED033",
            "Completed" => "PR19",
            "CompletedWithErrors" => "PR31",
            _ => "PR21",
        };
        let text = match id {
            "PR30" => "The job could not be prepared.",
            "PR19" | "RED030" => "The job is done.",
            "PR31" => "The job is done, with errors.",
            "PR21" | "RED033" => "The job failed.",
            "SUP0544" => "The job is done; take the power away and give it back.",
            "RED029" => "The job waits for a restart.",
            _ if self.is_done(now) => "The job has ended.",
            _ if self.started.is_none() => "The job waits for its start.",
            _ => "The job is running.",
        };
        (id, text)
    }

    fn dmtf_state(&self, now: Duration) -> (&'static str, &'static str) {
        match self.dell_state(now) {
            "New" => ("New", "OK"),
            "Scheduled" | "Scheduling" => ("Starting", "OK"),
            "Waiting" | "ReadyForExecution" | "RebootPending" => ("Pending", "OK"),
            "Paused" => ("Suspended", "OK"),
            // DMTF has no word for an end that is none.
            "Completed" | "RebootCompleted" | "UserIntervention" | "PendingActivation" => ("Completed", "OK"),
            "CompletedWithErrors" | "Failed" | "RebootFailed" => ("Exception", "Critical"),
            _ => ("Running", "OK"),
        }
    }
}
