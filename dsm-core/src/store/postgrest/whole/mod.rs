//! With our tables and functions installed: what a decision is made on is read in one request, decided as in memory, and
//! written in one transaction by another, if it is still as it was read; if not, all of it is done anew. Claims and beats
//! are single functions, the same statements that a [`PostgresStore`](crate::store::PostgresStore) uses.

mod claim;
mod closely;
mod ends;
mod enqueue;
mod entries;
mod executors;
mod image;
mod notes;
mod pauses;
mod prune;
mod reads;
mod slice;
mod why;
mod write;

pub(super) use claim::{cancel_requests, claim, renew};
pub(super) use ends::{cancel, lock, reap, reschedule, reseal, retry, settle, take_details, unlock};
pub(super) use enqueue::{enqueue, ids as new_ids};
pub(super) use entries::{entries, put_entry, remove_entry};
pub(super) use executors::{register, unregister};
pub(super) use notes::{
    forget_pin, get_meta, locate_session, pins, put_meta, put_pins, put_session, remove_session, sessions,
};
pub(super) use pauses::{pause, pauses, resume};
pub(super) use prune::prune;
pub(super) use reads::{attempts, documents, lock_holders, steps};
pub(super) use why::why_not;
pub(super) use write::{put_servers, reseal_row, write};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fault::{Fault, Rest};
use super::http::Http;
use super::records;

/// Ways in which a database that others made differs from one of ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts {
    /// People's rows are somebody else's: none is made for a reference.
    pub(super) is_adopted: bool,
    /// Firmware is a row for each reading, not for each component.
    pub(super) has_firmware_history: bool,
}

/// Asks whether our functions are there. `None`: they are not.
pub(super) async fn hello(http: &Http) -> Rest<Option<Facts>> {
    let said = match http.call("dsm_hello", &json!({"p_now": null})).await {
        Err(Fault::Refused(refusal)) if refusal.is_no_function() => return Ok(None),
        said => said?,
    };
    let says = |key: &str| said.get(key).and_then(Value::as_bool).unwrap_or_default();
    Ok(Some(Facts { is_adopted: says("is_adopted"), has_firmware_history: says("has_firmware_history") }))
}

/// The storage clock.
pub(super) async fn now(http: &Http, manual: Option<Timestamp>) -> Rest<Timestamp> {
    let said = http.call("dsm_hello", &json!({"p_now": manual})).await?;
    records::needed("dsm_hello", &said, "now")
}
