//! Everything a store knows, and what belongs to more than one of its tables.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::jobs::Jobs;
use super::servers::Servers;
use super::stamp::Stamp;
use crate::error::Result;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::store::coded::Coded;
use crate::store::{
    AttemptReport, AttemptWrite, CredentialRangeRow, CredentialSetRow, DocumentRow, Executor, PinRow, Prune,
    Pruned, Registered, ServerPatch, SessionRow, finding, rules,
};

/// The reference model: what each command does to it is what a store does.
///
/// A command gives the same answer and leaves the same state whoever carries it out, and whenever: all it takes from
/// outside is its [`Stamp`]. One that fails half-way works on a copy and puts it in place at the end.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::store) struct State {
    pub(super) jobs: Jobs,
    pub(super) servers: Servers,
    pub(super) executors: BTreeSet<Uuid>,
    pub(super) sets: BTreeMap<CredentialSetId, CredentialSetRow>,
    pub(super) ranges: Vec<CredentialRangeRow>,
    pub(super) pins: BTreeMap<String, PinRow>,
    pub(super) sessions: BTreeMap<Uuid, SessionRow>,
    pub(super) meta: HashMap<String, Coded>,
}

/// What other tables a row may refer to.
pub(in crate::store) struct Known {
    pub(in crate::store) sets: HashSet<CredentialSetId>,
    pub(in crate::store) jobs: HashSet<JobId>,
}

impl State {
    fn known(&self) -> Known {
        Known { sets: self.sets.keys().copied().collect(), jobs: self.jobs.ids() }
    }

    pub(super) fn register(&mut self, executor: &Executor) -> Registered {
        // Whoever holds the state has no proof of anybody's death.
        let executors = &mut self.executors;
        let alive = executors.iter().filter(|other| **other != executor.incarnation).copied().collect();
        executors.insert(executor.incarnation);
        Registered { released: Vec::new(), alive }
    }

    pub(super) fn write(&mut self, write: &AttemptWrite, stamp: &mut Stamp) -> Result<AttemptReport> {
        if let Some(key) = write.lease {
            self.jobs.check_fence(key)?;
        }
        let known = self.known();
        let now = stamp.now;
        let mut servers = self.servers.clone();
        let mut table = servers.table(&known, stamp);
        let report = AttemptReport { servers: finding::write_findings(&mut table, &write.findings)? };
        for inventory in &write.inventories {
            table.put_inventory(inventory)?;
        }
        if let Some(key) = write.lease {
            let mut jobs = self.jobs.clone();
            jobs.write(key.job_id, write, now)?;
            self.jobs = jobs;
        }
        self.servers = servers;
        Ok(report)
    }

    /// All kinds but activity, which is kept elsewhere.
    pub(super) fn prune(&mut self, prune: &Prune) -> Pruned {
        let mut pruned = Pruned::default();
        if let Some(before) = prune.jobs_before {
            let gone = self.jobs.prune(before, prune.limit, &mut pruned);
            self.servers.forget_jobs(&gone);
        }
        if let Some(before) = prune.health_before {
            pruned.health = self.servers.prune_health(before, prune.limit) as u64;
        }
        pruned.has_more |= pruned.health >= prune.limit as u64;
        pruned
    }

    pub(super) fn put_servers(
        &mut self,
        patches: &[(ServerId, ServerPatch)],
        stamp: &mut Stamp,
    ) -> Result<()> {
        let known = self.known();
        let mut servers = self.servers.clone();
        let mut table = servers.table(&known, stamp);
        patches.iter().try_for_each(|(id, patch)| table.put(*id, patch))?;
        self.servers = servers;
        Ok(())
    }

    /// The raw documents of a server.
    pub(in crate::store) fn documents(&self, server: ServerId) -> Vec<DocumentRow> {
        self.servers.documents(server)
    }

    pub(super) fn put_credential_set(&mut self, set: &CredentialSetRow) -> Result<()> {
        if self.sets.values().any(|other| other.name == set.name && other.id != set.id) {
            return Err(rules::set_name_taken(&set.name));
        }
        self.sets.insert(set.id, set.clone());
        Ok(())
    }

    pub(super) fn remove_credential_set(&mut self, set: CredentialSetId) -> bool {
        self.ranges.retain(|range| range.credential_set_id != set);
        self.servers.forget_set(set);
        self.sets.remove(&set).is_some()
    }

    pub(super) fn put_credential_range(&mut self, range: &CredentialRangeRow) -> Result<()> {
        if !self.sets.contains_key(&range.credential_set_id) {
            return Err(rules::no_such_set("credential_set_id", range.credential_set_id));
        }
        match self.ranges.iter_mut().find(|known| known.id == range.id) {
            Some(known) => *known = range.clone(),
            None => self.ranges.push(range.clone()),
        }
        Ok(())
    }

    pub(super) fn put_session(&mut self, mut session: SessionRow) {
        if let Some(known) = self.sessions.get(&session.id) {
            session.location = session.location.or_else(|| known.location.clone());
        }
        self.sessions.insert(session.id, session);
    }

    pub(super) fn locate_session(&mut self, id: Uuid, location: &str) {
        if let Some(session) = self.sessions.get_mut(&id) {
            session.location = Some(location.to_owned());
        }
    }
}
