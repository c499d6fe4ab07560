//! The full inventory of one server, in as few requests as its iDRAC allows.
//!
//! # Plan
//!
//! Paths come from the links of live resources; only the roots (system, chassis, iDRAC, firmware) are asked for where every
//! PowerEdge has them, so that they need not wait for one another. At most [`Redfish::concurrency`] (and never more than
//! four) requests run at a time, those first on which others hang.
//!
//! iDRAC9, `$expand` one level deep; `A` network cards, `S` storage subsystems, `V` of them with volumes:
//!
//! | request | brings | count |
//! | --- | --- | --- |
//! | system, BIOS, list of storage | no iDRAC expands the system itself | 3 |
//! | chassis `.` | chassis, power, thermal, list of cards | 1 |
//! | iDRAC | | 1 |
//! | processors `*`, memory `*`, firmware `*` | with GPUs | 3 |
//! | each storage `.` | controller, drives, list of volumes | S |
//! | its volumes `*` | | V |
//! | each card `~` | card, ports, functions | A |
//!
//! 8 + S + V + A: 15 with two controllers, volumes on one of them, and four cards. iDRAC10 has power supplies, fans, sensors and
//! controllers as collections of their own: 11 + 2 S + V + A. iDRAC7/8 are walked link by link: 7 + the number of processors,
//! modules, controllers, drives, volumes, cards, ports, functions and firmware entries + their collections.
//!
//! Field-replaceable units and PCIe slots come with the chassis, and are kept when asked for; what the ports are plugged into
//! ([`Section::SwitchConnections`]) is one request more, and PCIe devices are one.
//!
//! Whatever an expanded answer leaves out is read by itself, and what an iDRAC refuses is remembered in
//! [`HostFacts`](crate::HostFacts), so nothing is tried twice on the same firmware.
//!
//! # Failures
//!
//! A resource that cannot be read is a [`Failure`] in the result; the rest stands. Only what concerns the iDRAC as a whole ends
//! the flow: login, no connection, certificate, cancellation, and the system itself being unreadable. A connection that breaks
//! off in the middle of a reply is the failure of what was asked for.

mod absorb;
mod expansion;
mod peer;
mod record;
mod section;
mod stale;
mod summary;
mod units;
mod walk;
mod work;

pub use peer::SwitchPeer;
pub use record::{Document, Failure, Inventory, Reading};
pub use section::{Section, SectionSet};
pub use stale::Stale;
pub use summary::Summary;

use crate::error::Result;
use crate::model::{ComputerSystem, Resource};
use crate::operation::Redfish;

/// What to read.
#[derive(Debug, Clone, Default)]
pub struct InventoryOptions {
    /// The sections; [`SectionSet::FULL`] by default.
    pub sections: SectionSet,
    /// The system, if it was read a moment ago: read again only where that saves other requests.
    pub system: Option<Resource<ComputerSystem>>,
}

/// Takes the inventory of one server.
///
/// # Errors
/// Whatever concerns the iDRAC as a whole (login, connection, certificate, breaker, cancellation), and whatever made the system
/// itself unreadable. Everything else is in [`Inventory::failures`].
pub async fn inventory(redfish: &dyn Redfish, options: InventoryOptions) -> Result<Inventory> {
    walk::Walk::new(redfish, options).run().await
}
