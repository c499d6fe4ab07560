//! The row of settings.

use rusqlite::{Connection, OptionalExtension, params};

use super::codec::{Cursor, P};
use super::fault::Db;
use super::writer::Tx;
use crate::store::{Settings, SettingsPatch};

pub(super) fn read(conn: &Connection) -> Db<Settings> {
    let mut select = conn.prepare_cached(
        "SELECT log_retention_days, auto_cleanup_enabled, last_cleanup_at,
                job_retention_days, job_auto_cleanup_enabled, job_last_cleanup_at,
                stale_pending_hours, stale_running_hours, auto_cancel_stale_jobs
         FROM activity_settings WHERE id = 1",
    )?;
    let row = select.query_row([], |row| {
        let mut cells = Cursor::new(row);
        Ok(Settings {
            log_retention_days: cells.take()?,
            auto_cleanup_enabled: cells.take()?,
            last_cleanup_at: cells.take()?,
            job_retention_days: cells.take()?,
            job_auto_cleanup_enabled: cells.take()?,
            job_last_cleanup_at: cells.take()?,
            stale_pending_hours: cells.take()?,
            stale_running_hours: cells.take()?,
            auto_cancel_stale_jobs: cells.take()?,
        })
    });
    Ok(row.optional()?.unwrap_or_default())
}

pub(super) fn put(tx: &Tx<'_>, patch: &SettingsPatch) -> Db<Settings> {
    tx.conn
        .prepare_cached(
            "UPDATE activity_settings SET
                 log_retention_days = coalesce(?1, log_retention_days),
                 auto_cleanup_enabled = coalesce(?2, auto_cleanup_enabled),
                 last_cleanup_at = coalesce(?3, last_cleanup_at),
                 job_retention_days = coalesce(?4, job_retention_days),
                 job_auto_cleanup_enabled = coalesce(?5, job_auto_cleanup_enabled),
                 job_last_cleanup_at = coalesce(?6, job_last_cleanup_at),
                 stale_pending_hours = coalesce(?7, stale_pending_hours),
                 stale_running_hours = coalesce(?8, stale_running_hours),
                 auto_cancel_stale_jobs = coalesce(?9, auto_cancel_stale_jobs)
             WHERE id = 1",
        )?
        .execute(params![
            patch.log_retention_days,
            patch.auto_cleanup_enabled,
            P(&patch.last_cleanup_at),
            patch.job_retention_days,
            patch.job_auto_cleanup_enabled,
            P(&patch.job_last_cleanup_at),
            patch.stale_pending_hours,
            patch.stale_running_hours,
            patch.auto_cancel_stale_jobs,
        ])?;
    read(tx.conn)
}
