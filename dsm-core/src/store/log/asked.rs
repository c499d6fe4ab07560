//! A command on its way into the log, and who waits for its answer.

use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind, Result};
use crate::store::memory::Stamp;
use crate::store::memory::command::{Act, Command};
use crate::store::memory::state::State;

/// A command, whatever its answer is.
pub(super) trait Pending: Send {
    /// As it is written down.
    fn text(&self) -> &str;

    /// Whether it may turn out to change nothing.
    fn may_idle(&self) -> bool;

    /// Answers it, if it changes nothing. Whether it did.
    fn idle(&mut self, state: &State, now: Timestamp) -> bool;

    /// Carries it out and answers it. Whether something may have become claimable.
    fn act(&mut self, state: &mut State, stamp: &mut Stamp) -> bool;

    /// Whether what it did is to be found nowhere in the log any more.
    fn forgets(&self) -> bool;

    /// Answers that nothing came of it.
    fn fail(&mut self, error: Error);
}

struct Asked<C: Act> {
    command: C,
    text: String,
    reply: Option<oneshot::Sender<Result<C::Answer>>>,
    forgets: bool,
}

impl<C: Act> Asked<C> {
    fn answer(&mut self, answer: Result<C::Answer>) {
        if let Some(reply) = self.reply.take() {
            // Who asked may have gone.
            drop(reply.send(answer));
        }
    }
}

/// Where the answer of a command comes from.
pub(super) type Answer<C> = oneshot::Receiver<Result<<C as Act>::Answer>>;

/// Writes a command down.
pub(super) fn ask<C: Act>(command: C) -> Result<(Box<dyn Pending>, Answer<C>)> {
    let written: Command = command.clone().into();
    let text = serde_json::to_string(&written).map_err(|cause| {
        Error::new(ErrorKind::Store, "the command cannot be written down").with_source(cause)
    })?;
    let (reply, answer) = oneshot::channel();
    Ok((Box::new(Asked { command, text, reply: Some(reply), forgets: false }), answer))
}

impl<C: Act> Pending for Asked<C> {
    fn text(&self) -> &str {
        &self.text
    }

    fn may_idle(&self) -> bool {
        C::MAY_IDLE
    }

    fn idle(&mut self, state: &State, now: Timestamp) -> bool {
        let Some(answer) = self.command.idle(state, now) else { return false };
        self.answer(Ok(answer));
        true
    }

    fn act(&mut self, state: &mut State, stamp: &mut Stamp) -> bool {
        let answer = self.command.act(state, stamp);
        let wakes = answer.as_ref().is_ok_and(C::wakes);
        self.forgets = answer.as_ref().is_ok_and(C::forgets);
        self.answer(answer);
        wakes
    }

    fn forgets(&self) -> bool {
        self.forgets
    }

    fn fail(&mut self, error: Error) {
        self.answer(Err(error));
    }
}
