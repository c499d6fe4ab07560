//! Jobs that limits hold back, and what is used of the limits.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use super::claim::{CANDIDATE, Candidate, RANK, candidate};
use super::codec::{Cursor, column, uuids};
use super::fault::Db;
use super::link::Link;
use super::locks::{hold_line, share};
use super::tx::Tx;
use crate::id::JobId;
use crate::store::limits::{Class, Reached, Usage, Used, reached};
use crate::store::{Claim, Share};

/// The jobs that a limit holds back, as the index has them.
pub(super) const WAITING: &str = "j.status = 'pending' AND j.dsm_parked AND j.dsm_waits IS NOT NULL";

/// Who counts waits for who counts: there is one such lock for all limits.
pub(super) const GATE: &str = "limits";

/// From here to the commit nobody else counts.
pub(super) async fn hold(tx: &Tx<'_>) -> Db<()> {
    hold_line(tx, GATE).await
}

/// Those of each class that may run now as far as limits go: so many that all slots could be theirs.
pub(super) async fn heads(
    tx: &Tx<'_>,
    claim: &Claim,
    types: &[String],
    usage: &mut Usage,
) -> Db<Vec<Candidate>> {
    let mut classes = classes(tx.link).await?;
    classes.retain(|class| types.contains(&class.job_type));
    load(tx, usage, classes.iter().flat_map(|class| class.keys.iter().cloned()).collect()).await?;
    let (mut texts, mut rooms) = (Vec::new(), Vec::new());
    for class in &classes {
        let room = usage.room_of(class, &claim.limits, claim.slots);
        if room > 0 {
            texts.push(class.to_string());
            rooms.push(i64::try_from(room).unwrap_or(i64::MAX));
        }
    }
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.link.query(&HEADS, &[&texts, &rooms]).await?;
    rows.iter().map(candidate).collect()
}

/// The first of each class.
pub(super) static HEADS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {CANDIDATE} FROM unnest($1::text[], $2::bigint[]) k (waits, room) CROSS JOIN LATERAL (
             SELECT j.*, {RANK} AS rank, j.dsm_turn AS due FROM jobs j
             WHERE {WAITING} AND j.dsm_waits = k.waits AND j.dsm_turn IS NOT NULL
             ORDER BY {RANK}, j.dsm_turn, j.created_at, j.id
             LIMIT k.room
             FOR NO KEY UPDATE OF j SKIP LOCKED
         ) c"
    )
});

async fn classes(link: &Link) -> Db<Vec<Class>> {
    let texts: Vec<String> = column(&link.query(&CLASSES, &[]).await?)?;
    Ok(texts.iter().map(|text| Class::parse(text)).collect())
}

/// The classes with jobs waiting: one look into the index for each.
pub(super) static CLASSES: LazyLock<String> = LazyLock::new(|| {
    let next = |after: &str| {
        format!("(SELECT j.dsm_waits FROM jobs j WHERE {WAITING}{after} ORDER BY j.dsm_waits LIMIT 1)")
    };
    format!(
        "WITH RECURSIVE c (waits) AS (
             {}
             UNION ALL
             SELECT {} FROM c WHERE c.waits IS NOT NULL
         )
         SELECT waits FROM c WHERE waits IS NOT NULL",
        next(""),
        next(" AND j.dsm_waits > c.waits")
    )
});

/// What is used of these limits.
pub(super) async fn load(tx: &Tx<'_>, usage: &mut Usage, mut keys: BTreeSet<String>) -> Db<()> {
    keys.retain(|key| !usage.knows(key));
    if keys.is_empty() {
        return Ok(());
    }
    let rows = rows(tx.link, &keys).await?;
    for key in &keys {
        usage.note(key, Used::count(rows.get(key).into_iter().flatten().copied()));
    }
    Ok(())
}

/// Jobs wait with their classes.
pub(super) async fn park(tx: &Tx<'_>, jobs: &[(JobId, Class)]) -> Db<()> {
    let ids = uuids!(jobs.iter().map(|(job, _)| *job));
    let texts: Vec<String> = jobs.iter().map(|(_, class)| class.to_string()).collect();
    let sql = "UPDATE jobs j SET dsm_parked = true, dsm_waits = r.waits
               FROM unnest($1::uuid[], $2::text[]) r (id, waits) WHERE j.id = r.id";
    tx.link.execute(sql, &[&ids, &texts]).await?;
    Ok(())
}

/// The limits that keep a job waiting.
pub(super) async fn in_the_way(link: &Link, job: JobId) -> Db<Vec<Reached>> {
    let sql = format!("SELECT j.dsm_waits FROM jobs j WHERE j.id = $1 AND {WAITING}");
    let texts: Vec<String> = column(&link.query(&sql, &[&job.0]).await?)?;
    let Some(text) = texts.first() else { return Ok(Vec::new()) };
    let keys = Class::parse(text).keys;
    let rows = rows(link, &keys.iter().cloned().collect()).await?;
    let of = |key: &String| reached(key, rows.get(key).into_iter().flatten().copied());
    Ok(keys.iter().filter_map(of).collect())
}

type Rows = HashMap<String, Vec<(Share, bool)>>;

async fn rows(link: &Link, keys: &BTreeSet<String>) -> Db<Rows> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut rows = Rows::new();
    for row in &link.query("SELECT key, most, held FROM dsm_lock WHERE key = ANY($1)", &[&keys]).await? {
        let mut cells = Cursor::new(row);
        let (key, most) = (cells.take()?, cells.take::<u32>()?);
        rows.entry(key).or_default().push((share(most), cells.take()?));
    }
    Ok(rows)
}
