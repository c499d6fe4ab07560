//! The five levels, in their order.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::clock::{Clock, Instant, SystemClock};

use super::tables::{CredentialTables, Tables, serves};
use super::{
    Cipher, CredentialResolver, EnvCredentials, Level, Outcome, Place, Purpose, Resolved, Secret, Target,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::CredentialSetId;
use crate::store::{CredentialSetRow, Store};

/// How long the two tables are believed before they are read again.
const TABLES_TTL: Duration = Duration::from_secs(5);

/// So often one device may refuse the same credentials before they are no longer sent to it …
const REFUSALS_PER_DEVICE: u32 = 2;

/// … for this long: an iDRAC's own penalty is over by then, a directory's lock-out usually.
const REFUSALS_REMEMBERED: Duration = Duration::from_secs(30 * 60);

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// At which level.
    pub level: Level,
    /// What was there, or why it did not do.
    pub note: String,
}

/// How an answer was found: for the operator who asks why.
#[derive(Debug)]
pub struct Explanation {
    /// Everything looked at, in order, the winner last.
    pub tried: Vec<Step>,
    /// The answer.
    pub result: Result<Resolved>,
}

struct Refused {
    username: String,
    secret: Secret,
    times: u32,
    last: Instant,
}

/// The five-level chain over a store.
///
/// Reads and parses the tables once for all callers and again after five seconds; opens the winner's password only.
/// A set that is gone, of another type, or without a password is passed over. A password that cannot be opened ends
/// the search: whoever stored it meant it to be used, and another one in its place may lock an account.
pub struct Chain {
    source: Arc<dyn CredentialTables>,
    cipher: Arc<Cipher>,
    env: EnvCredentials,
    clock: Arc<dyn Clock>,
    /// Held while reading, so that many callers cause one read.
    tables: tokio::sync::Mutex<Option<(Instant, Arc<Tables>)>>,
    /// Range rows already complained of.
    complained: Mutex<HashSet<(uuid::Uuid, String)>>,
    refused: Mutex<HashMap<String, Refused>>,
}

impl Chain {
    /// A chain over a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, cipher: Arc<Cipher>, env: EnvCredentials) -> Self {
        Self::over(Arc::new(store), cipher, env)
    }

    /// A chain over anything that has the two tables.
    #[must_use]
    pub fn over(source: Arc<dyn CredentialTables>, cipher: Arc<Cipher>, env: EnvCredentials) -> Self {
        Self {
            source,
            cipher,
            env,
            clock: Arc::new(SystemClock),
            tables: tokio::sync::Mutex::default(),
            complained: Mutex::default(),
            refused: Mutex::default(),
        }
    }

    /// Takes the time from somewhere else.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Forgets the tables as read and every refusal: after an operator changed something.
    pub async fn refresh(&self) {
        *self.tables.lock().await = None;
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The search, with everything that was looked at. Refusals by the device play no part in it.
    pub async fn explain(&self, target: &Target, purpose: Purpose) -> Explanation {
        let mut tried = Vec::new();
        let result = match self.tables().await {
            Ok(tables) => self.walk(&tables, target, purpose, &mut tried),
            Err(error) => Err(error),
        };
        Explanation { tried, result }
    }

    pub(crate) fn cipher(&self) -> &Arc<Cipher> {
        &self.cipher
    }

    pub(super) fn env(&self) -> &EnvCredentials {
        &self.env
    }

    pub(super) async fn tables(&self) -> Result<Arc<Tables>> {
        let mut held = self.tables.lock().await;
        if let Some((read, tables)) = held.as_ref()
            && self.clock.now().duration_since(*read) < TABLES_TTL
        {
            return Ok(tables.clone());
        }
        let (sets, ranges) = futures_util::future::try_join(self.source.sets(), self.source.ranges()).await?;
        let tables = Arc::new(Tables::new(sets, ranges));
        let mut complained = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        for (row, why) in &tables.unreadable {
            if complained.insert((row.id, row.ip_range.clone())) {
                tracing::warn!(range_id = %row.id, %why, "a row of credential_ip_ranges is passed over");
            }
        }
        *held = Some((self.clock.now(), tables.clone()));
        Ok(tables)
    }

    fn walk(
        &self,
        tables: &Tables,
        target: &Target,
        purpose: Purpose,
        tried: &mut Vec<Step>,
    ) -> Result<Resolved> {
        let mut search = Search { chain: self, tables, target, purpose, tried };
        for level in [
            Search::explicit_set,
            Search::server_row,
            Search::discovered_by,
            Search::ranges,
            Search::defaults,
            Search::environment,
        ] {
            if let Some(found) = level(&mut search)? {
                return Ok(found);
            }
        }
        let tried: Vec<String> = tried
            .iter()
            .map(|step| format!("{} {}: {}", step.level.number(), step.level, step.note))
            .collect();
        Err(Error::new(
            ErrorKind::Credential,
            format!("no {} credentials; tried {}", purpose.credential_type(), tried.join(", ")),
        )
        .about(target.to_string())
        .hint("choose a credential set for the server, give a set a range that has its address, or make one the default"))
    }

    /// Opens a set's password; nothing if there is none to open.
    pub(crate) fn open_set(&self, set: &CredentialSetRow) -> Result<Option<Secret>> {
        let Some(sealed) = set.password_encrypted.as_deref().filter(|sealed| !sealed.is_empty()) else {
            return Ok(None);
        };
        let secret = self.cipher.open(sealed, Place::CredentialSet(set.id)).map_err(|cause| {
            cannot_open(format!("the password of credential set \"{}\" cannot be opened", set.name), cause)
        })?;
        Ok(Some(secret).filter(|secret| !secret.is_empty() && !set.username.is_empty()))
    }

    /// Opens the password on a server's own row; nothing if the row has no user name or no password.
    pub(super) fn open_server(&self, target: &Target) -> Result<Option<(String, Secret)>> {
        let full = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let (Some(username), Some(sealed)) = (full(&target.username), full(&target.password_encrypted))
        else {
            return Ok(None);
        };
        // Sealed for its row, or by a scan that knew its service tag only.
        let mut places = target
            .server_id
            .map(Place::Server)
            .into_iter()
            .chain(target.service_tag.as_deref().map(Place::ServerTag));
        let Some(first) = places.next() else { return Ok(None) };
        let opened = self.cipher.open(&sealed, first).or_else(|error| {
            places.next().and_then(|place| self.cipher.open(&sealed, place).ok()).ok_or(error)
        });
        let secret = opened.map_err(|cause| {
            cannot_open("the password on the server's row cannot be opened".to_owned(), cause)
        })?;
        Ok(Some((username, secret)).filter(|(_, secret)| !secret.is_empty()))
    }

    /// What was found, unless the device has refused it often enough.
    pub(super) fn unless_refused(&self, target: &Target, found: Resolved) -> Result<Resolved> {
        match self.refusals(target, &found) {
            Some(times) if times >= REFUSALS_PER_DEVICE => Err(Error::new(
                ErrorKind::Credential,
                format!("it refused user \"{}\" ({}) {times} times, so they are not sent again for now", found.username, found.source),
            )
            .about(target.to_string())
            .hint("correct the user name or password; they are tried again as soon as they change, or in half an hour")),
            _ => Ok(found),
        }
    }

    fn refusals(&self, target: &Target, found: &Resolved) -> Option<u32> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = refused.get(&target.to_string())?;
        let same = entry.username == found.username && entry.secret == found.secret;
        let fresh = self.clock.now().duration_since(entry.last) < REFUSALS_REMEMBERED;
        (same && fresh).then_some(entry.times)
    }
}

fn cannot_open(message: String, cause: Error) -> Error {
    let hint = cause.way_out().unwrap_or("store the password again").to_owned();
    let subject = cause.subject().unwrap_or_default().to_owned();
    Error::new(ErrorKind::Cipher, message).about(subject).hint(hint).with_source(cause)
}

#[async_trait]
impl CredentialResolver for Chain {
    async fn resolve(&self, target: &Target, purpose: Purpose) -> Result<Resolved> {
        let found = self.walk(&*self.tables().await?, target, purpose, &mut Vec::new())?;
        self.unless_refused(target, found)
    }

    async fn report(&self, target: &Target, resolved: &Resolved, outcome: Outcome) {
        let now = self.clock.now();
        let before = self.refusals(target, resolved).unwrap_or_default();
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.retain(|_, entry| now.duration_since(entry.last) < REFUSALS_REMEMBERED);
        match outcome {
            Outcome::Accepted => drop(refused.remove(&target.to_string())),
            Outcome::Rejected => {
                let (username, secret) = (resolved.username.clone(), resolved.secret.clone());
                refused
                    .insert(target.to_string(), Refused { username, secret, times: before + 1, last: now });
            }
        }
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("source", &self.source).finish_non_exhaustive()
    }
}

/// One walk down the levels.
struct Search<'a> {
    chain: &'a Chain,
    tables: &'a Tables,
    target: &'a Target,
    purpose: Purpose,
    tried: &'a mut Vec<Step>,
}

impl Search<'_> {
    fn note(&mut self, level: Level, note: impl Into<String>) {
        self.tried.push(Step { level, note: note.into() });
    }

    fn explicit_set(&mut self) -> Result<Option<Resolved>> {
        self.chosen(Level::ExplicitSet, self.target.credential_set_id)
    }

    fn discovered_by(&mut self) -> Result<Option<Resolved>> {
        self.chosen(Level::DiscoveredBy, self.target.discovered_by)
    }

    fn chosen(&mut self, level: Level, id: Option<CredentialSetId>) -> Result<Option<Resolved>> {
        match id.map(|id| self.tables.set(id)) {
            None => self.note(level, "none on the server's row"),
            Some(None) => self.note(level, "the set is not there any more"),
            Some(Some(set)) => return self.set(level, set, ""),
        }
        Ok(None)
    }

    fn server_row(&mut self) -> Result<Option<Resolved>> {
        if self.purpose != Purpose::Idrac {
            self.note(Level::Server, "holds iDRAC credentials only");
            return Ok(None);
        }
        let opened = self.chain.open_server(self.target);
        match opened.inspect_err(|_| self.note(Level::Server, "the password cannot be opened"))? {
            None => self.note(Level::Server, "no user name and password on the server's row"),
            Some((username, secret)) => {
                self.note(Level::Server, "used");
                return Ok(Some(Resolved { username, secret, source: Level::Server, set_id: None }));
            }
        }
        Ok(None)
    }

    fn ranges(&mut self) -> Result<Option<Resolved>> {
        let Some(address) = self.target.address else {
            self.note(Level::IpRange, "the address is not known");
            return Ok(None);
        };
        let before = self.tried.len();
        for ranged in self.tables.matching(address) {
            let of = format!(" of range {}", ranged.row.ip_range.trim());
            if let Some(found) = self.set(Level::IpRange, &ranged.set, &of)? {
                return Ok(Some(found));
            }
        }
        if self.tried.len() == before {
            let unreadable = match self.tables.unreadable.len() {
                0 => String::new(),
                1 => " (1 row cannot be read)".to_owned(),
                count => format!(" ({count} rows cannot be read)"),
            };
            self.note(Level::IpRange, format!("no range has the address{unreadable}"));
        }
        Ok(None)
    }

    fn defaults(&mut self) -> Result<Option<Resolved>> {
        let before = self.tried.len();
        for set in self.tables.defaults(self.purpose) {
            if let Some(found) = self.set(Level::DefaultSet, set, "")? {
                return Ok(Some(found));
            }
        }
        if self.tried.len() == before {
            self.note(
                Level::DefaultSet,
                format!("no default set of type {}", self.purpose.credential_type()),
            );
        }
        Ok(None)
    }

    fn environment(&mut self) -> Result<Option<Resolved>> {
        let level = Level::Environment;
        if self.purpose != Purpose::Idrac {
            self.note(level, "holds iDRAC credentials only");
            return Ok(None);
        }
        let Some((username, secret)) = self.chain.env.pair() else {
            self.note(level, self.chain.env.lack());
            return Ok(None);
        };
        self.note(level, "used");
        Ok(Some(Resolved {
            username: username.to_owned(),
            secret: secret.clone(),
            source: level,
            set_id: None,
        }))
    }

    fn set(&mut self, level: Level, set: &CredentialSetRow, of: &str) -> Result<Option<Resolved>> {
        let name = format!("set \"{}\"{of}", set.name);
        if !serves(set, self.purpose) {
            let (is, wanted) = (&set.credential_type, self.purpose.credential_type());
            self.note(level, format!("{name} is of type {is}, not {wanted}"));
            return Ok(None);
        }
        let opened = self.chain.open_set(set);
        match opened.inspect_err(|_| self.note(level, format!("{name}: the password cannot be opened")))? {
            None => self.note(level, format!("{name} has no user name or no password")),
            Some(secret) => {
                self.note(level, format!("{name} used"));
                let username = set.username.clone();
                return Ok(Some(Resolved { username, secret, source: level, set_id: Some(set.id) }));
            }
        }
        Ok(None)
    }
}
