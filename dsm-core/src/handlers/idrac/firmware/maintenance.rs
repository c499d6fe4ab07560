//! The host's place in vCenter while its firmware changes: out of service before, and afterwards as it was found.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::walk::Visit;
use crate::step::Step;

/// Takes hosts out of service and puts them back. `host` is an id of `vcenter_hosts`. Every call must be harmless to repeat.
#[async_trait]
pub trait Maintenance: fmt::Debug + Send + Sync {
    /// Whether the host is in maintenance mode.
    ///
    /// # Errors
    /// It cannot be told.
    async fn is_in_maintenance(&self, host: Uuid) -> Result<bool>;

    /// Brings it into maintenance mode; returns when nothing runs on it any more.
    ///
    /// # Errors
    /// It is not there within this time, or never will be.
    async fn enter(&self, host: Uuid, within: Duration) -> Result<()>;

    /// Brings it back into service, once it is connected again.
    ///
    /// # Errors
    /// As [`Maintenance::enter`].
    async fn leave(&self, host: Uuid, within: Duration) -> Result<()>;

    /// Whether the host may take up work again, as far as its vCenter tells. Asked after an update that failed.
    ///
    /// # Errors
    /// It cannot be told.
    async fn is_healthy(&self, host: Uuid) -> Result<bool> {
        let _ = host;
        Ok(true)
    }
}

/// The name of the step that takes it out of service.
const ENTER: &str = "maintenance";
const LEAVE: &str = "service";

/// A host whose place in vCenter is this job's care.
pub(super) struct Stay<'a> {
    provider: &'a dyn Maintenance,
    host: Uuid,
    within: Duration,
}

/// How it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) in_maintenance: bool,
}

impl<'a> Stay<'a> {
    /// The care of this server's host; none where it has no host in vCenter, or the job was told to leave that alone.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`]: it has one, and nothing here can take it out of service.
    pub(super) fn of(
        visit: &Visit,
        provider: Option<&'a dyn Maintenance>,
        skips: bool,
        within: Duration,
    ) -> Result<Option<Self>> {
        let Some(host) = visit.server().fields.vcenter_host_id.filter(|_| !skips) else { return Ok(None) };
        match provider {
            Some(provider) => Ok(Some(Self { provider, host, within })),
            None => Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the server is host {host} of a vCenter, and nothing here can take it out of service"
                ),
            )
            .about("details.skip_maintenance")
            .hint(
                "take it out of service yourself and set details.skip_maintenance, or register a Maintenance",
            )),
        }
    }

    /// Takes it out of service, once over all attempts; how it was found is on record before.
    pub(super) async fn enter(&self, visit: &Visit) -> Result<Found> {
        let (step, found) = match visit.step::<Found>(ENTER)? {
            Step::Done(found) => return Ok(found),
            Step::New(step) => {
                let found = Found { in_maintenance: self.provider.is_in_maintenance(self.host).await? };
                step.begin(&found).await?;
                (step, found)
            }
            Step::Begun(step, note) => {
                let found = serde_json::from_value(note).unwrap_or(Found { in_maintenance: false });
                (step, found)
            }
        };
        if !self.provider.is_in_maintenance(self.host).await? {
            self.provider.enter(self.host, self.within).await?;
        }
        step.done(found).await
    }

    /// How it was found; nothing where it was not entered.
    pub(super) fn found(&self, visit: &Visit) -> Option<Found> {
        match visit.step::<Found>(ENTER) {
            Ok(Step::Done(found)) => Some(found),
            Ok(Step::Begun(_, note)) => serde_json::from_value(note).ok(),
            _ => None,
        }
    }

    pub(super) async fn is_healthy(&self) -> Result<bool> {
        self.provider.is_healthy(self.host).await
    }

    /// Brings it back to how it was found.
    pub(super) async fn leave(&self, visit: &Visit) -> Result<()> {
        match self.found(visit) {
            Some(Found { in_maintenance: false }) if self.provider.is_in_maintenance(self.host).await? => {}
            _ => return Ok(()),
        }
        visit
            .once(
                LEAVE,
                (),
                |_| async { Ok((!self.provider.is_in_maintenance(self.host).await?).then_some(())) },
                || self.provider.leave(self.host, self.within),
            )
            .await
    }
}
