//! The one task that follows the log and writes to it, for all callers of this process together.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::value::RawValue;
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use super::asked::Pending;
use super::docs::Put;
use super::format::{self, Batch, TAIL};
use super::replica::{Own, Replica};
use super::{LogOptions, once};
use crate::error::{Error, ErrorKind, Result};
use crate::store::memory::state::State;

/// So many commands go into one batch.
const MOST_COMMANDS: usize = 256;
/// And so many bytes, unless one command alone has more.
const MOST_BYTES: usize = 512 * 1024;
/// How often in a row others may be faster.
const MOST_CONFLICTS: u32 = 200;
/// How often in a row the backend may fail.
const MOST_FAILURES: u32 = 3;

/// What callers want.
pub(super) enum Work {
    Act(Box<dyn Pending>),
    Look(Box<dyn Look>),
}

/// Somebody who wants to see the state.
pub(super) trait Look: Send {
    fn look(self: Box<Self>, state: Result<&State>);
}

impl<F: FnOnce(Result<&State>) + Send> Look for F {
    fn look(self: Box<Self>, state: Result<&State>) {
        self(state);
    }
}

pub(super) struct Writer {
    pub(super) replica: Replica,
    pub(super) options: LogOptions,
    /// Why nothing may go on.
    pub(super) broken: Option<Said>,
    /// The log has something that is to be found nowhere any more.
    pub(super) must_forget: bool,
}

/// An error for many callers.
#[derive(Clone)]
pub(super) struct Said {
    kind: ErrorKind,
    text: String,
}

impl Said {
    fn of(error: &Error) -> Self {
        Self { kind: error.kind(), text: error.chain() }
    }

    fn again(&self) -> Error {
        Error::new(self.kind, self.text.clone())
    }
}

impl Writer {
    /// Until nobody can want anything any more.
    pub(super) async fn run(mut self, mut work: UnboundedReceiver<Work>) {
        let mut next = None;
        loop {
            let Some(first) = (match next.take() {
                Some(first) => Some(first),
                None => work.recv().await,
            }) else {
                return;
            };
            let mut round = Round::default();
            round.take(first);
            while let Ok(more) = work.try_recv() {
                if round.is_full() {
                    next = Some(more);
                    break;
                }
                round.take(more);
            }
            self.serve(round).await;
        }
    }

    async fn serve(&mut self, round: Round) {
        let Round { commands, looks, .. } = round;
        let mut own = (!commands.is_empty()).then(|| Own::new(commands));
        let ended = match self.broken.clone() {
            Some(said) => Err(said),
            None => self.settle(&mut own).await.map_err(|error| {
                let said = Said::of(&error);
                if error.kind() == ErrorKind::StoreNotOurs {
                    self.broken = Some(said.clone());
                }
                said
            }),
        };
        if let (Err(said), Some(own)) = (&ended, own.as_mut().filter(|own| !own.is_done)) {
            own.commands.iter_mut().for_each(|command| command.fail(said.again()));
        }
        for look in looks {
            look.look(match &ended {
                Ok(()) => Ok(&self.replica.position.state),
                Err(said) => Err(said.again()),
            });
        }
        let own = own.map(|own| own.commands).unwrap_or_default();
        self.must_forget |= own.iter().any(|command| command.forgets());
        if ended.is_ok() && (self.must_forget || !own.is_empty()) {
            self.tidy().await;
        }
    }

    /// Afterwards the commands are answered, and the state is that of now.
    async fn settle(&mut self, own: &mut Option<Own>) -> Result<()> {
        let may_idle = own.as_ref().is_none_or(|own| own.commands.iter().any(|command| command.may_idle()));
        if may_idle || self.replica.seen.is_none() {
            self.replica.catch_up(&mut None).await?;
        }
        let Some(waiting) = own else { return Ok(()) };
        if may_idle {
            let now = self.now().await?;
            let state = &self.replica.position.state;
            waiting.commands.retain_mut(|command| !(command.may_idle() && command.idle(state, now)));
            if waiting.commands.is_empty() {
                *own = None;
                return Ok(());
            }
        }
        self.commit(own).await
    }

    async fn commit(&mut self, own: &mut Option<Own>) -> Result<()> {
        let (mut conflicts, mut failures) = (0, 0);
        while own.as_ref().is_some_and(|own| !own.is_done) {
            match self.append(own).await {
                Ok(true) => failures = 0,
                Ok(false) => {
                    (conflicts, failures) = (conflicts + 1, 0);
                    if conflicts == MOST_CONFLICTS {
                        return Err(Error::new(ErrorKind::Store, "others were faster every time")
                            .hint("fewer executors, or a store of its own for each"));
                    }
                    tokio::time::sleep(backoff(conflicts)).await;
                }
                Err(error) if failures < MOST_FAILURES && error.kind() == ErrorKind::Store => {
                    failures += 1;
                    tokio::time::sleep(backoff(failures * 4)).await;
                    self.replica.catch_up(own).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Tries once. No: others were faster, and what they did is carried out.
    ///
    /// The next tail is written only over the one that was seen. So however often a batch is tried, and however late a try
    /// arrives, one of them counts at most; and whoever has seen the tail after them knows whether one did.
    async fn append(&mut self, own: &mut Option<Own>) -> Result<bool> {
        let now = self.now().await?;
        let Some(waiting) = own else { return Ok(true) };
        let commands = waiting.text()?;
        let size = commands.get().len() as u64;
        let position = &self.replica.position;
        let (number, after) = (position.number + 1, position.id);
        let batch = Batch { number, after, id: waiting.id, now, seed: waiting.seed, commands };
        if let Some(seen) = self.replica.seen.as_ref().filter(|seen| seen.tail.is_full) {
            let segment = format::write(&seen.tail.batches)?;
            once::put(&*self.replica.docs, &format::segment(position.number), segment).await?;
        }
        let tail = self.replica.with(batch.clone(), size, self.options.tail_bytes);
        let value = format::write(&tail)?;
        let put = self.replica.docs.put_if(TAIL, value.clone(), self.replica.expected()).await;
        match put {
            Ok(Put::Stored(rev)) => {
                self.replica.answer(&batch, waiting);
                self.replica.see(rev, value, tail);
                Ok(true)
            }
            Ok(Put::Conflict) => {
                self.replica.catch_up(own).await?;
                let Some(own) = own else { return Ok(true) };
                // Whatever was tried before stood on a tail that is over.
                own.is_in_doubt = false;
                Ok(own.is_done)
            }
            Err(error) => {
                waiting.is_in_doubt = true;
                Err(error)
            }
        }
    }

    async fn now(&self) -> Result<Timestamp> {
        Ok(self.replica.shared.steady(self.replica.docs.now().await?))
    }

    /// Cuts the log, where that is due.
    async fn tidy(&mut self) {
        let cut = if self.must_forget {
            self.replica.forget().await
        } else if self.is_heavy() {
            self.replica.snapshot().await
        } else {
            return;
        };
        match cut {
            Ok(()) => self.must_forget = false,
            Err(error) => {
                tracing::warn!(error = %error.chain(), "the log could not be cut; it is tried again later");
            }
        }
    }

    /// Whether the log weighs more than what it would be replaced by, since the last batch, which is our own: who made it so
    /// cuts it; if that one fails, others do when it weighs half as much again.
    fn is_heavy(&self) -> bool {
        let Some(seen) = &self.replica.seen else { return false };
        let Some(last) = seen.tail.batches.last().filter(|last| last.id == self.replica.position.id) else {
            return false;
        };
        let least = seen.tail.snapshot.as_ref().map_or(0, |snapshot| snapshot.size);
        let mark = (least.max(self.options.snapshot_bytes) / 2).max(1);
        let weight = seen.tail.weight;
        let before = weight.saturating_sub(last.commands.get().len() as u64);
        weight / mark >= 2 && weight / mark > before / mark
    }
}

/// Longer with every time, and not the same for all.
fn backoff(times: u32) -> Duration {
    let spread = u64::from(Uuid::new_v4().as_bytes()[0]);
    Duration::from_micros(u64::from(times.min(20)) * (200 + 8 * spread))
}

/// What is served together.
#[derive(Default)]
struct Round {
    commands: Vec<Box<dyn Pending>>,
    looks: Vec<Box<dyn Look>>,
    bytes: usize,
}

impl Round {
    fn take(&mut self, work: Work) {
        match work {
            Work::Act(command) => {
                self.bytes += command.text().len();
                self.commands.push(command);
            }
            Work::Look(look) => self.looks.push(look),
        }
    }

    fn is_full(&self) -> bool {
        self.commands.len() >= MOST_COMMANDS || self.bytes >= MOST_BYTES
    }
}

impl Own {
    fn new(commands: Vec<Box<dyn Pending>>) -> Self {
        let (id, random) = (Uuid::new_v4(), Uuid::new_v4());
        let seed = random.as_u64_pair().1 & 0xffff_ffff_ffff;
        Self { id, seed, commands, is_in_doubt: false, is_done: false }
    }

    /// As they are written down.
    fn text(&self) -> Result<Box<RawValue>> {
        let texts: Vec<&str> = self.commands.iter().map(|command| command.text()).collect();
        RawValue::from_string(format!("[{}]", texts.join(",")))
            .map_err(|cause| Error::new(ErrorKind::Store, "a batch cannot be written").with_source(cause))
    }
}
