//! What was learned about one iDRAC and is worth remembering between runs.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::quirk::Generation;

/// Facts a client learns while it works, so that nothing is probed twice. Plain data: the caller stores it
/// (column `supported_endpoints`) and hands it in again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostFacts {
    /// The generation, once `Manager.Model` was seen.
    pub generation: Option<Generation>,
    /// Firmware the other facts were learned on; another firmware makes them stale.
    pub idrac_version: Option<String>,
    /// Whether `$expand=*($levels=1)` works on collections; absent until known.
    pub expand: Option<bool>,
    /// Paths on which `$expand` was refused although it works elsewhere.
    pub expand_refused: Vec<String>,
    /// Whether `$filter` works on logs; absent until known.
    pub filter: Option<bool>,
    /// Where sessions are created.
    pub sessions_path: Option<String>,
    /// The collection of Dell jobs that is used.
    pub jobs_path: Option<String>,
    /// Whether only the OpenSSL transport reaches this iDRAC.
    pub requires_legacy_ssl: bool,
    /// Resources that answered 404/405/501 before, so that they are not asked for again on this firmware.
    pub absent: Vec<String>,
}

/// Facts that a client and its transport share.
#[derive(Debug, Default)]
pub(crate) struct SharedFacts(Mutex<HostFacts>);

impl SharedFacts {
    pub(crate) fn new(facts: HostFacts) -> Self {
        Self(Mutex::new(facts))
    }

    /// Looks without copying.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&HostFacts) -> T) -> T {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn write(&self, change: impl FnOnce(&mut HostFacts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
