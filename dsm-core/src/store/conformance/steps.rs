//! What a job does once over all its attempts.

use std::time::Duration;

use serde_json::{Value, json};

use super::bench::{Bench, TTL, Verdict, completed, executor, holds, same, scan};
use crate::error::ErrorKind;
use crate::id::JobId;
use crate::job::NewJob;
use crate::store::{AttemptWrite, LeaseKey, Outcome, Settled, StepChange, StepRow, StepState, StepWrite};

fn step(key: LeaseKey, name: &str, change: StepChange) -> AttemptWrite {
    let step = StepWrite { name: name.to_owned(), change };
    AttemptWrite { lease: Some(key), steps: vec![step], ..AttemptWrite::default() }
}

fn begin(key: LeaseKey, name: &str, note: Value) -> AttemptWrite {
    step(key, name, StepChange::Begin(note))
}

fn done(key: LeaseKey, name: &str, result: Value) -> AttemptWrite {
    step(key, name, StepChange::Done(result))
}

fn seen(steps: &[StepRow]) -> Vec<(&str, u32, StepState, &Value, &Value)> {
    steps.iter().map(|row| (row.name.as_str(), row.number, row.state, &row.note, &row.result)).collect()
}

pub(super) async fn a_step_reaches_the_next_attempt(bench: Bench) -> Verdict {
    let here = executor("here");
    let first = bench.running(&here).await?;
    same!(first.steps.len(), 0, "steps of a new job");
    let key = first.lease.key;
    bench.store().write(begin(key, "stage", json!({"slot": 3}))).await?;
    bench.store().write(done(key, "stage", json!("JID_1"))).await?;
    bench.store().write(begin(key, "restart", Value::Null)).await?;
    bench.advance(TTL)?;
    bench.store().reap(9).await?;
    let steps = bench.store().steps(key.job_id).await?;
    let expected = [
        ("stage", 1, StepState::Done, &json!({"slot": 3}), &json!("JID_1")),
        ("restart", 2, StepState::Begun, &Value::Null, &Value::Null),
    ];
    same!(seen(&steps), expected, "steps on record");
    holds!(steps[0].done_at.is_some() && steps[1].done_at.is_none(), "when they were done");
    let next = bench.claim_one(&here, key.job_id).await?;
    same!(seen(&next.steps), expected, "what the next attempt is told");
    same!(bench.store().steps(JobId::new()).await?.len(), 0, "steps of a job that is not there");
    Ok(())
}

pub(super) async fn a_step_done_stays_done(bench: Bench) -> Verdict {
    let here = executor("here");
    let key = bench.running(&here).await?.lease.key;
    bench.store().write(done(key, "stage", json!(1))).await?;
    let before = bench.store().steps(key.job_id).await?;
    bench.store().write(begin(key, "stage", json!("again"))).await?;
    bench.store().write(done(key, "stage", json!(2))).await?;
    same!(bench.store().steps(key.job_id).await?, before, "the step");
    bench.store().write(done(key, "last", json!([1, {"a": null}]))).await?;
    same!(bench.settle(key, completed()).await?, Settled::Applied, "the end");
    let kept = bench.store().steps(key.job_id).await?;
    same!((kept.len(), &kept[1].result), (2, &json!([1, {"a": null}])), "kept as evidence");
    Ok(())
}

pub(super) async fn a_step_survives_a_crash(bench: Bench) -> Verdict {
    let here = executor("here");
    let key = bench.running(&here).await?.lease.key;
    bench.store().write(begin(key, "stage", json!("look for JID_7"))).await?;
    let bench = bench.crash().await?;
    let steps = bench.store().steps(key.job_id).await?;
    same!(
        seen(&steps),
        [("stage", 1, StepState::Begun, &json!("look for JID_7"), &Value::Null)],
        "steps on record"
    );
    Ok(())
}

pub(super) async fn a_superseded_attempt_takes_no_step(bench: Bench) -> Verdict {
    let here = executor("here");
    let old = bench.running(&here).await?;
    bench.advance(TTL)?;
    bench.store().reap(9).await?;
    let new = bench.claim_one(&here, old.job.id).await?;
    let refused = bench.store().write(begin(old.lease.key, "restart", Value::Null)).await;
    holds!(
        refused.is_err_and(|error| error.kind() == ErrorKind::LeaseLost),
        "a superseded attempt began a step"
    );
    same!(bench.store().steps(old.job.id).await?.len(), 0, "steps on record");
    bench.store().write(begin(new.lease.key, "restart", Value::Null)).await?;
    let nameless = bench.store().write(begin(new.lease.key, "", Value::Null)).await;
    holds!(nameless.is_err(), "a step without a name was taken");
    Ok(())
}

pub(super) async fn a_snooze_is_not_counted(bench: Bench) -> Verdict {
    let here = executor("here");
    let id = bench.enqueue(NewJob { lane: Some("server:a".into()), ..scan() }).await?;
    let first = bench.claim_one(&here, id).await?;
    let later = bench.store().now().await? + Duration::from_secs(60);
    let snooze = Outcome::Snooze(later);
    same!(bench.settle(first.lease.key, snooze.clone()).await?, Settled::Applied, "the snooze");
    same!(bench.settle(first.lease.key, snooze).await?, Settled::AlreadyApplied, "the snooze, repeated");
    same!(bench.store().lock_holders(None).await?, [], "its lane meanwhile");
    same!(bench.claim(&here, 9).await?.len(), 0, "before its time");
    bench.advance(Duration::from_secs(61))?;
    let again = bench.claim_one(&here, id).await?;
    same!(again.lease.attempt, 1, "the attempt");
    Ok(())
}
