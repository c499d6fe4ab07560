//! Where a reader of a log stopped: so that the next reading brings only what came since.

use serde::{Deserialize, Serialize};

use crate::model::LogEntry;
use crate::policy::parse_redfish_time;

/// Entries a cursor remembers: more than an iDRAC can take back or repeat between two readings.
const WINDOW: usize = 32;

/// What tells an entry from all others, also after the log was cleared and its numbers began again: number and moment, or its
/// text where it has no moment. The moment is compared as one, because a change of the iDRAC's time zone rewrites the text of
/// every entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Mark {
    id: String,
    at: i64,
    /// Only where there is no moment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
}

impl Mark {
    pub(super) fn of(entry: &LogEntry) -> Self {
        let at = entry.created.as_deref().and_then(parse_redfish_time);
        let since = at.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let seconds = since.and_then(|since| i64::try_from(since.as_secs()).ok());
        let text = if seconds.is_none() { entry.message.clone() } else { None };
        Self {
            id: entry.id.clone().unwrap_or_default(),
            at: seconds.unwrap_or(-1),
            text: text.unwrap_or_default(),
        }
    }

    /// Its number, where it is one.
    pub(super) fn number(&self) -> Option<u64> {
        self.id.parse().ok()
    }
}

/// The newest entries of a log at the end of a reading. Plain data: the caller stores it and hands it in again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogCursor {
    /// Where the entries were read, so that nothing has to be looked for again.
    pub(super) entries: Option<String>,
    /// The newest entry's number and text of its moment, for people.
    newest_id: Option<String>,
    newest_created: Option<String>,
    /// The newest entries, newest first.
    window: Vec<Mark>,
}

impl LogCursor {
    /// Number of the newest entry that was read.
    #[must_use]
    pub fn newest_id(&self) -> Option<&str> {
        self.newest_id.as_deref()
    }

    /// When it was created, as the iDRAC wrote it.
    #[must_use]
    pub fn newest_created(&self) -> Option<&str> {
        self.newest_created.as_deref()
    }

    /// Whether the entry was there at the end of the last reading.
    pub(super) fn knows(&self, mark: &Mark) -> bool {
        self.window.contains(mark)
    }

    /// Whether its newest entry was written after this one: by number and by moment, because numbers begin again after a
    /// clearing, and clocks are set back.
    pub(super) fn is_after(&self, mark: &Mark) -> bool {
        let numbers = |newest: &Mark| newest.number().zip(mark.number());
        self.window.first().is_some_and(|newest| {
            newest.at >= mark.at && numbers(newest).is_some_and(|(newest, own)| newest >= own)
        })
    }

    /// Whether it was ever at a log that had entries.
    pub(super) fn has_seen_any(&self) -> bool {
        !self.window.is_empty()
    }
}

/// Collects the cursor of a reading, in whichever order entries come.
#[derive(Debug, Default)]
pub(super) struct NextCursor {
    newest: Option<(Option<String>, Option<String>)>,
    window: Vec<Mark>,
}

impl NextCursor {
    pub(super) fn note(&mut self, entry: &LogEntry, mark: &Mark, oldest_first: bool) {
        if oldest_first || self.newest.is_none() {
            self.newest = Some((entry.id.clone(), entry.created.clone()));
        }
        if oldest_first {
            self.window.insert(0, mark.clone());
            self.window.truncate(WINDOW);
        } else if self.window.len() < WINDOW {
            self.window.push(mark.clone());
        }
    }

    /// The cursor after this reading: where it brought less than a window full, the last one's entries are still known.
    pub(super) fn after(&self, last: Option<&LogCursor>, entries: &str) -> LogCursor {
        let mut window = self.window.clone();
        let older = last.into_iter().flat_map(|last| &last.window);
        window.extend(older.take(WINDOW - window.len()).cloned());
        let (newest_id, newest_created) = self.newest.clone().unwrap_or_else(|| {
            last.map(|last| (last.newest_id.clone(), last.newest_created.clone())).unwrap_or_default()
        });
        LogCursor { entries: Some(entries.to_owned()), newest_id, newest_created, window }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, created: &str) -> LogEntry {
        LogEntry { id: Some(id.to_owned()), created: Some(created.to_owned()), ..LogEntry::default() }
    }

    #[test]
    fn another_time_zone_is_the_same_moment_and_another_moment_another_entry() {
        let mark = Mark::of(&entry("7", "2025-06-01T10:00:00-06:00"));
        assert_eq!(mark, Mark::of(&entry("7", "2025-06-01T16:00:00Z")));
        assert_ne!(mark, Mark::of(&entry("7", "2025-06-02T10:00:00-06:00")));
        assert_ne!(mark, Mark::of(&entry("7", "TIME_NA")));
        let said = |text: &str| {
            let message = Some(text.to_owned());
            Mark::of(&LogEntry { message, ..entry("7", "TIME_NA") })
        };
        assert_ne!(said("before a clearing"), said("after it"));
        assert_eq!(said("the same"), said("the same"));
    }

    #[test]
    fn a_reading_without_news_leaves_the_cursor_as_it_was() {
        let mut next = NextCursor::default();
        for n in (0..40).rev() {
            let entry = entry(&n.to_string(), "2025-06-01T10:00:00Z");
            next.note(&entry, &Mark::of(&entry), false);
        }
        let first = next.after(None, "/redfish/v1/x");
        assert_eq!((first.newest_id(), first.window.len()), (Some("39"), WINDOW));
        assert_eq!(NextCursor::default().after(Some(&first), "/redfish/v1/x"), first);
        let text = serde_json::to_string(&first).unwrap();
        assert_eq!(serde_json::from_str::<LogCursor>(&text).unwrap(), first);
        assert_eq!(serde_json::from_str::<LogCursor>("{}").unwrap(), LogCursor::default());
    }
}
