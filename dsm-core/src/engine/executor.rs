//! One attempt at one job, from claim to verdict: the only file that ends a job.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::clock;
use crate::ctx::Ctx;
use crate::engine::cancel::{StopReason, StopSwitch};
use crate::engine::events::EventKind;
use crate::engine::inner::Inner;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::Verdict;
use crate::job::JobStatus;
use crate::store::{ClaimedJob, Locked, Outcome, Settled, Settlement, Wish};

/// How long a handler may take to notice that it has to stop, before its future is dropped.
const STOP_GRACE: Duration = Duration::from_millis(800);

/// How often a settlement is tried when the store does not answer. The lease covers for us meanwhile.
const SETTLE_TRIES: u32 = 5;

/// Runs the handler, contains whatever it does, and settles the job.
pub(crate) async fn run(inner: Arc<Inner>, claimed: ClaimedJob, switch: StopSwitch) {
    let job_id = claimed.job.id;
    let job_type = claimed.job.job_type.clone();
    let attempt = claimed.lease.attempt;
    let ctx = Arc::new(Ctx::new(
        claimed,
        inner.executor.clone(),
        inner.store.clone(),
        inner.fleet.clone(),
        inner.events.clone(),
        switch.clone(),
    ));
    match missing_lane(&inner, &ctx).await {
        Ok(None) => {}
        // Somebody else inserted the row and could not say what it needs.
        Ok(Some(lane)) => return settle(&inner, &ctx, Outcome::Line(lane), Map::new()).await,
        Err(error) => {
            let (outcome, details) = conclude(&inner, &ctx, Err(error)).await;
            return settle(&inner, &ctx, outcome, details).await;
        }
    }
    inner.events.emit(job_id, || EventKind::Started { job_type: job_type.clone(), attempt });
    tracing::info!(%job_id, %job_type, attempt, "job started");

    let result = work(&inner, &ctx).await;
    let (outcome, mut details) = conclude(&inner, &ctx, result).await;
    ctx.add_console(&mut details);
    settle(&inner, &ctx, outcome, details).await;
}

/// The lane a job needs and could not have at once.
async fn missing_lane(inner: &Inner, ctx: &Ctx) -> Result<Option<String>> {
    inner.check_fences(ctx.job())?;
    if ctx.lane().is_some() || !inner.has_locks() {
        return Ok(None);
    }
    let Some(lane) = inner.registry.find(&ctx.job().job_type)?.lane(ctx.job())? else { return Ok(None) };
    if inner.is_paused(&lane).await? {
        return Ok(Some(lane));
    }
    match inner.store.lock(ctx.lock_request(vec![Wish::alone(&lane)])).await? {
        Locked::Granted => {
            ctx.entered(lane);
            Ok(None)
        }
        Locked::Busy(_) => Ok(Some(lane)),
    }
}

/// The handler in a task of its own, so that a panic ends the attempt and not the engine.
async fn work(inner: &Arc<Inner>, ctx: &Arc<Ctx>) -> Result<Verdict> {
    let handler = inner.registry.find(&ctx.job().job_type)?.clone();
    let theirs = ctx.clone();
    let mut task = tokio::spawn(async move { handler.run(&theirs).await });
    let stop = ctx.stop();
    let joined = tokio::select! {
        joined = &mut task => joined,
        _ = stop.stopped() => {
            match tokio::time::timeout(STOP_GRACE, &mut task).await {
                Ok(joined) => joined,
                Err(_) => {
                    task.abort();
                    task.await
                }
            }
        }
    };
    joined.unwrap_or_else(|error| {
        if error.is_cancelled() {
            return Err(Error::new(ErrorKind::Cancelled, "the job was stopped"));
        }
        let payload = error.into_panic();
        let text = panic_text(payload.as_ref());
        tracing::error!(job_id = %ctx.job().id, "handler panicked: {text}");
        Err(Error::new(ErrorKind::Handler, format!("the handler panicked: {text}"))
            .hint("this is a defect of the handler; the job was stopped where it stood"))
    })
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// What becomes of the job.
async fn conclude(inner: &Inner, ctx: &Ctx, result: Result<Verdict>) -> (Outcome, Map<String, Value>) {
    let again = match &result {
        Err(error) => next_try(inner, ctx, error).await,
        Ok(_) => None,
    };
    judge(result, ctx.stop().reason(), again)
}

/// When to try again after this error, if the handler wants that at all: by the storage clock, which the claim goes by.
async fn next_try(inner: &Inner, ctx: &Ctx, error: &Error) -> Option<Timestamp> {
    if !error.is_transient() {
        return None;
    }
    let backoff = inner.registry.find(&ctx.job().job_type).ok()?.backoff();
    let pause = backoff.pause(ctx.attempt(), ctx.job().id)?;
    let now = inner.store.now().await.unwrap_or_else(|_| clock::now());
    now.checked_add(pause).ok()
}

/// Turns what the handler returned, and why it was stopped, into the one outcome.
fn judge(
    result: Result<Verdict>,
    stopped: Option<StopReason>,
    again: Option<Timestamp>,
) -> (Outcome, Map<String, Value>) {
    match (result, stopped) {
        (_, Some(StopReason::Cancelled(reason))) => {
            let details = Map::from_iter([("cancelled_reason".to_owned(), json!(reason))]);
            (Outcome::End(JobStatus::Cancelled, Some(reason)), details)
        }
        (Ok(Verdict::Done(details)), _) => (Outcome::End(JobStatus::Completed, None), details),
        (Ok(Verdict::Partly(mut details, error)), _) => {
            details.insert("partial".to_owned(), json!(true));
            details.insert("error".to_owned(), json!(error));
            (Outcome::End(JobStatus::Completed, Some(error)), details)
        }
        (Ok(Verdict::Failed(mut details, error)), _) => {
            details.insert("error".to_owned(), json!(error));
            (Outcome::End(JobStatus::Failed, Some(error)), details)
        }
        (Ok(Verdict::NeedsPerson(mut details, error)), _) => {
            details.insert("needs_person".to_owned(), json!(true));
            details.insert("error".to_owned(), json!(error));
            (Outcome::End(JobStatus::Failed, Some(error)), details)
        }
        (Ok(Verdict::Snooze(until)), _) => (Outcome::Snooze(until), Map::new()),
        (Err(_), Some(StopReason::Shutdown | StopReason::LeaseLost)) => (Outcome::Release, Map::new()),
        (Err(error), None) => {
            let text = error.chain();
            if let Some(at) = again {
                return (Outcome::Retry(at, text), Map::new());
            }
            let mut details = Map::from_iter([
                ("error".to_owned(), json!(text)),
                ("error_kind".to_owned(), json!(error.kind().as_str())),
            ]);
            if let Some(subject) = error.subject() {
                details.insert("error_subject".to_owned(), json!(subject));
            }
            (Outcome::End(JobStatus::Failed, Some(text)), details)
        }
    }
}

async fn settle(inner: &Inner, ctx: &Ctx, outcome: Outcome, details: Map<String, Value>) {
    let job_id = ctx.job().id;
    // What the job did is on record before the job says that it is done.
    inner.fleet.flush().await;
    let (status, error) = match &outcome {
        Outcome::End(status, error) => (*status, error.clone()),
        Outcome::Retry(_, error) => (JobStatus::Pending, Some(error.clone())),
        Outcome::Release | Outcome::Snooze(_) | Outcome::Line(_) => (JobStatus::Pending, None),
    };
    let mut pause = Duration::from_millis(50);
    for attempt in 1..=SETTLE_TRIES {
        let item = Settlement {
            lease: ctx.lease(),
            outcome: outcome.clone(),
            details: details.clone(),
            tasks: Vec::new(),
        };
        match inner.settler.settle(item).await {
            Ok(Settled::Applied | Settled::AlreadyApplied) => {
                tracing::info!(%job_id, %status, error = error.as_deref(), "job ended");
                inner.events.emit(job_id, || EventKind::Ended { status, error });
                return;
            }
            Ok(Settled::Terminal(now)) => {
                tracing::warn!(%job_id, status = %now, "the job had been ended by somebody else");
                inner.events.emit(job_id, || EventKind::Ended { status: now, error: None });
                return;
            }
            Ok(Settled::LeaseLost) => {
                tracing::warn!(%job_id, "the job belongs to another attempt now; this one wrote no end");
                return;
            }
            Err(error) => {
                tracing::error!(%job_id, attempt, "the job's end could not be stored: {}", error.chain());
                tokio::time::sleep(pause).await;
                pause *= 3;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(outcome: &Outcome) -> Option<JobStatus> {
        match outcome {
            Outcome::End(status, _) => Some(*status),
            _ => None,
        }
    }

    #[test]
    fn an_error_that_may_pass_is_tried_again_and_a_person_is_named_as_such() {
        let at = Timestamp::UNIX_EPOCH;
        let error = || Error::new(ErrorKind::Timeout, "too slow");
        let (outcome, _) = judge(Err(error()), None, Some(at));
        assert_eq!(outcome, Outcome::Retry(at, "too slow".to_owned()));
        let cancelled = judge(Err(error()), Some(StopReason::Cancelled("enough".to_owned())), Some(at));
        assert_eq!(end(&cancelled.0), Some(JobStatus::Cancelled));
        let (outcome, details) =
            judge(Ok(Verdict::NeedsPerson(Map::new(), "no disk".to_owned())), None, None);
        assert_eq!(end(&outcome), Some(JobStatus::Failed));
        assert_eq!((&details["needs_person"], &details["error"]), (&json!(true), &json!("no disk")));
        assert_eq!(judge(Ok(Verdict::Snooze(at)), None, None).0, Outcome::Snooze(at));
    }

    #[test]
    fn a_cancelled_job_stays_cancelled_whatever_its_handler_says() {
        for result in [Ok(Verdict::Done(Map::new())), Err(Error::new(ErrorKind::Handler, "boom"))] {
            let (outcome, details) = judge(result, Some(StopReason::Cancelled("enough".to_owned())), None);
            assert_eq!(end(&outcome), Some(JobStatus::Cancelled));
            assert_eq!(details["cancelled_reason"], "enough");
        }
    }

    #[test]
    fn a_shutdown_releases_unfinished_work_but_keeps_finished_work() {
        let (outcome, _) =
            judge(Err(Error::new(ErrorKind::Cancelled, "stopped")), Some(StopReason::Shutdown), None);
        assert_eq!(outcome, Outcome::Release);
        let (outcome, _) = judge(Ok(Verdict::Done(Map::new())), Some(StopReason::Shutdown), None);
        assert_eq!(end(&outcome), Some(JobStatus::Completed));
    }

    #[test]
    fn partial_success_is_completed_and_says_so() {
        let (outcome, details) = judge(Ok(Verdict::Partly(Map::new(), "one failed".to_owned())), None, None);
        assert_eq!(end(&outcome), Some(JobStatus::Completed));
        assert_eq!(details["partial"], true);
        assert_eq!(details["error"], "one failed");
    }

    #[test]
    fn an_error_names_its_field() {
        let error = Error::invalid("target_scope.ip_range", "`10.0.0` is no address", "write 10.0.0.1");
        let (outcome, details) = judge(Err(error), None, None);
        assert_eq!(end(&outcome), Some(JobStatus::Failed));
        assert_eq!(details["error_subject"], "target_scope.ip_range");
    }
}
