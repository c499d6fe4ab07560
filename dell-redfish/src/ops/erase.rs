//! Erasing a server, Dell's way and DMTF's.

use crate::accepted::Accepted;
use crate::ops::action::action;

action! {
    /// `DellLCService.SystemErase`.
    SystemErase = "DellLCService.SystemErase", Destroy, [],
        |response| Ok(Accepted::read(&response)) => Accepted
}

action! {
    /// `ComputerSystem.Decommission`, on iDRAC10.
    DecommissionSystem = "ComputerSystem.Decommission", Destroy, [],
        |response| Ok(Accepted::read(&response)) => Accepted
}
