//! Which settings are meant.

use crate::capability::SERVER;
use crate::endpoint::{self, NETWORK_ATTRIBUTES};
use crate::error::Result;
use crate::id::{Fqdd, ODataId};

/// A resource whose settings are staged and applied by a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsTarget {
    pub(super) resource: ODataId,
    /// What it is, for errors.
    pub(super) called: String,
    /// Dell's types of the job that applies them.
    pub(super) job_types: &'static [&'static str],
}

impl SettingsTarget {
    /// The BIOS of the server.
    ///
    /// # Errors
    /// None on any PowerEdge: the path is fixed.
    pub fn bios() -> Result<Self> {
        Ok(Self {
            resource: ODataId::parse(endpoint::SYSTEM_BIOS)?,
            called: "the BIOS".to_owned(),
            job_types: &["BIOSConfiguration"],
        })
    }

    /// A function of a network card, e.g. `NIC.Slot.2` and `NIC.Slot.2-1-1`. iDRAC9 and later; on older ones a server
    /// configuration profile does it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for names that cannot be part of a path.
    pub fn network(adapter: &Fqdd, function: &Fqdd) -> Result<Self> {
        let names = [SERVER, adapter.as_str(), function.as_str(), function.as_str()];
        Ok(Self {
            resource: ODataId::parse(&NETWORK_ATTRIBUTES.path(&names)?)?,
            called: format!("network function {function}"),
            job_types: &["NICConfiguration"],
        })
    }

    /// Where the settings in force are.
    #[must_use]
    pub fn resource(&self) -> &ODataId {
        &self.resource
    }

    /// Where values for later go, unless the resource says otherwise.
    pub(super) fn usual_settings(&self) -> Result<ODataId> {
        ODataId::parse(&format!("{}{}", self.resource, endpoint::SETTINGS_BELOW))
    }
}
