//! What is held back.

use std::collections::BTreeSet;

use tokio_postgres::Row;
use uuid::Uuid;

use super::codec::{Cursor, cell, column, some_text, text};
use super::fault::Db;
use super::link::Link;
use super::locks;
use super::settings;
use super::tx::Tx;
use crate::error::{Error, ErrorKind};
use crate::id::JobId;
use crate::store::{Pause, PauseScope};

/// The setting of the existing database.
const IS_SET: &str = "EXISTS (SELECT 1 FROM activity_settings WHERE pause_idrac_operations)";

/// The types `$2` of a claim that nothing holds back, lanes apart. `gated`: the parameter that names those which work
/// on iDRACs.
pub(super) fn free_types(gated: &str) -> String {
    format!(
        "ARRAY(SELECT t.name FROM unnest($2::text[]) t (name)
               WHERE NOT EXISTS (SELECT 1 FROM dsm_pause p
                                 WHERE p.scope = 'all' OR (p.scope = 'job_type' AND p.name = t.name))
                 AND NOT (t.name = ANY({gated}::text[]) AND {IS_SET}))"
    )
}

/// Whether the setting has changed since a claim that names these types as gated last met it.
pub(super) fn has_news(gated: &str) -> String {
    format!(
        "CASE WHEN {IS_SET}
              THEN NOT EXISTS (SELECT 1 FROM dsm_pause WHERE scope = 'idracs' AND job_types @> {gated}::text[])
              ELSE EXISTS (SELECT 1 FROM dsm_pause WHERE scope = 'idracs') END"
    )
}

pub(super) async fn pause(tx: &Tx<'_>, scope: &PauseScope, reason: &str, by: &str) -> Db<Pause> {
    if *scope == PauseScope::Idracs {
        set(tx, true).await?;
    }
    let pause = note(tx, scope, reason, by).await?;
    match scope {
        PauseScope::All => leave_lines(tx, "cardinality($1::text[]) = 0", &[]).await?,
        // Which types these are is said by the claims.
        PauseScope::Idracs => {}
        PauseScope::JobType(name) => leave_lines(tx, OF_TYPES, &[text(name).as_ref()]).await?,
        PauseScope::Lane(key) => {
            // Who is about to be let in there is let in before, or finds it paused.
            locks::hold_line(tx, &text(key)).await?;
            leave_lines(tx, "j.dsm_lane = ANY($1)", &[text(key).as_ref()]).await?;
        }
    }
    tx.wake();
    Ok(pause)
}

const OF_TYPES: &str = "j.job_type::text = ANY($1)";

async fn note(tx: &Tx<'_>, scope: &PauseScope, reason: &str, by: &str) -> Db<Pause> {
    let (kind, name) = scope.parts();
    let sql = "INSERT INTO dsm_pause (scope, name, reason, paused_by, since) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (scope, name) DO UPDATE SET reason = excluded.reason, paused_by = excluded.paused_by
               RETURNING scope, name, reason, paused_by, since";
    let (reason, by) = (some_text(Some(reason.trim())), some_text(Some(by.trim())));
    let row = tx.link.query_opt(sql, &[&kind, &text(name), &reason, &by, &tx.now]).await?;
    let row = row.ok_or_else(|| Error::new(ErrorKind::Store, "the server did not say what it noted"))?;
    pause_row(&row)
}

pub(super) async fn resume(tx: &Tx<'_>, scope: &PauseScope) -> Db<bool> {
    let mut was_paused = forget(tx, scope).await?;
    match scope {
        PauseScope::Idracs => was_paused = set(tx, false).await?,
        PauseScope::Lane(key) => {
            let sql = "UPDATE jobs SET dsm_parked = false WHERE dsm_parked AND dsm_lane = $1";
            tx.link.execute(sql, &[&text(key)]).await?;
        }
        PauseScope::All | PauseScope::JobType(_) => {}
    }
    tx.wake();
    Ok(was_paused)
}

async fn forget(tx: &Tx<'_>, scope: &PauseScope) -> Db<bool> {
    let (kind, name) = scope.parts();
    let sql = "DELETE FROM dsm_pause WHERE scope = $1 AND name = $2";
    Ok(tx.link.execute(sql, &[&kind, &text(name)]).await? > 0)
}

/// Whether that changed it.
async fn set(tx: &Tx<'_>, paused: bool) -> Db<bool> {
    if paused {
        settings::ensure_row(tx).await?;
    }
    let sql = "UPDATE activity_settings SET pause_idrac_operations = $1 WHERE pause_idrac_operations <> $1";
    Ok(tx.link.execute(sql, &[&paused]).await? > 0)
}

fn pause_row(row: &Row) -> Db<Pause> {
    let mut cells = Cursor::new(row);
    let (kind, name): (String, String) = (cells.take()?, cells.take()?);
    let scope = PauseScope::from_parts(&kind, name)
        .ok_or_else(|| Error::new(ErrorKind::Store, format!("no pause is of the kind `{kind}`")))?;
    Ok(Pause { scope, reason: cells.take()?, by: cells.take()?, since: cells.take()? })
}

/// All pauses; or with a lane named none of other lanes.
pub(super) async fn pauses(link: &Link, lane: Option<Option<&str>>) -> Db<Vec<Pause>> {
    let (is_all, lane) = (lane.is_none(), lane.flatten());
    let sql = format!(
        "SELECT scope, name, reason, paused_by, since FROM dsm_pause
         WHERE CASE scope WHEN 'idracs' THEN {IS_SET} WHEN 'lane' THEN $1 OR name = $2 ELSE true END
         UNION ALL
         SELECT 'idracs', '', NULL, NULL, NULL
         WHERE {IS_SET} AND NOT EXISTS (SELECT 1 FROM dsm_pause WHERE scope = 'idracs')"
    );
    let rows = link.query(&sql, &[&is_all, &lane]).await?;
    let mut pauses = rows.iter().map(pause_row).collect::<Db<Vec<Pause>>>()?;
    pauses.sort_by(|a, b| a.scope.cmp(&b.scope));
    Ok(pauses)
}

/// Another program may have changed the setting: claims are where that is seen.
pub(super) async fn meet_setting(tx: &Tx<'_>, gated: &[String]) -> Db<()> {
    let row = tx.link.query_opt(&format!("SELECT {IS_SET}"), &[]).await?;
    if !row.as_ref().map_or(Ok(false), |row| cell(row, 0))? {
        return forget(tx, &PauseScope::Idracs).await.map(drop);
    }
    tx.link
        .execute(
            "INSERT INTO dsm_pause (scope, name, since, job_types) VALUES ('idracs', '', $1, $2)
             ON CONFLICT (scope, name) DO UPDATE SET
                 job_types = ARRAY(SELECT unnest(dsm_pause.job_types) UNION SELECT unnest(excluded.job_types))",
            &[&tx.now, &gated],
        )
        .await?;
    let gated: Vec<&str> = gated.iter().map(String::as_str).collect();
    leave_lines(tx, OF_TYPES, &gated).await?;
    tx.wake();
    Ok(())
}

/// Who is held back stands in no line: others pass.
async fn leave_lines(tx: &Tx<'_>, jobs: &str, with: &[&str]) -> Db<()> {
    let sql = format!(
        "UPDATE jobs j SET dsm_parked = false WHERE j.dsm_parked AND j.status = 'pending' AND {jobs}"
    );
    tx.link.execute(&sql, &[&with]).await?;
    let sql = format!(
        "SELECT DISTINCT l.job_id FROM dsm_lock l JOIN jobs j ON j.id = l.job_id
         WHERE j.status = 'pending' AND {jobs}"
    );
    let waiting: Vec<JobId> = column(&tx.link.query(&sql, &[&with]).await?)?;
    locks::release_jobs(tx, &waiting).await
}

/// Those of these lanes that are paused.
pub(super) async fn paused_lanes(tx: &Tx<'_>, lanes: &BTreeSet<String>) -> Db<BTreeSet<String>> {
    let lanes: Vec<&str> = lanes.iter().map(String::as_str).collect();
    let sql = "SELECT name FROM dsm_pause WHERE scope = 'lane' AND name = ANY($1)";
    Ok(column(&tx.link.query(sql, &[&lanes]).await?)?.into_iter().collect())
}

/// Those of jobs that come back which are held back.
pub(super) async fn paused_jobs(tx: &Tx<'_>, jobs: &[Uuid]) -> Db<Vec<JobId>> {
    let sql = format!(
        "SELECT j.id FROM jobs j WHERE j.id = ANY($1) AND EXISTS (
             SELECT 1 FROM dsm_pause p
             WHERE p.scope = 'all' OR (p.scope = 'job_type' AND p.name = j.job_type::text)
                OR (p.scope = 'lane' AND p.name = j.dsm_lane)
                OR (p.scope = 'idracs' AND j.job_type::text = ANY(p.job_types) AND {IS_SET}))"
    );
    column(&tx.link.query(&sql, &[&jobs]).await?)
}
