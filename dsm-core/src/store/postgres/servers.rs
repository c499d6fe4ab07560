//! Servers: found by jobs, put by operators, read by all.
//!
//! The rows a batch may touch are read and locked in one statement; what becomes of them is decided by the tables in
//! memory, which are the model of every store; what changed is written back.

use std::net::IpAddr;
use std::sync::LazyLock;

use futures_util::future::{try_join, try_join3};
use serde_json::{Map, Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

use super::codec::{Cursor, Jsonb, cast, column, record, text, uuids};
use super::fault::Db;
use super::link::Link;
use super::tx::Tx;
use crate::id::ServerId;
use crate::store::fields::columns;
use crate::store::finding;
use crate::store::memory::{Known, Servers, Stamp};
use crate::store::{ServerFields, ServerFinding, ServerOutcome, ServerPatch, ServerQuery, ServerRow};

macro_rules! impl_row {
    ($row:ident: $($column:ident)*) => {
        fn casts() -> Vec<String> {
            let row = ServerFields::default();
            vec![$(cast(stringify!($column), &row.$column)),*]
        }

        fn read_fields(cells: &mut Cursor<'_>) -> Db<ServerFields> {
            Ok(ServerFields { $($column: cells.take()?),* })
        }
    };
}
columns!(ServerFields => impl_row);

static SELECT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT id, {}, created_at, updated_at FROM servers", casts().join(", ")));

static LOCK: LazyLock<String> = LazyLock::new(|| {
    // In order of their ids, as everybody who locks several rows does it.
    format!(
        "{} WHERE id = ANY($1) OR service_tag = ANY($2) OR ip_address = ANY($3) ORDER BY id FOR NO KEY UPDATE",
        *SELECT
    )
});

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let columns = ServerFields::COLUMNS.join(", ");
    format!(
        "INSERT INTO servers (id, created_at, updated_at, {columns})
         SELECT id, created_at, updated_at, {columns} FROM jsonb_populate_recordset(NULL::servers, $1)"
    )
});

static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let sets: Vec<String> =
        ServerFields::COLUMNS.iter().map(|column| format!("{column} = r.{column}")).collect();
    format!(
        "UPDATE servers s SET updated_at = r.updated_at, {}
         FROM jsonb_populate_recordset(NULL::servers, $1) r WHERE s.id = r.id",
        sets.join(", ")
    )
});

fn server_row(row: &Row) -> Db<ServerRow> {
    let mut cells = Cursor::new(row);
    Ok(ServerRow {
        id: cells.take()?,
        fields: read_fields(&mut cells)?,
        created_at: cells.take()?,
        updated_at: cells.take()?,
    })
}

/// Rows by all that a batch may name them by, and what their columns may refer to.
#[derive(Debug, Default)]
struct Wanted {
    ids: Vec<Uuid>,
    tags: Vec<String>,
    addresses: Vec<String>,
    sets: Vec<Uuid>,
    jobs: Vec<Uuid>,
}

impl Wanted {
    fn row(&mut self, id: Option<ServerId>, address: Option<IpAddr>, set: &ServerFields) {
        self.ids.extend(id.map(|id| id.0));
        self.addresses.extend(address.or(set.ip_address).map(|address| address.to_string()));
        let tag = set.service_tag.as_deref().filter(|tag| !tag.trim().is_empty());
        self.tags.extend(tag.map(|tag| text(tag).into_owned()));
        let sets = [set.credential_set_id, set.discovered_by_credential_set_id];
        self.sets.extend(sets.into_iter().flatten().map(|set| set.0));
        self.jobs.extend(set.discovery_job_id.map(|job| job.0));
    }
}

/// The rows of a batch: as they are stored, and as they are to be.
pub(super) struct Batch {
    before: Servers,
    pub(super) rows: Servers,
    pub(super) known: Known,
}

impl Batch {
    async fn load(tx: &Tx<'_>, wanted: &Wanted) -> Db<Self> {
        let (rows, sets, jobs) = try_join3(
            tx.link.query(&LOCK, &[&wanted.ids, &wanted.tags, &wanted.addresses]),
            tx.link.query("SELECT id FROM credential_sets WHERE id = ANY($1) FOR KEY SHARE", &[&wanted.sets]),
            tx.link.query("SELECT id FROM jobs WHERE id = ANY($1) FOR KEY SHARE", &[&wanted.jobs]),
        )
        .await?;
        let rows = Servers::of(rows.iter().map(server_row).collect::<Db<Vec<_>>>()?);
        let known =
            Known { sets: column(&sets)?.into_iter().collect(), jobs: column(&jobs)?.into_iter().collect() };
        Ok(Self { before: rows.clone(), rows, known })
    }

    async fn write(&self, tx: &Tx<'_>) -> Db<()> {
        let (mut new, mut changed, mut vacated) = (Vec::new(), Vec::new(), Vec::new());
        for row in self.rows.all() {
            match self.before.get(row.id) {
                None => new.push(json_row(row)),
                Some(before) if before == row => {}
                Some(before) => {
                    let (was, is) = (&before.fields, &row.fields);
                    if was.ip_address != is.ip_address || was.service_tag != is.service_tag {
                        vacated.push(row.id);
                    }
                    changed.push(json_row(row));
                }
            }
        }
        if !vacated.is_empty() {
            // Two rows may swap what is unique: what any of them leaves is free before another takes it.
            let sql = "UPDATE servers SET ip_address = NULL, service_tag = NULL WHERE id = ANY($1)";
            tx.link.execute(sql, &[&uuids!(vacated)]).await?;
        }
        try_join(put(tx, &UPDATE, &changed), put(tx, &INSERT, &new)).await?;
        Ok(())
    }
}

async fn put(tx: &Tx<'_>, sql: &str, rows: &[Value]) -> Db<()> {
    if !rows.is_empty() {
        tx.link.execute(sql, &[&Jsonb::of(rows)]).await?;
    }
    Ok(())
}

fn json_row(row: &ServerRow) -> Value {
    let mut json: Map<String, Value> = record(&row.fields);
    json.insert("id".to_owned(), json!(row.id));
    json.insert("created_at".to_owned(), json!(row.created_at));
    json.insert("updated_at".to_owned(), json!(row.updated_at));
    Value::Object(json)
}

pub(super) async fn write_findings(tx: &Tx<'_>, findings: &[ServerFinding]) -> Db<Vec<ServerOutcome>> {
    let mut wanted = Wanted::default();
    for found in findings {
        wanted.row(found.server_id, Some(found.ip_address), &found.patch.set);
    }
    let mut batch = Batch::load(tx, &wanted).await?;
    let outcomes =
        finding::write_findings(&mut batch.rows.table(&batch.known, &mut Stamp::at(tx.now)), findings)?;
    batch.write(tx).await?;
    Ok(outcomes)
}

pub(super) async fn put_servers(tx: &Tx<'_>, servers: &[(ServerId, ServerPatch)]) -> Db<()> {
    let mut batch = load_for(tx, servers.iter().map(|(id, patch)| (*id, patch))).await?;
    for (id, patch) in servers {
        batch.rows.table(&batch.known, &mut Stamp::at(tx.now)).put(*id, patch)?;
    }
    batch.write(tx).await
}

/// Lays what a job found over rows that must be there.
pub(super) async fn put_found(tx: &Tx<'_>, servers: &[(ServerId, &ServerPatch)]) -> Db<()> {
    let mut batch = load_for(tx, servers.iter().copied()).await?;
    for (id, patch) in servers {
        batch.rows.table(&batch.known, &mut Stamp::at(tx.now)).put_found(*id, patch)?;
    }
    batch.write(tx).await
}

async fn load_for<'p>(tx: &Tx<'_>, servers: impl Iterator<Item = (ServerId, &'p ServerPatch)>) -> Db<Batch> {
    let mut wanted = Wanted::default();
    for (id, patch) in servers {
        wanted.row(Some(id), None, &patch.set);
    }
    Batch::load(tx, &wanted).await
}

pub(super) async fn servers(link: &Link, query: &ServerQuery) -> Db<Vec<ServerRow>> {
    let ids = uuids!(query.ids.iter().copied());
    let addresses: Vec<String> = query.addresses.iter().map(ToString::to_string).collect();
    let sql = format!(
        "{} WHERE (cardinality($1::uuid[]) = 0 OR id = ANY($1)) AND (cardinality($2::text[]) = 0 OR ip_address = ANY($2))",
        *SELECT
    );
    let rows = link.query(&sql, &[&ids, &addresses]).await?;
    let mut servers = rows.iter().map(server_row).collect::<Db<Vec<_>>>()?;
    // As numbers: in text order 10.0.0.10 comes before 10.0.0.9.
    servers.sort_by_key(|server| (server.fields.ip_address.is_none(), server.fields.ip_address, server.id));
    servers.truncate(query.limit.unwrap_or(usize::MAX));
    Ok(servers)
}
