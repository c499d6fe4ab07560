//! Credential sets and the ranges they stand for.

use rusqlite::{Connection, params};

use super::codec::{Cursor, P};
use super::fault::Db;
use super::rows;
use super::writer::Tx;
use crate::id::CredentialSetId;
use crate::store::{CredentialRangeRow, CredentialSetRow, Reseal, SealedAt, rules};

pub(super) fn sets(conn: &Connection) -> Db<Vec<CredentialSetRow>> {
    let mut select = conn.prepare_cached(
        "SELECT id, name, credential_type, username, password_encrypted, is_default, priority, description
         FROM credential_sets ORDER BY priority, name",
    )?;
    let rows = select.query_map([], |row| {
        let mut cells = Cursor::new(row);
        Ok(CredentialSetRow {
            id: cells.take()?,
            name: cells.take()?,
            credential_type: cells.take()?,
            username: cells.take()?,
            password_encrypted: cells.take()?,
            is_default: cells.take()?,
            priority: cells.take()?,
            description: cells.take()?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn reseal(tx: &Tx<'_>, changes: &[Reseal]) -> Db<Vec<bool>> {
    let change = |Reseal { at, from, to }: &Reseal| {
        let changed = match at {
            SealedAt::Set(id) => tx
                .conn
                .prepare_cached(
                    "UPDATE credential_sets SET password_encrypted = ?3, updated_at = ?4
                     WHERE id = ?1 AND password_encrypted = ?2",
                )?
                .execute(params![P(id), from, to, P(&tx.now)])?,
            SealedAt::Server(id) => tx
                .conn
                .prepare_cached(
                    "UPDATE servers SET idrac_password_encrypted = ?3, updated_at = ?4
                     WHERE id = ?1 AND idrac_password_encrypted = ?2",
                )?
                .execute(params![P(id), from, to, P(&tx.now)])?,
            SealedAt::Job(id) => tx
                .conn
                .prepare_cached(
                    "UPDATE jobs SET details = replace(details, ?2, ?3)
                     WHERE id = ?1 AND status IN ('pending', 'running') AND instr(details, ?2) > 0",
                )?
                .execute(params![P(id), from, to])?,
            SealedAt::Row(table, id) => rows::reseal(tx, *table, *id, from, to)?,
        };
        Ok(changed > 0)
    };
    changes.iter().map(change).collect()
}

pub(super) fn put_set(tx: &Tx<'_>, set: &CredentialSetRow) -> Db<()> {
    let mut taken = tx.conn.prepare_cached("SELECT 1 FROM credential_sets WHERE name = ?1 AND id <> ?2")?;
    if taken.exists(params![set.name, P(&set.id)])? {
        return Err(rules::set_name_taken(&set.name).into());
    }
    tx.conn
        .prepare_cached(
            "INSERT INTO credential_sets (id, name, credential_type, username, password_encrypted, is_default, priority,
                                          description, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
             ON CONFLICT (id) DO UPDATE SET
                 name = excluded.name, credential_type = excluded.credential_type, username = excluded.username,
                 password_encrypted = excluded.password_encrypted, is_default = excluded.is_default,
                 priority = excluded.priority, description = excluded.description, updated_at = excluded.updated_at",
        )?
        .execute(params![
            P(&set.id),
            set.name,
            set.credential_type,
            set.username,
            P(&set.password_encrypted),
            set.is_default,
            set.priority,
            P(&set.description),
            P(&tx.now),
        ])?;
    Ok(())
}

/// Ranges and the servers' references go with it by the foreign keys.
pub(super) fn remove_set(tx: &Tx<'_>, set: CredentialSetId) -> Db<bool> {
    let gone = tx.conn.prepare_cached("DELETE FROM credential_sets WHERE id = ?1")?.execute([P(&set)])?;
    Ok(gone > 0)
}

pub(super) fn ranges(conn: &Connection) -> Db<Vec<CredentialRangeRow>> {
    let mut select = conn.prepare_cached(
        "SELECT id, credential_set_id, ip_range, priority, description
         FROM credential_ip_ranges ORDER BY priority, rowid",
    )?;
    let rows = select.query_map([], |row| {
        let mut cells = Cursor::new(row);
        Ok(CredentialRangeRow {
            id: cells.take()?,
            credential_set_id: cells.take()?,
            ip_range: cells.take()?,
            priority: cells.take()?,
            description: cells.take()?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn put_range(tx: &Tx<'_>, range: &CredentialRangeRow) -> Db<()> {
    let set = range.credential_set_id;
    let mut known = tx.conn.prepare_cached("SELECT 1 FROM credential_sets WHERE id = ?1")?;
    if !known.exists([P(&set)])? {
        return Err(rules::no_such_set("credential_set_id", set).into());
    }
    tx.conn
        .prepare_cached(
            "INSERT INTO credential_ip_ranges (id, credential_set_id, ip_range, priority, description, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
             ON CONFLICT (id) DO UPDATE SET
                 credential_set_id = excluded.credential_set_id, ip_range = excluded.ip_range,
                 priority = excluded.priority, description = excluded.description, updated_at = excluded.updated_at",
        )?
        .execute(params![P(&range.id), P(&set), range.ip_range, range.priority, P(&range.description), P(&tx.now)])?;
    Ok(())
}
