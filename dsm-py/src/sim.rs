//! The simulator from Python.

use std::net::SocketAddr;

use idrac_sim::{Exchange, FleetSpec, Selector, ServerHandle};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::argument;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::{Held, Outcome, block_on, detached, spawn};

/// The fleet until it is stopped.
type Slot = Mutex<Option<idrac_sim::Fleet>>;

/// A fleet of simulated iDRACs in this process, on loopback addresses: `count` of them after `network`, and `addresses`.
///
/// `defaults` is what every server has, `servers` what single ones have instead, by place or address; `generations` are
/// dealt to the servers in turn. The fleet runs from its making to `stop()` or to the end of its `with` block.
#[pyclass(frozen, module = "dsm.sim")]
pub(crate) struct Fleet {
    slot: Held<Slot>,
    addresses: Vec<SocketAddr>,
}

#[pymethods]
impl Fleet {
    #[new]
    #[pyo3(signature = (network=None, count=None, *, addresses=None, port=None, generations=None, defaults=None,
                        servers=None, journal=None, clock_scale=None, allow_non_loopback=None))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of Python")]
    fn new<'py>(
        py: Python<'py>,
        network: Option<Bound<'py, PyAny>>,
        count: Option<Bound<'py, PyAny>>,
        addresses: Option<Bound<'py, PyAny>>,
        port: Option<Bound<'py, PyAny>>,
        generations: Option<Bound<'py, PyAny>>,
        defaults: Option<Bound<'py, PyAny>>,
        servers: Option<Bound<'py, PyDict>>,
        journal: Option<Bound<'py, PyAny>>,
        clock_scale: Option<Bound<'py, PyAny>>,
        allow_non_loopback: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Self> {
        let servers = servers.map(|servers| overrides(&servers)).transpose()?;
        let spec: FleetSpec = argument::given(
            py,
            [
                ("network", network),
                ("count", count),
                ("addresses", addresses),
                ("port", port),
                ("generations", generations),
                ("defaults", defaults),
                ("servers", servers),
                ("journal", journal),
                ("clock_scale", clock_scale),
                ("allow_non_loopback", allow_non_loopback),
            ],
        )?;
        let fleet = detached(py, idrac_sim::Fleet::from_spec(spec))?
            .map_err(|error| Failure::from(error).into_python(py))?;
        let addresses = fleet.addresses().to_vec();
        Ok(Self { slot: Held::new(Mutex::new(Some(fleet))), addresses })
    }

    /// All addresses in order, those of dead servers too.
    #[getter]
    fn addresses(&self) -> Vec<String> {
        self.addresses.iter().map(|address| address.ip().to_string()).collect()
    }

    /// The port they share.
    #[getter]
    fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }

    fn __len__(&self) -> usize {
        self.addresses.len()
    }

    /// Counters of all servers together.
    fn totals<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.look(py, |fleet| Reply::json(&fleet.totals()))
    }

    /// Sessions open on all servers together.
    fn open_sessions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.look(py, |fleet| Reply::json(&fleet.open_sessions()))
    }

    /// Every exchange so far; empty unless `journal` is `full`.
    fn journal<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.look(py, |fleet| Reply::json(&fleet.journal().iter().map(exchange).collect::<Vec<_>>()))
    }

    /// Forgets the exchanges so far; counters stay.
    fn clear_journal<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.look(py, |fleet| {
            fleet.clear_journal();
            Ok(Reply::Nothing)
        })
    }

    /// One server, by place or address: what it is, its counters and its open sessions.
    fn server<'py>(&self, py: Python<'py>, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let at = selector(at)?;
        self.look(py, move |fleet| Reply::json(&view(&handle(fleet, at)?)))
    }

    /// Gives a server a new certificate, as an administrator or an attacker would.
    fn renew_certificate<'py>(&self, py: Python<'py>, at: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let at = selector(at)?;
        self.look(py, move |fleet| Ok(Reply::Text(handle(fleet, at)?.renew_certificate()?)))
    }

    /// Stops listening and breaks all connections. Stopping twice is fine.
    fn stop<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        block_on(py, self.stopping())
    }

    /// `stop()` for asyncio.
    fn stop_async<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        spawn(py, self.stopping())
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (*_error))]
    fn __exit__<'py>(&self, py: Python<'py>, _error: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.stop(py)
    }

    fn __aenter__<'py>(slf: Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        crate::runtime::ready(slf.py(), slf.clone().into_any())
    }

    #[pyo3(signature = (*_error))]
    fn __aexit__<'py>(&self, py: Python<'py>, _error: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.stop_async(py)
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(crate::runtime::not_picklable("a running fleet"))
    }

    fn __repr__(&self) -> String {
        let first = self.addresses.first().map_or_else(String::new, ToString::to_string);
        format!("Fleet({} servers from {first})", self.addresses.len())
    }
}

impl Fleet {
    /// Looks at the fleet, if it still runs.
    fn look<'py>(
        &self,
        py: Python<'py>,
        view: impl FnOnce(&idrac_sim::Fleet) -> Outcome + Send,
    ) -> PyResult<Bound<'py, PyAny>> {
        block_on(py, async {
            match &*self.slot.lock().await {
                Some(fleet) => view(fleet),
                None => Err(gone("the fleet has been stopped")),
            }
        })
    }

    fn stopping(&self) -> impl Future<Output = Outcome> + Send + use<> {
        let slot = self.slot.clone();
        async move {
            let fleet = slot.lock().await.take();
            if let Some(fleet) = fleet {
                fleet.stop().await;
            }
            Ok(Reply::Nothing)
        }
    }
}

fn gone(text: &str) -> Failure {
    Failure::Core(dsm_core::Error::new(dsm_core::ErrorKind::NotFound, text))
}

fn selector(at: &Bound<'_, PyAny>) -> PyResult<Selector> {
    argument::read("at", at)
}

fn handle(fleet: &idrac_sim::Fleet, at: Selector) -> Result<ServerHandle, Failure> {
    fleet.server(at).ok_or_else(|| gone("there is no such server in the fleet"))
}

/// `{place or address: fields}` as the simulator's own list.
fn overrides<'py>(servers: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let py = servers.py();
    let list = PyList::empty(py);
    for (at, set) in servers {
        let entry = PyDict::new(py);
        entry.set_item("at", at)?;
        entry.set_item("set", set)?;
        list.append(entry)?;
    }
    Ok(list.into_any())
}

fn view(server: &ServerHandle) -> Value {
    json!({
        "address": server.address().ip(),
        "service_tag": server.service_tag(),
        "generation": server.generation().name(),
        "kind": server.spec().kind,
        "open_sessions": server.open_sessions(),
        "is_locked": server.is_locked(),
        "totals": server.totals(),
    })
}

fn exchange(exchange: &Exchange) -> Value {
    json!({
        "at": exchange.at.as_secs_f64(),
        "address": exchange.address.ip(),
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query,
        "status": exchange.status,
        "user": exchange.user,
        "session": exchange.session,
        "duration_s": exchange.duration.as_secs_f64(),
        "request_bytes": exchange.request_bytes,
        "response_bytes": exchange.response_bytes,
    })
}
