//! Answers told so that those of two stores can be compared.

use super::snapshot::{plain, through_nobody};
use super::world::{Reply, World};
use crate::store::Locked;

/// The reply with numbers in place of what each store makes up for itself, and in order where order means nothing.
pub(super) fn shown(world: &World, reply: &Reply) -> String {
    match reply.clone() {
        Reply::Claimed(mut claimed) => {
            // A store may tell an earlier time than there is something to do, and is held to telling none later.
            claimed.next_due = None;
            let mut tasks = Vec::new();
            for won in &mut claimed.jobs {
                won.lease.key.fence = world.number(won.lease.key.fence);
                tasks.push(plain(&std::mem::take(&mut won.tasks)));
            }
            format!("{claimed:?} {tasks:?}")
        }
        Reply::Renewed(mut reply) => {
            reply.lost.sort_unstable();
            reply.cancel.sort_unstable();
            format!("{reply:?}")
        }
        Reply::Reaped(mut reaped) => {
            reaped.sort_by_key(|one| one.job_id);
            format!("{reaped:?}")
        }
        Reply::Registered(mut registered) => {
            registered.alive.sort_unstable();
            format!("{registered:?}")
        }
        Reply::Locked(Locked::Busy(holders)) => {
            let holders: Vec<_> = holders.into_iter().map(through_nobody).collect();
            format!("busy: {holders:?}")
        }
        reply => format!("{reply:?}"),
    }
}
