//! Where the reading of a log of a server stopped, kept beside the store's tables.
//!
//! It is moved on only once every row before it is stored, and only by a reading that left nothing out: whatever goes wrong in
//! between, entries are read again and their rows found to be there.

use bytes::Bytes;
use dell_redfish::flow::log::{LogCursor, LogKind};

use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::walk::Visit;

/// Reads it; nothing where the log was never read. What cannot be understood any more counts as nothing.
///
/// # Errors
/// The store's.
pub(super) async fn load(visit: &Visit, kind: LogKind) -> Result<Option<LogCursor>> {
    let stored = visit.ctx().store().get_meta(&key(visit, kind)).await?;
    Ok(stored.and_then(|text| serde_json::from_slice(&text).ok()))
}

/// Keeps it.
///
/// # Errors
/// The store's.
pub(super) async fn keep(visit: &Visit, kind: LogKind, cursor: &LogCursor) -> Result<()> {
    let text = serde_json::to_vec(cursor).map_err(|cause| {
        Error::new(ErrorKind::Handler, "the place in a log has no JSON").with_source(cause)
    })?;
    visit.ctx().store().put_meta(&key(visit, kind), Bytes::from(text)).await
}

/// One for each log, so that jobs at different logs of a server do not undo each other's.
fn key(visit: &Visit, kind: LogKind) -> String {
    format!("event_logs {} {}", visit.server_id(), kind.id())
}

/// Whether a log's numbers have begun anew between two readings that share no entry: it was cleared. Otherwise it has wrapped.
pub(super) fn has_restarted(before: &LogCursor, after: &LogCursor) -> bool {
    let number = |cursor: &LogCursor| cursor.newest_id().and_then(|id| id.parse::<u64>().ok());
    match (number(before), number(after)) {
        (Some(before), Some(after)) => after <= before,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_begin_anew_tell_a_clearing_from_a_wrap() {
        let at = |id: &str| -> LogCursor {
            serde_json::from_value(json!({"newest_id": id, "window": []})).expect("a cursor")
        };
        assert!(has_restarted(&at("900"), &at("3")));
        assert!(has_restarted(&at("900"), &at("900")));
        assert!(!has_restarted(&at("900"), &at("12000")));
        assert!(!has_restarted(&LogCursor::default(), &at("3")));
    }
}
