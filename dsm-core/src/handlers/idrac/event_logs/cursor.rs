//! Where the readings of one server's logs stopped, kept beside the store's tables.

use std::collections::BTreeMap;

use bytes::Bytes;
use dell_redfish::flow::log::{LogCursor, LogKind};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::walk::Visit;
use crate::id::ServerId;

/// Cursors by log. One is set only once every row before it is stored: whatever goes wrong in between, entries are read again
/// and their rows found to be there.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Cursors(BTreeMap<String, LogCursor>);

impl Cursors {
    /// Reads them. What cannot be understood any more counts as none.
    pub(super) async fn load(visit: &Visit) -> Result<Self> {
        let stored = visit.ctx().store().get_meta(&key(visit.server_id())).await?;
        Ok(stored.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default())
    }

    /// Where the reading of this log stopped; nothing where it was never read.
    pub(super) fn of(&self, kind: LogKind) -> Option<LogCursor> {
        self.0.get(kind.id()).cloned()
    }

    /// Notes where it stopped now.
    pub(super) async fn set(&mut self, visit: &Visit, kind: LogKind, cursor: LogCursor) -> Result<()> {
        self.0.insert(kind.id().to_owned(), cursor);
        let text = serde_json::to_vec(&self).map_err(|cause| {
            Error::new(ErrorKind::Handler, "the place in a log has no JSON").with_source(cause)
        })?;
        visit.ctx().store().put_meta(&key(visit.server_id()), Bytes::from(text)).await
    }
}

fn key(server: ServerId) -> String {
    format!("event_logs {server}")
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
