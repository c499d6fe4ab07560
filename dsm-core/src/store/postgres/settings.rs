//! The row of settings.

use super::codec::Cursor;
use super::fault::Db;
use super::link::Link;
use super::tx::Tx;
use crate::store::{Settings, SettingsPatch};

pub(super) async fn read(link: &Link) -> Db<Settings> {
    let sql = "SELECT log_retention_days::bigint, auto_cleanup_enabled, last_cleanup_at::timestamptz,
                      job_retention_days::bigint, job_auto_cleanup_enabled, job_last_cleanup_at::timestamptz,
                      stale_pending_hours::bigint, stale_running_hours::bigint, auto_cancel_stale_jobs
               FROM activity_settings LIMIT 1";
    let Some(row) = link.query_opt(sql, &[]).await? else { return Ok(Settings::default()) };
    // Where others made the table, its columns may be empty.
    let (mut cells, or) = (Cursor::new(&row), Settings::default());
    Ok(Settings {
        log_retention_days: cells.take::<Option<_>>()?.unwrap_or(or.log_retention_days),
        auto_cleanup_enabled: cells.take::<Option<_>>()?.unwrap_or(or.auto_cleanup_enabled),
        last_cleanup_at: cells.take()?,
        job_retention_days: cells.take::<Option<_>>()?.unwrap_or(or.job_retention_days),
        job_auto_cleanup_enabled: cells.take::<Option<_>>()?.unwrap_or(or.job_auto_cleanup_enabled),
        job_last_cleanup_at: cells.take()?,
        stale_pending_hours: cells.take::<Option<_>>()?.unwrap_or(or.stale_pending_hours),
        stale_running_hours: cells.take::<Option<_>>()?.unwrap_or(or.stale_running_hours),
        auto_cancel_stale_jobs: cells.take::<Option<_>>()?.unwrap_or(or.auto_cancel_stale_jobs),
    })
}

pub(super) async fn put(tx: &Tx<'_>, patch: &SettingsPatch) -> Db<Settings> {
    ensure_row(tx).await?;
    tx.link
        .execute(
            "UPDATE activity_settings SET
                 log_retention_days = coalesce($1::bigint, log_retention_days),
                 auto_cleanup_enabled = coalesce($2, auto_cleanup_enabled),
                 last_cleanup_at = coalesce($3, last_cleanup_at),
                 job_retention_days = coalesce($4::bigint, job_retention_days),
                 job_auto_cleanup_enabled = coalesce($5, job_auto_cleanup_enabled),
                 job_last_cleanup_at = coalesce($6, job_last_cleanup_at),
                 stale_pending_hours = coalesce($7::bigint, stale_pending_hours),
                 stale_running_hours = coalesce($8::bigint, stale_running_hours),
                 auto_cancel_stale_jobs = coalesce($9, auto_cancel_stale_jobs)",
            &[
                &patch.log_retention_days,
                &patch.auto_cleanup_enabled,
                &patch.last_cleanup_at,
                &patch.job_retention_days,
                &patch.job_auto_cleanup_enabled,
                &patch.job_last_cleanup_at,
                &patch.stale_pending_hours,
                &patch.stale_running_hours,
                &patch.auto_cancel_stale_jobs,
            ],
        )
        .await?;
    read(tx.link).await
}

/// In a database that others made, the one row comes into being with the first visit of the settings' page.
pub(super) async fn ensure_row(tx: &Tx<'_>) -> Db<()> {
    let row = tx.link.query_opt("SELECT 1 FROM activity_settings LIMIT 1", &[]).await?;
    if row.is_none() {
        tx.link.execute("INSERT INTO activity_settings DEFAULT VALUES ON CONFLICT DO NOTHING", &[]).await?;
    }
    Ok(())
}
