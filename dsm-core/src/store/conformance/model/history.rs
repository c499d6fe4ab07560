//! What may only grow.

use super::oracle::{Check, ensure};
use super::snapshot::Record;

/// I2, I4, I12: attempts are added at the end and closed once, steps and tasks go forward, unless the job begins anew.
pub(super) fn grows(earlier: &Record, record: &Record, is_new_run: bool) -> Check {
    let status = earlier.row.status;
    ensure!(
        is_new_run || !status.is_terminal() || earlier == record,
        "I4: it had ended as {status} and changed: {earlier:?} became {record:?}"
    );
    ensure!(record.attempts.len() >= earlier.attempts.len(), "attempts are gone");
    for (was, is) in earlier.attempts.iter().zip(&record.attempts) {
        ensure!(
            was.ended_at.is_none() || was == is,
            "an attempt that was over changed: {was:?} became {is:?}"
        );
        ensure!((was.fence, was.started_at) == (is.fence, is.started_at), "an attempt is another's");
    }
    for pair in record.attempts.windows(2) {
        ensure!(pair[0].fence < pair[1].fence, "I2: fence {} came after {}", pair[1].fence, pair[0].fence);
    }
    ensure!(record.steps.len() >= earlier.steps.len(), "steps are gone");
    for (was, is) in earlier.steps.iter().zip(&record.steps) {
        ensure!(was.done_at.is_none() || was == is, "a step that was done changed: {was:?} became {is:?}");
    }
    for was in &earlier.tasks {
        let Some(is) = record.tasks.iter().find(|task| task.id == was.id) else {
            return Err(format!("task {} is gone", was.id));
        };
        ensure!(is_new_run || is.progress >= was.progress, "I12: progress went back: {was:?} became {is:?}");
        ensure!(
            is_new_run || !was.status.is_terminal() || was == is,
            "I4: an ended task changed: {was:?}, {is:?}"
        );
    }
    Ok(())
}
