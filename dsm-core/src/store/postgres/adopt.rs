//! Taking over a database that others made: what would have to be added is worked out first, shown, and then done in
//! one transaction. Nothing is removed, and no table of another schema is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;

use super::codec::Cursor;
use super::fault::{Db, Fault};
use super::link::Link;
use super::migrate;
use super::options::quoted;
use crate::error::{Error, ErrorKind};

/// What is to be done to a schema before the store can work on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaPlan {
    /// Statements, in order. None: it is ready.
    pub statements: Vec<String>,
    /// What is in the way and only its owner can decide; a plan with any of these is not carried out.
    pub obstacles: Vec<String>,
}

impl fmt::Display for SchemaPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for obstacle in &self.obstacles {
            writeln!(f, "-- in the way: {obstacle}")?;
        }
        for statement in &self.statements {
            writeln!(f, "{};\n", statement.trim().trim_end_matches(';'))?;
        }
        Ok(())
    }
}

/// Tables of the existing database of which the store reads and writes nothing.
const UNUSED: [&str; 2] = ["activity_settings", "profiles"];
/// Tables whose rows are a history there: none of their columns but the id need be unique.
const HISTORIES: [&str; 2] = ["server_firmware_inventory", "server_health"];

#[derive(Debug)]
struct Column {
    kind: String,
    /// One letter: `N` numbers, `S` texts, `E` enumerations, …
    category: String,
    is_needed: bool,
    has_default: bool,
    is_generated: bool,
}

/// A schema as the catalogue describes it.
#[derive(Debug, Default)]
struct Shape {
    tables: BTreeMap<String, BTreeMap<String, Column>>,
    unique: BTreeSet<(String, Vec<String>)>,
}

/// Works out what a schema lacks. Our own tables are made beside it for the comparison, in a transaction that is
/// undone.
pub(super) async fn plan(link: &Link, schema: &str) -> Db<SchemaPlan> {
    link.batch("BEGIN").await?;
    let planned = compare(link, schema).await;
    link.batch("ROLLBACK").await?;
    planned
}

/// Carries a plan out, if it is still the right one.
pub(super) async fn apply(link: &Link, schema: &str, shown: &SchemaPlan) -> Db<()> {
    link.batch("BEGIN").await?;
    match carry_out(link, schema, shown).await {
        Ok(()) => link.batch("COMMIT").await,
        Err(fault) => {
            link.batch("ROLLBACK").await?;
            Err(fault)
        }
    }
}

async fn carry_out(link: &Link, schema: &str, shown: &SchemaPlan) -> Db<()> {
    link.batch(migrate::LOCK).await?;
    link.batch("SAVEPOINT compared").await?;
    let planned = compare(link, schema).await?;
    link.batch("ROLLBACK TO compared").await?;
    if let Some(obstacle) = planned.obstacles.first() {
        return Err(refused("something is in the way of the plan").about(obstacle.clone()).into());
    }
    if planned != *shown {
        return Err(refused("the schema has changed since the plan was made").into());
    }
    for statement in &planned.statements {
        link.batch(statement).await?;
    }
    if !planned.statements.is_empty() {
        migrate::note_adopted(link).await?;
    }
    Ok(())
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::StoreNotOurs, why).hint("make the plan anew and look at it")
}

async fn compare(link: &Link, schema: &str) -> Db<SchemaPlan> {
    if migrate::is_ours(link).await? {
        return Ok(SchemaPlan::default());
    }
    let scratch = format!("dsm_plan_{}", Uuid::now_v7().simple());
    let (ours, theirs) = (quoted(&scratch), quoted(schema));
    link.batch(&format!("CREATE SCHEMA {ours}; SET LOCAL search_path = {ours}, pg_temp")).await?;
    link.batch(migrate::TABLES).await?;
    link.batch(&format!("SET LOCAL search_path = {theirs}, pg_temp")).await?;
    let (wanted, there) = (shape(link, &scratch).await?, shape(link, schema).await?);
    let mut plan = SchemaPlan::default();
    for (table, columns) in &wanted.tables {
        match there.tables.get(table) {
            None => {}
            Some(_) if UNUSED.contains(&table.as_str()) => {}
            Some(known) => compare_table(&mut plan, table, columns, known),
        }
    }
    let mut statements = missing_tables(&there);
    statements.append(&mut plan.statements);
    statements.extend(missing_keys(&wanted, &there));
    statements.push(migrate::META.to_owned());
    statements.extend(migrate::after_tables());
    plan.statements = statements;
    Ok(plan)
}

fn compare_table(
    plan: &mut SchemaPlan,
    table: &str,
    wanted: &BTreeMap<String, Column>,
    there: &BTreeMap<String, Column>,
) {
    for (name, column) in wanted {
        match there.get(name) {
            // The other spelling of a column, computed: for readers, not for us.
            None if column.is_generated => {}
            None => {
                plan.statements
                    .push(format!("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} {}", column.kind));
            }
            Some(known) if !fits(column, known) => {
                plan.obstacles.push(format!("{table}.{name} is of type {}, not {}", known.kind, column.kind));
            }
            Some(known) if known.is_needed && !column.is_needed => {
                plan.statements.push(format!("ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL"));
            }
            Some(_) => {}
        }
    }
    for (name, known) in there {
        if known.is_needed && !known.has_default && !wanted.contains_key(name) {
            plan.obstacles.push(format!("{table}.{name} must have a value and has no default"));
        }
    }
}

/// Whether what we write can be stored in it and read from it.
fn fits(wanted: &Column, there: &Column) -> bool {
    wanted.kind == there.kind
        || match wanted.category.as_str() {
            "N" => there.category == "N",
            "S" => matches!(there.category.as_str(), "S" | "E"),
            _ => false,
        }
}

/// Statements of our own tables, where there is none of that name.
fn missing_tables(there: &Shape) -> Vec<String> {
    let mut statements = Vec::new();
    for statement in migrate::TABLES.split(";\n") {
        let code: Vec<&str> = statement.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        let code = code.join("\n");
        let words: Vec<&str> = code.split_whitespace().collect();
        let table = match words.as_slice() {
            ["CREATE", "TABLE", table, ..]
            | ["CREATE", "INDEX", _, "ON", table, ..]
            | ["INSERT", "INTO", table, ..] => *table,
            _ => continue,
        };
        if !there.tables.contains_key(table) {
            statements.push(code.trim().to_owned());
        }
    }
    statements
}

fn missing_keys(wanted: &Shape, there: &Shape) -> Vec<String> {
    let needed = wanted.unique.iter().filter(|(table, _)| {
        let table = table.as_str();
        there.tables.contains_key(table) && !UNUSED.contains(&table) && !HISTORIES.contains(&table)
    });
    needed
        .filter(|key| !there.unique.contains(key))
        .map(|(table, columns)| {
            format!(
                "CREATE UNIQUE INDEX dsm_{table}_{} ON {table} ({})",
                columns.join("_"),
                columns.join(", ")
            )
        })
        .collect()
}

async fn shape(link: &Link, schema: &str) -> Db<Shape> {
    let columns = link
        .query(
            "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), t.typcategory::text,
                    a.attnotnull, a.atthasdef OR a.attidentity <> '', a.attgenerated <> ''
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
             JOIN pg_type t ON t.oid = a.atttypid
             WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')",
            &[&schema],
        )
        .await?;
    let keys = link
        .query(
            "SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attname)
             FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
             WHERE n.nspname = $1 AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
             GROUP BY i.indexrelid, c.relname",
            &[&schema],
        )
        .await?;
    let mut shape = Shape::default();
    for row in &columns {
        let mut cells = Cursor::new(row);
        let (table, name): (String, String) = (cells.take()?, cells.take()?);
        let column = Column {
            kind: cells.take()?,
            category: cells.take()?,
            is_needed: cells.take()?,
            has_default: cells.take()?,
            is_generated: cells.take()?,
        };
        shape.tables.entry(table).or_default().insert(name, column);
    }
    for row in &keys {
        let table = Cursor::new(row).take()?;
        shape.unique.insert((table, row.try_get(1).map_err(Fault::from)?));
    }
    Ok(shape)
}
