//! A backup of the configuration of servers that were just looked at: a `scp_export` of its own, so that the scan does not wait
//! for it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::ctx::Ctx;
use crate::error::Result;
use crate::handlers::idrac::input::Input;
use crate::id::{JobId, ServerId};
use crate::job::NewJob;
use crate::store::{RowQuery, Table};

/// How long a backup counts as fresh where nobody says, and at most.
const MAX_AGE_DAYS: u64 = 30;
const LONGEST_DAYS: u64 = 36_500;

/// Which servers are to be backed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BackupWish {
    /// Only those whose newest backup is older than this.
    older_than: Option<SignedDuration>,
}

impl BackupWish {
    /// `fetch_options.scp_backup`, `scp_backup_only_if_stale`, `scp_backup_max_age_days`.
    pub(super) fn decode(details: Input<'_>) -> Result<Option<Self>> {
        let empty = Map::new();
        let options = details.object("fetch_options")?.unwrap_or(&empty);
        let options = Input::of("details.fetch_options", options);
        let days = options.number("scp_backup_max_age_days", 0..=LONGEST_DAYS)?.unwrap_or(MAX_AGE_DAYS);
        let is_limited = options.flag("scp_backup_only_if_stale", true)?;
        let age = SignedDuration::from_hours(i64::try_from(days * 24).unwrap_or(i64::MAX));
        let wish = Self { older_than: is_limited.then_some(age) };
        Ok(options.flag("scp_backup", false)?.then_some(wish))
    }

    /// Enqueues the job, once in a run of the scan: the job and how many servers are in it.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn enqueue(
        self,
        ctx: &Ctx,
        mut servers: Vec<ServerId>,
    ) -> Result<Option<(JobId, usize)>> {
        let job = ctx.job();
        // A later attempt asks again, and may not find its own job's backups in the way.
        let fresh = match self.older_than {
            Some(age) => fresh(ctx, job.created_at - age, job.created_at).await?,
            None => BTreeSet::new(),
        };
        servers.retain(|id| !fresh.contains(id));
        if servers.is_empty() {
            return Ok(None);
        }
        let ids: Vec<String> = servers.iter().map(ServerId::to_string).collect();
        let details = json!({
            "backup_name": job.created_at.strftime("Initial-%Y%m%d-%H%M%S").to_string(),
            "description": format!("Queued by discovery_scan {}", job.id),
            "export_use": "Default",
        });
        let backup = NewJob {
            created_by: job.created_by,
            idempotency_key: Some(format!("scp_backup of {} run {}", job.id, ctx.run())),
            ..NewJob::new("scp_export")
                .with_scope(json!({"type": "specific", "server_ids": ids}))
                .with_details(details)
        };
        let enqueued = ctx.store().enqueue(vec![backup]).await?;
        Ok(enqueued.first().map(|job| (job.id(), servers.len())))
    }
}

/// Servers with a backup made between these times.
async fn fresh(ctx: &Ctx, since: Timestamp, until: Timestamp) -> Result<BTreeSet<ServerId>> {
    let columns = ["server_id", "exported_at"].map(str::to_owned).to_vec();
    let query = RowQuery { columns: Some(columns), ..RowQuery::of(Table::ScpBackups) };
    let rows = ctx.store().rows(query).await?;
    let text =
        |row: &Map<String, Value>, name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
    let is_fresh = |row: &Map<String, Value>| {
        let at = text(row, "exported_at").and_then(|at| at.parse::<Timestamp>().ok());
        at.is_some_and(|at| at >= since && at <= until)
    };
    let fresh = rows.iter().filter(|row| is_fresh(&row.columns));
    Ok(fresh.filter_map(|row| text(&row.columns, "server_id")?.parse().ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(options: Value) -> Result<Option<BackupWish>> {
        let details = Map::from_iter([("fetch_options".to_owned(), options)]);
        BackupWish::decode(Input::of("details", &details))
    }

    #[test]
    fn backups_are_made_where_they_are_asked_for_and_are_old() {
        assert_eq!(decode(Value::Null).expect("none"), None);
        assert_eq!(decode(json!({"bios": true})).expect("none"), None);
        let month = BackupWish { older_than: Some(SignedDuration::from_hours(720)) };
        assert_eq!(decode(json!({"scp_backup": true})).expect("a wish"), Some(month));
        let always = json!({"scp_backup": true, "scp_backup_only_if_stale": false});
        assert_eq!(decode(always).expect("a wish"), Some(BackupWish { older_than: None }));
        let error = decode(json!({"scp_backup_max_age_days": -1})).expect_err("bad");
        assert_eq!(error.subject(), Some("details.fetch_options.scp_backup_max_age_days"));
    }
}
