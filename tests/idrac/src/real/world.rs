//! A real iDRAC as a rig's other end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dell_redfish::ops::GetManager;
use dell_redfish::{Client, Exchange, Observer, Redfish, SessionReaper, run};
use idrac_sim::Generation;

use super::guard::Guarded;
use super::named::NamedIdrac;
use crate::{Failure, Rig};

/// A real iDRAC: the guard before it, and what it was asked.
#[derive(Debug)]
pub struct RealWorld {
    guarded: Guarded,
    generation: Generation,
    firmware: String,
    asked: Arc<Asked>,
    reports: Mutex<Vec<String>>,
}

impl RealWorld {
    /// A rig of it. Two requests: the login, and the manager that says what it is.
    ///
    /// # Errors
    /// Whatever the iDRAC says, or a model that is no PowerEdge's.
    pub async fn rig(named: &NamedIdrac) -> Result<Rig, Failure> {
        let (asked, reaper) = (Arc::new(Asked::default()), SessionReaper::new());
        let client = Client::builder(named.target.clone())
            .credentials(named.credentials.clone())
            .observer(asked.clone())
            .reaper(reaper.clone())
            .build()?;
        let guarded = Guarded::new(client.clone(), named.allow);
        let manager = run(&guarded, &GetManager).await?;
        let firmware = manager.firmware_version.clone().unwrap_or_default();
        let model = manager.model.as_deref().unwrap_or_default();
        let generation = generation(model, &firmware)
            .ok_or_else(|| format!("it is no iDRAC 7 to 10: model {model:?}, firmware {firmware:?}"))?;
        let world = Self { guarded, generation, firmware, asked, reports: Mutex::default() };
        Ok(Rig::of_real(world, client, reaper))
    }

    pub(crate) fn guarded(&self) -> &dyn Redfish {
        &self.guarded
    }

    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    pub(crate) fn firmware(&self) -> &str {
        &self.firmware
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lines().clone()
    }

    pub(crate) fn forget(&self) {
        self.asked.lines().clear();
    }

    /// Keeps a number of requests for the report.
    pub(crate) fn report(&self, name: &str, requests: usize, simulated: usize) {
        let line = format!("{name}: {requests} requests, {simulated} on the simulator");
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    pub(crate) fn take_reports(&self) -> Vec<String> {
        std::mem::take(&mut *self.reports.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The simulator's generation that is most like it.
fn generation(model: &str, firmware: &str) -> Option<Generation> {
    let major: u32 = firmware.split('.').next()?.parse().ok()?;
    Some(match dell_redfish::Generation::from_manager_model(model)? {
        dell_redfish::Generation::Idrac7 => Generation::Idrac7,
        dell_redfish::Generation::Idrac8 => Generation::Idrac8,
        dell_redfish::Generation::Idrac9 if major < 6 => Generation::Idrac9V5,
        dell_redfish::Generation::Idrac9 if major < 7 => Generation::Idrac9V6,
        dell_redfish::Generation::Idrac9 => Generation::Idrac9V7,
        dell_redfish::Generation::Idrac10 => Generation::Idrac10,
    })
}

/// What was asked, as [lines](crate::requests::lines).
#[derive(Debug, Default)]
struct Asked(Mutex<Vec<String>>);

impl Asked {
    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Asked {
    fn exchanged(&self, exchange: &Exchange<'_>) {
        let status = exchange.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        self.lines().push(format!("{} {} {status}", exchange.method, exchange.path));
    }
}
