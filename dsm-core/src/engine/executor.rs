//! One attempt at one job, from claim to verdict: the only file that ends a job.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tracing::Instrument as _;

use crate::clock;
use crate::credential::details;
use crate::ctx::Ctx;
use crate::engine::cancel::{StopReason, StopSwitch};
use crate::engine::events::EventKind;
use crate::engine::fence::Fence;
use crate::engine::inner::Inner;
use crate::engine::locks::{HeldLocks, busy};
use crate::engine::patience::Patience;
use crate::engine::watch::until_over;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::{Lane, Verdict};
use crate::id::JobId;
use crate::job::JobStatus;
use crate::meter;
use crate::retry::Backoff;
use crate::store::{
    AttemptWrite, ClaimedJob, Lack, LockRequest, Locked, Outcome, Settled, Settlement, Turn, Wish,
    server_of_lane,
};

/// After an error of the store every job is tried again, whatever its handler says: as after the end of a process, which no
/// handler can rule out either. What the store never takes ends here.
const STORE_BACKOFF: Backoff =
    Backoff { attempts: 5, first: Duration::from_secs(1), longest: Duration::from_secs(60) };

/// Runs the handler, contains whatever it does, and settles the job.
pub(crate) async fn run(inner: Arc<Inner>, claimed: ClaimedJob, switch: StopSwitch, fence: Arc<Fence>) {
    // Whoever still has a client of this attempt when it is over may only look.
    let _over = Over(fence.clone());
    let mut claimed = claimed;
    let job_id = claimed.job.id;
    // Passwords that somebody else inserted.
    let sealed = details::seal(&mut claimed.job.details, job_id, inner.fleet.chain().cipher());
    let job_type = claimed.job.job_type.clone();
    let attempt = claimed.lease.attempt;
    let ctx = Ctx::new(
        claimed,
        inner.executor.clone(),
        inner.store.clone(),
        inner.fleet.fenced(fence.clone()),
        inner.events.clone(),
        switch.clone(),
        inner.limits.get(),
    );
    let ctx = Arc::new(ctx);
    let mut share = None;
    match before(&inner, &ctx, sealed, &mut share).await {
        Ok(None) => {}
        Ok(Some(back)) => return settle(&inner, &ctx, back, Map::new()).await,
        Err(error) => {
            let (outcome, details) = conclude(&inner, &ctx, Err(error)).await;
            return settle(&inner, &ctx, outcome, details).await;
        }
    }
    inner.events.emit(job_id, || EventKind::Started { job_type: job_type.clone(), attempt });
    tracing::info!(%job_id, %job_type, attempt, "job started");

    let began = clock::instant();
    let span = tracing::info_span!("attempt", %job_id, %job_type, attempt);
    let result = work(&inner, &ctx, span).await;
    fence.end();
    let (outcome, mut details) = conclude(&inner, &ctx, result).await;
    meter::attempt(&job_type, outcome.name(), began.elapsed());
    ctx.add_console(&mut details);
    settle(&inner, &ctx, outcome, details).await;
    drop(share);
}

/// What comes before the handler; `Some` gives the job back instead.
async fn before(
    inner: &Inner,
    ctx: &Ctx,
    sealed: Result<Vec<String>>,
    share: &mut Option<HeldLocks>,
) -> Result<Option<Outcome>> {
    store_sealed(ctx, sealed?).await?;
    if let Some(opens) = inner.closed_until(ctx.job()).await? {
        return Ok(Some(Outcome::Snooze(opens)));
    }
    // Somebody else inserted the row and could not say what it needs.
    Ok(missing_lane(inner, ctx, share).await?.map(Outcome::Line))
}

/// What was sealed just now takes the place of what lies open in the row.
async fn store_sealed(ctx: &Ctx, keys: Vec<String>) -> Result<()> {
    let value = |key: String| Some((key.clone(), ctx.job().details.get(&key)?.clone()));
    let details: Map<String, Value> = keys.into_iter().filter_map(value).collect();
    if details.is_empty() {
        return Ok(());
    }
    ctx.write(AttemptWrite { details, ..AttemptWrite::default() }).await.map(drop)
}

/// Ends the attempt's right to change servers, also when settling panics.
struct Over(Arc<Fence>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The lane a job needs and could not have at once.
///
/// # Errors
/// Somebody else has it, and the job does not wait.
async fn missing_lane(inner: &Inner, ctx: &Ctx, share: &mut Option<HeldLocks>) -> Result<Option<String>> {
    inner.check_fences(ctx.job()).await?;
    if inner.store.caps().lacks(Lack::Locks) {
        let card = inner.registry.find(&ctx.job().job_type)?.card();
        if inner.options.accept_unfenced_changes || card.is_some_and(|card| !card.changes) {
            ctx.go_unfenced();
        }
        return Ok(None);
    }
    if ctx.lane().is_some() {
        return Ok(None);
    }
    let Some(lane) = inner.registry.find(&ctx.job().job_type)?.lane(ctx.job()).await? else {
        return Ok(None);
    };
    let Lane { key, is_shared, waits } = lane;
    if let Some(pause) = inner.pause_of(&key).await? {
        return if waits {
            Ok(Some(key))
        } else {
            Err(Error::new(ErrorKind::Busy, pause.to_string()).about(key))
        };
    }
    let wish =
        if is_shared { Wish::among(&key, inner.limits.get().readers_per_server) } else { Wish::alone(&key) };
    let turn = if waits { Turn::InLine } else { Turn::Now };
    match inner.store.lock(LockRequest { turn, ..ctx.lock_request(vec![wish]) }).await? {
        Locked::Granted => {
            // Nor could the claim know where it works.
            if waits
                && let Some(server) = server_of_lane(&key)
                && inner.limits.get().per_subnet.is_some()
                && let Some(address) = inner.address_of(server).await?
            {
                *share = ctx.enter_subnet(address).await?;
            }
            ctx.entered(key);
            Ok(None)
        }
        Locked::Busy(_) if waits => Ok(Some(key)),
        Locked::Busy(holders) => Err(busy(&holders)),
    }
}

/// The handler in a task of its own, so that a panic ends the attempt and not the engine.
async fn work(inner: &Arc<Inner>, ctx: &Arc<Ctx>, span: tracing::Span) -> Result<Verdict> {
    let handler = inner.registry.find(&ctx.job().job_type)?.clone();
    let theirs = ctx.clone();
    let (limit, tidy) = (handler.timeout(), handler.tidy());
    let task = tokio::spawn(async move { handler.run(&theirs).await }.instrument(span));
    until_over(ctx, task, limit, tidy).await
}

/// What becomes of the job.
async fn conclude(inner: &Inner, ctx: &Ctx, result: Result<Verdict>) -> (Outcome, Map<String, Value>) {
    let again = match &result {
        Err(error) => next_try(inner, ctx, error).await,
        Ok(_) => None,
    };
    judge(result, ctx.stop().reason(), again)
}

/// When to try again after this error, if at all: by the storage clock, which the claim goes by.
async fn next_try(inner: &Inner, ctx: &Ctx, error: &Error) -> Option<Timestamp> {
    let handler = inner.registry.find(&ctx.job().job_type);
    let backoff = handler.map_or(Backoff::NONE, |handler| handler.backoff());
    let pause = pause_after(error, backoff, ctx.attempt(), ctx.job().id)?;
    let now = inner.store.now().await.unwrap_or_else(|_| clock::now());
    now.checked_add(pause).ok()
}

/// How long to wait after an error of this attempt: as the handler wants it, or for the store's sake.
fn pause_after(error: &Error, backoff: Backoff, attempt: u32, job: JobId) -> Option<Duration> {
    if !error.is_transient() {
        return None;
    }
    let for_store = if error.kind() == ErrorKind::Store { STORE_BACKOFF } else { Backoff::NONE };
    backoff.pause(attempt, job).or_else(|| for_store.pause(attempt, job))
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
        // What it failed at may be what it was refused for want of a lease: another attempt goes on from here.
        (
            Ok(Verdict::Partly(..) | Verdict::Failed(..) | Verdict::NeedsPerson(..)),
            Some(StopReason::LeaseLost),
        ) => (Outcome::Release, Map::new()),
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
        (Err(error), None | Some(StopReason::TimedOut(_))) => {
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

/// The job is over: neither what it came with nor what its handler says keeps a password.
fn leave_no_password(ctx: &Ctx, details: &mut Map<String, Value>) {
    details::scrub(details);
    let mut row = ctx.job().details.clone();
    for key in details::scrub(&mut row) {
        if let Some(value) = row.remove(&key) {
            details.entry(key).or_insert(value);
        }
    }
}

async fn settle(inner: &Inner, ctx: &Ctx, outcome: Outcome, details: Map<String, Value>) {
    inner.tally.attempt_ended();
    let job_id = ctx.job().id;
    let mut details = details;
    if matches!(outcome, Outcome::End(..)) {
        leave_no_password(ctx, &mut details);
        inner.limit_secrets(ctx, &mut details).await;
    }
    // What the job did is on record before the job says that it is done.
    inner.fleet.flush().await;
    let (status, error) = match &outcome {
        Outcome::End(status, error) => (*status, error.clone()),
        Outcome::Retry(_, error) => (JobStatus::Pending, Some(error.clone())),
        Outcome::Release | Outcome::Snooze(_) | Outcome::Line(_) => (JobStatus::Pending, None),
    };
    let telling = inner.telling(&ctx.lease());
    let _telling = match &telling {
        Some(telling) => Some(telling.lock().await),
        None => None,
    };
    let mut patience = Patience::new(inner.options.lease_ttl);
    loop {
        let item = Settlement {
            lease: ctx.lease(),
            outcome: outcome.clone(),
            details: details.clone(),
            tasks: Vec::new(),
        };
        match inner.settler.settle(item).await {
            Ok(Settled::Applied | Settled::AlreadyApplied) => {
                meter::settled("applied");
                tracing::info!(%job_id, %status, error = error.as_deref(), "job ended");
                inner.events.emit(job_id, || EventKind::Ended { status, error });
                return;
            }
            Ok(Settled::Terminal(now)) => {
                meter::settled("terminal");
                tracing::warn!(%job_id, status = %now, "the job had been ended by somebody else");
                inner.events.emit(job_id, || EventKind::Ended { status: now, error: None });
                return;
            }
            Ok(Settled::LeaseLost) => {
                meter::settled("lease_lost");
                tracing::warn!(%job_id, "the job belongs to another attempt now; this one wrote no end");
                return;
            }
            Err(error) => {
                tracing::error!(%job_id, "the job's end could not be stored: {}", error.chain());
                let may_pass = error.is_transient() && !inner.is_stopping();
                let Some(pause) = patience.next_pause(may_pass) else { break };
                tokio::time::sleep(pause).await;
            }
        }
    }
    // Nothing is told of an end that is not on record: the lease runs out, and another attempt goes on.
    meter::settled("unstored");
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
    fn the_stores_errors_are_tried_again_whatever_the_handler_says_and_not_for_ever() {
        let job = JobId::new();
        let pause = |kind, backoff, attempt| pause_after(&Error::new(kind, "no"), backoff, attempt, job);
        let tried =
            |kind, backoff| (1..).take_while(|attempt| pause(kind, backoff, *attempt).is_some()).count();
        let once =
            Backoff { attempts: 2, first: Duration::from_millis(1), longest: Duration::from_millis(1) };
        assert_eq!(tried(ErrorKind::Store, Backoff::NONE), 4);
        assert_eq!((tried(ErrorKind::Store, once), tried(ErrorKind::Timeout, once)), (4, 1));
        assert_eq!(
            tried(ErrorKind::Store, Backoff { attempts: 9, ..once }),
            8,
            "the handler is more patient"
        );
        assert!(
            pause(ErrorKind::Store, once, 1) < Some(Duration::from_millis(2)),
            "its own pauses come first"
        );
        for permanent in [ErrorKind::StoreNotOurs, ErrorKind::InvalidInput, ErrorKind::Handler] {
            assert_eq!(tried(permanent, once), 0, "{permanent}");
        }
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
    fn a_failure_under_a_lost_lease_is_no_end() {
        for verdict in
            [Verdict::Failed(Map::new(), "refused".to_owned()), Verdict::Partly(Map::new(), "one".to_owned())]
        {
            assert_eq!(judge(Ok(verdict), Some(StopReason::LeaseLost), None).0, Outcome::Release);
        }
        let (outcome, _) = judge(Ok(Verdict::Done(Map::new())), Some(StopReason::LeaseLost), None);
        assert_eq!(end(&outcome), Some(JobStatus::Completed), "the store decides whose word counts");
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
