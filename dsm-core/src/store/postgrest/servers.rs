//! Servers and their inventory. What a batch may touch is read first; what becomes of it is decided by the tables in
//! memory, which are the model of every store; what changed is written.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::change::{Act, Cells, Change, cells};
use super::fault::Rest;
use super::look::{Look, Seen};
use super::records;
use crate::error::Result;
use crate::id::{JobId, ServerId};
use crate::store::fields::{Part, columns};
use crate::store::finding;
use crate::store::memory::stamp::Stamp;
use crate::store::memory::{Known, Servers};
use crate::store::text::record;
use crate::store::{
    DocumentRow, DriveRow, FirmwareRow, InventoryRows, InventoryWrite, MemoryRow, NicRow, ServerFields,
    ServerFinding, ServerOutcome, ServerPatch, ServerRow,
};

/// A part's table.
pub(super) trait PartTable: Part + Serialize + DeserializeOwned + PartialEq {
    const TABLE: &'static str;
    const KEY: &'static str;
    /// When the part was last seen.
    const SEEN: &'static str;
}

macro_rules! impl_part_table {
    ($table:literal $seen:literal $row:ident: $key:ident, $($column:ident)*) => {
        impl PartTable for $row {
            const TABLE: &'static str = $table;
            const KEY: &'static str = stringify!($key);
            const SEEN: &'static str = $seen;
        }
    };
}
columns!(DriveRow => impl_part_table "server_drives" "last_sync");
columns!(NicRow => impl_part_table "server_nics" "last_sync");
columns!(MemoryRow => impl_part_table "server_memory" "last_updated_at");
columns!(FirmwareRow => impl_part_table "server_firmware_inventory" "collected_at");

/// Rows of a batch, by all that it may name them by.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    ids: BTreeSet<String>,
    tags: BTreeSet<String>,
    addresses: BTreeSet<String>,
    sets: BTreeSet<String>,
    jobs: BTreeSet<String>,
    /// Servers whose parts are written.
    parts: BTreeSet<String>,
}

impl Wanted {
    pub(super) fn row(&mut self, id: Option<ServerId>, set: &ServerFields) {
        self.ids.extend(id.map(|id| id.to_string()));
        self.addresses.extend(set.ip_address.map(|address| address.to_string()));
        self.tags.extend(set.service_tag.clone().filter(|tag| !tag.trim().is_empty()));
        let sets = [set.credential_set_id, set.discovered_by_credential_set_id];
        self.sets.extend(sets.into_iter().flatten().map(|set| set.to_string()));
        self.jobs.extend(set.discovery_job_id.map(|job| job.to_string()));
    }

    pub(super) fn of(findings: &[ServerFinding], inventories: &[InventoryWrite]) -> Self {
        let mut wanted = Self::default();
        for found in findings {
            wanted.row(found.server_id, &found.patch.set);
            wanted.addresses.insert(found.ip_address.to_string());
        }
        for inventory in inventories {
            wanted.row(Some(inventory.server_id), &inventory.server.set);
            wanted.parts.insert(inventory.server_id.to_string());
        }
        wanted
    }

    /// What is to be read; [`Batch::read`] takes it in this order. `with_documents`: there is a table of them.
    pub(super) fn looks(self, with_documents: bool) -> Vec<Look> {
        let parts: Vec<String> = self.parts.into_iter().collect();
        let mut looks = vec![
            Look::of("servers", "id", self.ids),
            Look::of("servers", "service_tag", self.tags),
            Look::of("servers", "ip_address", self.addresses),
            Look::of("credential_sets", "id", self.sets).only("id"),
            Look::of("jobs", "id", self.jobs).only("id"),
            Look::of(DriveRow::TABLE, "server_id", parts.clone()),
            Look::of(NicRow::TABLE, "server_id", parts.clone()),
            Look::of(MemoryRow::TABLE, "server_id", parts.clone()),
            Look::of(FirmwareRow::TABLE, "server_id", parts.clone()),
        ];
        if with_documents {
            looks.push(Look::of("dsm_inventory_document", "server_id", parts));
        }
        looks
    }
}

/// The rows of a batch: as they are stored, and as they are to be.
pub(super) struct Batch {
    before: Servers,
    rows: Servers,
    known: Known,
    now: Timestamp,
    has_documents: bool,
    /// Parts and health, written beside the servers.
    changes: Vec<Change>,
}

pub(super) fn server(row: &Value) -> Rest<ServerRow> {
    let mut row = row.clone();
    // An address that is none (the existing database insists on a text there) is no address.
    if records::optional::<std::net::IpAddr>(&row, "ip_address").is_none() {
        row["ip_address"] = Value::Null;
    }
    records::read("servers", row)
}

impl Batch {
    /// From what [`Wanted::looks`] found.
    pub(super) fn read(seen: &mut Seen, now: Timestamp, has_documents: bool) -> Rest<Self> {
        let mut servers: BTreeMap<ServerId, ServerRow> = BTreeMap::new();
        for _ in 0..3 {
            for row in seen.next() {
                let row = server(&row)?;
                servers.insert(row.id, row);
            }
        }
        let (sets, jobs) = (seen.next(), seen.next());
        let mut parts: BTreeMap<ServerId, InventoryRows> = BTreeMap::new();
        each(seen, |server, part| parts.entry(server).or_default().drives.push(part))?;
        each(seen, |server, part| parts.entry(server).or_default().nics.push(part))?;
        each(seen, |server, part| parts.entry(server).or_default().memory.push(part))?;
        each(seen, |server, part| parts.entry(server).or_default().firmware.push(part))?;
        let mut documents: BTreeMap<ServerId, Vec<DocumentRow>> = BTreeMap::new();
        if has_documents {
            for row in seen.next() {
                let owner = records::needed("dsm_inventory_document", &row, "server_id")?;
                documents.entry(owner).or_default().push(document(&row)?);
            }
        }
        let mut rows = Servers::of(servers.into_values());
        for (server, parts) in parts {
            rows.put_parts(server, parts, documents.remove(&server).unwrap_or_default());
        }
        for (server, documents) in documents {
            rows.put_parts(server, InventoryRows::default(), documents);
        }
        let known = Known {
            sets: sets.iter().filter_map(|row| records::optional(row, "id")).collect(),
            jobs: jobs.iter().filter_map(|row| records::optional(row, "id")).collect(),
        };
        Ok(Self { before: rows.clone(), rows, known, now, has_documents, changes: Vec::new() })
    }

    pub(super) fn find(&mut self, findings: &[ServerFinding]) -> Result<Vec<ServerOutcome>> {
        finding::write_findings(&mut self.rows.table(&self.known, &mut Stamp::at(self.now)), findings)
    }

    pub(super) fn put(&mut self, id: ServerId, patch: &ServerPatch) -> Result<()> {
        self.rows.table(&self.known, &mut Stamp::at(self.now)).put(id, patch)
    }

    pub(super) fn put_inventory(&mut self, write: &InventoryWrite, job: Option<JobId>) -> Result<()> {
        let server = write.server_id;
        self.rows.table(&self.known, &mut Stamp::at(self.now)).put_inventory(write)?;
        let parts = self.rows.inventory(server);
        let at = json!(write.collected_at);
        upsert(&mut self.changes, server, &parts.drives, &write.drives, &at, &cells([]));
        upsert(&mut self.changes, server, &parts.nics, &write.nics, &at, &cells([]));
        upsert(&mut self.changes, server, &parts.memory, &write.memory, &at, &cells([]));
        let by = cells([("job_id", json!(job))]);
        upsert(&mut self.changes, server, &parts.firmware, &write.firmware, &at, &by);
        if let Some(health) = &write.health {
            let key = cells([("server_id", json!(server)), ("timestamp", at)]);
            self.changes.push(Change::new("server_health", Act::Add, key, record(health)));
        }
        let written: BTreeSet<&str> =
            write.documents.iter().map(|document| document.section.as_str()).collect();
        if self.has_documents {
            for document in self.rows.documents(server).iter().filter(|row| written.contains(&*row.section)) {
                let key = cells([("server_id", json!(server)), ("section", json!(document.section))]);
                let row = cells([
                    ("collected_at", json!(document.collected_at)),
                    ("complete", json!(document.complete)),
                    ("body", json!(records::hex(&document.body))),
                ]);
                self.changes.push(Change::new("dsm_inventory_document", Act::Upsert, key, row));
            }
        }
        Ok(())
    }

    /// What is to be written. `vacant`: what stands for no address.
    pub(super) fn changes(self, vacant: impl Fn(ServerId) -> Value) -> Vec<Change> {
        let (mut vacated, mut rows) = (Vec::new(), Vec::new());
        for row in self.rows.all() {
            let mut new = record(&row.fields);
            if row.fields.ip_address.is_none() {
                new.insert("ip_address".to_owned(), vacant(row.id));
            }
            let key = cells([("id", json!(row.id))]);
            let Some(before) = self.before.get(row.id) else {
                new.insert("created_at".to_owned(), json!(row.created_at));
                new.insert("updated_at".to_owned(), json!(row.updated_at));
                rows.push(Change::new("servers", Act::Insert, key, new));
                continue;
            };
            if before == row {
                continue;
            }
            let old = record(&before.fields);
            let is_same = |column: &str, value: &Value| match column {
                "ip_address" => before.fields.ip_address == row.fields.ip_address,
                _ => old.get(column) == Some(value),
            };
            // Two rows may swap what is unique: what any of them leaves is free before another takes it.
            let mut left = Cells::new();
            if before.fields.ip_address.is_some() && before.fields.ip_address != row.fields.ip_address {
                left.insert("ip_address".to_owned(), vacant(row.id));
            }
            if before.fields.service_tag.is_some() && before.fields.service_tag != row.fields.service_tag {
                left.insert("service_tag".to_owned(), Value::Null);
            }
            if !left.is_empty() {
                vacated.push(Change::new("servers", Act::Update, key.clone(), left));
            }
            new.retain(|column, value| !is_same(column, value));
            new.insert("updated_at".to_owned(), json!(row.updated_at));
            rows.push(Change::new("servers", Act::Update, key, new));
        }
        vacated.extend(rows);
        vacated.extend(self.changes);
        vacated
    }
}

/// The parts of one table that were read.
fn each<T: PartTable>(seen: &mut Seen, mut put: impl FnMut(ServerId, T)) -> Rest<()> {
    let mut rows = seen.next();
    // Of a history, the latest last: it is laid over those before.
    rows.sort_by_cached_key(|row| {
        (records::text(row, T::KEY).to_owned(), records::optional::<Timestamp>(row, T::SEEN))
    });
    for (at, row) in rows.iter().enumerate() {
        let is_latest = rows.get(at + 1).is_none_or(|next| {
            next.get(T::KEY) != row.get(T::KEY) || next.get("server_id") != row.get("server_id")
        });
        if is_latest {
            put(records::needed(T::TABLE, row, "server_id")?, records::read(T::TABLE, row.clone())?);
        }
    }
    Ok(())
}

fn document(row: &Value) -> Rest<DocumentRow> {
    const TABLE: &str = "dsm_inventory_document";
    Ok(DocumentRow {
        section: records::needed(TABLE, row, "section")?,
        collected_at: records::needed(TABLE, row, "collected_at")?,
        complete: records::needed(TABLE, row, "complete")?,
        body: records::bytes(row, "body").unwrap_or_default(),
    })
}

/// Documents as they were read.
pub(super) fn documents(rows: &[Value]) -> Rest<Vec<DocumentRow>> {
    let mut documents = rows.iter().map(document).collect::<Rest<Vec<_>>>()?;
    documents.sort_by(|a, b| a.section.cmp(&b.section));
    Ok(documents)
}

fn upsert<T: PartTable>(
    changes: &mut Vec<Change>,
    server: ServerId,
    known: &[T],
    reading: &[T],
    at: &Value,
    more: &Cells,
) {
    let met: BTreeSet<&str> = reading.iter().map(Part::key).collect();
    for part in known.iter().filter(|part| met.contains(part.key())) {
        let mut row = record(part);
        row.remove(T::KEY);
        row.insert(T::SEEN.to_owned(), at.clone());
        // The one column that must have a value: an empty one says nothing, like a missing one.
        if T::TABLE == FirmwareRow::TABLE && row.get("version").is_none_or(Value::is_null) {
            row.insert("version".to_owned(), json!(""));
        }
        row.extend(more.clone());
        let key = cells([("server_id", json!(server)), (T::KEY, json!(part.key()))]);
        changes.push(Change::new(T::TABLE, Act::Upsert, key, row));
    }
}

/// The inventory of one server from its rows: drives, network functions, memory, firmware, the latest health.
pub(super) fn inventory(seen: &mut Seen) -> Rest<InventoryRows> {
    let mut rows = InventoryRows::default();
    each(seen, |_, part| rows.drives.push(part))?;
    each(seen, |_, part| rows.nics.push(part))?;
    each(seen, |_, part| rows.memory.push(part))?;
    each(seen, |_, part| rows.firmware.push(part))?;
    rows.health =
        seen.next().into_iter().next().map(|row| records::read("server_health", row)).transpose()?;
    Ok(rows)
}
