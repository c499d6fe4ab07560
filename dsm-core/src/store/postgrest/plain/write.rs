//! What a running attempt writes. First everything is decided, so that a bad item leaves nothing; then the job's own row
//! is written under its fence; then the rest.

use serde_json::{Value, json};

use super::super::fault::Fault;
use super::super::look::plainly;
use super::super::servers::{Batch, Wanted};
use super::super::text_map;
use super::super::{Rest, Service, records};
use super::changes::{apply, vacant};
use super::end::{Edit, edit, end_tasks};
use super::leases::fence_of;
use super::note::Note;
use super::{rows, tasks};
use crate::credential::details;
use crate::id::{JobId, ServerId};
use crate::job::JobStatus;
use crate::store::rules::lease_lost;
use crate::store::{AttemptReport, AttemptWrite, LeaseKey, PartUpdate, ServerPatch};

pub(in super::super) async fn write(service: &Service, write: &AttemptWrite) -> Rest<AttemptReport> {
    if !write.steps.is_empty() {
        return Err(super::lacking("the steps of a job"));
    }
    if let Some(key) = write.lease {
        check(service, key).await?;
        tasks::load(service, key.job_id, &write.tasks).await?;
    }
    let mut report = AttemptReport::default();
    let mut changes = Vec::new();
    if !write.findings.is_empty() || !write.inventories.is_empty() {
        let now = super::now(service).await?;
        let looks = Wanted::of(&write.findings, &write.inventories).looks(false);
        let mut seen = plainly(&service.http, &looks).await?;
        let mut batch = Batch::read(&mut seen, now, false)?;
        report.servers = batch.find(&write.findings)?;
        for inventory in &write.inventories {
            batch.put_inventory(inventory, write.lease.map(|key| key.job_id))?;
        }
        changes = batch.changes(vacant);
    }
    if let Some(key) = write.lease {
        let has_ended = tasks::update(service, key.job_id, &write.tasks).await?;
        write_job(service, key, write, has_ended).await?;
        for part in &write.parts {
            tell_part(service, key.job_id, part).await?;
        }
    }
    apply(service, &changes).await?;
    rows::write(service, &write.rows, write.lease.map(|key| key.job_id)).await?;
    Ok(report)
}

async fn check(service: &Service, key: LeaseKey) -> Rest<()> {
    let rows = service.http.look(&super::held(key.job_id, key.fence).select("id")).await?;
    if rows.is_empty() { Err(lease_lost(key.job_id).into()) } else { Ok(()) }
}

async fn write_job(service: &Service, key: LeaseKey, write: &AttemptWrite, has_ended: bool) -> Rest<()> {
    if write.details.is_empty() && write.checkpoint.is_none() && !has_ended {
        return Ok(());
    }
    let said = text_map(&write.details);
    let written = edit(service, key.job_id, |row| {
        if records::status(row) != JobStatus::Running || fence_of(row) != Some(key.fence) {
            return Edit::Keep(false);
        }
        let had = records::details(row);
        let mut details = had.clone();
        let mut note = Note::read(&details);
        details.extend(said.clone());
        // An attempt that got further than the one before is not the poison that `orphaned` counts.
        if has_ended || (write.checkpoint.is_some() && write.checkpoint != note.checkpoint) {
            note.orphaned = 0;
            note.orphans.clear();
        }
        note.checkpoint = write.checkpoint.clone().or(note.checkpoint);
        note.write(&mut details);
        if details == had {
            return Edit::Keep(true);
        }
        Edit::Write(json!({"details": Value::Object(details)}), true)
    });
    match written.await? {
        Some(true) => Ok(()),
        _ => Err(Fault::Ours(lease_lost(key.job_id))),
    }
}

/// A part that another program enqueued, told by who runs the job.
async fn tell_part(service: &Service, job: JobId, part: &PartUpdate) -> Rest<()> {
    let said = text_map(&part.details);
    let told = edit(service, part.job_id, |row| {
        let is_its = records::optional(row, "parent_job_id") == Some(job);
        if !is_its || records::status(row).is_terminal() {
            return Edit::Keep(false);
        }
        let mut details = records::details(row);
        details.extend(said.clone());
        let mut change = json!({"status": part.status});
        if records::text(row, "started_at").is_empty() {
            change["started_at"] = json!("now");
        }
        if part.status.is_terminal() {
            change["completed_at"] = json!("now");
            details::scrub(&mut details);
        }
        change["details"] = Value::Object(details);
        Edit::Write(change, true)
    });
    if told.await? == Some(true) && part.status.is_terminal() {
        end_tasks(service, &[part.job_id], part.status).await?;
    }
    Ok(())
}

pub(in super::super) async fn put_servers(
    service: &Service,
    servers: &[(ServerId, ServerPatch)],
) -> Rest<()> {
    let now = super::now(service).await?;
    let mut wanted = Wanted::default();
    for (id, patch) in servers {
        wanted.row(Some(*id), &patch.set);
    }
    let mut seen = plainly(&service.http, &wanted.looks(false)).await?;
    let mut batch = Batch::read(&mut seen, now, false)?;
    for (id, patch) in servers {
        batch.put(*id, patch)?;
    }
    apply(service, &batch.changes(vacant)).await
}
