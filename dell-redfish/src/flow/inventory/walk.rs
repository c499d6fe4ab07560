//! Sends the requests, as many at a time as the iDRAC takes, and decides what becomes of refusals.

use std::collections::{BTreeSet, HashSet};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::InventoryOptions;
use super::expansion::Expansion;
use super::record::{Failure, Inventory};
use super::section::{Section, SectionSet};
use super::stale;
use super::work::{Kind, Shape, Work};
use crate::endpoint::{self, Expand};
use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::facts::HostFacts;
use crate::model::{ComputerSystem, Resource};
use crate::operation::Redfish;
use crate::quirk::Generation;
use crate::request::Request;
use crate::safeguard::Safeguard;

/// Requests to one iDRAC at a time, however many its client would allow.
const MAX_AT_ONCE: usize = 4;

/// Pages of one collection that are followed: at 50 entries a page more than any inventory has.
const MAX_PAGES: u16 = 64;

/// The state of one inventory. One owner, no locks: replies are taken in one after the other.
pub(super) struct Walk<'a> {
    pub(super) redfish: &'a dyn Redfish,
    pub(super) sections: SectionSet,
    pub(super) expansion: Expansion,
    pub(super) inventory: Inventory,
    /// Whether the system is in the inventory.
    pub(super) has_system: bool,
    given: Option<Resource<ComputerSystem>>,
    facts: HostFacts,
    /// Ordered by rank, then by age.
    queue: BTreeSet<(u8, u32, Work)>,
    age: u32,
    /// Paths that were asked for or came with others.
    seen: HashSet<String>,
    /// Not asked for, because they were absent on the firmware that facts speak of.
    skipped: Vec<Work>,
    failures: Vec<Failure>,
    requests: u32,
}

impl<'a> Walk<'a> {
    pub(super) fn new(redfish: &'a dyn Redfish, options: InventoryOptions) -> Self {
        let facts = redfish.facts();
        Self {
            redfish,
            sections: options.sections,
            given: options.system,
            expansion: Expansion::new(&facts),
            inventory: Inventory::empty(),
            has_system: false,
            facts,
            queue: BTreeSet::new(),
            age: 0,
            seen: HashSet::new(),
            skipped: Vec::new(),
            failures: Vec::new(),
            requests: 0,
        }
    }

    pub(super) async fn run(mut self) -> Result<Inventory> {
        self.start()?;
        let redfish = self.redfish;
        let at_once = redfish.concurrency().clamp(1, MAX_AT_ONCE);
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < at_once
                && let Some((_, _, mut work)) = self.queue.pop_first()
            {
                work.expand = self.choose(&work);
                self.requests += 1;
                running.push(fetch(redfish, work));
            }
            match running.next().await {
                Some((work, Ok(body))) => self.answered(work, body)?,
                Some((work, Err(error))) => self.refused(work, error)?,
                None => break,
            }
        }
        if !self.has_system {
            return Err(
                Error::new(ErrorKind::Protocol, "the iDRAC lists no system").with_host(redfish.host())
            );
        }
        self.inventory.failures = self.failures;
        self.inventory.requests = self.requests;
        Ok(self.inventory)
    }

    /// How `$expand` is to shorten this request.
    pub(super) fn choose(&self, work: &Work) -> Expand {
        let gains = match (work.kind, work.shape) {
            (Kind::Chassis, Shape::One) => {
                let below = [Section::Power, Section::Fans, Section::Temperatures];
                self.sections.has_any(&below)
                    || self.sections.has_any(&[Section::Assembly, Section::PcieSlots])
            }
            (Kind::Storage, Shape::One) => self.sections.has_any(&[Section::Drives, Section::Volumes]),
            (Kind::Adapter, Shape::One) => self.sections.has_any(&[Section::Ports, Section::Functions]),
            // A card is read with its ports and functions where that works, so the list need not hold the cards.
            (Kind::Adapter, Shape::List) => {
                self.choose(&Work::one(Kind::Adapter, format!("{}/any", work.path))) == Expand::None
            }
            _ => true,
        };
        if gains && !work.plain { self.expansion.choose(work) } else { Expand::None }
    }

    /// What does not wait for a link.
    fn start(&mut self) -> Result<()> {
        match self.given.take() {
            Some(given) => {
                let path = given.odata_id.clone().unwrap_or_else(|| endpoint::SYSTEM.to_owned());
                self.came(&path);
                self.system(&Work::one(Kind::System, path), given.raw())?;
            }
            None => self.push(Work::one(Kind::System, endpoint::SYSTEM).guessed()),
        }
        self.push(Work::one(Kind::Manager, endpoint::MANAGER).guessed());
        if self.sections.has_any(super::units::BELOW_CHASSIS) {
            self.push(Work::one(Kind::Chassis, endpoint::CHASSIS).guessed());
        }
        if self.sections.has(Section::Firmware) {
            self.push(Work::list(Kind::Firmware, endpoint::FIRMWARE_INVENTORY).guessed());
        }
        Ok(())
    }

    /// Puts a request into the queue, unless its resource is known already.
    pub(super) fn push(&mut self, mut work: Work) {
        // A pointer into a resource is read with the resource.
        if let Some(end) = work.path.find('#') {
            work.path.truncate(end);
        }
        if work.path.is_empty() || !self.seen.insert(work.path.clone()) {
            return;
        }
        if self.facts.absent.contains(&work.path) {
            self.skipped.push(work);
            return;
        }
        self.requeue(work);
    }

    fn requeue(&mut self, work: Work) {
        self.age += 1;
        self.queue.insert((work.rank(), self.age, work));
    }

    /// Notes that a resource came along with another; says whether it is new.
    pub(super) fn came(&mut self, path: &str) -> bool {
        self.seen.insert(path.to_owned())
    }

    /// The next page of a collection.
    pub(super) fn turn(&mut self, work: &Work, next: String) {
        if work.page + 1 >= MAX_PAGES {
            let error =
                Error::new(ErrorKind::Protocol, format!("the collection goes on after {MAX_PAGES} pages"));
            return self.fail(work, error);
        }
        // A page that was read leads in a circle: `push` leaves it out.
        self.push(Work { page: work.page + 1, guess: false, ..Work::list(work.kind, next) });
    }

    fn answered(&mut self, work: Work, body: Bytes) -> Result<()> {
        if self.redfish.safeguards().has(Safeguard::EmptyIsUnknown) {
            stale::find(work.kind.section(), &work.path, &body, &mut self.inventory.stale);
        }
        match self.absorb(&work, &body) {
            Ok(()) => Ok(()),
            Err(error) => self.refused(work, error),
        }
    }

    /// Decides what becomes of a request that failed.
    fn refused(&mut self, mut work: Work, error: Error) -> Result<()> {
        if is_final(&error) {
            return Err(error);
        }
        let absent = matches!(error.kind(), ErrorKind::NotFound);
        let again = self.redfish.safeguards().has(Safeguard::RefuseTwoDocuments);
        if work.expand != Expand::None && !absent && again {
            // A time-out or failure says nothing about next time; a refusal does.
            if error.permanence() == Permanence::Permanent && error.kind() != ErrorKind::Server {
                self.expansion.failed(self.redfish, &work);
            } else {
                work.plain = true;
            }
            self.requeue(work);
            return Ok(());
        }
        if work.kind == Kind::System {
            if work.guess && work.shape == Shape::One && absent {
                self.push(Work::list(Kind::System, endpoint::SYSTEMS));
                return Ok(());
            }
            return Err(error);
        }
        if absent
            || (error.kind() == ErrorKind::Unsupported && matches!(error.http_status(), Some(405 | 501)))
        {
            let path = work.path.clone();
            self.redfish.learn(&mut |facts| {
                if !facts.absent.contains(&path) {
                    facts.absent.push(path.clone());
                }
            });
            // Nobody said that it would be there.
            if work.guess {
                return Ok(());
            }
        }
        if !self.redfish.safeguards().has(Safeguard::PartialInventory) {
            return Err(error);
        }
        self.fail(&work, error);
        Ok(())
    }

    /// Notes that a part is missing.
    pub(super) fn fail(&mut self, work: &Work, error: Error) {
        self.fail_at(work.kind, &work.path, error);
    }

    pub(super) fn fail_at(&mut self, kind: Kind, path: &str, error: Error) {
        let error = error.with_host(self.redfish.host()).with_path(path);
        self.failures.push(Failure { section: kind.section(), path: path.to_owned(), error });
    }

    /// The iDRAC told its generation and firmware: old facts may be void.
    pub(super) fn introduce(&mut self, generation: Option<Generation>, firmware: Option<&str>) {
        if let Some(generation) = generation {
            self.expansion.generation(generation);
        }
        let same = firmware.is_none() || self.facts.idrac_version.as_deref() == firmware;
        let stale = !same && self.facts.idrac_version.is_some();
        if same && self.facts.generation == generation {
            return;
        }
        if stale {
            self.expansion.forget();
            self.facts.absent.clear();
            for work in std::mem::take(&mut self.skipped) {
                self.requeue(work);
            }
        }
        self.redfish.learn(&mut |facts| {
            if stale {
                facts.expand = None;
                facts.filter = None;
                facts.expand_refused.clear();
                facts.absent.clear();
            }
            facts.generation = generation.or(facts.generation);
            facts.idrac_version = firmware.map(str::to_owned).or_else(|| facts.idrac_version.take());
        });
    }
}

/// Sends one request.
async fn fetch(redfish: &dyn Redfish, work: Work) -> (Work, Result<Bytes>) {
    let request = Request::get(work.expand.on(&work.path));
    let reply = redfish.send(work.kind.operation(work.shape), request).await;
    (work, reply.map(|response| response.body))
}

/// Whether an error concerns the iDRAC as a whole, so that more requests would only make it worse.
fn is_final(error: &Error) -> bool {
    // An iDRAC that hangs up in the middle of one resource may have all others: when it is gone for good, the next
    // request finds no connection.
    if error.kind() == ErrorKind::Connect && !error.is_unsent() {
        return false;
    }
    matches!(
        error.kind(),
        ErrorKind::Authentication
            | ErrorKind::PasswordChangeRequired
            | ErrorKind::SessionLimit
            | ErrorKind::AddressRefused
            | ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::CertificateChanged
            | ErrorKind::CertificateInvalid
            | ErrorKind::CircuitOpen
            | ErrorKind::Cancelled
            | ErrorKind::Callback
            | ErrorKind::NotDell
    )
}
