//! On a schema that nobody changed for us: every write says which state of the row it was decided on, and whoever finds
//! the row otherwise wrote nothing.
//!
//! A claim moves rows from pending to running where they are pending still, and stamps them with a time that no other
//! claim has: that time, in `started_at`, is the fence, and every later write of the attempt names it. An executor says
//! in a row of `executor_heartbeats` that it lives and which times are its own, before it claims under them, so that
//! what a dead one held is found. Of `details`, the key `dsm` is ours.

mod cancel;
mod changes;
mod claim;
mod control;
mod end;
mod enqueue;
mod leases;
mod note;
mod prune;
mod reap;
mod rows;
mod settle;
mod tasks;
mod why;
mod write;

pub(super) use cancel::{cancel, cancel_requests};
pub(super) use changes::Missing;
pub(super) use claim::{Types, claim};
pub(super) use control::{is_paused, pause, pauses, reschedule, reseal, resume, retry, take_details};
pub(super) use enqueue::{enqueue, ids as new_ids};
pub(super) use leases::{Leases, register, renew, unregister};
pub(super) use note::without_note;
pub(super) use prune::prune;
pub(super) use reap::reap;
pub(super) use settle::settle;
pub(super) use why::why_not;
pub(super) use write::{put_servers, write};

use super::Service;
use super::fault::{Fault, Rest};
use super::query::Query;
use crate::error::{Error, ErrorKind};
use crate::id::JobId;

/// The error of what an untouched schema has no place for.
pub(super) fn lacking(what: &str) -> Fault {
    Error::new(ErrorKind::StoreNotOurs, format!("the database has no place for {what}"))
        .about(what)
        .hint("install the tables and functions of dsm beside its own: `PostgresStore::plan`, then `apply`")
        .into()
}

/// The row that an attempt holds, as long as it does.
pub(super) fn held(job: JobId, fence: i64) -> Query {
    Query::of("jobs").eq("id", job).eq("status", "running").eq("started_at", leases::time(fence))
}

/// The time by the service's clock.
pub(super) async fn now(service: &Service) -> Rest<jiff::Timestamp> {
    service.leases.now(service).await
}
