//! Waits for a handler: no longer than it may take, and no longer than it takes to see that it will not stop.

use std::any::Any;
use std::time::Duration;

use serde_json::{Map, json};
use tokio::task::{JoinError, JoinHandle};

use crate::ctx::Ctx;
use crate::engine::cancel::StopReason;
use crate::engine::events::EventKind;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::Verdict;

/// How long a handler may take to notice that it has to stop, before its future is dropped. Whoever is cancelled, or over its
/// time, has its [`tidy`](crate::handler::DynHandler::tidy) besides.
const STOP_GRACE: Duration = Duration::from_millis(800);

/// How long the drop may take. A handler that never waits for anything cannot be dropped: it is abandoned.
const DROP_GRACE: Duration = Duration::from_secs(5);

/// What came of the handler's task. `limit`: of the time for one attempt; `tidy`: for taking things back.
///
/// An abandoned handler goes on somewhere in this process, without a lease: what it writes is refused, and so is every
/// change it asks of a server. Whether all was done, or what was left half done, only a person can say, so the job is not
/// given to anybody else.
pub(crate) async fn until_over(
    ctx: &Ctx,
    mut task: JoinHandle<Result<Verdict>>,
    limit: Option<Duration>,
    tidy: Duration,
) -> Result<Verdict> {
    let stop = ctx.stop();
    tokio::select! {
        joined = &mut task => return said(ctx, joined),
        _ = stop.stopped() => {}
        limit = over(limit) => ctx.stop_for(StopReason::TimedOut(limit)),
    }
    let grace = match stop.reason() {
        Some(StopReason::Cancelled(_) | StopReason::TimedOut(_)) => STOP_GRACE + tidy,
        // The executor goes, or may no longer change anything.
        _ => STOP_GRACE,
    };
    if let Ok(joined) = tokio::time::timeout(grace, &mut task).await {
        return in_time(ctx, said(ctx, joined));
    }
    task.abort();
    match tokio::time::timeout(DROP_GRACE, &mut task).await {
        Ok(joined) => in_time(ctx, said(ctx, joined)),
        Err(_) => Ok(abandoned(ctx)),
    }
}

async fn over(limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => {
            tokio::time::sleep(limit).await;
            limit
        }
        None => std::future::pending().await,
    }
}

fn said(ctx: &Ctx, joined: std::result::Result<Result<Verdict>, JoinError>) -> Result<Verdict> {
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

/// What a handler says that was stopped for its time is about its time.
fn in_time(ctx: &Ctx, result: Result<Verdict>) -> Result<Verdict> {
    match (result, ctx.stop().reason()) {
        (Err(error), Some(StopReason::TimedOut(limit))) => {
            Err(Error::new(ErrorKind::Timeout, format!("the attempt took longer than {limit:?}"))
                .with_source(error))
        }
        (result, _) => result,
    }
}

fn abandoned(ctx: &Ctx) -> Verdict {
    let why = ctx.stop().reason().map(|reason| reason.to_string()).unwrap_or_default();
    let text =
        format!("the handler was told to stop ({why}), did not, and could not be stopped: it was abandoned");
    tracing::error!(job_id = %ctx.job().id, "{text}");
    let attempt = ctx.attempt();
    ctx.emit(|| EventKind::Abandoned { attempt, reason: why });
    Verdict::NeedsPerson(Map::from_iter([("abandoned".to_owned(), json!(true))]), text)
}

fn panic_text(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
