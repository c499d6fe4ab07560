//! Whether a host has really restarted: `PowerState` alone may say `On` all along.

use serde::{Deserialize, Serialize};

use super::state::PowerState;
use crate::actions::Actions;
use crate::capability::{IDRAC, find_at};
use crate::endpoint;
use crate::error::Result;
use crate::model::{ComputerSystem, RemoteServicesStatus};
use crate::operation::{Redfish, run};
use crate::ops::GetRemoteServicesApiStatus;

/// What showed that the host restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartProof {
    /// `LastResetTime` is another.
    LastResetTime,
    /// `BootProgress` went back.
    BootProgress,
    /// It was seen off.
    PowerState,
    /// Dell's service saw it in its power-on test (`ServerStatus` `InPOST`).
    PostStatus,
    /// Nothing: this firmware (iDRAC7 and 8) has none of these, the request was accepted, and the host is on. A graceful request may have
    /// been ignored; [`Reset::in_two_steps`](super::Reset::in_two_steps) makes it visible.
    NotShown,
}

/// What is remembered of the host from before a restart.
#[derive(Debug, Clone)]
pub(super) struct Witness {
    reset_time: Option<String>,
    progress: Option<u8>,
    /// Dell's service, where the system itself tells nothing.
    service: Option<GetRemoteServicesApiStatus>,
}

impl Witness {
    pub(super) fn before(system: &ComputerSystem) -> Self {
        Self { reset_time: system.last_reset_time.clone(), progress: progress(system), service: None }
    }

    /// The same with Dell's service (iDRAC9 from 3.30 on) where the system itself tells nothing: one request to find it.
    pub(super) async fn find(idrac: &dyn Redfish, system: &ComputerSystem) -> Result<Self> {
        let mut witness = Self::before(system);
        if !witness.can_tell()
            && let Some(service) = find_at(idrac, &endpoint::LC_SERVICE, &[IDRAC]).await?
        {
            witness.service = GetRemoteServicesApiStatus::new(&Actions::read(&service.body)).ok();
        }
        Ok(witness)
    }

    /// Asks Dell's service, where it is a witness. An iDRAC that does not answer just now proves nothing.
    pub(super) async fn ask(&self, idrac: &dyn Redfish) -> Option<RemoteServicesStatus> {
        run(idrac, self.service.as_ref()?).await.ok()
    }

    /// Whether a later look can show anything at all besides the power state.
    pub(super) fn can_tell(&self) -> bool {
        self.reset_time.is_some() || self.progress.is_some() || self.service.is_some()
    }

    /// What a later look proves.
    pub(super) fn look(&self, system: &ComputerSystem) -> Option<RestartProof> {
        if PowerState::of(system) != PowerState::On {
            return Some(RestartProof::PowerState);
        }
        // A property that an iDRAC leaves out for a moment proves nothing.
        if self.reset_time.is_some()
            && system.last_reset_time.is_some()
            && system.last_reset_time != self.reset_time
        {
            return Some(RestartProof::LastResetTime);
        }
        match (self.progress, progress(system)) {
            (Some(before), Some(now)) if now < before => Some(RestartProof::BootProgress),
            _ => None,
        }
    }
}

/// Whether Dell's service sees the host in its power-on test.
pub(super) fn is_in_post(status: &RemoteServicesStatus) -> bool {
    status.server_status.as_deref() == Some("InPOST")
}

/// Whether the power-on test is over, as far as this iDRAC tells; true where it does not.
pub(super) fn is_past_post(system: &ComputerSystem) -> bool {
    progress(system).is_none_or(|progress| progress >= HANDED_OVER)
}

/// From here on the host is no longer the BIOS's.
const HANDED_OVER: u8 = 7;

/// `BootProgress.LastState` as a number that grows from power on to the running system.
fn progress(system: &ComputerSystem) -> Option<u8> {
    Some(match system.boot_progress.as_ref()?.last_state.as_deref()? {
        "None" => 0,
        "PrimaryProcessorInitializationStarted" => 1,
        "BusInitializationStarted" => 2,
        "MemoryInitializationStarted" => 3,
        "SecondaryProcessorInitializationStarted" => 4,
        "PCIResourceConfigStarted" => 5,
        "SystemHardwareInitializationComplete" => 6,
        // Nobody gets further from the setup without a restart: it counts as handed over to a person.
        "SetupEntered" | "OSBootStarted" => HANDED_OVER,
        "OSRunning" => 8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(text: &str) -> ComputerSystem {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn each_witness_is_heard() {
        let running =
            system(r#"{"PowerState":"On","LastResetTime":"a","BootProgress":{"LastState":"OSRunning"}}"#);
        let witness = Witness::before(&running);
        assert!(witness.can_tell());
        for (text, proof) in [
            (r#"{"PowerState":"Off"}"#, Some(RestartProof::PowerState)),
            (r#"{"PowerState":"On","LastResetTime":"b"}"#, Some(RestartProof::LastResetTime)),
            (
                r#"{"PowerState":"On","LastResetTime":"a","BootProgress":{"LastState":"OSBootStarted"}}"#,
                Some(RestartProof::BootProgress),
            ),
            (r#"{"PowerState":"On","LastResetTime":"a","BootProgress":{"LastState":"OSRunning"}}"#, None),
            (r#"{"PowerState":"On"}"#, None),
            (r#"{"PowerState":"On","BootProgress":{"LastState":"OEM"}}"#, None),
        ] {
            assert_eq!(witness.look(&system(text)), proof, "{text}");
        }
        assert!(!Witness::before(&system(r#"{"PowerState":"On"}"#)).can_tell());
    }

    #[test]
    fn post_is_over_when_told_or_not_tellable() {
        let told =
            |state: &str| is_past_post(&system(&format!(r#"{{"BootProgress":{{"LastState":"{state}"}}}}"#)));
        assert!(told("OSRunning") && told("OSBootStarted") && told("SomethingOfDells"));
        assert!(!told("None") && !told("SystemHardwareInitializationComplete"));
        assert!(is_past_post(&system("{}")));
    }
}
