//! Reads a log page by page.

use std::collections::HashSet;

use super::cursor::{LogCursor, Mark, NextCursor};
use super::pages::Pages;
use super::recent::Recent;
use super::summary::{LogEnd, LogSummary};
use super::{LogKind, LogOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ODataId;
use crate::model::{LogEntry, Member, Resource};
use crate::operation::{Redfish, run};
use crate::ops::GetResource;
use crate::safeguard::Safeguard;

/// Pages that are followed: at 50 entries more than the half million that an iDRAC announces to hold.
const MAX_PAGES: u32 = 12_000;

/// Pages in a row without anything new, after which there is nothing new.
const MAX_IDLE: u32 = 2;

/// A reading of a log, newest entry first. It holds one page at a time.
pub struct LogReader<'a> {
    pages: Pages<'a>,
    options: LogOptions,
    visited: HashSet<String>,
    recent: Recent,
    cursor: NextCursor,
    /// Entries met, each once.
    seen: u64,
    /// Entries as they came.
    offered: u64,
    count: Option<u64>,
    idle: u32,
    /// The iDRAC lists the oldest entry first: what is known comes before what is new.
    oldest_first: bool,
    /// Whether an entry was met that the cursor knows.
    met: bool,
    summary: LogSummary,
}

impl std::fmt::Debug for LogReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogReader")
            .field("kind", &self.pages.kind)
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

impl<'a> LogReader<'a> {
    /// Begins. Nothing is sent before the first page is asked for.
    #[must_use]
    pub fn new(redfish: &'a dyn Redfish, kind: LogKind, options: LogOptions) -> Self {
        let guarded = redfish.safeguards().has(Safeguard::GuardPages);
        let summary = LogSummary {
            end: None,
            is_complete: false,
            is_gap: false,
            delivered: 0,
            duplicates: 0,
            pages: 0,
        };
        Self {
            pages: Pages::new(redfish, kind, guarded),
            options,
            visited: HashSet::new(),
            recent: Recent::default(),
            cursor: NextCursor::default(),
            seen: 0,
            offered: 0,
            count: None,
            idle: 0,
            oldest_first: false,
            met: false,
            summary,
        }
    }

    /// How it went so far.
    #[must_use]
    pub fn summary(&self) -> LogSummary {
        self.summary
    }

    /// Where this reading began: hand it to the next one. Before the end it would skip what was not delivered yet.
    #[must_use]
    pub fn cursor(&self) -> LogCursor {
        match &self.pages.home {
            Some(home) => self.cursor.after(self.options.cursor.as_ref(), home.as_str()),
            None => self.options.cursor.clone().unwrap_or_default(),
        }
    }

    /// The wanted entries of the next page, of which there may be none; nothing at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where this iDRAC has no such log; whatever keeps a page from being read. An error after the
    /// first page that says "no such page" is the end and no error.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Resource<LogEntry>>>> {
        if self.summary.end.is_some() {
            return Ok(None);
        }
        let Some(page) = self.pages.fetch(&self.options).await? else {
            self.finish(LogEnd::Refused);
            return Ok(None);
        };
        self.summary.pages += 1;
        self.count = page.count.or(self.count);
        let (came, next) = (page.members.len() as u64, page.next);
        let before = self.seen;
        let wanted = self.take(page.members).await?;
        self.idle = if self.seen == before { self.idle + 1 } else { 0 };
        if self.summary.end.is_none() {
            self.turn(came, next)?;
        }
        Ok(Some(wanted))
    }

    /// Keeps what is new and wanted of a page.
    async fn take(&mut self, members: Vec<Member>) -> Result<Vec<Resource<LogEntry>>> {
        if self.summary.pages == 1 {
            self.oldest_first = begins_with_the_oldest(&members);
        }
        let (mut wanted, mut older) = (Vec::new(), true);
        let any = !members.is_empty();
        for member in members {
            let entry = match member {
                Member::Inline { raw, .. } => Resource::<LogEntry>::parse(raw)?,
                Member::Link(path) => {
                    let operation = GetResource::<LogEntry>::at(ODataId::parse(&path)?);
                    match run(self.pages.redfish, &operation).await {
                        // Gone since the page was made.
                        Err(error) if error.kind() == ErrorKind::NotFound => continue,
                        outcome => outcome?,
                    }
                }
            };
            let mark = Mark::of(&entry);
            self.offered += 1;
            if !self.recent.is_new(&mark) {
                if self.pages.guarded {
                    self.summary.duplicates += 1;
                    continue;
                }
            } else {
                self.seen += 1;
            }
            if let Some(cursor) = &self.options.cursor {
                let known = cursor.knows(&mark);
                self.met |= known;
                if known && !self.oldest_first {
                    self.finish(LogEnd::Known);
                    return Ok(wanted);
                }
                if known || self.oldest_first && cursor.is_after(&mark) {
                    continue;
                }
            }
            older &= self.options.filter.is_before(&entry);
            self.cursor.note(&entry, &mark, self.oldest_first);
            if !self.options.filter.wants(&entry) {
                continue;
            }
            if self.options.limit.is_some_and(|limit| self.summary.delivered >= limit) {
                self.finish(LogEnd::Limit);
                return Ok(wanted);
            }
            self.summary.delivered += 1;
            wanted.push(entry);
        }
        if any && older && !self.oldest_first && self.options.filter.since.is_some() {
            self.finish(LogEnd::Older);
        } else if self.options.limit == Some(self.summary.delivered) && !self.is_all() {
            self.finish(LogEnd::Limit);
        }
        Ok(wanted)
    }

    /// Decides where the next page is, if there is one.
    fn turn(&mut self, came: u64, next: Option<String>) -> Result<()> {
        if !self.pages.guarded {
            self.pages.next = next.filter(|_| self.summary.pages < MAX_PAGES);
            if self.pages.next.is_none() {
                self.finish(LogEnd::Empty);
            }
            return Ok(());
        }
        // A count of exactly one page may be the page's own.
        let counted = self.is_all() && (next.is_none() || self.summary.pages > 1 || self.count != Some(came));
        if came == 0 || counted {
            self.finish(LogEnd::Empty);
            return Ok(());
        }
        if self.idle >= MAX_IDLE {
            self.finish(LogEnd::Repeating);
            return Ok(());
        }
        if self.summary.pages >= MAX_PAGES {
            self.finish(LogEnd::Endless);
            return Ok(());
        }
        let home = self.pages.home.as_ref().map_or("", ODataId::path);
        let path = match next {
            // A link elsewhere is none of this log's.
            Some(next) if next.split('?').next().map(|path| path.trim_end_matches('/')) != Some(home) => {
                let message = "the next page of a log leads elsewhere";
                return Err(Error::new(ErrorKind::Protocol, message)
                    .with_host(self.pages.redfish.host())
                    .with_path(home));
            }
            Some(next) => self.pages.filtered(next),
            None if self.count.is_some_and(|count| count > self.seen) => {
                self.pages.filtered(format!("{home}?$skip={}", self.offered))
            }
            None => {
                self.finish(LogEnd::Empty);
                return Ok(());
            }
        };
        if !self.visited.insert(path.clone()) {
            self.finish(LogEnd::Repeating);
            return Ok(());
        }
        self.pages.next = Some(path);
        Ok(())
    }

    /// Whether as many entries were met as the iDRAC counts.
    fn is_all(&self) -> bool {
        self.count.is_some_and(|count| self.seen >= count)
    }

    fn finish(&mut self, end: LogEnd) {
        let has_cursor = self.options.cursor.as_ref().is_some_and(LogCursor::has_seen_any);
        self.summary.is_gap =
            has_cursor && !self.met && matches!(end, LogEnd::Empty | LogEnd::Refused | LogEnd::Repeating);
        self.summary.is_complete = match end {
            LogEnd::Known | LogEnd::Older => true,
            LogEnd::Limit | LogEnd::Endless => false,
            LogEnd::Repeating => self.is_all(),
            LogEnd::Empty | LogEnd::Refused => self.count.is_none() || self.is_all(),
        };
        self.summary.end = Some(end);
    }
}

/// Whether the numbers of a page go up. No firmware is known to list so; if one does, nothing new may be lost by it.
fn begins_with_the_oldest(members: &[Member]) -> bool {
    let number = |member: Option<&Member>| match member {
        Some(Member::Inline { raw, .. }) => {
            Mark::of(&*Resource::<LogEntry>::parse(raw.clone()).ok()?).number()
        }
        _ => None,
    };
    number(members.first()).zip(number(members.last())).is_some_and(|(first, last)| first < last)
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use bytes::Bytes;
    use http::HeaderMap;
    use serde_json::json;

    use super::super::fetch_log;
    use super::*;
    use crate::clock::{Clock, SystemClock};
    use crate::facts::HostFacts;
    use crate::request::{Request, Response};

    /// A log of one page, in the order it is written here.
    struct OnePage(Vec<(u64, &'static str)>);

    #[async_trait]
    impl Redfish for OnePage {
        fn host(&self) -> &str {
            "192.0.2.1"
        }

        async fn send(&self, _: &'static str, request: Request) -> Result<Response> {
            let home = "/redfish/v1/Managers/iDRAC.Embedded.1/Logs/Sel";
            let entries = self.0.iter().map(|(id, created)| {
                json!({"@odata.id": format!("{home}/{id}"), "Id": id.to_string(), "Created": created})
            });
            let body = if request.path == home {
                json!({"Members": entries.collect::<Vec<_>>(), "Members@odata.count": self.0.len()})
            } else {
                json!({"@odata.id": request.path, "Entries": {"@odata.id": home}})
            };
            Ok(Response { status: 200, headers: HeaderMap::new(), body: Bytes::from(body.to_string()) })
        }

        fn facts(&self) -> HostFacts {
            HostFacts::default()
        }

        fn learn(&self, _: &mut (dyn FnMut(&mut HostFacts) + Send)) {}

        fn concurrency(&self) -> usize {
            1
        }

        fn clock(&self) -> &dyn Clock {
            &SystemClock
        }
    }

    async fn read(log: &OnePage, cursor: Option<LogCursor>) -> (Vec<String>, LogCursor, LogSummary) {
        let options = LogOptions { cursor, ..LogOptions::default() };
        let read = fetch_log(log, LogKind::Sel, options).await.unwrap();
        let ids = read.entries.iter().filter_map(|entry| entry.id.clone()).collect();
        (ids, read.cursor, read.summary)
    }

    #[tokio::test]
    async fn a_log_that_begins_with_its_oldest_entry_loses_nothing_new() {
        let mut log = OnePage((1..=40).map(|id| (id, "2025-06-01T10:00:00-06:00")).collect());
        let (ids, cursor, _) = read(&log, None).await;
        assert_eq!((ids.len(), cursor.newest_id()), (40, Some("40")));
        let (ids, cursor, summary) = read(&log, Some(cursor)).await;
        assert!(ids.is_empty() && summary.is_complete && !summary.is_gap, "{ids:?} {summary:?}");
        log.0.extend([(41, "2025-06-01T10:00:00-06:00"), (42, "2025-06-01T10:00:01-06:00")]);
        let (ids, cursor, _) = read(&log, Some(cursor)).await;
        assert_eq!((ids, cursor.newest_id()), (vec!["41".to_owned(), "42".to_owned()], Some("42")));
        // Cleared: numbers begin again, later.
        log.0 = vec![(1, "2025-06-02T10:00:00-06:00"), (2, "2025-06-02T10:00:00-06:00")];
        let (ids, _, summary) = read(&log, Some(cursor)).await;
        assert_eq!((ids.len(), summary.is_gap), (2, true));
    }

    #[tokio::test]
    async fn an_empty_log_leaves_an_empty_cursor_that_takes_everything() {
        let mut log = OnePage(Vec::new());
        let (ids, cursor, summary) = read(&log, None).await;
        assert_eq!((ids.len(), summary.end, summary.is_complete), (0, Some(LogEnd::Empty), true));
        log.0 = vec![(2, "TIME_NA"), (1, "TIME_NA")];
        let (ids, cursor, _) = read(&log, Some(cursor)).await;
        assert_eq!(ids, ["2", "1"]);
        let (ids, ..) = read(&log, Some(cursor)).await;
        assert!(ids.is_empty());
    }
}
