//! What an attempt writes, fenced; and servers that an operator puts.

use serde_json::{Value, json};
use uuid::Uuid;

use super::super::change::{Act, Change, cells};
use super::super::look::Look;
use super::super::rows::{Named, People, There, leniently};
use super::super::servers::{self, Batch};
use super::super::{Rest, Service, records};
use super::slice::{Wanted, decide};
use crate::id::ServerId;
use crate::store::text::text;
use crate::store::{AttemptReport, AttemptWrite, ServerPatch, Table};

pub(in super::super) async fn write(service: &Service, write: &AttemptWrite) -> Rest<AttemptReport> {
    if write.rows.is_empty() {
        return write_naming(service, write, People::AsNamed).await;
    }
    leniently(|people| write_naming(service, write, people)).await
}

async fn write_naming(service: &Service, write: &AttemptWrite, people: People) -> Rest<AttemptReport> {
    let own = write.lease.map(|key| key.job_id);
    let mut more = Vec::new();
    let has_servers = !write.findings.is_empty() || !write.inventories.is_empty();
    if has_servers {
        more.extend(servers::Wanted::of(&write.findings, &write.inventories).looks(true));
    }
    if !write.rows.is_empty() {
        more.extend(Named::of(&write.rows).looks(people, own));
    }
    let parts = write.parts.iter().map(|part| part.job_id);
    let wanted = Wanted { jobs: own.into_iter().chain(parts).collect(), more, ..Wanted::default() };
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
                batch.put_inventory(inventory, own)?;
            }
            changes = batch.changes(|_| Value::Null);
        }
        if !write.rows.is_empty() {
            let mut there = There::read(&mut slice.more, people, own);
            there.add(report.servers.iter().map(|server| server.server_id));
            changes.extend(there.changes(&write.rows));
        }
        if let Some(key) = write.lease {
            slice.jobs.write(key.job_id, write, slice.now)?;
        }
        Ok((report, changes))
    })
    .await
}

/// Puts a sealed text in place of another, if that is still there.
pub(in super::super) async fn reseal_row(
    service: &Service,
    table: Table,
    id: Uuid,
    from: &str,
    to: &str,
) -> Rest<bool> {
    let Some(column) = table.sealed_column() else { return Ok(false) };
    let wanted = Wanted { more: vec![Look::of(table.name(), "id", [id.to_string()])], ..Wanted::default() };
    decide(service, &wanted, |slice| {
        let rows = slice.more.next();
        let is_there = rows.first().is_some_and(|row| records::text(row, column) == text(from));
        let resealed = || {
            let (key, cells) = (cells([("id", json!(id))]), cells([(column, json!(text(to)))]));
            Change::new(table.name(), Act::Update, key, cells)
        };
        Ok((is_there, is_there.then(resealed).into_iter().collect()))
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
        Ok(((), batch.changes(|_| Value::Null)))
    })
    .await
}
