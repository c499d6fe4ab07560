//! Everything a store knows, and what belongs to more than one of its tables.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::jobs::Jobs;
use super::rows::Rows;
use super::servers::Servers;
use super::stamp::Stamp;
use crate::error::Result;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::store::coded::Coded;
use crate::store::entry::Verdict;
use crate::store::{
    AttemptReport, AttemptWrite, CredentialRangeRow, CredentialSetRow, DocumentRow, Entry, Executor,
    HeartbeatRow, PinRow, Prune, Pruned, Registered, Reseal, SealedAt, ServerFields, ServerPatch,
    ServerQuery, ServerRow, SessionRow, Settings, entry, finding, rules,
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
    pub(super) rows: Rows,
    pub(super) executors: BTreeSet<Uuid>,
    pub(super) sets: BTreeMap<CredentialSetId, CredentialSetRow>,
    pub(super) ranges: Vec<CredentialRangeRow>,
    pub(super) pins: BTreeMap<String, PinRow>,
    pub(super) sessions: BTreeMap<Uuid, SessionRow>,
    pub(super) meta: HashMap<String, Coded>,
    /// By kind and name.
    pub(super) entries: BTreeMap<String, BTreeMap<String, Entry>>,
    pub(super) settings: Settings,
    pub(super) heartbeats: BTreeMap<String, HeartbeatRow>,
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
        self.rows.write(&write.rows, &self.servers, &known.jobs);
        Ok(report)
    }

    /// All kinds but activity, which is kept elsewhere.
    pub(super) fn prune(&mut self, prune: &Prune) -> Pruned {
        let mut pruned = Pruned::default();
        if let Some(before) = prune.jobs_before {
            let gone = self.jobs.prune(before, prune.limit, &mut pruned);
            self.servers.forget_jobs(&gone);
            self.rows.forget_jobs(&gone);
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

    pub(super) fn reseal(&mut self, changes: &[Reseal], stamp: &mut Stamp) -> Result<Vec<bool>> {
        changes.iter().map(|change| self.reseal_one(change, stamp)).collect()
    }

    fn reseal_one(&mut self, Reseal { at, from, to }: &Reseal, stamp: &mut Stamp) -> Result<bool> {
        Ok(match at {
            SealedAt::Set(id) => {
                let set = self.sets.get_mut(id).filter(|set| set.password_encrypted.as_ref() == Some(from));
                set.map(|set| set.password_encrypted = Some(to.clone())).is_some()
            }
            SealedAt::Server(id) => {
                let query = ServerQuery { ids: vec![*id], ..ServerQuery::default() };
                let is_there = |row: &ServerRow| row.fields.idrac_password_encrypted.as_ref() == Some(from);
                let found = self.servers.query(&query).iter().any(is_there);
                if found {
                    let set = ServerFields {
                        idrac_password_encrypted: Some(to.clone()),
                        ..ServerFields::default()
                    };
                    self.put_servers(&[(*id, ServerPatch { set, clear: Vec::new() })], stamp)?;
                }
                found
            }
            SealedAt::Job(id) => self.jobs.reseal(*id, from, to),
            SealedAt::Row(table, id) => self.rows.reseal(*table, *id, from, to),
        })
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

    pub(super) fn entries(&self, kind: &str) -> Vec<Entry> {
        self.entries.get(kind).map(|entries| entries.values().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn put_entry(
        &mut self,
        kind: &str,
        name: &str,
        body: &Value,
        expected: Option<i64>,
    ) -> Option<i64> {
        let entries = self.entries.entry(kind.to_owned()).or_default();
        let verdict =
            entry::judge(entries.get(name).map(|entry| (entry.revision, &entry.body)), expected, body);
        if let Verdict::Write(revision) = verdict {
            let entry = Entry { name: name.to_owned(), revision, body: body.clone() };
            entries.insert(name.to_owned(), entry);
        }
        verdict.revision()
    }

    pub(super) fn remove_entry(&mut self, kind: &str, name: &str) -> bool {
        self.entries.get_mut(kind).is_some_and(|entries| entries.remove(name).is_some())
    }
}
