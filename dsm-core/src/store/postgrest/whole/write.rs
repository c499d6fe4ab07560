//! What an attempt writes, fenced; and servers that an operator puts.

use super::super::change::Change;
use super::super::servers::{self, Batch};
use super::super::{Rest, Service};
use super::slice::{Wanted, decide};
use crate::id::ServerId;
use crate::store::{AttemptReport, AttemptWrite, ServerPatch};

pub(in super::super) async fn write(service: &Service, write: &AttemptWrite) -> Rest<AttemptReport> {
    let more = if write.findings.is_empty() && write.inventories.is_empty() {
        Vec::new()
    } else {
        servers::Wanted::of(&write.findings, &write.inventories).looks(true)
    };
    let jobs = write.lease.iter().map(|key| key.job_id).collect();
    let wanted = Wanted { jobs, more, ..Wanted::default() };
    let has_servers = !wanted.more.is_empty();
    decide(service, &wanted, |slice| {
        if let Some(key) = write.lease {
            slice.jobs.check_running(key)?;
        }
        let mut report = AttemptReport::default();
        let mut changes: Vec<Change> = Vec::new();
        if has_servers {
            let batch = Batch::read(&mut slice.more, slice.now, true);
            let mut batch = batch.map_err(|fault| fault.into_error(&service.http.label))?;
            report.servers = batch.find(&write.findings)?;
            for inventory in &write.inventories {
                batch.put_inventory(inventory, write.lease.map(|key| key.job_id))?;
            }
            changes = batch.changes(|_| serde_json::Value::Null);
        }
        if let Some(key) = write.lease {
            slice.jobs.write(key.job_id, write, slice.now)?;
        }
        Ok((report, changes))
    })
    .await
}

pub(in super::super) async fn put_servers(
    service: &Service,
    servers: &[(ServerId, ServerPatch)],
) -> Rest<()> {
    let mut rows = servers::Wanted::default();
    for (id, patch) in servers {
        rows.row(Some(*id), &patch.set);
    }
    let wanted = Wanted { more: rows.looks(true), ..Wanted::default() };
    decide(service, &wanted, |slice| {
        let batch = Batch::read(&mut slice.more, slice.now, true);
        let mut batch = batch.map_err(|fault| fault.into_error(&service.http.label))?;
        for (id, patch) in servers {
            batch.put(*id, patch)?;
        }
        Ok(((), batch.changes(|_| serde_json::Value::Null)))
    })
    .await
}
