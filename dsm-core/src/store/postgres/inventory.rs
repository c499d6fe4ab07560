//! Inventory: parts laid over what is known of them, health appended, documents kept.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::future::{try_join, try_join5};
use serde::Serialize;
use serde_json::{Value, json};
use tokio_postgres::Row;

use super::codec::{Cursor, Jsonb, cast, record, text, uuids};
use super::facts::Facts;
use super::fault::Db;
use super::link::Link;
use super::servers::put_found;
use super::tx::Tx;
use crate::id::{JobId, ServerId};
use crate::store::document;
use crate::store::fields::{Part, columns};
use crate::store::{
    DocumentRow, DriveRow, FirmwareRow, HealthRow, InventoryRows, InventoryWrite, MemoryRow, NicRow,
    ServerPatch,
};

/// A part's table, and its row both ways.
trait PartTable: Part + Serialize {
    const TABLE: &'static str;
    const KEY: &'static str;
    const COLUMNS: &'static [&'static str];
    /// When the part was last seen.
    const SEEN: &'static str;

    fn casts() -> Vec<String>;
    fn read(cells: &mut Cursor<'_>) -> Db<Self>;
}

macro_rules! impl_part_table {
    ($table:literal $seen:literal $row:ident: $key:ident, $($column:ident)*) => {
        impl PartTable for $row {
            const TABLE: &'static str = $table;
            const KEY: &'static str = stringify!($key);
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),*];
            const SEEN: &'static str = $seen;

            fn casts() -> Vec<String> {
                let row = Self::default();
                vec![cast(Self::KEY, &row.$key) $(, cast(stringify!($column), &row.$column))*]
            }

            #[allow(clippy::needless_update, reason = "only drives have columns of the store's own")]
            fn read(cells: &mut Cursor<'_>) -> Db<Self> {
                Ok(Self { $key: cells.take()?, $($column: cells.take()?,)* ..Self::default() })
            }
        }
    };
}
columns!(DriveRow => impl_part_table "server_drives" "last_sync");
columns!(NicRow => impl_part_table "server_nics" "last_sync");
columns!(MemoryRow => impl_part_table "server_memory" "last_updated_at");
columns!(FirmwareRow => impl_part_table "server_firmware_inventory" "collected_at");

/// A column of the table that is not the reading's: its name, its value in a new row, and in a known one.
type Extra<'a> = (&'a str, &'a str, &'a str);

/// `r` is a row of the reading. What a reading does not know stays.
fn upsert<T: PartTable>(extras: &[Extra<'_>]) -> String {
    let (table, key, seen) = (T::TABLE, T::KEY, T::SEEN);
    let mut names = vec!["server_id", key, seen];
    let mut values = vec!["r.server_id".to_owned(), format!("r.{key}"), format!("r.{seen}")];
    let mut sets = vec![format!("{seen} = excluded.{seen}")];
    for column in T::COLUMNS {
        names.push(column);
        // The one column that must have a value: an empty one says nothing, like a missing one.
        let is_needed = *column == "version";
        values.push(if is_needed { "coalesce(r.version, '')".to_owned() } else { format!("r.{column}") });
        let newer =
            if is_needed { "nullif(excluded.version, '')".to_owned() } else { format!("excluded.{column}") };
        sets.push(format!("{column} = coalesce({newer}, {table}.{column})"));
    }
    for (column, new, known) in extras {
        names.push(column);
        values.push((*new).to_owned());
        sets.push(format!("{column} = {known}"));
    }
    format!(
        "INSERT INTO {table} ({}) SELECT {} FROM jsonb_populate_recordset(NULL::{table}, $1) r
         ON CONFLICT (server_id, {key}) DO UPDATE SET {}",
        names.join(", "),
        values.join(", "),
        sets.join(", ")
    )
}

static DRIVES: LazyLock<String> = LazyLock::new(|| {
    let fails = |health: &str, status: &str, then: &str| {
        format!(
            "CASE WHEN {health} = 'Critical' OR {status} IN ('Disabled', 'UnavailableOffline') THEN {then} END"
        )
    };
    let known = fails(
        "coalesce(excluded.health, server_drives.health)",
        "coalesce(excluded.status, server_drives.status)",
        "coalesce(server_drives.failed_at, excluded.last_sync)",
    );
    upsert::<DriveRow>(&[
        ("first_seen_at", "r.last_sync", "server_drives.first_seen_at"),
        ("failed_at", &fails("r.health", "r.status", "r.last_sync"), &known),
    ])
});
static NICS: LazyLock<String> = LazyLock::new(|| upsert::<NicRow>(&[]));
static MEMORY: LazyLock<String> = LazyLock::new(|| upsert::<MemoryRow>(&[]));
static FIRMWARE: LazyLock<String> =
    LazyLock::new(|| upsert::<FirmwareRow>(&[("job_id", "r.job_id", "excluded.job_id")]));

/// Where firmware is a history, a reading is a new row, and begins with what was known before.
static FIRMWARE_HISTORY: LazyLock<String> = LazyLock::new(|| {
    let columns = FirmwareRow::COLUMNS;
    let newer = |column: &&str| match *column {
        "version" => "coalesce(nullif(r.version, ''), k.version, '')".to_owned(),
        column => format!("coalesce(r.{column}, k.{column})"),
    };
    let values: Vec<String> = columns.iter().map(newer).collect();
    let sets: Vec<String> = columns.iter().map(|column| format!("{column} = excluded.{column}")).collect();
    format!(
        "INSERT INTO server_firmware_inventory (server_id, component_id, collected_at, job_id, {})
         SELECT r.server_id, r.component_id, r.collected_at, r.job_id, {}
         FROM jsonb_populate_recordset(NULL::server_firmware_inventory, $1) r LEFT JOIN LATERAL (
             SELECT * FROM server_firmware_inventory f
             WHERE f.server_id = r.server_id AND f.component_id = r.component_id ORDER BY f.collected_at DESC LIMIT 1
         ) k ON true
         ON CONFLICT (server_id, component_id, collected_at) DO UPDATE SET job_id = excluded.job_id, {}",
        columns.join(", "),
        values.join(", "),
        sets.join(", ")
    )
});

const HEALTH: &str = "INSERT INTO server_health (server_id, timestamp, power_state, overall_health, temperature_celsius,
         fan_health, psu_health, storage_health, memory_health, network_health, cpu_health, sensors)
     SELECT r.server_id, r.timestamp, r.power_state, r.overall_health, r.temperature_celsius, r.fan_health,
            r.psu_health, r.storage_health, r.memory_health, r.network_health, r.cpu_health, r.sensors
     FROM jsonb_populate_recordset(NULL::server_health, $1) r
     WHERE NOT EXISTS (SELECT 1 FROM server_health h WHERE h.server_id = r.server_id AND h.timestamp = r.timestamp)";

/// In runs of one inventory a server: a statement writes no row twice, and a later reading is laid over an earlier.
pub(super) async fn write(
    tx: &Tx<'_>,
    inventories: &[InventoryWrite],
    job: Option<JobId>,
    facts: &Facts,
) -> Db<()> {
    let mut rest = inventories;
    while !rest.is_empty() {
        let mut seen = HashSet::new();
        let length = rest.iter().take_while(|inventory| seen.insert(inventory.server_id)).count();
        let (run, later) = rest.split_at(length);
        write_run(tx, run, job, facts).await?;
        rest = later;
    }
    Ok(())
}

async fn write_run(tx: &Tx<'_>, run: &[InventoryWrite], job: Option<JobId>, facts: &Facts) -> Db<()> {
    let firmware = if facts.has_firmware_history { &FIRMWARE_HISTORY } else { &FIRMWARE };
    let patches: Vec<(ServerId, &ServerPatch)> =
        run.iter().map(|inventory| (inventory.server_id, &inventory.server)).collect();
    // Locks the servers: until the commit nobody else writes parts of theirs.
    put_found(tx, &patches).await?;
    try_join(
        try_join5(
            put_parts(tx, &DRIVES, parts(run, job, |inventory| &inventory.drives)),
            put_parts(tx, &NICS, parts(run, job, |inventory| &inventory.nics)),
            put_parts(tx, &MEMORY, parts(run, job, |inventory| &inventory.memory)),
            put_parts(tx, firmware, parts(run, job, |inventory| &inventory.firmware)),
            put_parts(tx, HEALTH, health_rows(run)),
        ),
        put_documents(tx, run),
    )
    .await?;
    Ok(())
}

async fn put_parts(tx: &Tx<'_>, sql: &str, rows: Vec<Value>) -> Db<()> {
    if !rows.is_empty() {
        tx.link.execute(sql, &[&Jsonb::of(&rows)]).await?;
    }
    Ok(())
}

/// The parts of a run as rows; one that was met twice, once.
fn parts<T: PartTable>(
    run: &[InventoryWrite],
    job: Option<JobId>,
    of: impl Fn(&InventoryWrite) -> &Vec<T>,
) -> Vec<Value> {
    let mut rows = Vec::new();
    for inventory in run {
        let mut met: BTreeMap<&str, T> = BTreeMap::new();
        for part in of(inventory) {
            met.entry(part.key()).and_modify(|known| known.overlay(part)).or_insert_with(|| part.clone());
        }
        for (key, part) in met {
            let mut row = record(&part);
            row.insert(T::KEY.to_owned(), json!(key));
            row.insert("server_id".to_owned(), json!(inventory.server_id));
            row.insert(T::SEEN.to_owned(), json!(inventory.collected_at));
            row.insert("job_id".to_owned(), json!(job));
            rows.push(Value::Object(row));
        }
    }
    rows
}

fn health_rows(run: &[InventoryWrite]) -> Vec<Value> {
    let with_health = run.iter().filter_map(|inventory| Some((inventory, inventory.health.as_ref()?)));
    with_health
        .map(|(inventory, health)| {
            let mut row = record(health);
            row.insert("server_id".to_owned(), json!(inventory.server_id));
            row.insert("timestamp".to_owned(), json!(inventory.collected_at));
            Value::Object(row)
        })
        .collect()
}

/// Documents by their server and section.
type Documents = BTreeMap<(ServerId, String), DocumentRow>;

async fn put_documents(tx: &Tx<'_>, run: &[InventoryWrite]) -> Db<()> {
    let mut newer: Vec<(ServerId, &DocumentRow)> = Vec::new();
    for inventory in run {
        newer.extend(inventory.documents.iter().map(|document| (inventory.server_id, document)));
    }
    if newer.is_empty() {
        return Ok(());
    }
    let mut stored = stored(tx, &newer).await?;
    let mut merged = Documents::new();
    for (server, document) in newer {
        let key = (server, text(&document.section).into_owned());
        let older = merged.remove(&key).map(|document| document.body).or_else(|| stored.remove(&key));
        let body = document::merge(older.as_deref(), document)?;
        merged.insert(key, DocumentRow { body, ..document.clone() });
    }
    let servers = uuids!(merged.keys().map(|(server, _)| *server));
    let sections: Vec<&str> = merged.keys().map(|(_, section)| section.as_str()).collect();
    let times: Vec<_> = merged.values().map(|document| document.collected_at).collect();
    let complete: Vec<bool> = merged.values().map(|document| document.complete).collect();
    let bodies: Vec<&[u8]> = merged.values().map(|document| document.body.as_ref()).collect();
    tx.link
        .execute(
            "INSERT INTO dsm_inventory_document (server_id, section, collected_at, complete, body)
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::bool[], $5::bytea[])
             ON CONFLICT (server_id, section) DO UPDATE SET
                 collected_at = excluded.collected_at, complete = excluded.complete, body = excluded.body",
            &[&servers, &sections, &times, &complete, &bodies],
        )
        .await?;
    Ok(())
}

/// Bodies that newer readings are laid over.
async fn stored(tx: &Tx<'_>, newer: &[(ServerId, &DocumentRow)]) -> Db<BTreeMap<(ServerId, String), Bytes>> {
    let (mut servers, mut sections) = (Vec::new(), Vec::new());
    for (server, document) in newer.iter().filter(|(_, document)| !document.complete) {
        servers.push(server.0);
        sections.push(text(&document.section));
    }
    if servers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = tx
        .link
        .query(
            "SELECT d.server_id, d.section, d.body FROM unnest($1::uuid[], $2::text[]) w (server_id, section)
             JOIN dsm_inventory_document d ON d.server_id = w.server_id AND d.section = w.section",
            &[&servers, &sections],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let mut cells = Cursor::new(row);
            Ok(((cells.take()?, cells.take()?), cells.take()?))
        })
        .collect()
}

pub(super) async fn inventory(link: &Link, server: ServerId) -> Db<InventoryRows> {
    let (drives, nics, memory, firmware, health) = try_join5(
        drives(link, server),
        read_parts(link, server),
        read_parts(link, server),
        read_parts(link, server),
        health(link, server),
    )
    .await?;
    Ok(InventoryRows { drives, nics, memory, firmware, health })
}

fn select_parts<T: PartTable>(more: &str) -> String {
    let (table, key, columns) = (T::TABLE, T::KEY, T::casts().join(", "));
    // Byte by byte, as every store orders them, whatever the database's language. Of a history, the latest.
    format!(
        "SELECT DISTINCT ON ({key} COLLATE \"C\") {columns}{more} FROM {table} WHERE server_id = $1
         ORDER BY {key} COLLATE \"C\", {} DESC",
        T::SEEN
    )
}

async fn read_parts<T: PartTable>(link: &Link, server: ServerId) -> Db<Vec<T>> {
    let rows = link.query(&select_parts::<T>(""), &[&server.0]).await?;
    rows.iter().map(|row| T::read(&mut Cursor::new(row))).collect()
}

async fn drives(link: &Link, server: ServerId) -> Db<Vec<DriveRow>> {
    let rows = link.query(&select_parts::<DriveRow>(", failed_at, first_seen_at"), &[&server.0]).await?;
    let read = |row: &Row| {
        let mut cells = Cursor::new(row);
        let drive = DriveRow::read(&mut cells)?;
        Ok(DriveRow { failed_at: cells.take()?, first_seen_at: cells.take()?, ..drive })
    };
    rows.iter().map(read).collect()
}

async fn health(link: &Link, server: ServerId) -> Db<Option<HealthRow>> {
    let row = link
        .query_opt(
            "SELECT power_state::text, overall_health::text, temperature_celsius::double precision, fan_health::text,
                    psu_health::text, storage_health::text, memory_health::text, network_health::text,
                    cpu_health::text, sensors
             FROM server_health WHERE server_id = $1 ORDER BY timestamp DESC LIMIT 1",
            &[&server.0],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut cells = Cursor::new(&row);
    Ok(Some(HealthRow {
        power_state: cells.take()?,
        overall_health: cells.take()?,
        temperature_celsius: cells.take()?,
        fan_health: cells.take()?,
        psu_health: cells.take()?,
        storage_health: cells.take()?,
        memory_health: cells.take()?,
        network_health: cells.take()?,
        cpu_health: cells.take()?,
        sensors: cells.take()?,
    }))
}

pub(super) async fn documents(link: &Link, server: ServerId) -> Db<Vec<DocumentRow>> {
    let rows = link
        .query(
            "SELECT section, collected_at, complete, body
             FROM dsm_inventory_document WHERE server_id = $1 ORDER BY section COLLATE \"C\"",
            &[&server.0],
        )
        .await?;
    let read = |row: &Row| {
        let mut cells = Cursor::new(row);
        Ok(DocumentRow {
            section: cells.take()?,
            collected_at: cells.take()?,
            complete: cells.take()?,
            body: cells.take()?,
        })
    };
    rows.iter().map(read).collect()
}
