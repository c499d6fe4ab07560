//! Empties a log.

use super::{LogKind, LogOptions, LogReader, home};
use crate::actions::Actions;
use crate::error::{ErrorKind, Result};
use crate::operation::{Redfish, run};
use crate::ops::ClearLog;
use crate::plan::Plan;

/// Entries that are left of a log that was just cleared: the one that says so, and what came meanwhile.
const FEW: usize = 5;

/// What clearing would do. One request, which changes nothing.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the log cannot be cleared: a Lifecycle log never can, but by an erase of the iDRAC.
pub async fn plan_clear_log(redfish: &dyn Redfish, kind: LogKind) -> Result<Plan> {
    let operation = operation(redfish, kind).await?;
    let plan = Plan::new(format!("deletes all entries of the log {} for good", kind.id()));
    Ok(plan.with_step(&operation).with_warning("export the log first if anything in it matters"))
}

/// Deletes all entries of a log for good. Two requests. Where the connection breaks before the answer comes, the log is read to
/// see whether it was done; it is not sent twice.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the log cannot be cleared; the iDRAC's.
pub async fn clear_log(redfish: &dyn Redfish, kind: LogKind) -> Result<()> {
    let operation = operation(redfish, kind).await?;
    let error = match run(redfish, &operation).await {
        Ok(()) => return Ok(()),
        Err(error) if is_ambiguous(error.kind()) && !error.is_unsent() => error,
        Err(error) => return Err(error),
    };
    let mut reader = LogReader::new(redfish, kind, LogOptions::default());
    match reader.next_page().await? {
        Some(left) if left.len() <= FEW => Ok(()),
        _ => Err(error),
    }
}

fn is_ambiguous(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Protocol)
}

async fn operation(redfish: &dyn Redfish, kind: LogKind) -> Result<ClearLog> {
    let service = home::service(redfish, kind).await?;
    let target = Actions::of(&service).need("LogService.ClearLog")?.target.clone();
    Ok(ClearLog::at(target))
}
