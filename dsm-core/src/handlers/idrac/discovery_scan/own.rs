//! What the program's own resolver has for an iDRAC that a scan met.

use std::net::IpAddr;

use dell_redfish::model::ServiceRoot;
use dell_redfish::ops::{Proof, vendor_proof};

use super::visit::Tour;
use crate::credential::{Candidate, Outcome, Purpose, Resolved, Target};
use crate::error::{ErrorKind, Result};
use crate::store::ServerRow;

/// Its answer, to be told what became of it.
pub(super) struct Own(Option<(Target, Resolved)>);

impl Own {
    /// Asks it, and puts what it has before all other candidates. Its error leaves the iDRAC alone.
    pub(super) async fn ask(
        tour: &Tour,
        ip: IpAddr,
        known: Option<&ServerRow>,
        root: &ServiceRoot,
    ) -> Result<Self> {
        let Some(program) = tour.fleet.program_resolver() else { return Ok(Self(None)) };
        let mut target = known.map(Target::from).unwrap_or_default();
        target.address = Some(ip);
        if let Proof::Dell { service_tag: Some(tag), .. } = vendor_proof(root) {
            target.service_tag = Some(tag);
        }
        match program.resolve(&target, Purpose::Idrac).await {
            Ok(found) => {
                tour.credentials.offer(ip, &found);
                Ok(Self(Some((target, found))))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }

    /// Tells it, if these were its own.
    pub(super) async fn tell(&self, tour: &Tour, candidate: &Candidate, outcome: Outcome) {
        if let (Some((target, found)), Some(program)) = (&self.0, tour.fleet.program_resolver())
            && (&candidate.username, &candidate.secret) == (&found.username, &found.secret)
        {
            program.report(target, found, outcome).await;
        }
    }
}
