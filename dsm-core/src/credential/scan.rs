//! What a scan offers to each iDRAC it meets, in which order, and when to stop.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::chain::Chain;
use super::guard::{Guard, GuardLimits, Permit, SuspendedCredential, Unit};
use super::tables::{Tables, serves};
use super::{Level, Outcome, Purpose, Resolved, Secret, Target};
use crate::error::{Error, Result};
use crate::id::CredentialSetId;
use crate::store::CredentialSetRow;

/// So many credentials at most are sent to one iDRAC: its own lock-out counts them together.
const PER_IDRAC: usize = 3;

/// A credential of this job.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// User name.
    pub username: String,
    /// Password.
    pub secret: Secret,
    /// Where it came from.
    pub source: Level,
    /// The set, if it is one.
    pub set_id: Option<CredentialSetId>,
    /// What people call it: the set's name, or what stands for one.
    pub name: String,
    /// Which user name and password: the same whatever set they came from.
    identity: usize,
}

/// A user name with a password, and the counters that watch over it.
struct Identity {
    username: String,
    units: Vec<Unit>,
    /// How it was first met, for reports.
    set_id: Option<CredentialSetId>,
    name: String,
}

#[derive(Default)]
struct Known {
    identities: Vec<Identity>,
    index: HashMap<(String, Secret), usize>,
    /// Counters of accounts a directory owns, by lower-case name.
    accounts: HashMap<String, Unit>,
    /// Sets already opened; nothing for one that cannot be used.
    sets: HashMap<CredentialSetId, Option<Candidate>>,
    /// What each iDRAC refused in this job.
    refused: HashMap<IpAddr, Vec<usize>>,
    /// What each iDRAC accepted in this job.
    accepted: HashMap<IpAddr, Candidate>,
    /// What the program's own resolver has for it.
    offered: HashMap<IpAddr, Candidate>,
    /// What was accepted last, anywhere.
    last_good: Option<Candidate>,
    problems: Vec<Error>,
}

/// The credentials of one scan job. Tables are read once, each set is opened once.
pub struct ScanCredentials {
    chain: Arc<Chain>,
    tables: Arc<Tables>,
    /// The sets the job names, by priority; of a test, in the job's order.
    job_sets: Vec<Arc<CredentialSetRow>>,
    /// It is a test: nothing else is offered.
    is_test: bool,
    /// A user name and password in the job's own details.
    typed: Option<(String, Secret)>,
    guard: Arc<Guard>,
    known: Mutex<Known>,
}

impl ScanCredentials {
    /// Reads what there is. A set the job names but that cannot serve is a problem, not the end.
    ///
    /// # Errors
    /// The store's.
    pub async fn load(
        chain: Arc<Chain>,
        job_sets: &[CredentialSetId],
        limits: GuardLimits,
    ) -> Result<Arc<Self>> {
        let mut scan = Self::read(chain, job_sets, limits).await?;
        // Stable: among equals the order the job gives.
        scan.job_sets.sort_by_key(|set| set.priority);
        Ok(Arc::new(scan))
    }

    /// Those of a job that tests credentials: the sets it names in its own order, then what was typed into it, and nothing
    /// else but what is [offered](ScanCredentials::offer).
    ///
    /// # Errors
    /// As [`ScanCredentials::load`].
    pub async fn test(
        chain: Arc<Chain>,
        job_sets: &[CredentialSetId],
        typed: Option<(String, Secret)>,
        limits: GuardLimits,
    ) -> Result<Arc<Self>> {
        let scan = Self::read(chain, job_sets, limits).await?;
        Ok(Arc::new(Self { is_test: true, typed, ..scan }))
    }

    async fn read(chain: Arc<Chain>, job_sets: &[CredentialSetId], limits: GuardLimits) -> Result<Self> {
        let tables = chain.tables().await?;
        let (mut sets, mut known) = (Vec::new(), Known::default());
        for (index, id) in job_sets.iter().enumerate() {
            let message = match tables.set(*id) {
                Some(set) if serves(set, Purpose::Idrac) => {
                    sets.push(set.clone());
                    continue;
                }
                Some(set) => {
                    format!("credential set \"{}\" is of type {}, not idrac", set.name, set.credential_type)
                }
                None => format!("there is no credential set {id}"),
            };
            let field = format!("credential_set_ids[{index}]");
            known.problems.push(Error::invalid(field, message, "name a set of type idrac, or leave it out"));
        }
        let (guard, known) = (Arc::new(Guard::new(limits)), Mutex::new(known));
        Ok(Self { chain, tables, job_sets: sets, is_test: false, typed: None, guard, known })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts what the program's own resolver has for an iDRAC before everything but what it accepted already.
    pub fn offer(&self, address: IpAddr, found: &Resolved) {
        let mut known = self.known();
        let name = "the program's resolver".to_owned();
        let candidate =
            self.intern(&mut known, &found.username, &found.secret, Level::Program, found.set_id, name);
        known.offered.insert(address, candidate);
    }

    /// Likewise what the whole resolver has for it, under the name of the set that it is.
    pub fn offer_resolved(&self, address: IpAddr, found: &Resolved) {
        let mut known = self.known();
        let set = found.set_id.and_then(|id| self.tables.set(id));
        let name = set.map_or_else(|| found.source.to_string(), |set| set.name.clone());
        let candidate =
            self.intern(&mut known, &found.username, &found.secret, found.source, found.set_id, name);
        known.offered.insert(address, candidate);
    }

    /// What a test tries, but for what is offered: set by set, then what was typed.
    fn of_test(&self, known: &mut Known, list: &mut Vec<Candidate>) {
        for set in &self.job_sets {
            list.extend(self.of_set(known, set, Level::JobSet));
        }
        if let Some((username, secret)) = &self.typed {
            let name = "the job's details".to_owned();
            list.push(self.intern(known, username, secret, Level::JobDetails, None, name));
        }
    }

    /// Whether a test has anything to try that the job itself names.
    #[must_use]
    pub fn has_own(&self) -> bool {
        let mut list = Vec::new();
        self.of_test(&mut self.known(), &mut list);
        !list.is_empty()
    }

    /// What to offer to the iDRAC at an address, best first: what it accepted in this job; what the row of the known
    /// server has; the sets whose range has the address; then the job's sets, the default sets and the environment,
    /// of which the one accepted last anywhere in this job comes first. The same user name and password only once,
    /// and nothing it has refused in this job.
    #[must_use]
    pub fn candidates(&self, address: IpAddr, server: Option<&Target>) -> Vec<Candidate> {
        let mut known = self.known();
        let mut list: Vec<Candidate> = known.accepted.get(&address).cloned().into_iter().collect();
        list.extend(known.offered.get(&address).cloned());
        if self.is_test {
            self.of_test(&mut known, &mut list);
        } else {
            self.of_scan(&mut known, address, server, &mut list);
        }
        let mut seen = known.refused.get(&address).cloned().unwrap_or_default();
        list.retain(|candidate| {
            let new = !seen.contains(&candidate.identity);
            seen.push(candidate.identity);
            new
        });
        list
    }

    fn of_scan(
        &self,
        known: &mut Known,
        address: IpAddr,
        server: Option<&Target>,
        list: &mut Vec<Candidate>,
    ) {
        if let Some(server) = server {
            self.of_row(known, server, list);
        }
        for ranged in self.tables.matching(address) {
            list.extend(self.of_set(known, &ranged.set, Level::IpRange));
        }
        let particular = list.len();
        for set in &self.job_sets {
            list.extend(self.of_set(known, set, Level::JobSet));
        }
        for set in self.tables.defaults(Purpose::Idrac) {
            list.extend(self.of_set(known, set, Level::DefaultSet));
        }
        if let Some((username, secret)) = self.chain.env().pair() {
            let name = "environment".to_owned();
            list.push(self.intern(known, username, secret, Level::Environment, None, name));
        }
        let good = known.last_good.as_ref().map(|good| good.identity);
        let general = list.get(particular..).unwrap_or_default();
        if let Some(at) = general.iter().position(|candidate| Some(candidate.identity) == good)
            && let Some(part) = list.get_mut(particular..=particular + at)
        {
            part.rotate_right(1);
        }
    }

    /// The tries at one iDRAC.
    #[must_use]
    pub fn tries(self: &Arc<Self>, address: IpAddr, server: Option<&Target>) -> Tries {
        let refused = self.known().refused.get(&address).map_or(0, Vec::len);
        Tries {
            list: self.candidates(address, server).into(),
            left: PER_IDRAC.saturating_sub(refused),
            scan: self.clone(),
            address,
            suspended: 0,
        }
    }

    /// The set accepted last: worth keeping with the job's checkpoint.
    #[must_use]
    pub fn last_good(&self) -> Option<CredentialSetId> {
        self.known().last_good.as_ref().and_then(|good| good.set_id)
    }

    /// Begins with what an earlier attempt of the job had as [`ScanCredentials::last_good`].
    pub fn prefer(&self, set: CredentialSetId) {
        let mut known = self.known();
        if let Some(row) = self.tables.set(set) {
            known.last_good = self.of_set(&mut known, row, Level::JobSet);
        }
    }

    /// Whether there is anything to offer beside what servers' own rows have: known before anything is sent.
    #[must_use]
    pub fn has_any(&self) -> bool {
        let mut known = self.known();
        let ranged = self.tables.ranged_sets();
        let mut sets = ranged.chain(&self.job_sets).chain(self.tables.defaults(Purpose::Idrac));
        self.chain.env().pair().is_some()
            || sets.any(|set| self.of_set(&mut known, set, Level::JobSet).is_some())
    }

    /// What is no longer tried, for the job's report.
    #[must_use]
    pub fn suspended(&self) -> Vec<SuspendedCredential> {
        let known = self.known();
        let suspended = known.identities.iter().filter_map(|identity| {
            Some(SuspendedCredential {
                refused_in_a_row: self.guard.suspended(&identity.units)?,
                username: identity.username.clone(),
                set_id: identity.set_id,
                name: identity.name.clone(),
            })
        });
        suspended.collect()
    }

    /// What was wrong with sets and rows since the last call, each once: a set that cannot be opened, say.
    #[must_use]
    pub fn take_problems(&self) -> Vec<Error> {
        std::mem::take(&mut self.known().problems)
    }

    fn of_row(&self, known: &mut Known, server: &Target, list: &mut Vec<Candidate>) {
        let set_of = |id: Option<CredentialSetId>| id.and_then(|id| self.tables.set(id));
        if let Some(set) = set_of(server.credential_set_id) {
            list.extend(self.of_set(known, set, Level::ExplicitSet));
        }
        match self.chain.open_server(server) {
            Ok(None) => {}
            Ok(Some((username, secret))) => {
                let name = format!("row of {server}");
                list.push(self.intern(known, &username, &secret, Level::Server, None, name));
            }
            Err(error) => known.problems.push(error),
        }
        if let Some(set) = set_of(server.discovered_by) {
            list.extend(self.of_set(known, set, Level::DiscoveredBy));
        }
    }

    fn of_set(&self, known: &mut Known, set: &CredentialSetRow, source: Level) -> Option<Candidate> {
        if !serves(set, Purpose::Idrac) {
            return None;
        }
        if let Some(opened) = known.sets.get(&set.id) {
            return opened.clone().map(|candidate| Candidate { source, ..candidate });
        }
        let opened = match self.chain.open_set(set) {
            Ok(secret) => secret.map(|secret| {
                self.intern(known, &set.username, &secret, source, Some(set.id), set.name.clone())
            }),
            Err(error) => {
                known.problems.push(error);
                None
            }
        };
        known.sets.insert(set.id, opened.clone());
        opened
    }

    fn intern(
        &self,
        known: &mut Known,
        username: &str,
        secret: &Secret,
        source: Level,
        set_id: Option<CredentialSetId>,
        name: String,
    ) -> Candidate {
        let key = (username.to_owned(), secret.clone());
        let identity = match known.index.get(&key) {
            Some(identity) => *identity,
            None => {
                let shared = username.contains(['@', '\\', '/']);
                let mut units = vec![self.guard.add_unit(shared)];
                if shared {
                    let account = known.accounts.entry(username.to_lowercase());
                    units.push(*account.or_insert_with(|| self.guard.add_unit(true)));
                }
                known.identities.push(Identity {
                    username: username.to_owned(),
                    units,
                    set_id,
                    name: name.clone(),
                });
                known.index.insert(key, known.identities.len() - 1);
                known.identities.len() - 1
            }
        };
        Candidate { username: username.to_owned(), secret: secret.clone(), source, set_id, name, identity }
    }

    fn settled(&self, address: IpAddr, candidate: Candidate, outcome: Outcome) {
        let mut known = self.known();
        match outcome {
            Outcome::Accepted => {
                known.accepted.insert(address, candidate.clone());
                known.last_good = Some(candidate);
            }
            Outcome::Rejected => {
                known.accepted.remove(&address);
                known.refused.entry(address).or_default().push(candidate.identity);
            }
        }
    }
}

impl fmt::Debug for ScanCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScanCredentials").field("job_sets", &self.job_sets.len()).finish_non_exhaustive()
    }
}

/// The tries at one iDRAC: each credential once, three at most, suspended ones passed over.
#[derive(Debug)]
pub struct Tries {
    scan: Arc<ScanCredentials>,
    address: IpAddr,
    list: VecDeque<Candidate>,
    left: usize,
    suspended: usize,
}

impl Tries {
    /// The next credential to send, as soon as the lock-out guard lets it: it may wait for the verdict of other
    /// iDRACs on the same credential. Nothing when there is none left.
    pub async fn next(&mut self) -> Option<Attempt<'_>> {
        while self.left > 0 {
            let candidate = self.list.pop_front()?;
            let units =
                self.scan.known().identities.get(candidate.identity).map(|identity| identity.units.clone());
            match self.scan.guard.admit(&units.unwrap_or_default()).await {
                None => self.suspended += 1,
                Some(permit) => {
                    self.left -= 1;
                    let (scan, address) = (self.scan.clone(), self.address);
                    return Some(Attempt { scan, address, candidate, permit, one_at_a_time: PhantomData });
                }
            }
        }
        None
    }

    /// How many are left because this iDRAC was sent as many as it may be.
    #[must_use]
    pub fn untried(&self) -> usize {
        if self.left == 0 { self.list.len() } else { 0 }
    }

    /// How many were passed over because they are suspended.
    #[must_use]
    pub fn suspended(&self) -> usize {
        self.suspended
    }
}

/// Leave to send one credential to one iDRAC, once. Say what came of it; dropped unsaid (no connection, cancelled), it
/// counts as nothing.
///
/// Borrows its [`Tries`]: who waits for the next leave holds none, so that no two can wait for each other.
#[derive(Debug)]
pub struct Attempt<'t> {
    scan: Arc<ScanCredentials>,
    address: IpAddr,
    candidate: Candidate,
    permit: Permit,
    one_at_a_time: PhantomData<&'t mut ()>,
}

impl Attempt<'_> {
    /// What to send.
    #[must_use]
    pub fn candidate(&self) -> &Candidate {
        &self.candidate
    }

    /// The iDRAC let us in.
    pub fn accepted(self) -> Candidate {
        self.settle(Outcome::Accepted)
    }

    /// The iDRAC refused user name or password.
    pub fn rejected(self) -> Candidate {
        self.settle(Outcome::Rejected)
    }

    fn settle(self, outcome: Outcome) -> Candidate {
        self.scan.settled(self.address, self.candidate.clone(), outcome);
        self.permit.settle(outcome);
        self.candidate
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
