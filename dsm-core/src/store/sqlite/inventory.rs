//! Inventory: parts laid over what is known of them, health appended, documents kept.

use std::sync::LazyLock;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codec::{Cursor, P, cell};
use super::fault::Db;
use super::servers::{Servers, put_found};
use super::writer::Tx;
use crate::id::{JobId, ServerId};
use crate::store::document;
use crate::store::fields::columns;
use crate::store::{
    DocumentRow, DriveRow, FirmwareRow, HealthRow, InventoryRows, InventoryWrite, MemoryRow, NicRow,
};

/// A part's table: its statements, and its row both ways.
trait PartTable: Sized {
    const TABLE: &'static str;
    const KEY: &'static str;
    const COLUMNS: &'static [&'static str];

    fn bind<T>(&self, head: [&dyn ToSql; 3], run: impl FnOnce(&[&dyn ToSql]) -> T) -> T;
    fn read(row: &Row<'_>) -> rusqlite::Result<Self>;
}

macro_rules! impl_part_table {
    ($table:literal $row:ident: $key:ident, $($column:ident)*) => {
        impl PartTable for $row {
            const TABLE: &'static str = $table;
            const KEY: &'static str = stringify!($key);
            const COLUMNS: &'static [&'static str] = &[$(stringify!($column)),*];

            fn bind<T>(&self, [server, at, job]: [&dyn ToSql; 3], run: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
                run(&[server, at, job, &P(&self.$key) $(, &P(&self.$column))*])
            }

            #[allow(clippy::needless_update, reason = "only drives have columns of the store's own")]
            fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
                let mut cells = Cursor::new(row);
                Ok(Self { $key: cells.take()?, $($column: cells.take()?,)* ..Self::default() })
            }
        }
    };
}
columns!(DriveRow => impl_part_table "server_drives");
columns!(NicRow => impl_part_table "server_nics");
columns!(MemoryRow => impl_part_table "server_memory");
columns!(FirmwareRow => impl_part_table "server_firmware_inventory");

/// A column of the table that is not the reading's: its name, its value in a new row, and in a known one.
type Extra<'a> = (&'a str, &'a str, &'a str);

/// ?1 server, ?2 time of the reading, ?3 job, ?4 key, then the columns. What a reading does not know stays.
fn upsert<T: PartTable>(extras: &[Extra<'_>]) -> String {
    let (table, key) = (T::TABLE, T::KEY);
    let mut names = vec!["server_id", key];
    let mut values = vec!["?1".to_owned(), "?4".to_owned()];
    let mut sets = Vec::new();
    for (n, column) in (FIRST_COLUMN..).zip(T::COLUMNS) {
        names.push(column);
        values.push(format!("?{n}"));
        sets.push(format!("{column} = coalesce(excluded.{column}, {table}.{column})"));
    }
    for (column, new, known) in extras {
        names.push(column);
        values.push((*new).to_owned());
        sets.push(format!("{column} = {known}"));
    }
    format!(
        "INSERT INTO {table} ({}) VALUES ({}) ON CONFLICT (server_id, {key}) DO UPDATE SET {}",
        names.join(", "),
        values.join(", "),
        sets.join(", ")
    )
}

/// Where the columns begin among the parameters.
const FIRST_COLUMN: usize = 5;

static DRIVES: LazyLock<String> = LazyLock::new(|| {
    let place = |name: &str| {
        let before = DriveRow::COLUMNS.iter().take_while(|column| **column != name).count();
        format!("?{}", FIRST_COLUMN + before)
    };
    let fails = |health: &str, status: &str, then: &str| {
        format!(
            "CASE WHEN {health} = 'Critical' OR {status} IN ('Disabled', 'UnavailableOffline') THEN {then} END"
        )
    };
    let fails_new = fails(&place("health"), &place("status"), "?2");
    let fails_known = fails(
        "coalesce(excluded.health, server_drives.health)",
        "coalesce(excluded.status, server_drives.status)",
        "coalesce(server_drives.failed_at, ?2)",
    );
    upsert::<DriveRow>(&[
        ("last_sync", "?2", "?2"),
        ("first_seen_at", "?2", "first_seen_at"),
        ("failed_at", &fails_new, &fails_known),
    ])
});
static NICS: LazyLock<String> = LazyLock::new(|| upsert::<NicRow>(&[("last_sync", "?2", "?2")]));
static MEMORY: LazyLock<String> = LazyLock::new(|| upsert::<MemoryRow>(&[("last_updated_at", "?2", "?2")]));
static FIRMWARE: LazyLock<String> =
    LazyLock::new(|| upsert::<FirmwareRow>(&[("collected_at", "?2", "?2"), ("job_id", "?3", "?3")]));

pub(super) fn write(tx: &Tx<'_>, inventories: &[InventoryWrite], job: Option<JobId>) -> Db<()> {
    let mut servers = Servers::new(tx)?;
    for inventory in inventories {
        put_found(&mut servers, inventory.server_id, &inventory.server)?;
        let head: [&dyn ToSql; 3] = [&P(&inventory.server_id), &P(&inventory.collected_at), &P(&job)];
        put_parts(tx, &DRIVES, head, &inventory.drives)?;
        put_parts(tx, &NICS, head, &inventory.nics)?;
        put_parts(tx, &MEMORY, head, &inventory.memory)?;
        put_parts(tx, &FIRMWARE, head, &inventory.firmware)?;
        if let Some(health) = &inventory.health {
            put_health(tx, inventory.server_id, inventory.collected_at, health)?;
        }
        for document in &inventory.documents {
            put_document(tx, inventory.server_id, document)?;
        }
    }
    Ok(())
}

fn put_parts<T: PartTable>(tx: &Tx<'_>, sql: &str, head: [&dyn ToSql; 3], parts: &[T]) -> Db<()> {
    if parts.is_empty() {
        return Ok(());
    }
    // Not every table keeps the job; the parameter is there all the same, so that the places are the same.
    let mut statement = tx.conn.prepare_cached(sql)?;
    for part in parts {
        part.bind(head, |values| statement.execute(values))?;
    }
    Ok(())
}

fn put_health(tx: &Tx<'_>, server: ServerId, at: Timestamp, health: &HealthRow) -> Db<()> {
    tx.conn
        .prepare_cached(
            "INSERT INTO server_health (server_id, timestamp, power_state, overall_health, temperature_celsius,
                 fan_health, psu_health, storage_health, memory_health, network_health, cpu_health, sensors)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
             ON CONFLICT (server_id, timestamp) DO NOTHING",
        )?
        .execute(params![
            P(&server),
            P(&at),
            P(&health.power_state),
            P(&health.overall_health),
            health.temperature_celsius,
            P(&health.fan_health),
            P(&health.psu_health),
            P(&health.storage_health),
            P(&health.memory_health),
            P(&health.network_health),
            P(&health.cpu_health),
            P(&health.sensors),
        ])?;
    Ok(())
}

fn put_document(tx: &Tx<'_>, server: ServerId, document: &DocumentRow) -> Db<()> {
    let stored: Option<Bytes> = if document.complete {
        None
    } else {
        tx.conn
            .prepare_cached("SELECT body FROM dsm_inventory_document WHERE server_id = ?1 AND section = ?2")?
            .query_row(params![P(&server), document.section], |row| cell(row, 0))
            .optional()?
    };
    let body = document::merge(stored.as_deref(), document)?;
    tx.conn
        .prepare_cached(
            "INSERT INTO dsm_inventory_document (server_id, section, collected_at, complete, body)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (server_id, section) DO UPDATE SET
                 collected_at = excluded.collected_at, complete = excluded.complete, body = excluded.body",
        )?
        .execute(params![
            P(&server),
            document.section,
            P(&document.collected_at),
            document.complete,
            P(&body)
        ])?;
    Ok(())
}

pub(super) fn inventory(conn: &Connection, server: ServerId) -> Db<InventoryRows> {
    Ok(InventoryRows {
        drives: drives(conn, server)?,
        nics: parts(conn, server)?,
        memory: parts(conn, server)?,
        firmware: parts(conn, server)?,
        health: health(conn, server)?,
    })
}

fn parts<T: PartTable>(conn: &Connection, server: ServerId) -> Db<Vec<T>> {
    let mut select = conn.prepare_cached(&select_parts::<T>(""))?;
    let rows = select.query_map([P(&server)], T::read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn select_parts<T: PartTable>(more: &str) -> String {
    let (table, key, columns) = (T::TABLE, T::KEY, T::COLUMNS.join(", "));
    format!("SELECT {key}, {columns}{more} FROM {table} WHERE server_id = ?1 ORDER BY {key}")
}

fn drives(conn: &Connection, server: ServerId) -> Db<Vec<DriveRow>> {
    let mut select = conn.prepare_cached(&select_parts::<DriveRow>(", failed_at, first_seen_at"))?;
    let after = DriveRow::COLUMNS.len() + 1;
    let rows = select.query_map([P(&server)], |row| {
        let drive = DriveRow::read(row)?;
        Ok(DriveRow { failed_at: cell(row, after)?, first_seen_at: cell(row, after + 1)?, ..drive })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn health(conn: &Connection, server: ServerId) -> Db<Option<HealthRow>> {
    let mut select = conn.prepare_cached(
        "SELECT power_state, overall_health, temperature_celsius, fan_health, psu_health, storage_health,
                memory_health, network_health, cpu_health, sensors
         FROM server_health WHERE server_id = ?1 ORDER BY timestamp DESC LIMIT 1",
    )?;
    let row = select.query_row([P(&server)], |row| {
        let mut cells = Cursor::new(row);
        Ok(HealthRow {
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
        })
    });
    Ok(row.optional()?)
}

pub(super) fn documents(conn: &Connection, server: ServerId) -> Db<Vec<DocumentRow>> {
    let mut select = conn.prepare_cached(
        "SELECT section, collected_at, complete, body
         FROM dsm_inventory_document WHERE server_id = ?1 ORDER BY section",
    )?;
    let rows = select.query_map([P(&server)], |row| {
        let mut cells = Cursor::new(row);
        Ok(DocumentRow {
            section: cells.take()?,
            collected_at: cells.take()?,
            complete: cells.take()?,
            body: cells.take()?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
