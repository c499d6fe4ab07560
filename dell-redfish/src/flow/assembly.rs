//! What of a server can be replaced in the field, and where its PCIe cards sit.

use crate::capability::{SERVER, need_at};
use crate::endpoint;
use crate::error::Result;
use crate::model::{Assembly, PcieSlots, Resource};
use crate::operation::Redfish;

/// Reads all field-replaceable units: boards, memory modules, power supplies, cards, with their part and serial numbers. One
/// request. A unit is joined with the part it is by [`AssemblyData::fqdd`](crate::model::AssemblyData::fqdd).
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) without `Assembly` (iDRAC7 and 8).
pub async fn fetch_assemblies(redfish: &dyn Redfish) -> Result<Resource<Assembly>> {
    need_at(redfish, &endpoint::ASSEMBLY, &[SERVER], "Assembly").await?.read()
}

/// Reads all PCIe slots, with what is in them and which processor they hang on. One request.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) without `PCIeSlots` (before 6.x).
pub async fn fetch_pcie_slots(redfish: &dyn Redfish) -> Result<Resource<PcieSlots>> {
    need_at(redfish, &endpoint::PCIE_SLOTS, &[SERVER], "PCIeSlots").await?.read()
}
