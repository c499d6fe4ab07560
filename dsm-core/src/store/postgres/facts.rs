//! What statements must know of a database, read from its catalogue once.

use super::codec::Cursor;
use super::fault::Db;
use super::link::Link;

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
        });
    };
    let mut cells = Cursor::new(&row);
    Ok(Facts {
        operation_type: cells.take()?,
        is_enumeration: cells.take()?,
        has_strict_log: cells.take()?,
        has_firmware_history: cells.take()?,
        has_foreign_people: cells.take()?,
    })
}
