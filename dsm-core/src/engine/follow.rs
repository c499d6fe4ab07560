//! Events of a job up to its end, wherever that end comes from.

use futures_util::FutureExt as _;
use tokio::time::Instant;

use crate::clock;
use crate::engine::events::is_end;
use crate::engine::{Engine, Event, EventKind, Events};
use crate::error::Result;
use crate::id::JobId;
use crate::job::JobRow;

impl Engine {
    /// What happens from now on: of one job up to its end, or of all jobs.
    ///
    /// Unlike [`Engine::job_events`] it also ends for a job that has ended already, that another executor runs, or
    /// whose end was missed: the row is looked at whenever nothing was heard for a poll interval. It ends when the
    /// engine shuts down.
    #[must_use]
    pub fn follow(&self, job: Option<JobId>) -> Follow {
        let events = job.map_or_else(|| self.events(), |job| self.job_events(job));
        Follow { engine: self.clone(), events, job, look_at: clock::instant(), end: None, ended: false }
    }
}

/// See [`Engine::follow`].
#[derive(Debug)]
pub struct Follow {
    engine: Engine,
    events: Events,
    job: Option<JobId>,
    look_at: Instant,
    /// The job has ended by its row; what happened before that may still be on its way.
    end: Option<Event>,
    ended: bool,
}

impl Follow {
    /// The next event; `None` after the end of the job, or when the engine is gone. May be dropped while it waits.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is no such job, or the store's error.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if self.ended {
                return Ok(None);
            }
            if let Some(end) = self.end.take() {
                return Ok(Some(self.before(end)));
            }
            tokio::select! {
                biased;
                event = self.events.next() => {
                    self.look_at = clock::instant() + self.engine.inner.options.poll_interval;
                    return Ok(event);
                }
                () = tokio::time::sleep_until(self.look_at) => {}
            }
            self.end = self.look().await?;
            if self.end.is_some() {
                continue;
            }
            self.ended = self.engine.inner.is_stopping();
            self.look_at = clock::instant() + self.engine.inner.options.poll_interval;
        }
    }

    /// What came before the end and was not told yet, one by one; then the end.
    fn before(&mut self, end: Event) -> Event {
        let Some(event) = self.events.next().now_or_never().flatten() else {
            self.ended = true;
            return end;
        };
        self.ended = is_end(&event.kind);
        self.end = (!self.ended).then_some(end);
        event
    }

    /// The end of the job as its row says it.
    async fn look(&self) -> Result<Option<Event>> {
        let Some(job) = self.job else { return Ok(None) };
        let row = self.engine.look(job).await?;
        Ok(row.status.is_terminal().then(|| end_of(&row)))
    }

    /// An event that is there already.
    pub fn try_next(&mut self) -> Option<Event> {
        // Dropping a receiver that waits loses nothing.
        let event = if self.ended { None } else { self.events.next().now_or_never().flatten() }?;
        if self.end.is_some() && is_end(&event.kind) {
            self.end = None;
            self.ended = true;
        }
        Some(event)
    }
}

fn end_of(row: &JobRow) -> Event {
    let error = row.details.get("error").and_then(|error| error.as_str()).map(str::to_owned);
    Event {
        at: row.completed_at.unwrap_or(row.created_at),
        job_id: row.id,
        kind: EventKind::Ended { status: row.status, error },
    }
}
