//! Steps of a job: what is done once, whoever runs the job and however often it is taken up again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::store::fields::Blank;

/// Longest name of a step.
const LONGEST_NAME: usize = 200;

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// It was begun; what became of it has to be looked up before it is done again.
    Begun,
    /// It is done, and its result stored.
    Done,
}

/// A row of `workflow_executions`: a step of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    /// In which run of the job: 1, and one more for each explicit retry.
    pub run: u32,
    /// Its name, the only one of its run.
    pub name: String,
    /// Its place among the steps of its run, from 1.
    pub number: u32,
    /// How far it is.
    pub state: StepState,
    /// What its attempt noted before it began: what to look for.
    pub note: Value,
    /// What came of it.
    pub result: Value,
    /// When it was first begun.
    pub began_at: Timestamp,
    /// When it was done.
    pub done_at: Option<Timestamp>,
}

/// What an attempt says of a step, fenced like all it writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepWrite {
    /// Which; a new name is the next step.
    pub name: String,
    /// What.
    pub change: StepChange,
}

/// How a step moves on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum StepChange {
    /// It begins now. Written before the first request that changes anything.
    Begin(Value),
    /// It is done, with this result. Once done it stays as it is.
    Done(Value),
}

pub(crate) fn check_steps(steps: &[StepWrite]) -> Result<()> {
    for step in steps {
        if step.name.is_blank() || step.name.len() > LONGEST_NAME {
            return Err(Error::invalid(
                "steps",
                format!("a step's name of {} bytes", step.name.len()),
                format!("give it one of 1 to {LONGEST_NAME}"),
            ));
        }
    }
    Ok(())
}

/// Lays a change over the steps of a run. Whether the job got further by it.
pub(crate) fn apply_step(steps: &mut Vec<StepRow>, run: u32, write: &StepWrite, now: Timestamp) -> bool {
    let at = match steps.iter().position(|step| step.name == write.name) {
        Some(at) => at,
        None => {
            let number = u32::try_from(steps.len() + 1).unwrap_or(u32::MAX);
            steps.push(new_step(&write.name, run, number, now));
            steps.len() - 1
        }
    };
    change_step(&mut steps[at], &write.change, now)
}

pub(crate) fn new_step(name: &str, run: u32, number: u32, now: Timestamp) -> StepRow {
    StepRow {
        run,
        name: name.to_owned(),
        number,
        state: StepState::Begun,
        note: Value::Null,
        result: Value::Null,
        began_at: now,
        done_at: None,
    }
}

/// Whether the step came to its end by this.
pub(crate) fn change_step(step: &mut StepRow, change: &StepChange, now: Timestamp) -> bool {
    if step.state == StepState::Done {
        return false;
    }
    match change {
        StepChange::Begin(note) => {
            step.note = note.clone();
            false
        }
        StepChange::Done(result) => {
            step.state = StepState::Done;
            step.result = result.clone();
            step.done_at = Some(now);
            true
        }
    }
}
