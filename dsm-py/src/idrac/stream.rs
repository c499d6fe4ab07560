//! What goes on and on: events as they are heard, a log page by page. Iterators for `for` and for `async for`.
//!
//! A task on the runtime listens and hands over through a short queue, so that a listener that is busy slows the stream down
//! and never fills the memory. It ends with its object, and with the `Idrac` it came from.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use dell_redfish::Client;
use dell_redfish::flow::event::{EventListener, EventOptions, Heard, Silence};
use dell_redfish::flow::log::{LogCursor, LogKind, LogOptions, LogReader};
use dell_redfish::model::{Event, LogEntry, Resource, Severity};
use pyo3::exceptions::{PyStopAsyncIteration, PyStopIteration};
use pyo3::prelude::*;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::AbortHandle;

use super::Line;
use super::argument::{Seconds, set};
use crate::failure::Failure;
use crate::reply::{Reply, from_json};
use crate::runtime::{Held, Outcome, block_on, not_picklable, spawn};

/// Events that wait for a listener that is busy.
const EVENTS_AHEAD: usize = 64;

/// One thing that came, and where the stream stands after it.
struct Item {
    /// Nothing at the end.
    record: Option<Vec<u8>>,
    standing: Standing,
}

/// Where a stream stands, as JSON.
#[derive(Default)]
struct Standing {
    cursor: Option<Vec<u8>>,
    summary: Option<Vec<u8>>,
}

type Told = Result<Item, Failure>;
type Listen = Box<dyn FnOnce(Client, Sender<Told>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

enum State {
    /// Nothing was sent yet.
    Fresh {
        line: Arc<Line>,
        ahead: usize,
        listen: Listen,
    },
    Open(Receiver<Told>),
    Ended,
}

/// A stream, whatever comes by it.
struct Feed {
    state: tokio::sync::Mutex<State>,
    standing: Mutex<Standing>,
    task: Mutex<Option<AbortHandle>>,
}

impl Feed {
    fn new(line: &Arc<Line>, ahead: usize, listen: Listen) -> Held<Self> {
        Held::new(Self {
            state: tokio::sync::Mutex::new(State::Fresh { line: Arc::clone(line), ahead, listen }),
            standing: Mutex::default(),
            task: Mutex::default(),
        })
    }

    /// Waits for the next record; nothing at the end. What waits may be cancelled without losing any.
    async fn next(&self) -> Result<Option<Vec<u8>>, Failure> {
        let mut state = self.state.lock().await;
        if let State::Fresh { line, .. } = &*state {
            let (line, client) = (Arc::clone(line), line.client().await?);
            if let State::Fresh { ahead, listen, .. } = std::mem::replace(&mut *state, State::Ended) {
                let (sender, receiver) = channel(ahead);
                let task = tokio::spawn(listen(client, sender)).abort_handle();
                line.keep(task.clone());
                *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
                *state = State::Open(receiver);
            }
        }
        let State::Open(receiver) = &mut *state else { return Ok(None) };
        let told = receiver.recv().await;
        match told {
            Some(Ok(Item { record, standing })) => {
                *self.standing.lock().unwrap_or_else(PoisonError::into_inner) = standing;
                if record.is_none() {
                    *state = State::Ended;
                }
                Ok(record)
            }
            Some(Err(failure)) => {
                *state = State::Ended;
                Err(failure)
            }
            None => {
                *state = State::Ended;
                Ok(None)
            }
        }
    }

    /// Ends it: whoever waits is told so.
    fn end(&self) {
        if let Some(task) = &*self.task.lock().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
        if let Ok(mut state) = self.state.try_lock() {
            *state = State::Ended;
        }
    }

    fn standing<'py>(
        &self,
        py: Python<'py>,
        which: impl FnOnce(&Standing) -> Option<&Vec<u8>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = which(&standing).cloned();
        drop(standing);
        text.map(|text| from_json(py, &text)).transpose()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.end();
    }
}

/// Waits for the next record; `end` is what says that there is none.
fn fetch(feed: &Arc<Feed>, end: fn() -> PyErr) -> impl Future<Output = Outcome> + Send + use<> {
    let feed = Arc::clone(feed);
    async move {
        match feed.next().await? {
            Some(record) => Ok(Reply::Json(record)),
            None => Err(Failure::Python(end())),
        }
    }
}

fn written(value: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(value).map_err(Failure::Json)
}

/// What both streams are to Python.
macro_rules! stream {
    ($class:ident, $what:literal) => {
        #[pymethods]
        impl $class {
            fn __iter__(slf: Py<Self>) -> Py<Self> {
                slf
            }

            fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                block_on(py, fetch(&self.feed, || PyStopIteration::new_err(())))
            }

            fn __aiter__(slf: Py<Self>) -> Py<Self> {
                slf
            }

            fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
                spawn(py, fetch(&self.feed, || PyStopAsyncIteration::new_err(())))
            }

            fn __enter__(slf: Py<Self>) -> Py<Self> {
                slf
            }

            #[pyo3(signature = (*_error))]
            fn __exit__(&self, _error: &Bound<'_, PyAny>) {
                self.close();
            }

            /// Ends it. Whoever waits for the next one is told that there is none. Closing twice is fine.
            fn close(&self) {
                self.feed.end();
            }

            fn __reduce__(&self) -> PyResult<()> {
                Err(not_picklable($what))
            }
        }
    };
}

/// Events of one iDRAC as they are heard: dicts whose `heard` says what. For `for` and for `async for`.
#[pyclass(frozen, module = "dsm")]
pub(crate) struct EventStream {
    feed: Held<Feed>,
}

stream! { EventStream, "a stream of events" }

/// How to listen.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Listening {
    silence: Option<Seconds>,
    pause: Option<Seconds>,
    at_least: Option<Severity>,
    except_message_ids: Option<Vec<String>>,
    cursor: Option<LogCursor>,
}

impl From<Listening> for EventOptions {
    fn from(given: Listening) -> Self {
        let mut options = Self { cursor: given.cursor, ..Self::default() };
        set(&mut options.silence, given.silence);
        set(&mut options.pause, given.pause);
        options.missed.at_least = given.at_least;
        if let Some(ids) = given.except_message_ids {
            options.missed.except_message_ids = ids;
        }
        options
    }
}

impl EventStream {
    pub(super) fn new(line: &Arc<Line>, options: Listening) -> Self {
        let options = EventOptions::from(options);
        let listen: Listen = Box::new(|client, told| Box::pin(listen(client, options, told)));
        Self { feed: Feed::new(line, EVENTS_AHEAD, listen) }
    }
}

#[pymethods]
impl EventStream {
    /// Where the Lifecycle log was read up to: a later stream that is given it begins with what came since. Plain data.
    #[getter]
    fn cursor<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.feed.standing(py, |standing| standing.cursor.as_ref())
    }
}

async fn listen(client: Client, options: EventOptions, told: Sender<Told>) {
    let mut listener = EventListener::new(&client, options);
    loop {
        let item = match listener.next().await {
            Ok(heard) => event(heard, listener.cursor()),
            Err(error) => Err(error.into()),
        };
        let is_over = item.is_err();
        if told.send(item).await.is_err() || is_over {
            return;
        }
    }
}

/// What is heard.
#[derive(Serialize)]
#[serde(tag = "heard", rename_all = "snake_case")]
enum HeardRecord {
    /// The stream is open.
    Opened {
        /// What the iDRAC says is not as it should be (SYS554: alerts are off, so only some events come).
        warnings: Vec<String>,
    },
    /// An event. One that does not read as such has no records; its text is in `extra`.
    Event {
        /// The event.
        event: Resource<Event>,
    },
    /// Something the stream did not bring: from the Lifecycle log, oldest first.
    Missed {
        /// The log's entry.
        entry: Box<Resource<LogEntry>>,
    },
    /// The stream is gone; it will be opened again.
    Lost {
        /// Why it was given up.
        why: Silence,
    },
}

fn event(heard: Heard, cursor: Option<&LogCursor>) -> Told {
    let record = match heard {
        Heard::Opened { warnings } => HeardRecord::Opened { warnings },
        Heard::Event(event) => HeardRecord::Event { event },
        Heard::Missed(entry) => HeardRecord::Missed { entry },
        Heard::Lost(why) => HeardRecord::Lost { why },
    };
    let cursor = cursor.map(written).transpose()?;
    Ok(Item { record: Some(written(&record)?), standing: Standing { cursor, summary: None } })
}

/// A log, a list of entries a page, newest first. For `for` and for `async for`.
#[pyclass(frozen, module = "dsm")]
pub(crate) struct LogPages {
    feed: Held<Feed>,
}

stream! { LogPages, "a reading of a log" }

impl LogPages {
    pub(super) fn new(line: &Arc<Line>, log: LogKind, options: LogOptions) -> Self {
        let listen: Listen = Box::new(move |client, told| Box::pin(read(client, log, options, told)));
        // One page is read while another is looked at.
        Self { feed: Feed::new(line, 1, listen) }
    }
}

#[pymethods]
impl LogPages {
    /// For the next reading; `None` before the end, when it would skip what was not delivered yet. Plain data.
    #[getter]
    fn cursor<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.feed.standing(py, |standing| standing.cursor.as_ref())
    }

    /// How the reading went; `None` before the first page.
    #[getter]
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.feed.standing(py, |standing| standing.summary.as_ref())
    }
}

async fn read(client: Client, log: LogKind, options: LogOptions, told: Sender<Told>) {
    let mut reader = LogReader::new(&client, log, options);
    loop {
        let page = reader.next_page().await;
        let is_over = !matches!(page, Ok(Some(_)));
        let item = page.map_err(Failure::from).and_then(|page| {
            let cursor = is_over.then(|| written(&reader.cursor())).transpose()?;
            let standing = Standing { cursor, summary: Some(written(&reader.summary())?) };
            Ok(Item { record: page.as_ref().map(written).transpose()?, standing })
        });
        if told.send(item).await.is_err() || is_over {
            return;
        }
    }
}
