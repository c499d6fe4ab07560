//! Listens to the stream of events (`ServerSentEventUri`, iDRAC9 and later), for as long as anybody wants.
//!
//! A stream that stays silent for too long, breaks, or ends is opened again, and what the log says happened meanwhile is handed
//! out in its place (fault 44). What came by the stream already is not handed out twice.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::sse::SseParser;
use crate::body::Pieces;
use crate::clock::within;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::flow::log::{LogCursor, LogFilter, LogKind, LogOptions, fetch_log};
use crate::id::ODataId;
use crate::model::{Event, EventRecord, EventService, LogEntry, Resource};
use crate::operation::{Redfish, run};
use crate::ops::GetResource;
use crate::request::Request;
use crate::safeguard::Safeguard;

/// Records remembered, so that the log does not bring them again.
const REMEMBERED: usize = 256;

/// Longest pause before the stream is opened again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How to listen.
#[derive(Debug, Clone)]
pub struct EventOptions {
    /// A stream that brings nothing at all for so long is dead, as far as anybody can tell. Real time.
    pub silence: Duration,
    /// Pause before it is opened again the first time; doubled up to a minute.
    pub pause: Duration,
    /// Which entries of the log are handed out for what was missed. Logins are not events.
    pub missed: LogFilter,
    /// Where a listener before this one stopped: what came since is handed out first.
    pub cursor: Option<LogCursor>,
}

impl Default for EventOptions {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(120),
            pause: Duration::from_secs(2),
            missed: LogFilter {
                except_message_ids: vec!["USR0030".to_owned(), "USR0032".to_owned(), "LOG007".to_owned()],
                ..LogFilter::default()
            },
            cursor: None,
        }
    }
}

/// Why a stream was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// Nothing came for too long.
    Silent,
    /// The iDRAC ended it.
    Ended,
    /// The connection broke.
    Broken,
}

/// What is heard.
#[derive(Debug, Clone)]
pub enum Heard {
    /// The stream is open.
    Opened {
        /// What the iDRAC says is not as it should be (SYS554: alerts are off, so only some events come).
        warnings: Vec<String>,
    },
    /// An event. One that does not read as such has no records; its text is in the resource.
    Event(Resource<Event>),
    /// Something the stream did not bring: from the Lifecycle log, oldest first.
    Missed(Box<Resource<LogEntry>>),
    /// The stream is gone; it will be opened again.
    Lost(Silence),
}

/// A listener. Dropping it closes the stream.
pub struct EventListener<'a> {
    redfish: &'a dyn Redfish,
    options: EventOptions,
    parser: SseParser,
    stream: Option<Pieces>,
    ready: VecDeque<Heard>,
    cursor: Option<LogCursor>,
    remembered: VecDeque<(String, String)>,
    /// The pause that the iDRAC asked for.
    retry: Option<Duration>,
    /// Events that were too long, of streams that are gone.
    dropped: u64,
    /// Attempts in a row that brought no stream.
    failures: u32,
    opened_before: bool,
    /// The open stream has brought nothing yet.
    is_fresh: bool,
}

impl fmt::Debug for EventListener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventListener")
            .field("is_open", &self.stream.is_some())
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

impl<'a> EventListener<'a> {
    /// Begins. Nothing is sent before the first [`EventListener::next`].
    #[must_use]
    pub fn new(redfish: &'a dyn Redfish, options: EventOptions) -> Self {
        let cursor = options.cursor.clone();
        Self {
            redfish,
            options,
            parser: SseParser::default(),
            stream: None,
            ready: VecDeque::new(),
            cursor,
            remembered: VecDeque::new(),
            retry: None,
            dropped: 0,
            failures: 0,
            opened_before: false,
            is_fresh: false,
        }
    }

    /// Where the log was read up to: hand it to a later listener.
    #[must_use]
    pub fn cursor(&self) -> Option<&LogCursor> {
        self.cursor.as_ref()
    }

    /// Events that were too long to be read.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped + self.parser.dropped()
    }

    /// Waits for what is heard next, for as long as it takes.
    ///
    /// Opening costs two requests (the service, the stream) and one for the log, so that it is known from where on something
    /// may be missed; each time it is opened again costs the same.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where this iDRAC has no stream (iDRAC7/8); whatever no later attempt would change, such as a
    /// refused login. Anything that passes is waited out once the stream was open; the first time it is for the caller to decide.
    pub async fn next(&mut self) -> Result<Heard> {
        loop {
            if let Some(heard) = self.ready.pop_front() {
                return Ok(heard);
            }
            let Some(stream) = &mut self.stream else {
                self.open().await?;
                continue;
            };
            let guarded = self.redfish.safeguards().has(Safeguard::BackfillEvents);
            let piece = if guarded {
                within(self.options.silence, stream.next()).await
            } else {
                Some(stream.next().await)
            };
            match piece {
                Some(Some(Ok(bytes))) => self.hear(&bytes),
                Some(Some(Err(_))) => self.lose(Silence::Broken),
                Some(None) => self.lose(Silence::Ended),
                None => self.lose(Silence::Silent),
            }
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.failures = 0;
        self.is_fresh = false;
        let mut events = Vec::new();
        self.parser.push(bytes, &mut |event| events.push(event));
        for event in events {
            let raw = bytes::Bytes::from(event.data);
            let Ok(event) = Resource::<Event>::parse(raw) else { continue };
            for record in event.events.iter().flatten() {
                self.remembered.push_back(key(record));
                if self.remembered.len() > REMEMBERED {
                    self.remembered.pop_front();
                }
            }
            self.ready.push_back(Heard::Event(event));
        }
    }

    fn lose(&mut self, why: Silence) {
        self.stream = None;
        // One that brought nothing counts as a failure, so that an iDRAC that hangs up at once is not asked without a pause.
        self.failures = self.failures.saturating_add(u32::from(self.is_fresh));
        self.retry = self.parser.retry().or(self.retry);
        self.dropped += self.parser.dropped();
        self.parser = SseParser::default();
        self.ready.push_back(Heard::Lost(why));
    }

    /// Opens the stream, then reads what the log says happened before: in this order nothing falls in between. A stream that was
    /// lost before it brought anything is opened again after a pause.
    async fn open(&mut self) -> Result<()> {
        if self.failures > 0 {
            let doubled = self.options.pause.saturating_mul(1 << (self.failures - 1).min(6));
            let pause = self.retry.unwrap_or(doubled).min(LONGEST_PAUSE);
            self.redfish.clock().sleep(pause).await;
        }
        match self.try_open().await {
            Ok(()) => Ok(()),
            Err(error) if is_passing(&error) && self.opened_before => {
                self.failures = self.failures.saturating_add(1);
                tracing::debug!(host = self.redfish.host(), %error, "the event stream cannot be opened yet");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn try_open(&mut self) -> Result<()> {
        let unsupported = |why: &str| Error::new(ErrorKind::Unsupported, why).with_host(self.redfish.host());
        let generation = self.redfish.facts().generation;
        if generation.is_some_and(|generation| !endpoint::EVENT_STREAM.is_in(generation)) {
            return Err(unsupported("this iDRAC has no stream of events"));
        }
        let service = ODataId::parse(endpoint::EVENT_SERVICE.template)?;
        let service = run(self.redfish, &GetResource::<EventService>::at(service)).await?;
        let Some(uri) = service.stream.clone().filter(|uri| !uri.is_empty()) else {
            return Err(unsupported("this iDRAC has no stream of events"));
        };
        let request = Request::get(uri).accepting("text/event-stream").with_timeout(self.options.silence);
        let stream = self.redfish.open_stream("OpenEventStream", request).await?;
        // Without the log it is not open: what was missed would never be told.
        let missed = self.back_fill().await?;
        self.stream = Some(stream.body);
        self.opened_before = true;
        self.is_fresh = true;
        self.ready.push_back(Heard::Opened { warnings: warnings(&service) });
        self.ready.extend(missed);
        Ok(())
    }

    /// Reads the log since the last time. The first time, without a cursor, only where it stands.
    async fn back_fill(&mut self) -> Result<Vec<Heard>> {
        let wanted = self.cursor.is_some();
        if wanted && !self.redfish.safeguards().has(Safeguard::BackfillEvents) {
            return Ok(Vec::new());
        }
        let options = LogOptions {
            filter: self.options.missed.clone(),
            limit: (!wanted).then_some(0),
            cursor: self.cursor.clone(),
        };
        let read = fetch_log(self.redfish, LogKind::Lifecycle, options).await?;
        let mut missed = Vec::new();
        for entry in read.entries.into_iter().rev() {
            let key = (
                entry.bare_message_id().unwrap_or_default().to_owned(),
                entry.created.clone().unwrap_or_default(),
            );
            if !self.remembered.contains(&key) {
                missed.push(Heard::Missed(Box::new(entry)));
            }
        }
        self.cursor = Some(read.cursor);
        Ok(missed)
    }
}

/// What tells that a record and an entry of the log say the same: message and moment.
fn key(record: &EventRecord) -> (String, String) {
    let id = record.message_id.as_deref().unwrap_or_default();
    (id.rsplit('.').next().unwrap_or_default().to_owned(), record.timestamp.clone().unwrap_or_default())
}

/// What the service says is not as it should be, by message id.
fn warnings(service: &EventService) -> Vec<String> {
    let conditions = service.status.as_ref().and_then(|status| status.conditions.as_ref());
    let ids = conditions.into_iter().flatten().filter_map(|condition| condition.message_id.as_deref());
    ids.map(|id| id.rsplit('.').next().unwrap_or_default().to_owned()).collect()
}

/// Whether a later attempt may do better.
fn is_passing(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Protocol | ErrorKind::CircuitOpen => true,
        ErrorKind::SessionLimit | ErrorKind::NotReady | ErrorKind::Busy | ErrorKind::Server => true,
        _ => error.permanence() == Permanence::Temporary,
    }
}
