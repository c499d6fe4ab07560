//! What changes a store's state, one value a change: it can be written down and carried out elsewhere.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::stamp::Stamp;
use super::state::State;
use crate::error::Result;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::job::NewJob;
use crate::store::clock::lease_end;
use crate::store::coded::Coded;
use crate::store::why::FIRST_WORD;
use crate::store::{
    self, AttemptReport, AttemptWrite, Beat, BeatReply, Cancelled, Claimed, CredentialRangeRow,
    CredentialSetRow, Enqueued, Executor, HeartbeatRow, LockOwner, LockRequest, Locked, PauseScope, PinRow,
    Pruned, Reaped, Registered, Rescheduled, Retried, ServerPatch, SessionRow, Settings, SettingsPatch,
    Settled, Settlement,
};

/// A change and its answer.
pub(in crate::store) trait Act: Into<Command> + Clone + Send + Sync + 'static {
    /// What is answered.
    type Answer: Send + 'static;

    /// Whether [`Act::idle`] ever answers.
    const MAY_IDLE: bool = false;

    /// Makes the change.
    fn act(&self, state: &mut State, stamp: &mut Stamp) -> Result<Self::Answer>;

    /// Whether something may have become claimable by it.
    fn wakes(_answer: &Self::Answer) -> bool {
        false
    }

    /// Whether something is to be found nowhere any more, not even among what was written down before.
    fn forgets(_answer: &Self::Answer) -> bool {
        false
    }

    /// The answer, where it would change nothing that matters: whoever writes changes down leaves it out.
    fn idle(&self, _state: &State, _now: Timestamp) -> Option<Self::Answer> {
        None
    }
}

/// Writes down changes: `Name { arguments } -> answer: |state, stamp| body`, then when it wakes who waits for work, when
/// what was written down before has to go, and when it can be left out.
macro_rules! commands {
    ($(
        $name:ident { $($field:ident: $kind:ty),* } -> $answer:ty: |$state:ident, $stamp:ident| $body:expr
        $(, wakes |$given:pat_param| $wakes:expr)?
        $(, forgets |$taken:pat_param| $forgets:expr)?
        $(, idle |$this:ident, $idle_state:ident, $now:ident| $idle:expr)?;
    )*) => {
        /// Any change.
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(in crate::store) enum Command { $($name($name)),* }

        impl Command {
            /// Makes a change that somebody else asked for, and got the answer to.
            pub(in crate::store) fn follow(&self, state: &mut State, stamp: &mut Stamp) -> bool {
                match self {
                    $(Self::$name(command) => {
                        command.act(state, stamp).is_ok_and(|answer| $name::wakes(&answer))
                    })*
                }
            }
        }

        $(
            #[derive(Debug, Clone, Serialize, Deserialize)]
            pub(in crate::store) struct $name { $(pub(in crate::store) $field: $kind),* }

            impl From<$name> for Command {
                fn from(command: $name) -> Self {
                    Self::$name(command)
                }
            }

            impl Act for $name {
                type Answer = $answer;

                $(const MAY_IDLE: bool = !stringify!($idle_state).is_empty();)?

                fn act(&self, $state: &mut State, $stamp: &mut Stamp) -> Result<$answer> {
                    let Self { $($field),* } = self;
                    let _ = &$stamp;
                    $body
                }

                $(fn wakes($given: &$answer) -> bool {
                    $wakes
                })?

                $(fn forgets($taken: &$answer) -> bool {
                    $forgets
                })?

                $(fn idle(&self, $idle_state: &State, $now: Timestamp) -> Option<$answer> {
                    let $this = self;
                    $idle
                })?
            }
        )*
    };
}

commands! {
    Enqueue { jobs: Vec<NewJob> } -> Vec<Enqueued>: |state, stamp| {
        let mut table = state.jobs.clone();
        let mut turns = 0;
        let added = jobs.iter().map(|job| table.enqueue(job, &mut turns, stamp)).collect::<Result<_>>()?;
        state.jobs = table;
        Ok(added)
    }, wakes |_| true;

    Register { executor: Executor } -> Registered: |state, stamp| {
        state.jobs.meet(executor, lease_end(stamp.now, FIRST_WORD));
        Ok(state.register(executor))
    };

    Unregister { executor: Executor } -> (): |state, stamp| {
        state.jobs.unregister(executor.incarnation, stamp.now);
        state.executors.remove(&executor.incarnation);
        Ok(())
    }, wakes |()| true;

    Claim { claim: store::Claim } -> Claimed: |state, stamp| Ok(state.jobs.claim(claim, stamp.now)),
        idle |this, state, now| state.jobs.nothing_to_claim(&this.claim, now);

    Renew { beat: Beat } -> BeatReply: |state, stamp| Ok(state.jobs.renew(beat, stamp.now));

    Lock { request: LockRequest } -> Locked: |state, stamp| state.jobs.lock(request, stamp.now);

    Unlock { owner: LockOwner, keys: Vec<String> } -> (): |state, stamp| state.jobs.unlock(*owner, keys),
        wakes |()| true;

    Write { write: AttemptWrite } -> AttemptReport: |state, stamp| state.write(write, stamp);

    Settle { items: Vec<Settlement> } -> Vec<Settled>: |state, stamp| {
        let mut table = state.jobs.clone();
        let settled = items.iter().map(|item| table.settle(item, stamp.now)).collect::<Result<_>>()?;
        state.jobs = table;
        Ok(settled)
    }, wakes |_| true;

    Reap { max_orphanings: u32 } -> Vec<Reaped>: |state, stamp| Ok(state.jobs.reap(*max_orphanings, stamp.now)),
        wakes |reaped| !reaped.is_empty(),
        idle |_this, state, now| state.jobs.is_nothing_over(now).then(Vec::new);

    // Its lane may be another's now.
    Cancel { job: JobId, reason: String } -> Cancelled: |state, stamp| {
        Ok(state.jobs.cancel(*job, reason, stamp.now))
    }, wakes |_| true;

    // Others may have become first in their lanes.
    Pause { scope: PauseScope, reason: String, by: String } -> store::Pause: |state, stamp| {
        Ok(state.jobs.pause(scope, reason, by, stamp.now))
    }, wakes |_| true;

    Resume { scope: PauseScope } -> bool: |state, stamp| Ok(state.jobs.resume(scope)), wakes |_| true;

    Retry { job: JobId } -> Retried: |state, stamp| Ok(state.jobs.retry(*job, stamp.now)), wakes |_| true;

    Reschedule { job: JobId, change: store::Reschedule } -> Rescheduled: |state, stamp| {
        Ok(state.jobs.reschedule(*job, *change, stamp.now))
    }, wakes |_| true;

    Prune { prune: store::Prune } -> Pruned: |state, stamp| Ok(state.prune(prune));

    TakeDetails { job: JobId, keys: Vec<String> } -> Option<Map<String, Value>>: |state, stamp| {
        Ok(state.jobs.take_details(*job, keys))
    }, forgets |taken| taken.as_ref().is_some_and(|taken| !taken.is_empty()),
        idle |this, state, _now| state.jobs.nothing_to_take(this.job, &this.keys);

    PutServers { servers: Vec<(ServerId, ServerPatch)> } -> (): |state, stamp| state.put_servers(servers, stamp);

    Reseal { changes: Vec<store::Reseal> } -> Vec<bool>: |state, stamp| state.reseal(changes, stamp);

    PutCredentialSet { set: CredentialSetRow } -> (): |state, stamp| state.put_credential_set(set);

    RemoveCredentialSet { set: CredentialSetId } -> bool: |state, stamp| Ok(state.remove_credential_set(*set));

    PutCredentialRange { range: CredentialRangeRow } -> (): |state, stamp| state.put_credential_range(range);

    PutPins { pins: Vec<PinRow> } -> (): |state, stamp| {
        state.pins.extend(pins.iter().map(|pin| (pin.host.clone(), pin.clone())));
        Ok(())
    };

    ForgetPin { host: String } -> bool: |state, stamp| Ok(state.pins.remove(host).is_some());

    PutSession { session: SessionRow } -> (): |state, stamp| {
        state.put_session(session.clone());
        Ok(())
    };

    LocateSession { id: Uuid, location: String } -> (): |state, stamp| {
        state.locate_session(*id, location);
        Ok(())
    };

    RemoveSession { id: Uuid } -> (): |state, stamp| {
        state.sessions.remove(id);
        Ok(())
    };

    PutHeartbeat { row: HeartbeatRow } -> (): |state, stamp| {
        state.heartbeats.insert(row.executor_id.clone(), row.clone());
        Ok(())
    };

    PutMeta { key: String, value: Coded } -> (): |state, stamp| {
        state.meta.insert(key.clone(), value.clone());
        Ok(())
    };

    PutEntry { kind: String, name: String, body: Value, expected: Option<i64> } -> Option<i64>: |state, stamp| {
        Ok(state.put_entry(kind, name, body, *expected))
    };

    RemoveEntry { kind: String, name: String } -> bool: |state, stamp| Ok(state.remove_entry(kind, name));

    PutSettings { patch: SettingsPatch } -> Settings: |state, stamp| {
        patch.apply(&mut state.settings);
        Ok(state.settings)
    };
}
