//! Credential sets and the ranges they stand for.

use serde_json::{Value, json};
use tokio_postgres::Row;

use super::codec::{Cursor, Jsonb, record, text};
use super::fault::Db;
use super::link::Link;
use super::rows;
use super::tx::Tx;
use crate::credential::Secret;
use crate::id::CredentialSetId;
use crate::store::{CredentialRangeRow, CredentialSetRow, Reseal, SealedAt, rules};

pub(super) async fn sets(link: &Link) -> Db<Vec<CredentialSetRow>> {
    let rows = link
        .query(
            "SELECT id, name::text, credential_type::text, username::text, password_encrypted::text,
                    coalesce(is_default, false), coalesce(priority, 100)::bigint, description::text
             FROM credential_sets ORDER BY priority, name COLLATE \"C\"",
            &[],
        )
        .await?;
    let read = |row: &Row| {
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
    };
    rows.iter().map(read).collect()
}

/// Only the existing system's settings have such a column.
pub(super) async fn old_password_key(link: &Link) -> Db<Option<Secret>> {
    let sql = "SELECT to_jsonb(s) ->> 'encryption_key' FROM activity_settings s LIMIT 1";
    let row = link.query_opt(sql, &[]).await?;
    let key: Option<String> = row.as_ref().map(|row| Cursor::new(row).take()).transpose()?.flatten();
    Ok(key.filter(|key| !key.is_empty()).map(Secret::new))
}

pub(super) async fn reseal(tx: &Tx<'_>, changes: &[Reseal]) -> Db<Vec<bool>> {
    let mut done = Vec::with_capacity(changes.len());
    for Reseal { at, from, to } in changes {
        let (sql, id) = match at {
            SealedAt::Set(id) => (
                "UPDATE credential_sets SET password_encrypted = $3, updated_at = $4
                 WHERE id = $1 AND password_encrypted::text = $2",
                id.0,
            ),
            SealedAt::Server(id) => (
                "UPDATE servers SET idrac_password_encrypted = $3, updated_at = $4
                 WHERE id = $1 AND idrac_password_encrypted::text = $2",
                id.0,
            ),
            SealedAt::Job(id) => (
                "UPDATE jobs SET details = replace(details::text, $2, $3)::jsonb
                 WHERE id = $1 AND status::text IN ('pending', 'running') AND strpos(details::text, $2) > 0
                   AND $4::timestamptz IS NOT NULL",
                id.0,
            ),
            SealedAt::Row(table, id) => {
                done.push(rows::reseal(tx, *table, *id, from, to).await?);
                continue;
            }
        };
        done.push(tx.link.execute(sql, &[&id, &text(from), &text(to), &tx.now]).await? > 0);
    }
    Ok(done)
}

pub(super) async fn put_set(tx: &Tx<'_>, set: &CredentialSetRow) -> Db<()> {
    let taken = "SELECT 1 FROM credential_sets WHERE name = $1 AND id <> $2";
    if tx.link.query_opt(taken, &[&text(&set.name), &set.id.0]).await?.is_some() {
        return Err(rules::set_name_taken(&set.name).into());
    }
    let mut row = record(set);
    // Only what may be missing may be NULL.
    row.insert("username".to_owned(), json!(set.username));
    row.insert("created_at".to_owned(), json!(tx.now));
    tx.link
        .execute(
            "INSERT INTO credential_sets (id, name, credential_type, username, password_encrypted, is_default, priority,
                                          description, created_at, updated_at)
             SELECT id, name, credential_type, username, password_encrypted, is_default, priority, description,
                    created_at, created_at
             FROM jsonb_populate_record(NULL::credential_sets, $1)
             ON CONFLICT (id) DO UPDATE SET
                 name = excluded.name, credential_type = excluded.credential_type, username = excluded.username,
                 password_encrypted = excluded.password_encrypted, is_default = excluded.is_default,
                 priority = excluded.priority, description = excluded.description, updated_at = excluded.updated_at",
            &[&Jsonb::of(&Value::Object(row))],
        )
        .await?;
    Ok(())
}

/// Ranges and the servers' references go with it by the foreign keys.
pub(super) async fn remove_set(tx: &Tx<'_>, set: CredentialSetId) -> Db<bool> {
    Ok(tx.link.execute("DELETE FROM credential_sets WHERE id = $1", &[&set.0]).await? > 0)
}

pub(super) async fn ranges(link: &Link) -> Db<Vec<CredentialRangeRow>> {
    let rows = link
        .query(
            "SELECT id, credential_set_id, ip_range::text, coalesce(priority, 100)::bigint, description::text
             FROM credential_ip_ranges ORDER BY priority, created_at, id",
            &[],
        )
        .await?;
    let read = |row: &Row| {
        let mut cells = Cursor::new(row);
        Ok(CredentialRangeRow {
            id: cells.take()?,
            credential_set_id: cells.take()?,
            ip_range: cells.take()?,
            priority: cells.take()?,
            description: cells.take()?,
        })
    };
    rows.iter().map(read).collect()
}

pub(super) async fn put_range(tx: &Tx<'_>, range: &CredentialRangeRow) -> Db<()> {
    let set = range.credential_set_id;
    let known = "SELECT 1 FROM credential_sets WHERE id = $1 FOR KEY SHARE";
    if tx.link.query_opt(known, &[&set.0]).await?.is_none() {
        return Err(rules::no_such_set("credential_set_id", set).into());
    }
    let mut row = record(range);
    row.insert("ip_range".to_owned(), json!(range.ip_range));
    row.insert("created_at".to_owned(), json!(tx.now));
    tx.link
        .execute(
            "INSERT INTO credential_ip_ranges (id, credential_set_id, ip_range, priority, description, created_at, updated_at)
             SELECT id, credential_set_id, ip_range, priority, description, created_at, created_at
             FROM jsonb_populate_record(NULL::credential_ip_ranges, $1)
             ON CONFLICT (id) DO UPDATE SET
                 credential_set_id = excluded.credential_set_id, ip_range = excluded.ip_range,
                 priority = excluded.priority, description = excluded.description, updated_at = excluded.updated_at",
            &[&Jsonb::of(&Value::Object(row))],
        )
        .await?;
    Ok(())
}
