//! Rows of activity that are written before their requests are sent, and completed after.

use super::record::ActivityRow;

impl ActivityRow {
    /// Whether it was written before its request was sent, and its end is not on record: the request is under way, or
    /// whoever sent it was killed and nobody knows what became of it.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        !self.success && self.response_time_ms.is_none() && self.status_code.is_none()
    }

    /// This row after another of the same id came: the first end that is written stands.
    #[must_use]
    pub(crate) fn completed_by(&self, end: &Self) -> Option<Self> {
        (self.is_pending() && !end.is_pending()).then(|| Self {
            server_id: end.server_id.or(self.server_id),
            request_body: end.request_body.clone().or_else(|| self.request_body.clone()),
            ..end.clone()
        })
    }
}
