//! A change as the operation that is sent.

use crate::accepted::Accepted;
use crate::error::Result;
use crate::operation::{Redfish, run};
use crate::ops::{CheckVolume, CreateVolume, DeleteVolume, EraseDrive, InitializeVolume, RaidCommand};
use crate::plan::Plan;

/// One operation of any of these.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Create(CreateVolume),
    Delete(DeleteVolume),
    Initialize(InitializeVolume),
    Check(CheckVolume),
    Erase(EraseDrive),
    Dell(RaidCommand),
}

macro_rules! each {
    ($command:expr, $operation:ident => $body:expr) => {
        match $command {
            Command::Create($operation) => $body,
            Command::Delete($operation) => $body,
            Command::Initialize($operation) => $body,
            Command::Check($operation) => $body,
            Command::Erase($operation) => $body,
            Command::Dell($operation) => $body,
        }
    };
}

impl Command {
    pub(super) async fn send(&self, idrac: &dyn Redfish) -> Result<Accepted> {
        each!(self, operation => run(idrac, operation).await)
    }

    pub(super) fn add_to(&self, plan: Plan) -> Plan {
        each!(self, operation => plan.with_step(operation))
    }
}
