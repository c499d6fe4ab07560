//! Rows of result tables: those that are new together, in few requests; then each change by itself.

use super::super::change::Act;
use super::super::look::plainly;
use super::super::rows::{Named, People, There, leniently};
use super::super::{Rest, Service};
use super::changes::{Known, alone, lay};
use crate::id::JobId;
use crate::store::RowWrite;

/// `own`: the job whose attempt writes them.
pub(super) async fn write(service: &Service, writes: &[RowWrite], own: Option<JobId>) -> Rest<()> {
    if writes.is_empty() {
        return Ok(());
    }
    leniently(|people| write_naming(service, writes, own, people)).await
}

async fn write_naming(
    service: &Service,
    writes: &[RowWrite],
    own: Option<JobId>,
    people: People,
) -> Rest<()> {
    let mut seen = plainly(&service.http, &Named::of(writes).looks(people, own)).await?;
    let changes = There::read(&mut seen, people, own).changes(writes);
    for run in changes.chunk_by(|a, b| a.table == b.table && a.act == b.act) {
        match run {
            [first, ..] if first.act == Act::Add => {
                lay(service, first.table, run.to_vec(), Known::Stays).await?;
            }
            _ => {
                for change in run {
                    alone(service, change.clone()).await?;
                }
            }
        }
    }
    Ok(())
}
