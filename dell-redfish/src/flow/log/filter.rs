//! Which entries of a log are wanted: asked of the iDRAC where it can tell, decided here in any case.

use std::time::{Duration, SystemTime};

use crate::model::{LogEntry, Severity};
use crate::policy::{format_redfish_time, parse_redfish_time};

/// Text comparison by an iDRAC may be off by any time zone: what is asked of it is this much wider.
const ANY_ZONE: Duration = Duration::from_secs(28 * 3600);

/// Which entries to deliver; all by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// At least this severe.
    pub at_least: Option<Severity>,
    /// One of these message ids, bare (`PSU0003`), or all that begin so (`PSU*`).
    pub message_ids: Vec<String>,
    /// None of these.
    pub except_message_ids: Vec<String>,
    /// Created then or later. An entry without a readable moment passes.
    pub since: Option<SystemTime>,
    /// Created then or earlier.
    pub until: Option<SystemTime>,
}

impl LogFilter {
    /// Whether everything passes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this entry is wanted.
    #[must_use]
    pub fn wants(&self, entry: &LogEntry) -> bool {
        let id = entry.bare_message_id().unwrap_or_default();
        let named = |names: &[String]| names.iter().any(|name| is_named(name, id));
        let at = entry.created.as_deref().and_then(parse_redfish_time);
        self.at_least.is_none_or(|least| entry.level().is_some_and(|level| level >= least))
            && (self.message_ids.is_empty() || named(&self.message_ids))
            && !named(&self.except_message_ids)
            && at.is_none_or(|at| self.since.is_none_or(|since| at >= since))
            && at.is_none_or(|at| self.until.is_none_or(|until| at <= until))
    }

    /// Whether it lies before everything wanted: where whole pages do, the rest of a log is older still.
    pub(super) fn is_before(&self, entry: &LogEntry) -> bool {
        let at = entry.created.as_deref().and_then(parse_redfish_time);
        self.since.zip(at).is_some_and(|(since, at)| at < since)
    }

    /// What an iDRAC can be asked to leave out, as the value of `$filter`; nothing where there is nothing. Message ids are not
    /// among it: firmware differs in whether they compare with the registry's prefix, and a wrong guess would hide entries.
    pub(super) fn query(&self) -> Option<String> {
        let mut parts = Vec::new();
        match self.at_least {
            Some(Severity::Critical) => parts.push("Severity eq 'Critical'".to_owned()),
            Some(Severity::Warning) => parts.push("Severity ne 'OK'".to_owned()),
            Some(Severity::Ok) | None => {}
        }
        if let Some(since) = self.since {
            let wider = since.checked_sub(ANY_ZONE).unwrap_or(SystemTime::UNIX_EPOCH);
            parts.push(format!("Created ge '{}'", format_redfish_time(wider)));
        }
        if let Some(until) = self.until {
            parts.push(format!("Created le '{}'", format_redfish_time(until + ANY_ZONE)));
        }
        (!parts.is_empty()).then(|| parts.join(" and ").replace(' ', "%20").replace('+', "%2B"))
    }
}

fn is_named(name: &str, id: &str) -> bool {
    match name.strip_suffix('*') {
        Some(front) => id.starts_with(front),
        None => name == id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(severity: &str, id: &str, created: &str) -> LogEntry {
        LogEntry {
            severity: Some(severity.to_owned()),
            message_id: Some(id.to_owned()),
            created: Some(created.to_owned()),
            ..LogEntry::default()
        }
    }

    #[test]
    fn every_wish_must_be_met() {
        let at = |text| parse_redfish_time(text);
        let filter = LogFilter {
            at_least: Some(Severity::Warning),
            message_ids: vec!["PSU*".to_owned(), "FAN0001".to_owned()],
            except_message_ids: vec!["PSU0800".to_owned()],
            since: at("2025-06-01T00:00:00Z"),
            until: at("2025-06-02T00:00:00Z"),
        };
        let day = "2025-06-01T12:00:00-06:00";
        assert!(filter.wants(&entry("Critical", "IDRAC.2.9.PSU0003", day)));
        assert!(filter.wants(&entry("Warning", "FAN0001", "TIME_NA")));
        assert!(!filter.wants(&entry("OK", "PSU0003", day)));
        assert!(!filter.wants(&entry("", "PSU0003", day)));
        assert!(!filter.wants(&entry("Critical", "PSU0800", day)));
        assert!(!filter.wants(&entry("Critical", "FAN00012", day)));
        assert!(!filter.wants(&entry("Critical", "PSU0003", "2025-06-02T12:00:00-06:00")));
        assert!(filter.is_before(&entry("OK", "X", "2025-05-31T12:00:00Z")));
        assert!(LogFilter::default().wants(&LogEntry::default()) && LogFilter::default().is_empty());
    }

    #[test]
    fn what_is_asked_is_wider_than_what_is_wanted() {
        let filter = LogFilter {
            at_least: Some(Severity::Critical),
            since: parse_redfish_time("2025-06-03T00:00:00Z"),
            message_ids: vec!["PSU0003".to_owned()],
            ..LogFilter::default()
        };
        assert_eq!(
            filter.query().as_deref(),
            Some("Severity%20eq%20'Critical'%20and%20Created%20ge%20'2025-06-01T20:00:00-00:00'")
        );
        assert_eq!(LogFilter { message_ids: vec!["X".to_owned()], ..LogFilter::default() }.query(), None);
    }
}
