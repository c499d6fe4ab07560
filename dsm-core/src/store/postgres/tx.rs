//! One transaction: begun with its time, committed or undone with its work.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{BoxFuture, try_join};
use jiff::Timestamp;

use super::codec::cell;
use super::fault::Db;
use super::link::Link;
use super::pool::Within;

/// What a commit must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// The death of this process: notes, logs and beats, which the last moments of do no harm.
    Process,
    /// The death of the server as well: everything that decides about jobs.
    Server,
}

impl Durability {
    /// Joins are made by primary key whatever the statistics say: a table analysed while nothing ran must not cost
    /// the next batch a scan for each of its rows.
    const fn begin(self) -> &'static str {
        match self {
            Self::Process => {
                "BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
            }
            Self::Server => {
                "BEGIN; SET LOCAL synchronous_commit = on; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
            }
        }
    }
}

/// The storage clock in SQL: a parameter where a test moves it, else the server's, which stands still for one
/// statement or transaction. Milliseconds are the finest it tells apart.
pub(super) const NOW: &str = "coalesce($1::timestamptz, date_trunc('milliseconds', now()))";

const SELECT_NOW: &str = "SELECT coalesce($1::timestamptz, date_trunc('milliseconds', now()))";

/// Reads the storage clock.
pub(super) async fn read_now(link: &Link, manual: Option<Timestamp>) -> Db<Timestamp> {
    let rows = link.query(SELECT_NOW, &[&manual]).await?;
    match rows.first() {
        Some(row) => cell(row, 0),
        None => Ok(crate::clock::now()),
    }
}

/// The transaction a piece of work runs in.
pub(super) struct Tx<'c> {
    pub(super) link: &'c Link,
    /// One time for all of it.
    pub(super) now: Timestamp,
    wake: AtomicBool,
}

impl Tx<'_> {
    /// Something may have become claimable: those who wait are told after the commit.
    pub(super) fn wake(&self) {
        self.wake.store(true, Ordering::Relaxed);
    }
}

/// Runs work in a transaction. The second value says whether there is something to wake others for.
pub(super) async fn transact<'a, T, F>(
    link: &Link,
    durability: Durability,
    manual: Option<Timestamp>,
    work: &F,
) -> Db<(T, bool)>
where
    T: Send,
    F: Send + Sync + for<'c> Fn(&'c Tx<'c>, Within<'c, 'a>) -> BoxFuture<'c, Db<T>>,
{
    // Both are sent at once: beginning costs no round trip of its own.
    let ((), now) = try_join(link.batch(durability.begin()), read_now(link, manual)).await?;
    let tx = Tx { link, now, wake: AtomicBool::new(false) };
    match work(&tx, std::marker::PhantomData).await {
        Ok(done) => {
            link.batch("COMMIT").await?;
            Ok((done, tx.wake.load(Ordering::Relaxed)))
        }
        Err(fault) => {
            link.batch("ROLLBACK").await?;
            Err(fault)
        }
    }
}
