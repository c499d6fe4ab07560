//! One address from the first packet to its inventory: port, vendor proof, login, identity, the rest.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dell_redfish::model::{ComputerSystem, Resource, ServiceRoot};
use dell_redfish::ops::{GetComputerSystem, GetServiceRoot, Proof, vendor_proof};
use dell_redfish::{AuthMode, Client, Credentials, Redfish as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::args::Fetch;
use super::own::Own;
use super::recorder::{AddressWord, Ended, InventoryWord, Word, Words};
use super::report::{Gauges, InStage, ResultStatus, ScanResult};
use super::take::{self, Taken};
use crate::clock;
use crate::credential::{Candidate, Outcome, Purpose, ScanCredentials, Target};
use crate::engine::fleet::{About, Fleet};
use crate::engine::orphans::facts_of;
use crate::handlers::idrac::port::{self, Port};
use crate::handlers::idrac::rows;
use crate::id::{JobId, ProfileId, ServerId};
use crate::store::{ServerFields, ServerFinding, ServerPatch, ServerRow};

type RedfishError = dell_redfish::Error;
type RedfishKind = dell_redfish::ErrorKind;

/// What all visits of a scan share.
#[derive(Debug)]
pub(super) struct Tour {
    pub(super) fleet: Arc<Fleet>,
    pub(super) credentials: Arc<ScanCredentials>,
    pub(super) gauges: Arc<Gauges>,
    pub(super) fetch: Fetch,
    pub(super) job_id: JobId,
    pub(super) created_by: Option<ProfileId>,
    /// iDRACs at work at a time.
    pub(super) idracs: Arc<Semaphore>,
}

/// One address.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) ip: IpAddr,
    pub(super) position: u64,
    /// The server known there, if any.
    pub(super) known: Option<Arc<ServerRow>>,
}

/// An iDRAC that let us in.
struct Met {
    client: Client,
    system: Resource<ComputerSystem>,
    root: Resource<ServiceRoot>,
    candidate: Candidate,
    /// Its place among the iDRACs at work; kept to the end of the inventory.
    slot: Option<OwnedSemaphorePermit>,
}

/// An address that is no server of ours, and why.
struct Miss {
    ended: Ended,
    result: ScanResult,
    finding: Option<ServerFinding>,
}

impl Visit {
    /// Goes all the way and tells the recorder. `port_slot` is held until an iDRAC slot is there, so that a range full
    /// of iDRACs does not pile up open addresses.
    pub(super) async fn run(self, tour: Arc<Tour>, words: Words, port_slot: impl Sized + Send) {
        let started = clock::instant();
        let about = About {
            job_id: Some(tour.job_id),
            initiated_by: tour.created_by,
            server: Arc::new(OnceLock::new()),
            task_id: None,
        };
        let met = match self.meet(&tour, &about, port_slot).await {
            Ok(met) => met,
            Err(miss) => {
                let mut miss = *miss;
                miss.result.duration = Some(seconds(started));
                self.tell(&words, miss, &about.server, false).await;
                return;
            }
        };
        let inventory = tour.fetch.inventory;
        let mut result = ScanResult::new(self.ip, ResultStatus::Synced);
        result.model.clone_from(&met.system.model);
        result.service_tag.clone_from(&met.system.sku);
        result.credential_set = Some(met.candidate.name.clone());
        result.duration = Some(seconds(started));
        let finding = Some(self.found(&tour, &met));
        self.tell(&words, Miss { ended: Ended::Found, result, finding }, &about.server, inventory).await;
        if inventory {
            let _stage = InStage::enter(&tour.gauges.syncing);
            let Met { client, system, slot: _held, .. } = met;
            let taken = take::inventory(&client, system, tour.fetch).await;
            self.tell_inventory(&words, taken, about.server).await;
            client.close().await;
        } else {
            met.client.close().await;
        }
    }

    /// Port, vendor proof, login.
    async fn meet(&self, tour: &Tour, about: &About, port_slot: impl Sized) -> Result<Met, Box<Miss>> {
        let options = tour.fleet.scan_options();
        {
            let _stage = InStage::enter(&tour.gauges.port);
            let socket = SocketAddr::new(self.ip, tour.fleet.idrac_options().port);
            let port = port::probe(socket, options.connect_timeout).await;
            if port != Port::Open {
                return Err(self.filtered(Ended::PortClosed, "port_closed"));
            }
        }
        // Fails only when the semaphore is closed, which nobody does.
        let slot = tour.idracs.clone().acquire_owned().await.ok();
        drop(port_slot);
        let facts = self.known.as_deref().map(facts_of).unwrap_or_default();
        let client = match tour.fleet.client(self.ip, facts, about) {
            Ok(client) => client,
            Err(error) => return Err(self.failed(error.chain())),
        };
        let root = {
            let _stage = InStage::enter(&tour.gauges.detecting);
            self.detect(&client, options.identify_timeout).await?
        };
        let _stage = InStage::enter(&tour.gauges.authenticating);
        let mut met = self.log_in(tour, client, root).await?;
        met.slot = slot;
        Ok(met)
    }

    /// The unauthenticated look: no secret goes to anything that does not prove to be a Dell.
    async fn detect(&self, client: &Client, limit: Duration) -> Result<Resource<ServiceRoot>, Box<Miss>> {
        let operation = GetServiceRoot { timeout: Some(limit) };
        // One retry's worth: a host that accepts and stays silent must not hold the scan up.
        let root = match timeout(limit * 2, client.run(&operation)).await {
            Ok(Ok(root)) => root,
            Ok(Err(error)) => return Err(self.undetected(&error)),
            Err(_) => return Err(self.filtered(Ended::NotIdrac, "timeout")),
        };
        match vendor_proof(&root) {
            Proof::Dell { .. } => Ok(root),
            Proof::NotDell { reason } => {
                let mut miss = self.filtered(Ended::NotIdrac, "not_idrac");
                miss.result.error = Some(reason);
                Err(miss)
            }
        }
    }

    async fn log_in(
        &self,
        tour: &Tour,
        client: Client,
        root: Resource<ServiceRoot>,
    ) -> Result<Met, Box<Miss>> {
        let target = self.known.as_deref().map(Target::from);
        let mode = if tour.fetch.inventory { AuthMode::Auto } else { AuthMode::Basic };
        let own = match Own::ask(tour, self.ip, self.known.as_deref(), &root).await {
            Ok(own) => own,
            Err(error) => return Err(self.failed(error.chain())),
        };
        let mut tries = tour.credentials.tries(self.ip, target.as_ref());
        let mut refused = Vec::new();
        while let Some(attempt) = tries.next().await {
            let candidate = attempt.candidate();
            let credentials = Credentials::new(&candidate.username, candidate.secret.expose());
            let authenticated = match client.with_credentials(credentials, mode) {
                Ok(client) => client,
                Err(error) => return Err(self.failed(error.chain())),
            };
            match authenticated.run(&GetComputerSystem).await {
                Ok(system) => {
                    let candidate = attempt.accepted();
                    own.tell(tour, &candidate, Outcome::Accepted).await;
                    return Ok(Met { client: authenticated, system, root, candidate, slot: None });
                }
                Err(error) if error.kind() == RedfishKind::Authentication => {
                    let candidate = attempt.rejected();
                    own.tell(tour, &candidate, Outcome::Rejected).await;
                    refused.push(candidate.name);
                }
                Err(error) if error.kind() == RedfishKind::CertificateChanged => {
                    return Err(self.certificate_changed(&error));
                }
                Err(error) => return Err(self.failed(error.chain())),
            }
        }
        Err(self.refused(tour, &root, &refused, tries.suspended()))
    }

    fn undetected(&self, error: &RedfishError) -> Box<Miss> {
        match error.kind() {
            RedfishKind::CertificateChanged => self.certificate_changed(error),
            RedfishKind::Timeout => self.filtered(Ended::NotIdrac, "timeout"),
            // A Redfish root is open by definition; what asks for a password there is something else.
            RedfishKind::Authentication => {
                let mut miss = self.filtered(Ended::NotIdrac, "not_idrac");
                miss.result.error =
                    Some("its /redfish/v1 asks for a password, which a Redfish service does not".to_owned());
                miss
            }
            // A known server that does not speak as it did is worth more than a shrug.
            _ if self.known.is_some() => self.failed(error.chain()),
            _ => {
                let mut miss = self.filtered(Ended::NotIdrac, "not_idrac");
                miss.result.error = Some(error.chain());
                miss
            }
        }
    }

    fn filtered(&self, ended: Ended, reason: &str) -> Box<Miss> {
        Box::new(Miss { ended, result: ScanResult::filtered(self.ip, reason), finding: None })
    }

    fn failed(&self, error: String) -> Box<Miss> {
        let result = ScanResult { error: Some(error), ..ScanResult::new(self.ip, ResultStatus::Failed) };
        Box::new(Miss { ended: Ended::Failed, result, finding: None })
    }

    fn certificate_changed(&self, error: &RedfishError) -> Box<Miss> {
        let mut miss = self.failed(error.chain());
        miss.ended = Ended::CertificateChanged;
        miss
    }

    /// A row for an iDRAC that let nobody in, so that an operator sees what waits for credentials.
    fn refused(&self, tour: &Tour, root: &ServiceRoot, refused: &[String], suspended: usize) -> Box<Miss> {
        let mut error = match refused {
            [] => "no credential to try; add a credential set, a range for this address, or a default set"
                .to_owned(),
            names => format!("the iDRAC refused {}", names.join(", ")),
        };
        if suspended > 0 {
            error.push_str(&format!("; {suspended} not sent because five iDRACs in a row had refused it"));
        }
        let now = clock::now();
        let service_tag = match vendor_proof(root) {
            Proof::Dell { service_tag, .. } => service_tag,
            Proof::NotDell { .. } => None,
        };
        let set = ServerFields {
            service_tag: service_tag.clone(),
            connection_status: Some("offline".to_owned()),
            connection_error: Some(error.clone()),
            credential_test_status: Some(if refused.is_empty() { "unknown" } else { "invalid" }.to_owned()),
            credential_last_tested: (!refused.is_empty()).then_some(now),
            last_connection_test: Some(now),
            discovery_job_id: Some(tour.job_id),
            redfish_version: root.redfish_version.clone(),
            ..ServerFields::default()
        };
        let result = ScanResult {
            service_tag,
            error: Some(error),
            ..ScanResult::new(self.ip, ResultStatus::AuthFailed)
        };
        let finding = ServerFinding {
            ip_address: self.ip,
            server_id: None,
            patch: ServerPatch { set, clear: Vec::new() },
            only_if_empty: vec!["discovery_job_id"],
        };
        Box::new(Miss { ended: Ended::Refused, result, finding: Some(finding) })
    }

    fn found(&self, tour: &Tour, met: &Met) -> ServerFinding {
        let now = clock::now();
        let facts = met.client.facts();
        let mac = match vendor_proof(&met.root) {
            Proof::Dell { manager_mac, .. } => manager_mac,
            Proof::NotDell { .. } => None,
        };
        let set = ServerFields {
            redfish_version: met.root.redfish_version.clone(),
            manager_mac_address: mac,
            connection_status: Some("online".to_owned()),
            credential_test_status: Some("valid".to_owned()),
            credential_last_tested: Some(now),
            last_connection_test: Some(now),
            last_seen: Some(now),
            credential_set_id: met.candidate.set_id,
            discovered_by_credential_set_id: met.candidate.set_id,
            discovery_job_id: Some(tour.job_id),
            requires_legacy_ssl: Some(facts.requires_legacy_ssl),
            ..rows::identity(&met.system)
        };
        ServerFinding {
            ip_address: self.ip,
            server_id: None,
            patch: ServerPatch { set, clear: vec!["connection_error"] },
            // The set an operator chose stays, even where another one worked; so does the scan that found it first.
            only_if_empty: vec!["credential_set_id", "discovery_job_id"],
        }
    }

    async fn tell(
        &self,
        words: &Words,
        end: Miss,
        server: &Arc<OnceLock<ServerId>>,
        inventory_follows: bool,
    ) {
        let word = AddressWord {
            ip: self.ip,
            position: self.position,
            result: end.result,
            ended: end.ended,
            finding: end.finding,
            server: server.clone(),
            inventory_follows,
        };
        // The recorder is gone only when the scan is being stopped.
        let _ = words.send(Word::Address(Box::new(word))).await;
    }

    async fn tell_inventory(&self, words: &Words, taken: Taken, server: Arc<OnceLock<ServerId>>) {
        let problem = taken.problem();
        let word = InventoryWord {
            ip: self.ip,
            server,
            failures: taken.failures.len(),
            rows: taken.rows.map(Box::new),
            problem,
        };
        let _ = words.send(Word::Inventory(Box::new(word))).await;
    }
}

fn seconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
}

/// The inventory that an earlier attempt did not get to: the server is stored, so nothing is looked for again.
pub(super) async fn take_due(tour: Arc<Tour>, known: Arc<ServerRow>, ip: IpAddr, words: Words) {
    let Ok(_slot) = tour.idracs.clone().acquire_owned().await else { return };
    let _stage = InStage::enter(&tour.gauges.syncing);
    let server = Arc::new(OnceLock::from(known.id));
    let about = About {
        job_id: Some(tour.job_id),
        initiated_by: tour.created_by,
        server: server.clone(),
        task_id: None,
    };
    let visit = Visit { ip, position: 0, known: Some(known.clone()) };
    let taken = match visit.reopen(&tour, &known, &about).await {
        Ok((client, system)) => {
            let taken = take::inventory(&client, system, tour.fetch).await;
            client.close().await;
            taken
        }
        Err(error) => Taken::nothing(error),
    };
    visit.tell_inventory(&words, taken, server).await;
}

impl Visit {
    async fn reopen(
        &self,
        tour: &Tour,
        known: &ServerRow,
        about: &About,
    ) -> crate::Result<(Client, Resource<ComputerSystem>)> {
        let resolved = tour.fleet.resolver().resolve(&Target::from(known), Purpose::Idrac).await?;
        let credentials = Credentials::new(&resolved.username, resolved.secret.expose());
        let client = tour.fleet.client(self.ip, facts_of(known), about)?;
        let client = client.with_credentials(credentials, AuthMode::Auto)?;
        let system = client.run(&GetComputerSystem).await?;
        Ok((client, system))
    }
}
