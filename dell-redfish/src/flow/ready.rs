//! Whether the iDRAC and its Lifecycle Controller are ready, once and for as long as it takes.

use std::time::Duration;

use crate::actions::Actions;
use crate::capability::{IDRAC, need_at};
use crate::clock::Instant;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::flow::wait::passes;
use crate::model::RemoteServicesStatus;
use crate::operation::{Redfish, run};
use crate::ops::{GetManager, GetRemoteServicesApiStatus};

/// How the host must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// As it is.
    #[default]
    Any,
    /// Through its power-on test (`OutOfPOST`).
    OutOfPost,
    /// Through its power-on test, or off: in no hurry either way.
    Settled,
    /// Off.
    PoweredOff,
}

/// How readiness is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyOptions {
    /// Time between two looks; 10 s.
    pub interval: Duration,
    /// Longest time until it is ready; 15 min. The looks that confirm it may come after.
    pub deadline: Duration,
    /// Looks in a row that must say `Ready`; 3. Right after a restart was asked for, the first still do.
    pub in_a_row: u32,
    /// How the host must stand.
    pub host: HostState,
}

impl Default for ReadyOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            deadline: Duration::from_secs(15 * 60),
            in_a_row: 3,
            host: HostState::Any,
        }
    }
}

impl ReadyOptions {
    /// Sets how the host must stand.
    #[must_use]
    pub fn with_host(mut self, host: HostState) -> Self {
        self.host = host;
        self
    }

    /// Sets the longest time in all.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets how many looks in a row must say `Ready`.
    #[must_use]
    pub fn with_in_a_row(mut self, looks: u32) -> Self {
        self.in_a_row = looks;
        self
    }

    fn accepts(&self, status: &RemoteServicesStatus) -> bool {
        let host = match self.host {
            HostState::Any => true,
            HostState::OutOfPost => status.is_out_of_post(),
            HostState::Settled => status.is_out_of_post() || status.is_powered_off(),
            HostState::PoweredOff => status.is_powered_off(),
        };
        host && status.is_lc_ready()
    }
}

/// Asks once how Lifecycle Controller and host stand: two requests, the first for where to ask.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `DellLCService` or its `GetRemoteServicesAPIStatus`: on iDRAC7 and 8, and below 3.30.
pub async fn fetch_lc_status(redfish: &dyn Redfish) -> Result<RemoteServicesStatus> {
    run(redfish, &status_operation(redfish).await?).await
}

async fn status_operation(redfish: &dyn Redfish) -> Result<GetRemoteServicesApiStatus> {
    let service = need_at(redfish, &endpoint::LC_SERVICE, &[IDRAC], "DellLCService").await?;
    let named = |error: Error| error.with_host(redfish.host());
    GetRemoteServicesApiStatus::new(&Actions::read(&service.body)).map_err(named)
}

/// Waits until the Lifecycle Controller is ready and the host stands as wanted, several looks in a row. An iDRAC that is away
/// or not ready is waited for. One look is one request, after one for where to ask.
///
/// # Errors
/// [`ErrorKind::Unsupported`] as [`fetch_lc_status`]; [`ErrorKind::NotReady`] at the deadline, naming the last status or with what
/// was last met as its source.
pub async fn wait_until_ready(redfish: &dyn Redfish, options: &ReadyOptions) -> Result<RemoteServicesStatus> {
    let patience = Patience::new(redfish, options);
    let operation = loop {
        match status_operation(redfish).await {
            Ok(operation) => break operation,
            Err(error) => patience.suffer(error).await?,
        }
    };
    let mut good = 0;
    loop {
        match run(redfish, &operation).await {
            Ok(status) => {
                good = if options.accepts(&status) { good + 1 } else { 0 };
                if good >= options.in_a_row.max(1) {
                    return Ok(status);
                }
                patience.pause(good, &status).await?;
            }
            Err(error) => {
                good = 0;
                patience.suffer(error).await?;
            }
        }
    }
}

/// Waits until the iDRAC answers a read of its own manager, several times in a row: what can be asked of every generation.
///
/// # Errors
/// [`ErrorKind::NotReady`] at the deadline; at once what waiting does not mend.
pub async fn wait_until_back(redfish: &dyn Redfish, options: &ReadyOptions) -> Result<()> {
    let patience = Patience::new(redfish, options);
    let mut good = 0;
    loop {
        match run(redfish, &GetManager).await {
            Ok(_) => good += 1,
            Err(error) => {
                good = 0;
                patience.suffer(error).await?;
                continue;
            }
        }
        if good >= options.in_a_row.max(1) {
            return Ok(());
        }
        patience.pause(good, &RemoteServicesStatus::default()).await?;
    }
}

/// The time that is left.
struct Patience<'a> {
    redfish: &'a dyn Redfish,
    options: &'a ReadyOptions,
    end: Instant,
}

impl<'a> Patience<'a> {
    fn new(redfish: &'a dyn Redfish, options: &'a ReadyOptions) -> Self {
        Self { redfish, options, end: redfish.clock().now() + options.deadline }
    }

    /// Takes a failure that may pass, and pauses.
    async fn suffer(&self, error: Error) -> Result<()> {
        // A service that is still coming up knows none of its resources.
        if !passes(&error) && error.kind() != ErrorKind::RedfishDisabled {
            return Err(error);
        }
        if self.is_over() {
            return Err(self.too_late("the iDRAC does not answer as it should").with_source(error));
        }
        self.sleep().await;
        Ok(())
    }

    /// Pauses until the next look. One that is ready at the deadline gets the looks that are to confirm it: who looked rarely
    /// does not say of a healthy server that it is not ready.
    async fn pause(&self, good: u32, status: &RemoteServicesStatus) -> Result<()> {
        if good > 0 {
            self.redfish.clock().sleep(self.options.interval).await;
            return Ok(());
        }
        if self.is_over() {
            let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
            let (lc, host) = (word(&status.lc_status), word(&status.server_status));
            return Err(self.too_late(&format!("the Lifecycle Controller is {lc}, the host is {host}")));
        }
        self.sleep().await;
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.redfish.clock().now() >= self.end
    }

    async fn sleep(&self) {
        let left = self.end.saturating_duration_since(self.redfish.clock().now());
        self.redfish.clock().sleep(self.options.interval.min(left)).await;
    }

    fn too_late(&self, what: &str) -> Error {
        let limit = self.options.deadline.as_secs();
        Error::new(ErrorKind::NotReady, format!("not ready within {limit} s: {what}"))
            .with_permanence(Permanence::Exhausted)
            .with_host(self.redfish.host())
    }
}
