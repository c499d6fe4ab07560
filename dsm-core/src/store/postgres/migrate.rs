//! Brings a schema to what this build knows; never back, and never over a drifted past.

use sha2::{Digest, Sha256};

use super::codec::cell;
use super::fault::Db;
use super::functions;
use super::link::Link;
use super::options::quoted;
use crate::error::{Error, ErrorKind};

/// The tables of the existing database.
pub(super) const TABLES: &str = include_str!("migrations/0001_tables.sql");
/// `schema.<n>`: checksum of migration n. `value.<key>`: small values of the engine.
pub(super) const META: &str = "CREATE TABLE dsm_meta (key text PRIMARY KEY, value bytea NOT NULL)";

/// In order; a released one is never edited.
const MIGRATIONS: &[&str] = &[
    TABLES,
    include_str!("migrations/0002_engine.sql"),
    include_str!("migrations/0003_control.sql"),
    include_str!("migrations/0004_limits.sql"),
];

/// The newest version this build knows.
const NEWEST: usize = MIGRATIONS.len();

/// Two openers at once: one makes the schema, the other waits here and finds the work done.
pub(super) const LOCK: &str = "SET LOCAL lock_timeout = '10s';
    SELECT pg_advisory_xact_lock(hashtextextended('dsm.migrate.' || current_schema(), 0))";

/// Applies what is missing, all of it in one transaction.
pub(super) async fn migrate(link: &Link, schema: &str) -> Db<()> {
    if has_schema(link, schema).await? && is_current(link).await? {
        return Ok(());
    }
    link.batch("BEGIN").await?;
    match apply(link, schema).await {
        Ok(()) => link.batch("COMMIT").await,
        Err(fault) => {
            link.batch("ROLLBACK").await?;
            Err(fault)
        }
    }
}

async fn apply(link: &Link, schema: &str) -> Db<()> {
    if !has_schema(link, schema).await? {
        link.batch(&format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(schema))).await?;
    }
    link.batch(LOCK).await?;
    if !has_table(link, "dsm_meta").await? {
        if has_table(link, "jobs").await? {
            return Err(foreign(schema).into());
        }
        link.batch(META).await?;
    }
    let done = applied(link).await?;
    for (version, sql) in (1..).zip(MIGRATIONS).skip(done) {
        link.batch(sql).await?;
        note(link, version, sql).await?;
    }
    if functions::are_current(link).await? { Ok(()) } else { functions::install(link).await }
}

async fn has_schema(link: &Link, schema: &str) -> Db<bool> {
    Ok(link.query_opt("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&schema]).await?.is_some())
}

/// In the schema the session is set to.
async fn has_table(link: &Link, table: &str) -> Db<bool> {
    let sql = "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE c.relname = $1 AND n.nspname = current_schema()";
    Ok(link.query_opt(sql, &[&table]).await?.is_some())
}

async fn is_current(link: &Link) -> Db<bool> {
    Ok(has_table(link, "dsm_meta").await?
        && applied(link).await? == NEWEST
        && functions::are_current(link).await?)
}

/// How many migrations are in, after a look at each.
async fn applied(link: &Link) -> Db<usize> {
    let rows = link
        .query(
            "SELECT substr(key, 8)::bigint, convert_from(value, 'UTF8') FROM dsm_meta
             WHERE key ~ '^schema\\.[0-9]+$' ORDER BY 1",
            &[],
        )
        .await?;
    let newest = match rows.last() {
        Some(row) => cell::<i64>(row, 0)?,
        None => 0,
    };
    if usize::try_from(newest).unwrap_or(usize::MAX) > NEWEST {
        return Err(newer(newest).into());
    }
    for (row, sql) in rows.iter().zip(MIGRATIONS) {
        let line: String = cell(row, 1)?;
        if line.split(' ').next() != Some(checksum(sql).as_str()) {
            return Err(drifted(cell(row, 0)?).into());
        }
    }
    Ok(rows.len())
}

/// Whether the schema is one that we made or took over.
pub(super) async fn is_ours(link: &Link) -> Db<bool> {
    has_table(link, "dsm_meta").await
}

/// All that comes after the tables of the existing database.
pub(super) fn after_tables() -> impl Iterator<Item = String> {
    MIGRATIONS.iter().skip(1).map(|sql| (*sql).to_owned()).chain(std::iter::once(functions::sql()))
}

/// Notes that the tables of others were taken over, and stand for ours.
pub(super) async fn note_adopted(link: &Link) -> Db<()> {
    for (version, sql) in (1..).zip(MIGRATIONS) {
        note(link, version, sql).await?;
    }
    functions::note(link, &functions::sql()).await?;
    link.execute(
        "INSERT INTO dsm_meta (key, value) VALUES ('adopted', convert_to(now()::text, 'UTF8'))",
        &[],
    )
    .await?;
    Ok(())
}

async fn note(link: &Link, version: usize, sql: &str) -> Db<()> {
    let (key, line) = (format!("schema.{version}"), checksum(sql));
    link.execute(
        "INSERT INTO dsm_meta (key, value) VALUES ($1, convert_to($2 || ' ' || now(), 'UTF8'))",
        &[&key, &line],
    )
    .await?;
    Ok(())
}

fn foreign(schema: &str) -> Error {
    Error::new(ErrorKind::StoreNotOurs, "the schema has a table of jobs that dsm did not make")
        .about(format!("schema {schema}"))
        .hint("look at `PostgresStore::plan` and apply it to take them over, or name another schema")
}

fn newer(version: i64) -> Error {
    Error::new(
        ErrorKind::StoreNotOurs,
        format!("the schema has version {version}, this build knows up to {NEWEST}"),
    )
    .hint("use a newer build, or another schema")
}

fn drifted(version: i64) -> Error {
    Error::new(
        ErrorKind::StoreNotOurs,
        format!("migration {version} in the database is not the one of this build"),
    )
    .hint("open it with the build that made it, or name another schema")
}

fn checksum(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
