//! Servers and their inventory in memory.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use jiff::Timestamp;

use super::stamp::Stamp;
use super::state::Known;
use crate::error::{Error, Result};
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::store::fields::{Blank, Part, drive_failed};
use crate::store::finding::ServerTable;
use crate::store::{
    DocumentRow, HealthRow, InventoryRows, InventoryWrite, ServerFields, ServerPatch, ServerQuery, ServerRow,
    document, rules,
};
use serde::{Deserialize, Serialize};

/// The tables of servers. A store that decides in memory what becomes of a few rows borrows them from here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::store) struct Servers {
    rows: BTreeMap<ServerId, ServerRow>,
    parts: BTreeMap<ServerId, Inventory>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Inventory {
    rows: InventoryRows,
    health: BTreeMap<Timestamp, HealthRow>,
    documents: BTreeMap<String, DocumentRow>,
}

impl Servers {
    /// A table of these rows.
    #[cfg(any(feature = "postgres", feature = "postgrest"))]
    pub(in crate::store) fn of(rows: impl IntoIterator<Item = ServerRow>) -> Self {
        Self { rows: rows.into_iter().map(|row| (row.id, row)).collect(), parts: BTreeMap::new() }
    }

    /// All rows.
    #[cfg(any(feature = "postgres", feature = "postgrest"))]
    pub(in crate::store) fn all(&self) -> impl Iterator<Item = &ServerRow> {
        self.rows.values()
    }

    /// One row.
    #[cfg(any(feature = "postgres", feature = "postgrest"))]
    pub(in crate::store) fn get(&self, id: ServerId) -> Option<&ServerRow> {
        self.rows.get(&id)
    }

    pub(super) fn has(&self, id: ServerId) -> bool {
        self.rows.contains_key(&id)
    }

    /// The table at a moment, with what its rows may refer to.
    pub(in crate::store) fn table<'a>(&'a mut self, known: &'a Known, stamp: &'a mut Stamp) -> Table<'a> {
        Table { servers: self, known, stamp }
    }

    fn find(&self, wanted: impl Fn(&ServerFields) -> bool) -> Option<(ServerId, ServerFields)> {
        self.rows.values().find(|row| wanted(&row.fields)).map(|row| (row.id, row.fields.clone()))
    }

    pub(super) fn query(&self, query: &ServerQuery) -> Vec<ServerRow> {
        let mut rows: Vec<ServerRow> = self.rows.values().cloned().collect();
        rows.retain(|row| {
            let address = row.fields.ip_address;
            (query.ids.is_empty() || query.ids.contains(&row.id))
                && (query.addresses.is_empty() || address.is_some_and(|at| query.addresses.contains(&at)))
        });
        rows.sort_by_key(|row| (row.fields.ip_address.is_none(), row.fields.ip_address, row.id));
        rows.truncate(query.limit.unwrap_or(usize::MAX));
        rows
    }

    /// Gives a server parts and documents that are stored.
    #[cfg(feature = "postgrest")]
    pub(in crate::store) fn put_parts(
        &mut self,
        server: ServerId,
        mut rows: InventoryRows,
        documents: Vec<DocumentRow>,
    ) {
        rows.drives.sort_by(|a, b| a.key().cmp(b.key()));
        rows.nics.sort_by(|a, b| a.key().cmp(b.key()));
        rows.memory.sort_by(|a, b| a.key().cmp(b.key()));
        rows.firmware.sort_by(|a, b| a.key().cmp(b.key()));
        let documents = documents.into_iter().map(|document| (document.section.clone(), document)).collect();
        self.parts.insert(server, Inventory { rows, health: BTreeMap::new(), documents });
    }

    pub(in crate::store) fn inventory(&self, server: ServerId) -> InventoryRows {
        let Some(parts) = self.parts.get(&server) else { return InventoryRows::default() };
        InventoryRows { health: parts.health.values().next_back().cloned(), ..parts.rows.clone() }
    }

    pub(in crate::store) fn documents(&self, server: ServerId) -> Vec<DocumentRow> {
        self.parts.get(&server).map(|parts| parts.documents.values().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn forget_jobs(&mut self, jobs: &HashSet<JobId>) {
        for row in self.rows.values_mut() {
            row.fields.discovery_job_id.take_if(|known| jobs.contains(known));
        }
    }

    /// Removes history; the newest health of a server is what it is now.
    pub(super) fn prune_health(&mut self, before: Timestamp, limit: usize) -> usize {
        let mut left = limit;
        for parts in self.parts.values_mut() {
            let newest = parts.health.keys().next_back().copied();
            let old = parts.health.range(..before).map(|(at, _)| *at).filter(|at| Some(*at) != newest);
            for at in old.take(left).collect::<Vec<_>>() {
                parts.health.remove(&at);
                left -= 1;
            }
        }
        limit - left
    }

    pub(super) fn forget_set(&mut self, set: CredentialSetId) {
        for row in self.rows.values_mut() {
            row.fields.credential_set_id.take_if(|known| *known == set);
            row.fields.discovered_by_credential_set_id.take_if(|known| *known == set);
        }
    }
}

/// See [`Servers::table`].
pub(in crate::store) struct Table<'a> {
    servers: &'a mut Servers,
    known: &'a Known,
    stamp: &'a mut Stamp,
}

impl Table<'_> {
    pub(in crate::store) fn put(&mut self, id: ServerId, patch: &ServerPatch) -> Result<()> {
        self.refuse_taken(id, &patch.set)?;
        for (column, set) in [
            ("credential_set_id", patch.set.credential_set_id),
            ("discovered_by_credential_set_id", patch.set.discovered_by_credential_set_id),
        ] {
            if let Some(set) = set.filter(|set| !self.known.sets.contains(set)) {
                return Err(rules::no_such_set(column, set));
            }
        }
        if let Some(job) = patch.set.discovery_job_id.filter(|job| !self.known.jobs.contains(job)) {
            return Err(rules::no_such_job("discovery_job_id", job));
        }
        let row = self.by_id(id)?;
        let is_new = row.is_none();
        let mut fields = row.map(|(_, fields)| fields).unwrap_or_default();
        fields.apply(patch, &[])?;
        if is_new { self.insert(id, &fields) } else { self.update(id, &fields) }
    }

    fn refuse_taken(&self, id: ServerId, set: &ServerFields) -> Result<()> {
        let by = |wanted: &dyn Fn(&ServerFields) -> bool| {
            self.servers.find(wanted).filter(|(owner, _)| *owner != id)
        };
        if let Some(address) = set.ip_address
            && let Some((owner, _)) = by(&|fields| fields.ip_address == Some(address))
        {
            return Err(rules::taken("ip_address", &address.to_string(), owner));
        }
        if let Some(tag) = set.service_tag.as_ref().filter(|tag| !tag.is_blank())
            && let Some((owner, _)) = by(&|fields| fields.service_tag.as_ref() == Some(tag))
        {
            return Err(rules::taken("service_tag", tag, owner));
        }
        Ok(())
    }

    /// Lays what a job found over a row that must be there.
    pub(in crate::store) fn put_found(&mut self, id: ServerId, patch: &ServerPatch) -> Result<()> {
        let (_, mut fields) = self.by_id(id)?.ok_or_else(|| rules::no_such_server(id))?;
        if *patch == ServerPatch::default() {
            return Ok(());
        }
        let mut patch = patch.clone();
        self.drop_dangling(&mut patch.set)?;
        self.refuse_taken(id, &patch.set)?;
        fields.apply(&patch, &[])?;
        self.update(id, &fields)
    }

    pub(in crate::store) fn put_inventory(&mut self, write: &InventoryWrite) -> Result<()> {
        let id = write.server_id;
        self.put_found(id, &write.server)?;
        let at = write.collected_at;
        let parts = self.servers.parts.entry(id).or_default();
        lay_over(&mut parts.rows.drives, &write.drives, |drive| {
            drive.first_seen_at.get_or_insert(at);
            drive.failed_at = drive_failed(drive).then(|| drive.failed_at.unwrap_or(at));
        });
        lay_over(&mut parts.rows.nics, &write.nics, |_| {});
        lay_over(&mut parts.rows.memory, &write.memory, |_| {});
        lay_over(&mut parts.rows.firmware, &write.firmware, |_| {});
        if let Some(health) = &write.health {
            parts.health.entry(at).or_insert_with(|| health.clone());
        }
        for document in &write.documents {
            let stored = parts.documents.get(&document.section);
            let body = document::merge(stored.map(|stored| &stored.body[..]), document)?;
            parts.documents.insert(document.section.clone(), DocumentRow { body, ..document.clone() });
        }
        Ok(())
    }
}

/// Lays a reading over the known parts, ordered by key, and lets the store's own columns follow.
fn lay_over<T: Part>(known: &mut Vec<T>, reading: &[T], follow: impl Fn(&mut T)) {
    for newer in reading {
        let at = known.partition_point(|part| part.key() < newer.key());
        if known.get(at).is_none_or(|part| part.key() != newer.key()) {
            known.insert(at, T::keyed(newer.key()));
        }
        known[at].overlay(newer);
        follow(&mut known[at]);
    }
}

impl ServerTable for Table<'_> {
    type Error = Error;

    fn by_id(&mut self, id: ServerId) -> Result<Option<(ServerId, ServerFields)>> {
        Ok(self.servers.rows.get(&id).map(|row| (id, row.fields.clone())))
    }

    fn by_tag(&mut self, tag: &str) -> Result<Option<(ServerId, ServerFields)>> {
        Ok(self.servers.find(|fields| fields.service_tag.as_deref() == Some(tag)))
    }

    fn by_address(&mut self, address: IpAddr) -> Result<Option<(ServerId, ServerFields)>> {
        Ok(self.servers.find(|fields| fields.ip_address == Some(address)))
    }

    fn insert(&mut self, id: ServerId, fields: &ServerFields) -> Result<()> {
        let row =
            ServerRow { id, fields: fields.clone(), created_at: self.stamp.now, updated_at: self.stamp.now };
        self.servers.rows.insert(id, row);
        Ok(())
    }

    fn update(&mut self, id: ServerId, fields: &ServerFields) -> Result<()> {
        let row = self.servers.rows.get_mut(&id).ok_or_else(|| rules::no_such_server(id))?;
        row.fields = fields.clone();
        row.updated_at = self.stamp.now;
        Ok(())
    }

    fn new_id(&mut self) -> ServerId {
        ServerId(self.stamp.next_id())
    }

    fn drop_dangling(&mut self, fields: &mut ServerFields) -> Result<()> {
        fields.credential_set_id.take_if(|set| !self.known.sets.contains(set));
        fields.discovered_by_credential_set_id.take_if(|set| !self.known.sets.contains(set));
        fields.discovery_job_id.take_if(|job| !self.known.jobs.contains(job));
        Ok(())
    }
}
