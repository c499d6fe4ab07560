//! Holding a server, or anything else with a name, while something is done to it.
//!
//! A *lane* is a lock that a job needs before it may run: [`NewJob::lane`](crate::NewJob::lane). Its store hands the job
//! out only together with the lock, one job of a lane after the other, and who waits behind is looked at once and then no more
//! until it is next.
//! A running attempt takes further locks as it goes; a call outside any job takes its own, for a time.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::id::{JobId, ServerId};
use crate::store::{Executor, LeaseKey};

/// So many of those who are before one are named.
pub(crate) const MOST_NAMED: usize = 16;

/// Longest name of a lock.
const LONGEST_KEY: usize = 200;

/// The lock of everything that changes one server.
#[must_use]
pub fn server_lane(server: ServerId) -> String {
    format!("server:{server}")
}

/// The server whose lane this is.
#[must_use]
pub fn server_of_lane(key: &str) -> Option<ServerId> {
    key.strip_prefix("server:")?.parse().ok()
}

/// With whom a lock is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Share {
    /// With nobody.
    Alone,
    /// With others who share it, so many in all at most. The least number among them counts.
    Among(u32),
}

/// A lock somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Its name.
    pub key: String,
    /// With whom.
    pub share: Share,
}

impl Wish {
    /// A lock for oneself.
    #[must_use]
    pub fn alone(key: impl Into<String>) -> Self {
        Self { key: key.into(), share: Share::Alone }
    }

    /// A lock that so many may hold at a time.
    #[must_use]
    pub fn among(key: impl Into<String>, most: u32) -> Self {
        Self { key: key.into(), share: Share::Among(most) }
    }
}

/// Who holds a lock, or wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LockOwner {
    /// A job, spoken for by its attempt. Its locks end with the job; between attempts its places in line stay.
    Job(LeaseKey),
    /// A call outside any job. Its locks end when they are given back, when its executor goes, or with their time.
    Call(Uuid),
}

/// Whether to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Turn {
    /// Now or not at all. Who only waits is overtaken; who holds is not.
    Now,
    /// After those who came before. The place is kept: ask again.
    InLine,
}

/// A request for locks: all of them or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockRequest {
    /// For whom.
    pub owner: LockOwner,
    /// Through whom.
    pub executor: Executor,
    /// Which.
    pub wishes: Vec<Wish>,
    /// What for, as others are told who find it taken.
    pub label: String,
    /// Whether to wait.
    pub turn: Turn,
    /// How long a call's locks and places last without a beat of its executor. A job's last as long as its lease.
    pub ttl: Duration,
}

/// The answer to a [`LockRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locked {
    /// All of them are held now. Asking again for what one holds is granted.
    Granted,
    /// Somebody else is first: these, or the first few of them.
    Busy(Vec<Holder>),
}

/// Somebody with a lock, or with a place in line for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The lock's name.
    pub key: String,
    /// With whom it is shared.
    pub share: Share,
    /// The job, if it is one.
    pub job_id: Option<JobId>,
    /// What for.
    pub label: String,
    /// Through which executor. `None` for a job between two attempts.
    pub executor: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Waits for it, and does not hold it.
    pub is_waiting: bool,
}

/// Whether a lock cannot be had beside those who hold it.
pub(crate) fn is_taken(wanted: Share, held: impl IntoIterator<Item = Share>) -> bool {
    let mut most = wanted;
    let mut count = 0_u32;
    for share in held {
        count = count.saturating_add(1);
        most = match (most, share) {
            (Share::Among(a), Share::Among(b)) => Share::Among(a.min(b)),
            _ => Share::Alone,
        };
    }
    match most {
        Share::Alone => count > 0,
        Share::Among(most) => count >= most,
    }
}

pub(crate) fn check_lane(key: &str) -> Result<()> {
    check_key("lane", key)
}

pub(crate) fn check_request(request: &LockRequest) -> Result<()> {
    if request.wishes.is_empty() {
        return Err(Error::invalid("wishes", "no lock is asked for", "name at least one"));
    }
    for wish in &request.wishes {
        check_key("wishes", &wish.key)?;
        if wish.share == Share::Among(0) {
            return Err(Error::invalid("wishes", "a lock for nobody at a time", "share it among 1 or more"));
        }
    }
    Ok(())
}

fn check_key(field: &str, key: &str) -> Result<()> {
    if key.trim().is_empty() {
        return Err(Error::invalid(field, "a lock without a name", "name what is locked, as `server:<id>`"));
    }
    if key.len() > LONGEST_KEY {
        return Err(Error::invalid(
            field,
            format!("the lock's name has {} bytes", key.len()),
            format!("use at most {LONGEST_KEY}"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alone_and_shared() {
        let two = Share::Among(2);
        for (wanted, held, taken) in [
            (Share::Alone, vec![], false),
            (Share::Alone, vec![two], true),
            (two, vec![], false),
            (two, vec![two], false),
            (two, vec![two, two], true),
            (two, vec![Share::Alone], true),
            (Share::Among(9), vec![two, two], true),
            (Share::Among(9), vec![Share::Among(9), Share::Among(9)], false),
        ] {
            assert_eq!(is_taken(wanted, held.iter().copied()), taken, "{wanted:?} beside {held:?}");
        }
    }

    #[test]
    fn a_name_is_a_name() {
        for bad in ["", "  ", &"x".repeat(201)] {
            assert!(check_lane(bad).is_err(), "{bad:?}");
        }
        assert!(check_lane(&server_lane(ServerId::new())).is_ok());
    }
}
