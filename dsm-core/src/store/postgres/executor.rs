//! Executors coming and going.

use std::collections::HashSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;
use uuid::Uuid;

use super::codec::{Cursor, text};
use super::fault::Db;
use super::keeper::lock_key;
use super::link::Link;
use super::locks;
use super::settle::{orphan_all, release_all};
use super::stepped;
use super::tx::{NOW, Tx};
use crate::clock::instant;
use crate::store::why::FIRST_WORD;
use crate::store::{Claim, Executor, Registered};

/// After this long without a beat, one whose life cannot be proved either way (the server was started anew since) is
/// not counted as alive any more. Its leases ran out long ago.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);
/// How long the lock of a namesake is watched: that is who we come after, and the server may be about to see it gone.
const WATCHED: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(20);

/// What is noted of another incarnation.
#[derive(Debug)]
struct Other {
    incarnation: Uuid,
    id: String,
    /// The server that keeps its lock is the one that runs.
    is_locked_here: bool,
    beat_at: Timestamp,
}

/// Incarnations whose lock nobody holds though this very server should: their processes are dead.
pub(super) async fn dead(link: &Link, executor: &Executor) -> Db<Vec<Uuid>> {
    let mut suspects = others(link, executor.incarnation).await?;
    suspects.retain(|other| other.is_locked_here);
    let mut dead = HashSet::new();
    let since = instant();
    loop {
        dead.extend(unlocked(link, &suspects).await?);
        suspects.retain(|other| other.id == executor.id && !dead.contains(&other.incarnation));
        if suspects.is_empty() || since.elapsed() > WATCHED {
            return Ok(dead.into_iter().collect());
        }
        sleep(LOOK).await;
    }
}

async fn unlocked(link: &Link, suspects: &[Other]) -> Db<Vec<Uuid>> {
    let mut free = Vec::new();
    for other in suspects {
        let sql = "SELECT pg_try_advisory_xact_lock($1)";
        if let Some(row) = link.query_opt(sql, &[&lock_key(other.incarnation)]).await?
            && Cursor::new(&row).take::<bool>()?
        {
            free.push(other.incarnation);
        }
    }
    Ok(free)
}

async fn others(link: &Link, but: Uuid) -> Db<Vec<Other>> {
    let sql = "SELECT incarnation, id, coalesce(server_epoch = pg_postmaster_start_time(), false), beat_at
               FROM dsm_executor WHERE incarnation <> $1 ORDER BY registered_at, incarnation";
    let rows = link.query(sql, &[&but]).await?;
    rows.iter()
        .map(|row| {
            let mut cells = Cursor::new(row);
            Ok(Other {
                incarnation: cells.take()?,
                id: cells.take()?,
                is_locked_here: cells.take()?,
                beat_at: cells.take()?,
            })
        })
        .collect()
}

/// `epoch`: of the server that keeps our lock, if we have one.
pub(super) async fn register(
    tx: &Tx<'_>,
    executor: &Executor,
    epoch: Option<Timestamp>,
    dead: &[Uuid],
) -> Db<Registered> {
    stepped::mend(tx).await?;
    let mut registered = Registered { released: orphan_all(tx, dead).await?, alive: Vec::new() };
    let mut gone = dead.to_vec();
    for other in others(tx.link, executor.incarnation).await? {
        if dead.contains(&other.incarnation) {
            continue;
        }
        if !other.is_locked_here && tx.now.duration_since(other.beat_at) > FORGOTTEN {
            gone.push(other.incarnation);
        } else {
            registered.alive.push(other.incarnation);
        }
    }
    forget(tx, &gone).await?;
    tx.link
        .execute(
            "INSERT INTO dsm_executor (incarnation, id, server_epoch, registered_at, beat_at)
             VALUES ($1, $2, $3, $4, $4)
             ON CONFLICT (incarnation) DO UPDATE SET
                 id = excluded.id, server_epoch = excluded.server_epoch, beat_at = excluded.beat_at",
            &[&executor.incarnation, &text(&executor.id), &epoch, &tx.now],
        )
        .await?;
    Ok(registered)
}

pub(super) async fn unregister(tx: &Tx<'_>, executor: &Executor) -> Db<()> {
    release_all(tx, executor.incarnation).await?;
    forget(tx, &[executor.incarnation]).await
}

/// What it runs, for those who ask why a job does not run. Written only when that is news.
pub(super) async fn hear(link: &Link, manual: Option<Timestamp>, claim: &Claim, ttl: f64) -> Db<u64> {
    let sql = format!(
        "UPDATE dsm_executor SET job_types = $2, alive_until = {NOW} + $3 * interval '1 millisecond'
         WHERE incarnation = $4 AND (job_types IS DISTINCT FROM $2 OR alive_until <= {NOW})"
    );
    link.execute(&sql, &[&manual, &claim.served(), &ttl, &claim.executor.incarnation]).await
}

/// Whether one that is alive runs this type; `None` where one has not said yet what it runs.
pub(super) async fn is_served(link: &Link, job_type: &str, now: Timestamp) -> Db<Option<bool>> {
    let first_word = now.checked_sub(FIRST_WORD).unwrap_or(Timestamp::UNIX_EPOCH);
    let sql = "SELECT count(*) FILTER (WHERE $1 = ANY(job_types)) > 0, count(*) FILTER (WHERE job_types IS NULL) > 0
               FROM dsm_executor WHERE alive_until > $2 OR (alive_until IS NULL AND beat_at > $3)";
    let Some(row) = link.query_opt(sql, &[&text(job_type), &now, &first_word]).await? else {
        return Ok(None);
    };
    let mut cells = Cursor::new(&row);
    let (is_served, has_silent): (bool, bool) = (cells.take()?, cells.take()?);
    Ok(if is_served { Some(true) } else { (!has_silent).then_some(false) })
}

async fn forget(tx: &Tx<'_>, gone: &[Uuid]) -> Db<()> {
    if gone.is_empty() {
        return Ok(());
    }
    locks::release_calls_of(tx, gone).await?;
    tx.link.execute("DELETE FROM dsm_executor WHERE incarnation = ANY($1)", &[&gone]).await?;
    Ok(())
}
