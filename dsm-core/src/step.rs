//! Doing something once over all attempts at a job.
//!
//! A step is on record before its first request and again with its result. An attempt that finds a step begun and not
//! done must not repeat it blindly: it looks for what the earlier attempt did (the note says what to look for), takes
//! that over, and only then goes on.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::{Instrument as _, Span};

use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{AttemptWrite, StepChange, StepRow, StepState, StepWrite};

/// Where a step stands when an attempt comes to it.
#[derive(Debug)]
pub enum Step<'c, T> {
    /// Nobody was here before.
    New(OpenStep<'c>),
    /// An earlier attempt began it and ended before it could say what came of it.
    Begun(OpenStep<'c>, Value),
    /// It is done; this came of it.
    Done(T),
}

/// A step to be done.
#[derive(Debug)]
#[must_use = "a step that is not done is begun anew by the next attempt"]
pub struct OpenStep<'c> {
    ctx: &'c Ctx,
    name: String,
    span: Span,
}

impl Ctx {
    /// Where the step of this name stands.
    ///
    /// ```no_run
    /// # async fn stage() -> dsm_core::Result<String> { Ok(String::new()) }
    /// # async fn find(_note: &serde_json::Value) -> dsm_core::Result<Option<String>> { Ok(None) }
    /// # async fn run(ctx: &dsm_core::Ctx) -> dsm_core::Result<()> {
    /// use dsm_core::Step;
    ///
    /// let job: String = match ctx.step("stage")? {
    ///     Step::Done(job) => job,
    ///     Step::New(step) => {
    ///         step.begin(&"firmware of slot 3").await?;
    ///         step.done(stage().await?).await?
    ///     }
    ///     // Never a second time: what the earlier attempt began is looked for first.
    ///     Step::Begun(step, note) => match find(&note).await? {
    ///         Some(job) => step.done(job).await?,
    ///         None => step.done(stage().await?).await?,
    ///     },
    /// };
    /// # drop(job); Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::StoreNotOurs`]: the stored result is not what this version of the handler expects.
    pub fn step<T: DeserializeOwned>(&self, name: &str) -> Result<Step<'_, T>> {
        let open = || OpenStep {
            ctx: self,
            name: name.to_owned(),
            span: tracing::info_span!("step", job_id = %self.job().id, step = name),
        };
        match self.known_step(name) {
            None => Ok(Step::New(open())),
            Some(StepRow { state: StepState::Begun, note, .. }) => Ok(Step::Begun(open(), note)),
            Some(row) => serde_json::from_value(row.result).map(Step::Done).map_err(|cause| {
                Error::new(ErrorKind::StoreNotOurs, "the stored result of a step cannot be read")
                    .about(format!("step {name} of job {}", self.job().id))
                    .hint("another version wrote it: let that one finish the job, or enqueue it anew")
                    .with_source(cause)
            }),
        }
    }
}

impl OpenStep<'_> {
    /// The span of the step, from when it was come to until it is done: for what is done in between.
    #[must_use]
    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Puts on record that the step begins, and what to look for should nobody come to say how it ended. Durable when
    /// this returns: nothing may be changed before. Notes and results are stored as they are: no secret belongs into them.
    ///
    /// # Errors
    /// [`ErrorKind::LeaseLost`]: change nothing. The store's: nothing is on record, change nothing.
    pub async fn begin(&self, note: &(impl Serialize + Sync)) -> Result<()> {
        self.write(StepChange::Begin(json(note)?)).await
    }

    /// Puts the result on record and gives it back. From then on every attempt finds it.
    ///
    /// # Errors
    /// As [`OpenStep::begin`]; the next attempt finds the step begun.
    pub async fn done<T: Serialize + Send + Sync>(self, result: T) -> Result<T> {
        self.write(StepChange::Done(json(&result)?)).await?;
        Ok(result)
    }

    async fn write(&self, change: StepChange) -> Result<()> {
        let step = StepWrite { name: self.name.clone(), change };
        let write = AttemptWrite { steps: vec![step.clone()], ..AttemptWrite::default() };
        self.ctx.write(write).instrument(self.span.clone()).await?;
        self.ctx.note_step(&step);
        Ok(())
    }
}

fn json(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|cause| Error::new(ErrorKind::Handler, "a step's value has no JSON").with_source(cause))
}
