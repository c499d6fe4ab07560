//! The row of settings. The existing database has it as well.

use serde_json::{Value, json};

use super::fault::Rest;
use super::http::Http;
use super::query::Query;
use super::records;
use crate::credential::Secret;
use crate::store::{Settings, SettingsPatch};

async fn row(http: &Http) -> Rest<Option<Value>> {
    Ok(http.look(&Query::of("activity_settings").with("limit", "1")).await?.into_iter().next())
}

pub(super) async fn read(http: &Http) -> Rest<Settings> {
    Ok(row(http).await?.as_ref().map(settings).unwrap_or_default())
}

/// Where others made the table, its columns may be empty, or missing.
fn settings(row: &Value) -> Settings {
    let or = Settings::default();
    let number = |column, or| records::optional(row, column).unwrap_or(or);
    let is_set = |column, or| records::optional(row, column).unwrap_or(or);
    Settings {
        log_retention_days: number("log_retention_days", or.log_retention_days),
        auto_cleanup_enabled: is_set("auto_cleanup_enabled", or.auto_cleanup_enabled),
        last_cleanup_at: records::optional(row, "last_cleanup_at"),
        job_retention_days: number("job_retention_days", or.job_retention_days),
        job_auto_cleanup_enabled: is_set("job_auto_cleanup_enabled", or.job_auto_cleanup_enabled),
        job_last_cleanup_at: records::optional(row, "job_last_cleanup_at"),
        stale_pending_hours: number("stale_pending_hours", or.stale_pending_hours),
        stale_running_hours: number("stale_running_hours", or.stale_running_hours),
        auto_cancel_stale_jobs: is_set("auto_cancel_stale_jobs", or.auto_cancel_stale_jobs),
    }
}

pub(super) async fn put(http: &Http, patch: &SettingsPatch) -> Rest<Settings> {
    let mut change = json!(patch);
    if let Some(columns) = change.as_object_mut() {
        columns.retain(|_, value| !value.is_null());
        if columns.is_empty() {
            return read(http).await;
        }
    }
    if row(http).await?.is_none() {
        // The one row comes into being with the first visit of the settings' page.
        let ignore = "resolution=ignore-duplicates,return=minimal";
        http.post(&Query::of("activity_settings"), &[json!({})], ignore).await?;
    }
    // There is one row, and every row has this column.
    let all = Query::of("activity_settings").with("log_retention_days", "not.is.null");
    let rows = http.patch(&all, &change).await?;
    Ok(rows.first().map(settings).unwrap_or_default())
}

/// The key of the existing system's passwords, where it lies in its settings.
pub(super) async fn old_password_key(http: &Http) -> Rest<Option<Secret>> {
    let key = row(http).await?.and_then(|row| records::optional::<String>(&row, "encryption_key"));
    Ok(key.filter(|key| !key.is_empty()).map(Secret::new))
}
