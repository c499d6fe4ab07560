//! One iDRAC without an engine: logs in at the first call, keeps the session until it is closed, runs what `table` names.

mod account;
mod argument;
mod attribute;
mod bios;
mod boot;
mod boot_iso;
mod call;
mod certificate;
mod conditional;
mod console;
mod controller;
mod defaults;
mod diagnostics;
mod duty;
mod erase;
mod event;
mod firmware;
mod hardware;
mod health;
mod integrity;
mod job;
mod key_management;
mod license;
mod log;
mod media;
mod moment;
mod network;
mod network_card;
mod power;
mod profile;
mod progress;
mod schedule;
mod secure_boot;
mod session;
mod storage;
mod storage_change;
mod stream;
mod table;
mod telemetry;

use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use dell_redfish::flow::settings::RegistryCache;
use dell_redfish::{Client, Credentials};
use dsm_core::{Error, ErrorKind};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::argument as given;
use crate::client::{Settings, connect};
use crate::failure::Failure;
use crate::handover::SessionHandle;
use crate::reply::Reply;
use crate::runtime::{Held, Outcome, attended, block_on, not_picklable, spawn};
pub(crate) use argument::Hidden;
use call::Call;
pub(crate) use duty::{Duty, Lines};
use log::Reading;
use progress::Progress;
use stream::Listening;
pub(crate) use stream::{EventStream, LogPages};
use table::Entry;
use tokio::task::AbortHandle;

/// Lines that may hold a session; those that are gone are swept out at the next one.
static OPEN: LazyLock<Mutex<Vec<Weak<Line>>>> = LazyLock::new(Mutex::default);

enum State {
    /// Nothing was sent yet: who asks, and how.
    Fresh(Credentials, Box<Settings>),
    /// It has a client, and the client perhaps a session.
    Open(Client),
    Closed,
}

/// The way to one iDRAC.
struct Line {
    address: String,
    state: Mutex<State>,
    registries: RegistryCache,
    /// What goes on until the line is closed.
    streams: Mutex<Vec<AbortHandle>>,
    /// On whose behalf, if not the caller's own.
    duty: Option<Duty>,
}

impl Line {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client, made at the first call.
    async fn client(&self) -> Result<Client, Failure> {
        let (credentials, settings) = match &*self.state() {
            State::Fresh(credentials, settings) => (credentials.clone(), settings.clone()),
            State::Open(client) => return Ok(client.clone()),
            State::Closed => return Err(self.closed()),
        };
        // Looks the name up and sends nothing: two calls at once may both do it, and the first one counts.
        let fresh = connect(&self.address, credentials, *settings).await?;
        let mut state = self.state();
        match &*state {
            State::Fresh(..) => {
                *state = State::Open(fresh.clone());
                Ok(fresh)
            }
            State::Open(client) => Ok(client.clone()),
            State::Closed => Err(self.closed()),
        }
    }

    fn streams(&self) -> std::sync::MutexGuard<'_, Vec<AbortHandle>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a stream with the line.
    fn keep(&self, stream: AbortHandle) {
        let mut streams = self.streams();
        streams.retain(|stream| !stream.is_finished());
        streams.push(stream);
    }

    fn closed(&self) -> Failure {
        let error = Error::new(ErrorKind::InvalidInput, "the iDRAC is closed here");
        Failure::Core(error.about(&self.address).hint("make another `dsm.Idrac`"))
    }

    /// No call begins any more. Dropping what this gives ends the session in the background.
    fn shut(&self) -> Option<Client> {
        for stream in std::mem::take(&mut *self.streams()) {
            stream.abort();
        }
        match std::mem::replace(&mut *self.state(), State::Closed) {
            State::Open(client) => Some(client),
            _ => None,
        }
    }
}

/// Ends the sessions of whatever was not closed, in the background.
pub(crate) fn let_go() {
    let lines = std::mem::take(&mut *OPEN.lock().unwrap_or_else(PoisonError::into_inner));
    for line in lines.iter().filter_map(Weak::upgrade) {
        drop(line.shut());
    }
}

/// The compiled half of `dsm.Idrac`.
#[pyclass(frozen, module = "dsm._dsm")]
pub(crate) struct IdracHandle {
    line: Held<Line>,
}

#[pymethods]
impl IdracHandle {
    #[new]
    #[pyo3(signature = (address=None, username=None, password=None, *, session=None, **options))]
    fn new(
        py: Python<'_>,
        address: Option<String>,
        username: Option<String>,
        password: Option<String>,
        session: Option<&SessionHandle>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let settings: Settings = options.map_or_else(|| Ok(Settings::default()), given::fields)?;
        if let Some(name) = settings.of_an_operation() {
            let error =
                Error::new(ErrorKind::InvalidInput, "this is not said of an iDRAC but of an operation");
            return Err(Failure::Core(error.about(name)).into_python(py));
        }
        let login = match (username, password) {
            (Some(username), Some(password)) => Some(Credentials::new(username, password)),
            (None, None) => None,
            _ => return Err(incomplete().into_python(py)),
        };
        let (address, state) = match (address, login, session) {
            (address, login, Some(session)) => {
                let client = session.resume(py, address.as_deref(), login, settings)?;
                (client.target().socket().ip().to_string(), State::Open(client))
            }
            (Some(address), Some(login), None) => (address, State::Fresh(login, Box::new(settings))),
            _ => return Err(incomplete().into_python(py)),
        };
        let line = Held::new(Line {
            address,
            state: Mutex::new(state),
            registries: RegistryCache::default(),
            streams: Mutex::default(),
            duty: None,
        });
        note(&line);
        Ok(Self { line })
    }

    /// Runs an operation to its end; `progress` is called with what is seen of its job.
    #[pyo3(signature = (name, arguments, progress=None))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        arguments: &Bound<'py, PyDict>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let progress = progress.map(|callable| Progress::new(callable, None));
        let work = self.calling(name, arguments, progress.as_ref())?;
        match progress {
            None => block_on(py, work),
            Some(progress) => attended(py, work, |py| progress.tell(py)),
        }
    }

    /// The same for asyncio: gives a future, whose cancellation cancels the call. `progress` is called by the loop.
    #[pyo3(signature = (name, arguments, progress=None))]
    fn call_async<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        arguments: &Bound<'py, PyDict>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let progress = match progress {
            None => None,
            Some(callable) => {
                let event_loop =
                    py.import(intern!(py, "asyncio"))?.call_method0(intern!(py, "get_running_loop"))?;
                Some(Progress::new(callable, Some(event_loop.unbind())))
            }
        };
        let work = self.calling(name, arguments, progress.as_ref())?;
        spawn(py, async move {
            let outcome = work.await;
            if let Some(progress) = progress {
                progress.flushed().await;
            }
            outcome
        })
    }

    /// What the iDRAC tells of itself, for as long as anybody listens. Nothing is sent before the first one is waited for.
    #[pyo3(signature = (**options))]
    fn events(&self, options: Option<&Bound<'_, PyDict>>) -> PyResult<EventStream> {
        let options: Listening = options.map_or_else(|| Ok(Listening::default()), given::fields)?;
        Ok(EventStream::new(&self.line, options))
    }

    /// A log page by page, in constant memory. Nothing is sent before the first page is waited for.
    fn log_pages(&self, py: Python<'_>, arguments: &Bound<'_, PyDict>) -> PyResult<LogPages> {
        let reading: Reading = given::read("log_pages", arguments)?;
        let (log, options) = reading.options().map_err(|failure| failure.into_python(py))?;
        Ok(LogPages::new(&self.line, log, options))
    }

    /// Ends the session and waits for that. Closing twice is fine.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        block_on(py, self.closing())
    }

    /// The same for asyncio.
    fn close_async<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        spawn(py, self.closing())
    }

    /// The address as it was given.
    #[getter]
    fn address(&self) -> &str {
        &self.line.address
    }

    /// Whether it was closed.
    #[getter]
    fn is_closed(&self) -> bool {
        matches!(*self.line.state(), State::Closed)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable("a session on an iDRAC"))
    }
}

/// So that its session ends with the process at the latest.
fn note(line: &Arc<Line>) {
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|line| line.strong_count() > 0);
    open.push(Arc::downgrade(line));
}

impl IdracHandle {
    /// A line that an engine opened; it ends with the others in `lines`.
    pub(crate) fn under(duty: Duty, lines: &Lines) -> Self {
        let client = duty.login.client.clone();
        let line = Held::new(Line {
            address: client.target().socket().ip().to_string(),
            state: Mutex::new(State::Open(client)),
            registries: RegistryCache::default(),
            streams: Mutex::default(),
            duty: Some(duty),
        });
        note(&line);
        lines.keep(&line);
        Self { line }
    }

    fn calling(
        &self,
        name: &str,
        arguments: &Bound<'_, PyDict>,
        progress: Option<&Arc<Progress>>,
    ) -> PyResult<impl Future<Output = Outcome> + Send + 'static + use<>> {
        let py = arguments.py();
        let Some(&Entry { name, run }) = table::find(name) else {
            let error = Error::new(ErrorKind::NotFound, "there is no such operation").about(name);
            return Err(Failure::Core(error).into_python(py));
        };
        let arguments = given::json(arguments)?;
        let (on_progress, on_upload) = (progress.map(Progress::of_job), progress.map(Progress::of_upload));
        // Not the `Held`: what runs ends with its process.
        let line: Arc<Line> = Arc::clone(&self.line);
        Ok(async move {
            let client = line.client().await?;
            let registries = line.registries.clone();
            let work = run(Call { client, registries, name, arguments, on_progress, on_upload });
            match &line.duty {
                Some(duty) => duty.call(work).await,
                None => work.await,
            }
        })
    }

    fn closing(&self) -> impl Future<Output = Outcome> + Send + 'static + use<> {
        let client = self.line.shut();
        async move {
            if let Some(client) = client {
                client.close().await;
            }
            Ok(Reply::Nothing)
        }
    }
}

fn incomplete() -> Failure {
    let error = Error::new(ErrorKind::InvalidInput, "it is not said who asks");
    Failure::Core(error.about("session").hint("give `address`, `username` and `password`, or a `session`"))
}

/// Every operation by its name, `area.operation`.
#[pyfunction]
pub(crate) fn _operations() -> Vec<&'static str> {
    table::ENTRIES.iter().map(|entry| entry.name).collect()
}
