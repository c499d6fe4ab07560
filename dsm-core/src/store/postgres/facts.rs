//! What statements must know of a database, read from its catalogue once.

use super::codec::Cursor;
use super::fault::Db;
use super::link::Link;
use crate::store::Table;

/// Ways in which a database that others made differs from one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    /// The type of `idrac_commands.operation_type`.
    pub(super) operation_type: String,
    /// That type is an enumeration: it takes its own words only.
    pub(super) is_enumeration: bool,
    /// The log may name only servers, jobs and tasks that are there.
    pub(super) has_strict_log: bool,
    /// Firmware is a row for each reading, not for each component.
    pub(super) has_firmware_history: bool,
    /// People's rows are somebody else's: none is made for a reference.
    pub(super) has_foreign_people: bool,
    /// What columns of result tables refer to there.
    pub(super) result_keys: Vec<ForeignKey>,
}

/// A column that may only name what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ForeignKey {
    pub(super) table: String,
    pub(super) column: String,
    /// As a statement names it.
    pub(super) refers_to: String,
    pub(super) their_column: String,
}

async fn result_keys(link: &Link) -> Db<Vec<ForeignKey>> {
    let tables: Vec<&str> = Table::ALL.iter().map(|table| table.name()).collect();
    let rows = link
        .query(
            "SELECT c.relname::text, a.attname::text, k.confrelid::regclass::text, quote_ident(f.attname)
             FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
             JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[1]
             JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE k.contype = 'f' AND cardinality(k.conkey) = 1 AND c.relname = ANY($1)
               AND n.nspname = current_schema()",
            &[&tables],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let mut cells = Cursor::new(row);
            Ok(ForeignKey {
                table: cells.take()?,
                column: cells.take()?,
                refers_to: cells.take()?,
                their_column: cells.take()?,
            })
        })
        .collect()
}

pub(super) async fn read(link: &Link) -> Db<Facts> {
    let row = link
        .query_opt(
            "SELECT format_type(a.atttypid, a.atttypmod), t.typtype = 'e',
                    EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = a.attrelid AND contype = 'f'),
                    NOT EXISTS (
                        SELECT 1 FROM pg_index i
                        WHERE i.indrelid = 'server_firmware_inventory'::regclass AND i.indisunique
                          AND (SELECT array_agg(c.attname::text ORDER BY c.attname) FROM pg_attribute c
                               WHERE c.attrelid = i.indrelid AND c.attnum = ANY(i.indkey))
                              = ARRAY['component_id', 'server_id']
                    ),
                    EXISTS (SELECT 1 FROM dsm_meta WHERE key = 'adopted')
             FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
             WHERE a.attrelid = 'idrac_commands'::regclass AND a.attname = 'operation_type'",
            &[],
        )
        .await?;
    let Some(row) = row else {
        return Ok(Facts {
            operation_type: "text".to_owned(),
            is_enumeration: false,
            has_strict_log: false,
            has_firmware_history: false,
            has_foreign_people: false,
            result_keys: Vec::new(),
        });
    };
    let mut cells = Cursor::new(&row);
    Ok(Facts {
        operation_type: cells.take()?,
        is_enumeration: cells.take()?,
        has_strict_log: cells.take()?,
        has_firmware_history: cells.take()?,
        has_foreign_people: cells.take()?,
        result_keys: result_keys(link).await?,
    })
}
