//! Servers: found by jobs, put by operators, read by all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::LazyLock;

use rusqlite::types::ToSql;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params_from_iter};

use super::codec::{Cell, Cursor, P};
use super::fault::{Db, Fault};
use super::jobs::some_list;
use super::writer::Tx;
use crate::id::{CredentialSetId, JobId, ServerId};
use crate::store::fields::{Blank, columns};
use crate::store::finding::ServerTable;
use crate::store::{ServerFields, ServerPatch, ServerQuery, ServerRow, rules};

static COLUMNS: LazyLock<String> = LazyLock::new(|| ServerFields::COLUMNS.join(", "));

static SELECT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT id, {}, created_at, updated_at FROM servers", *COLUMNS));

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let marks: Vec<String> = (3..ServerFields::COLUMNS.len() + 3).map(|n| format!("?{n}")).collect();
    format!(
        "INSERT INTO servers (id, created_at, updated_at, {}) VALUES (?1, ?2, ?2, {})",
        *COLUMNS,
        marks.join(", ")
    )
});

static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let sets: Vec<String> =
        (3..).zip(ServerFields::COLUMNS).map(|(n, column)| format!("{column} = ?{n}")).collect();
    format!("UPDATE servers SET updated_at = ?2, {} WHERE id = ?1", sets.join(", "))
});

macro_rules! impl_sql {
    ($row:ident: $($column:ident)*) => {
        fn read_fields(cells: &mut Cursor<'_, '_>) -> rusqlite::Result<ServerFields> {
            Ok(ServerFields { $($column: cells.take()?),* })
        }

        fn with_fields<T>(fields: &ServerFields, run: impl FnOnce(&[&dyn ToSql]) -> T) -> T {
            run(&[$(&P(&fields.$column)),*])
        }
    };
}
columns!(ServerFields => impl_sql);

fn id_and_fields(row: &Row<'_>) -> rusqlite::Result<(ServerId, ServerFields)> {
    let mut cells = Cursor::new(row);
    Ok((cells.take()?, read_fields(&mut cells)?))
}

/// The table of servers, its statements at hand for a whole batch.
pub(super) struct Servers<'t> {
    tx: &'t Tx<'t>,
    by_id: CachedStatement<'t>,
    by_tag: CachedStatement<'t>,
    by_address: CachedStatement<'t>,
    insert: CachedStatement<'t>,
    update: CachedStatement<'t>,
    sets: HashMap<CredentialSetId, bool>,
}

impl<'t> Servers<'t> {
    pub(super) fn new(tx: &'t Tx<'t>) -> Db<Self> {
        let by = |column: &str| tx.conn.prepare_cached(&format!("{} WHERE {column} = ?1", *SELECT));
        Ok(Self {
            tx,
            by_id: by("id")?,
            by_tag: by("service_tag")?,
            by_address: by("ip_address")?,
            insert: tx.conn.prepare_cached(&INSERT)?,
            update: tx.conn.prepare_cached(&UPDATE)?,
            sets: HashMap::new(),
        })
    }

    fn has_set(&mut self, set: CredentialSetId) -> Db<bool> {
        if let Some(known) = self.sets.get(&set) {
            return Ok(*known);
        }
        let mut select = self.tx.conn.prepare_cached("SELECT 1 FROM credential_sets WHERE id = ?1")?;
        let known = select.exists([P(&set)])?;
        self.sets.insert(set, known);
        Ok(known)
    }

    fn has_job(&self, id: JobId) -> Db<bool> {
        Ok(super::jobs::status(self.tx.conn, id)?.is_some())
    }
}

fn one<T: Cell>(statement: &mut CachedStatement<'_>, value: &T) -> Db<Option<(ServerId, ServerFields)>> {
    Ok(statement.query_row([P(value)], id_and_fields).optional()?)
}

impl ServerTable for Servers<'_> {
    type Error = Fault;

    fn by_id(&mut self, id: ServerId) -> Db<Option<(ServerId, ServerFields)>> {
        one(&mut self.by_id, &id)
    }

    fn by_tag(&mut self, tag: &str) -> Db<Option<(ServerId, ServerFields)>> {
        Ok(self.by_tag.query_row([tag], id_and_fields).optional()?)
    }

    fn by_address(&mut self, address: IpAddr) -> Db<Option<(ServerId, ServerFields)>> {
        one(&mut self.by_address, &address)
    }

    fn insert(&mut self, id: ServerId, fields: &ServerFields) -> Db<()> {
        let (id, now, insert) = (P(&id), P(&self.tx.now), &mut self.insert);
        with_fields(fields, |columns| {
            insert.execute(params_from_iter(head(&id, &now).chain(columns.iter().copied())))
        })?;
        Ok(())
    }

    fn update(&mut self, id: ServerId, fields: &ServerFields) -> Db<()> {
        let (id, now, update) = (P(&id), P(&self.tx.now), &mut self.update);
        with_fields(fields, |columns| {
            update.execute(params_from_iter(head(&id, &now).chain(columns.iter().copied())))
        })?;
        Ok(())
    }

    fn drop_dangling(&mut self, fields: &mut ServerFields) -> Db<()> {
        if let Some(set) = fields.credential_set_id
            && !self.has_set(set)?
        {
            fields.credential_set_id = None;
        }
        if let Some(set) = fields.discovered_by_credential_set_id
            && !self.has_set(set)?
        {
            fields.discovered_by_credential_set_id = None;
        }
        if let Some(job) = fields.discovery_job_id
            && !self.has_job(job)?
        {
            fields.discovery_job_id = None;
        }
        Ok(())
    }
}

fn head<'a>(id: &'a dyn ToSql, now: &'a dyn ToSql) -> impl Iterator<Item = &'a dyn ToSql> {
    [id, now].into_iter()
}

pub(super) fn put_servers(tx: &Tx<'_>, servers: &[(ServerId, ServerPatch)]) -> Db<()> {
    let mut table = Servers::new(tx)?;
    for (id, patch) in servers {
        put_server(&mut table, *id, patch)?;
    }
    Ok(())
}

fn put_server(table: &mut Servers<'_>, id: ServerId, patch: &ServerPatch) -> Db<()> {
    refuse_taken(table, id, &patch.set)?;
    for (column, set) in [
        ("credential_set_id", patch.set.credential_set_id),
        ("discovered_by_credential_set_id", patch.set.discovered_by_credential_set_id),
    ] {
        if let Some(set) = set
            && !table.has_set(set)?
        {
            return Err(rules::no_such_set(column, set).into());
        }
    }
    if let Some(job) = patch.set.discovery_job_id
        && !table.has_job(job)?
    {
        return Err(rules::no_such_job("discovery_job_id", job).into());
    }
    let row = table.by_id(id)?;
    let is_new = row.is_none();
    let (_, mut fields) = row.unwrap_or_default();
    fields.apply(patch, &[])?;
    if is_new { table.insert(id, &fields) } else { table.update(id, &fields) }
}

/// Lays what a job found over a row that must be there.
pub(super) fn put_found(table: &mut Servers<'_>, id: ServerId, patch: &ServerPatch) -> Db<()> {
    let Some((_, mut fields)) = table.by_id(id)? else {
        return Err(rules::no_such_server(id).into());
    };
    if *patch == ServerPatch::default() {
        return Ok(());
    }
    let mut patch = patch.clone();
    table.drop_dangling(&mut patch.set)?;
    refuse_taken(table, id, &patch.set)?;
    fields.apply(&patch, &[])?;
    table.update(id, &fields)
}

/// Says which server has the address or tag, where SQLite would only say that a constraint failed.
fn refuse_taken(table: &mut Servers<'_>, id: ServerId, set: &ServerFields) -> Db<()> {
    if let Some(address) = set.ip_address
        && let Some((owner, _)) = table.by_address(address)?
        && owner != id
    {
        return Err(rules::taken("ip_address", &address.to_string(), owner).into());
    }
    if let Some(tag) = &set.service_tag
        && !tag.is_blank()
        && let Some((owner, _)) = table.by_tag(tag)?
        && owner != id
    {
        return Err(rules::taken("service_tag", tag, owner).into());
    }
    Ok(())
}

pub(super) fn servers(conn: &Connection, query: &ServerQuery) -> Db<Vec<ServerRow>> {
    let mut select = conn.prepare_cached(&format!(
        "{} WHERE (?1 IS NULL OR id IN (SELECT value FROM json_each(?1)))
              AND (?2 IS NULL OR ip_address IN (SELECT value FROM json_each(?2)))",
        *SELECT
    ))?;
    let rows = select.query_map([some_list(&query.ids), some_list(&query.addresses)], |row| {
        let mut cells = Cursor::new(row);
        Ok(ServerRow {
            id: cells.take()?,
            fields: read_fields(&mut cells)?,
            created_at: cells.take()?,
            updated_at: cells.take()?,
        })
    })?;
    let mut servers = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    // As numbers: in text order 10.0.0.10 comes before 10.0.0.9.
    servers.sort_by_key(|server| (server.fields.ip_address.is_none(), server.fields.ip_address, server.id));
    servers.truncate(query.limit.unwrap_or(usize::MAX));
    Ok(servers)
}
