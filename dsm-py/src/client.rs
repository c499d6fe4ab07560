//! One server without an engine: log in, take the inventory, log out.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use dell_redfish::flow::inventory::inventory as take_inventory;
use dell_redfish::model::json::merge;
use dell_redfish::{
    Client, ClientBuilder, Credentials, InMemoryCertificates, SessionReaper, Target, Timeouts,
};
use dsm_core::network::NetworkPolicy;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Deserialize;

use crate::argument;
use crate::engine::options::{Tls, network, seconds, set_time};
use crate::failure::Failure;
use crate::inventory::{Sections, record};
use crate::reply::Reply;
use crate::runtime::{Outcome, block_on, detached, spawn};

/// Longest wait for logouts when the interpreter goes down.
const LOGOUT_WAIT: Duration = Duration::from_secs(2);

/// Certificates trusted on first use, for as long as the process lives.
static TRUSTED: LazyLock<Arc<InMemoryCertificates>> = LazyLock::new(Arc::default);

/// Logouts under way, those of interrupted calls among them.
static LOGOUTS: LazyLock<SessionReaper> = LazyLock::new(SessionReaper::new);

/// `dsm.InventoryOptions`. Times are seconds.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    port: Option<u16>,
    tls: Option<Tls>,
    concurrency: Option<usize>,
    connect_timeout: Option<f64>,
    request_timeout: Option<f64>,
    pub(crate) timeout: Option<f64>,
    pub(crate) sections: Option<Sections>,
    pub(crate) allow_loopback: bool,
    pub(crate) allow_networks: Vec<String>,
}

/// Takes the full inventory of one server: typed records under their DMTF names, and what they do not say under `extra`.
///
/// `address` is an address or a name of the private network; `options` are those of `dsm.InventoryOptions`. A certificate
/// is trusted on first use and remembered while the process lives.
#[pyfunction]
#[pyo3(signature = (address, username, password, **options))]
pub(crate) fn inventory<'py>(
    py: Python<'py>,
    address: String,
    username: String,
    password: String,
    options: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    block_on(py, taking(address, Credentials::new(username, password), settings(options)?))
}

/// `inventory()` for asyncio: gives a future, whose cancellation cancels the call.
#[pyfunction]
#[pyo3(signature = (address, username, password, **options))]
pub(crate) fn inventory_async<'py>(
    py: Python<'py>,
    address: String,
    username: String,
    password: String,
    options: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    spawn(py, taking(address, Credentials::new(username, password), settings(options)?))
}

/// The resource of a record as its iDRAC sent it: `extra` laid over the typed fields.
#[pyfunction]
pub(crate) fn restore<'py>(record: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let py = record.py();
    let mut typed = argument::json(record)?;
    let extra = typed.as_object_mut().and_then(|fields| fields.remove("extra"));
    let whole = extra.map_or_else(|| typed.clone(), |extra| merge(typed.clone(), extra));
    Reply::json(&whole).map_err(|failure| failure.into_python(py))?.into_python(py)
}

/// Waits a little for the logouts of calls that were interrupted, so that no session is left.
pub(crate) fn drain(py: Python<'_>) {
    crate::idrac::let_go();
    crate::handover::let_go();
    if let Some(logouts) = Some(&*LOGOUTS).filter(|logouts| logouts.running() > 0) {
        // A second Ctrl-C ends the wait; the sessions then end by themselves. The timer needs the runtime it is made on.
        let _ = detached(py, async { tokio::time::timeout(LOGOUT_WAIT, logouts.drained()).await });
    }
}

impl Settings {
    /// What was given that only an operation has.
    pub(crate) fn of_an_operation(&self) -> Option<&'static str> {
        let (timeout, sections) = (self.timeout.is_some(), self.sections.is_some());
        timeout.then_some("timeout").or(sections.then_some("sections"))
    }
}

fn settings(options: Option<&Bound<'_, PyDict>>) -> PyResult<Settings> {
    options.map_or_else(|| Ok(Settings::default()), argument::fields)
}

async fn taking(address: String, credentials: Credentials, settings: Settings) -> Outcome {
    let longest = settings.timeout.map_or(Ok(Duration::MAX), |given| seconds("timeout", given))?;
    let sections = settings.sections.unwrap_or_default();
    let client = connect(&address, credentials, settings).await?;
    let work = take_inventory(&client, sections.options());
    let taken = tokio::time::timeout(longest, work).await;
    client.close().await;
    let taken = taken.map_err(|_| {
        let text = format!("the inventory was not complete within {} s", longest.as_secs_f64());
        dsm_core::Error::new(dsm_core::ErrorKind::Timeout, text).about(address)
    })?;
    Reply::json(&record(&taken?)?)
}

/// The client of one server. Looks its name up; sends nothing.
pub(crate) async fn connect(
    address: &str,
    credentials: Credentials,
    settings: Settings,
) -> Result<Client, Failure> {
    let network = network(settings.allow_loopback, &settings.allow_networks)?;
    let target = target(&network, address, settings.tls.as_ref()).await?;
    Ok(builder(target, settings)?.credentials(credentials).build()?)
}

/// What is to be set up as the options say, without saying who asks.
pub(crate) fn builder(target: Target, settings: Settings) -> Result<ClientBuilder, Failure> {
    let mut timeouts = Timeouts::default();
    set_time(&mut timeouts.connect, "connect_timeout", settings.connect_timeout)?;
    set_time(&mut timeouts.attempt, "request_timeout", settings.request_timeout)?;
    let mut builder = Client::builder(match settings.port {
        Some(port) => target.with_port(port),
        None => target,
    })
    .certificates(TRUSTED.clone())
    .reaper(LOGOUTS.clone())
    .timeouts(timeouts);
    if let Some(tls) = settings.tls {
        builder = builder.tls(tls.policy()?);
    }
    if let Some(concurrency) = settings.concurrency {
        builder = builder.concurrency(concurrency);
    }
    Ok(builder)
}

/// Where to dial. A name is only dialled as one where the certificate has to bear it: iDRAC9 answers 400 to a `Host`
/// it does not know.
async fn target(network: &NetworkPolicy, address: &str, tls: Option<&Tls>) -> Result<Target, Failure> {
    let addresses = network.resolve(address).await?;
    let first = addresses.first().copied().ok_or_else(|| {
        dsm_core::Error::new(dsm_core::ErrorKind::NotFound, "the name has no address").about(address)
    })?;
    let target = Target::new(first);
    let is_name = address.trim_matches(['[', ']']).parse::<IpAddr>().is_err();
    match tls {
        Some(Tls::SystemRoots | Tls::CaFile(_)) if is_name => Ok(target.with_name(address)?),
        _ => Ok(target),
    }
}
