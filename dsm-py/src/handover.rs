//! An open session on its way to another `dsm.Idrac`, in this process or in another one.

use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use dell_redfish::{Client, Credentials, Secret, SessionHandle as Handle, SessionRole};
use dsm_core::{Error, ErrorKind};
use pyo3::prelude::*;

use crate::client::{Settings, builder};
use crate::engine::options::network;
use crate::failure::Failure;
use crate::runtime::{Held, not_picklable, runtime};

/// Taken when it is handed over.
type Slot = Mutex<Option<Handle>>;

/// Handles that may own a session; those that are gone are swept out at the next one.
static KEPT: LazyLock<Mutex<Vec<Weak<Slot>>>> = LazyLock::new(Mutex::default);

/// An open session of one iDRAC, which another `dsm.Idrac` goes on with, without a login.
///
/// `Idrac.share_session()` lends one, `Idrac.detach_session()` gives it away, `SessionHandle.read()` reads what another
/// process exposed. `dsm.Idrac(session=handle)` takes it over, once. A handle that was given and is dropped before that
/// ends the session; one that was read does not, and the iDRAC ends the session when it has been idle for long enough.
///
/// A token is worth a password for as long as its session lives: only `expose()` shows it.
#[pyclass(frozen, module = "dsm")]
pub(crate) struct SessionHandle {
    slot: Held<Slot>,
    address: IpAddr,
    port: u16,
    user: String,
    location: String,
    certificate: Option<String>,
    role: SessionRole,
}

#[pymethods]
impl SessionHandle {
    /// Reads what `expose()` wrote; nothing is sent. Take it only from where you would take a password.
    ///
    /// Raises `InvalidInputError` for any other text, and shows nothing of it.
    #[staticmethod]
    fn read(py: Python<'_>, text: String) -> PyResult<Self> {
        let handle = Handle::read(&Secret::new(text));
        handle.map(Self::new).map_err(|error| Failure::from(error).into_python(py))
    }

    /// Another handle on the same session that does not end it.
    fn lend(&self, py: Python<'_>) -> PyResult<Self> {
        self.lent().map(Self::new).map_err(|failure| failure.into_python(py))
    }

    /// The whole handle as a text for `read()`, its token in it: for a pipe or a file that only its reader may read, never
    /// for an argument or an environment variable.
    ///
    /// A handle that owns its session is spent by that: whoever takes the text over ends the session.
    fn expose(&self, py: Python<'_>) -> PyResult<String> {
        let text = self.exposed().map_err(|failure| failure.into_python(py))?;
        Ok(text.expose().to_owned())
    }

    /// Address of the iDRAC.
    #[getter]
    fn address(&self) -> String {
        self.address.to_string()
    }

    /// Its TCP port.
    #[getter]
    fn port(&self) -> u16 {
        self.port
    }

    /// In whose name the session was opened.
    #[getter]
    fn user(&self) -> &str {
        &self.user
    }

    /// Path of the session.
    #[getter]
    fn location(&self) -> &str {
        &self.location
    }

    /// SHA-256 of the only certificate that the token is shown to; none where the giver verified none.
    #[getter]
    fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// `owner` ends the session, `borrower` does not.
    #[getter]
    fn role(&self) -> &'static str {
        match self.role {
            SessionRole::Borrower => "borrower",
            SessionRole::Owner => "owner",
        }
    }

    /// Whether it was handed over already.
    #[getter]
    fn is_spent(&self) -> bool {
        self.slot().is_none()
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(not_picklable("a session"))
    }

    fn __repr__(&self) -> String {
        let spent = if self.is_spent() { ", spent" } else { "" };
        format!("<dsm.SessionHandle {} of {} on {}{spent}>", self.role(), self.location, self.address)
    }
}

impl SessionHandle {
    pub(crate) fn new(handle: Handle) -> Self {
        let socket = handle.target().socket();
        let made = Self {
            address: socket.ip(),
            port: socket.port(),
            user: handle.user().to_owned(),
            location: handle.location().to_owned(),
            certificate: handle.certificate().map(ToString::to_string),
            role: handle.role(),
            slot: Held::new(Mutex::new(Some(handle))),
        };
        if made.role == SessionRole::Owner {
            let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|slot| slot.strong_count() > 0);
            kept.push(Arc::downgrade(&made.slot));
        }
        made
    }

    fn lent(&self) -> Result<Handle, Failure> {
        self.slot().as_ref().map(Handle::lend).ok_or_else(|| self.spent())
    }

    fn exposed(&self) -> Result<Secret, Failure> {
        let mut slot = self.slot();
        let text = slot.as_ref().ok_or_else(|| self.spent())?.expose()?;
        if self.role == SessionRole::Owner {
            *slot = None;
        }
        Ok(text)
    }

    /// The client that goes on with it. Sends nothing; what is refused leaves the handle as it was.
    pub(crate) fn resume(
        &self,
        py: Python<'_>,
        address: Option<&str>,
        credentials: Option<Credentials>,
        settings: Settings,
    ) -> PyResult<Client> {
        let runtime = runtime(py)?;
        // Whoever is to end a session needs somewhere to do it.
        let _inside = runtime.enter();
        self.resumed(address, credentials, settings).map_err(|failure| failure.into_python(py))
    }

    fn resumed(
        &self,
        address: Option<&str>,
        credentials: Option<Credentials>,
        settings: Settings,
    ) -> Result<Client, Failure> {
        let mut slot = self.slot();
        let lent = slot.as_ref().ok_or_else(|| self.spent())?.lend();
        if let Some(address) = address
            && address.trim_matches(['[', ']']).parse() != Ok(self.address)
            && lent.target().name() != Some(address)
        {
            let error =
                Error::new(ErrorKind::InvalidInput, format!("the session is one on {}", self.address));
            return Err(Failure::Core(error.about("address").hint("leave `address` away")));
        }
        network(settings.allow_loopback, &settings.allow_networks)?.check(self.address)?;
        let mut builder = builder(lent.target().clone(), settings)?;
        if let Some(credentials) = credentials {
            builder = builder.credentials(credentials);
        }
        // On loan first: building takes the handle, also where it then refuses.
        builder.clone().session(lent).build()?;
        let handle = slot.take().ok_or_else(|| self.spent())?;
        Ok(builder.session(handle).build()?)
    }

    /// Never held while the interpreter is asked for anything: whoever waits for it may hold the interpreter.
    fn slot(&self) -> MutexGuard<'_, Option<Handle>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spent(&self) -> Failure {
        let error = Error::new(ErrorKind::InvalidInput, "the session was handed over already");
        Failure::Core(
            error.about(self.address.to_string()).hint("hand it over once, and lend it before that"),
        )
    }
}

/// Ends the sessions that nobody took over, in the background.
pub(crate) fn let_go() {
    let kept = std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner));
    for slot in kept.iter().filter_map(Weak::upgrade) {
        drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
