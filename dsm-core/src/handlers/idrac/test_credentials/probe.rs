//! One iDRAC: is it a Dell, does it let us in, and what may we do there.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::model::{ComputerSystem, Resource, ServiceRoot};
use dell_redfish::ops::{GetComputerSystem, GetManager, GetServiceRoot, Proof, vendor_proof};
use dell_redfish::quirk::Generation;
use dell_redfish::{AuthMode, Client, Credentials, Redfish as _};
use serde_json::{Map, Value, json};
use tokio::time::{Instant, timeout};

use super::columns::{Outcome, columns, is_own};
use super::rights::fetch_rights;
use crate::clock;
use crate::credential::{self, Candidate, Level, Purpose, Resolved, ScanCredentials, Target};
use crate::engine::orphans::facts_of;
use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::walk::{PerServer, Visit, Visited, login, object};
use crate::store::{InventoryWrite, ServerFields};

/// What is good to know beside the verdict may take this long, and is left out then.
const REST_WITHIN: Duration = Duration::from_secs(20);

/// What is done to each.
pub(super) struct Probe {
    pub(super) credentials: Arc<ScanCredentials>,
    /// The job names no credentials: each server's own are tested.
    pub(super) is_own: bool,
}

/// An iDRAC being asked.
struct Asked<'v> {
    visit: &'v Visit,
    client: Client,
    keys: Map<String, Value>,
    fields: ServerFields,
    tried: Vec<Value>,
    /// One of those tried is the server's own.
    is_own: bool,
}

/// It let us in.
struct Met {
    candidate: Candidate,
    client: Client,
    system: Option<Resource<ComputerSystem>>,
    since: Instant,
    /// The login is right, but this stands in its way.
    obstacle: Option<dell_redfish::Error>,
}

#[async_trait]
impl PerServer for Probe {
    async fn visit(&self, visit: &Visit) -> Result<Visited> {
        let client = visit.ctx().fleet().client(visit.ip(), facts_of(visit.server()), &visit.about())?;
        let mut asked = Asked {
            visit,
            client,
            keys: object([("auth_ok", Value::Null), ("username", Value::Null)]),
            fields: ServerFields::default(),
            tried: Vec::new(),
            is_own: self.is_own,
        };
        visit.progress(10, "Reading the service root...");
        let root = match asked.client.run(&GetServiceRoot { timeout: None }).await {
            Ok(root) => root,
            Err(error) => {
                let error = login::explained(visit.ctx().fleet(), visit.ip(), error).await;
                return Ok(asked.failed(Outcome::Away(&error.chain()), &error));
            }
        };
        asked.learn(&root);
        if let Proof::NotDell { reason } = vendor_proof(&root) {
            let error = Error::new(ErrorKind::Redfish, format!("no password was sent: {reason}"));
            return Ok(asked.failed(Outcome::Away(&error.chain()), &error));
        }
        visit.progress(40, "Logging in...");
        match self.log_in(&mut asked).await {
            Ok(Some(met)) => Ok(asked.accepted(met).await),
            Ok(None) => Ok(asked.refused()),
            Err(error) => Ok(asked.failed(Outcome::Untold(&error.chain()), &error)),
        }
    }
}

impl Probe {
    /// Tries one credential after the other.
    async fn log_in(&self, asked: &mut Asked<'_>) -> Result<Option<Met>> {
        let own = self.offer_own(asked).await?;
        let mut tries = self.credentials.tries(asked.visit.ip(), None);
        while let Some(attempt) = tries.next().await {
            let candidate = attempt.candidate();
            asked.is_own |= is_own(&asked.visit.server().fields, candidate.set_id);
            let credentials = Credentials::new(&candidate.username, candidate.secret.expose());
            let client = asked.client.with_credentials(credentials, AuthMode::Auto)?;
            let since = clock::instant();
            let (system, obstacle) = match client.run(&GetComputerSystem).await {
                Ok(system) => (Some(system), None),
                Err(error) if is_past_login(&error) => (None, Some(error)),
                Err(error) if error.kind() == dell_redfish::ErrorKind::Authentication => {
                    let candidate = attempt.rejected();
                    own.tell(asked.visit, credential::Outcome::Rejected).await;
                    asked.note(&candidate, Some("the iDRAC refused it"));
                    continue;
                }
                Err(error) => {
                    asked.note(candidate, Some(&error.chain()));
                    return Err(error.into());
                }
            };
            let candidate = attempt.accepted();
            own.tell(asked.visit, credential::Outcome::Accepted).await;
            asked.note(&candidate, None);
            return Ok(Some(Met { candidate, client, system, since, obstacle }));
        }
        asked.leave(tries.suspended(), "because five iDRACs in a row had refused it");
        asked.leave(tries.untried(), "because no iDRAC is sent more than three");
        Ok(None)
    }

    /// What the server would be visited with, where the job names nothing.
    async fn offer_own(&self, asked: &Asked<'_>) -> Result<Own> {
        if !self.is_own {
            return Ok(Own(None));
        }
        let target = Target::from(asked.visit.server());
        let target = if asked.visit.known().is_some() { target } else { Target::at(asked.visit.ip()) };
        let resolved = asked.visit.ctx().fleet().resolver().resolve(&target, Purpose::Idrac).await?;
        self.credentials.offer_resolved(asked.visit.ip(), &resolved);
        Ok(Own(Some((target, resolved))))
    }
}

/// What the resolver had, to be told what became of it.
struct Own(Option<(Target, Resolved)>);

impl Own {
    async fn tell(&self, visit: &Visit, outcome: credential::Outcome) {
        if let Some((target, resolved)) = &self.0 {
            visit.ctx().fleet().resolver().report(target, resolved, outcome).await;
        }
    }
}

/// Whether only somebody who is logged in is told this.
fn is_past_login(error: &dell_redfish::Error) -> bool {
    use dell_redfish::ErrorKind as K;
    matches!(error.kind(), K::PasswordChangeRequired | K::Privilege | K::License)
}

impl Asked<'_> {
    fn learn(&mut self, root: &ServiceRoot) {
        let is_legacy = self.client.facts().requires_legacy_ssl;
        self.keys.extend(object([
            ("idrac_version", json!(root.redfish_version)),
            ("redfish_version", json!(root.redfish_version)),
            ("product", json!(root.product)),
            ("vendor", json!(root.vendor)),
            ("legacy_ssl", json!(is_legacy)),
            ("tls", json!(if is_legacy { "legacy" } else { "modern" })),
            ("generation", json!(self.client.facts().generation.map(Generation::as_str))),
        ]));
        self.fields.redfish_version.clone_from(&root.redfish_version);
        self.fields.requires_legacy_ssl = is_legacy.then_some(true);
    }

    fn note(&mut self, candidate: &Candidate, error: Option<&str>) {
        self.tried.push(json!({
            "credential": candidate.name, "username": candidate.username, "source": candidate.source.as_str(),
            "credential_set_id": candidate.set_id, "accepted": error.is_none(), "error": error,
        }));
    }

    /// Notes what was not sent.
    fn leave(&mut self, count: usize, why: &str) {
        if count > 0 {
            let error = format!("{count} not sent {why}");
            self.tried.push(json!({"credential": Value::Null, "accepted": Value::Null, "error": error}));
        }
    }

    async fn accepted(mut self, met: Met) -> Visited {
        let response_time_ms = u64::try_from(met.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let Met { candidate, client, system, obstacle, .. } = met;
        self.keys.extend(object([
            ("auth_ok", json!(true)),
            ("username", json!(candidate.username)),
            ("credential", json!(candidate.name)),
            ("credential_source", json!(candidate.source.as_str())),
            ("credential_set_id", json!(candidate.set_id)),
            ("response_time_ms", json!(response_time_ms)),
            ("model", json!(system.as_ref().and_then(|system| system.model.clone()))),
            ("service_tag", json!(system.as_ref().and_then(|system| system.sku.clone()))),
        ]));
        if let Some(error) = obstacle {
            client.close().await;
            let must_change = error.kind() == dell_redfish::ErrorKind::PasswordChangeRequired;
            self.keys.insert("must_change".to_owned(), json!(must_change));
            let error = Error::new(ErrorKind::Redfish, "the login is right, but it may not read the system")
                .with_source(error);
            return self.failed(Outcome::Untold(&error.chain()), &error);
        }
        self.visit.progress(80, "Reading what the login may do...");
        let rest = async {
            let rights = fetch_rights(&client, &candidate.username).await;
            (rights, client.run(&GetManager).await.ok())
        };
        let ((role, privileges), manager) = timeout(REST_WITHIN, rest).await.unwrap_or_default();
        client.close().await;
        self.keys.extend(object([("role", role), ("privileges", privileges)]));
        if let Some(manager) = manager {
            let generation = manager.model.as_deref().and_then(Generation::from_manager_model);
            self.keys.insert("idrac_firmware".to_owned(), json!(manager.firmware_version));
            if let Some(generation) = generation {
                self.keys.insert("generation".to_owned(), json!(generation.as_str()));
            }
        }
        // What worked by a lower level is the server's own from now on.
        let is_lower = !matches!(candidate.source, Level::JobSet | Level::JobDetails);
        if is_lower && self.visit.server().fields.credential_set_id.is_none() {
            self.fields.credential_set_id = candidate.set_id;
        }
        let is_own = self.is_own_alone(&candidate);
        let line = format!("Logged in as {} ({})", candidate.username, candidate.name);
        let patch = columns(Outcome::Accepted, is_own, self.fields);
        Visited::done(line)
            .with_all(self.keys)
            .with("tried", self.tried)
            .with_inventory(InventoryWrite { server: patch, ..InventoryWrite::default() })
    }

    /// Whether what was accepted is the server's own, whatever else was tried before.
    fn is_own_alone(&self, candidate: &Candidate) -> bool {
        let is_named = matches!(candidate.source, Level::JobSet | Level::JobDetails);
        !is_named || is_own(&self.visit.server().fields, candidate.set_id)
    }

    fn refused(mut self) -> Visited {
        let said = |one: &Value| one.get("accepted") == Some(&Value::Bool(false));
        let refused: Vec<String> = self
            .tried
            .iter()
            .filter(|one| said(one))
            .filter_map(|one| one.get("credential")?.as_str().map(str::to_owned))
            .collect();
        let left = self.tried.iter().filter(|one| !said(one)).filter_map(|one| one.get("error")?.as_str());
        let mut line = match refused.as_slice() {
            [] => "no password was sent".to_owned(),
            names => format!("Authentication failed: the iDRAC refused {}", names.join(", ")),
        };
        left.for_each(|left| line.push_str(&format!("; {left}")));
        let error = Error::new(ErrorKind::Credential, line);
        if refused.is_empty() {
            return self.failed(Outcome::Untold(&error.chain()), &error);
        }
        self.keys.insert("auth_ok".to_owned(), json!(false));
        self.failed(Outcome::Refused(&error.chain()), &error)
    }

    /// Not let in, for a reason that front ends find under both of its names.
    fn failed(self, outcome: Outcome<'_>, error: &Error) -> Visited {
        let line = error.chain();
        let patch = columns(outcome, self.is_own, self.fields);
        Visited::failed(line.clone())
            .with_all(self.keys)
            .with("tried", self.tried)
            .with("error_kind", error.kind().as_str())
            .with("message", line)
            .with_inventory(InventoryWrite { server: patch, ..InventoryWrite::default() })
    }
}
