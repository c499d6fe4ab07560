//! An inventory as rows: what goes into which column, in one place for every job that reads iDRACs.
//!
//! A column is set only from what was read: what an iDRAC did not say leaves what is known as it is.

mod document;
mod drive;
mod firmware;
mod health;
mod memory;
mod nic;
mod server;

use dell_redfish::flow::inventory::Inventory;
use jiff::Timestamp;

pub(crate) use firmware::of_entries as firmware_rows;
pub(crate) use health::row_of as health_row;
pub(crate) use server::identity;

use crate::error::Result;
use crate::id::ServerId;
use crate::store::InventoryWrite;

/// All rows of one inventory. The server's id may be filled in later.
///
/// # Errors
/// A document cannot be compressed.
pub(crate) fn inventory(
    inventory: &Inventory,
    server_id: ServerId,
    collected_at: Timestamp,
) -> Result<InventoryWrite> {
    Ok(InventoryWrite {
        server_id,
        collected_at,
        server: server::patch(inventory, collected_at),
        drives: drive::rows(inventory),
        nics: nic::rows(inventory),
        memory: memory::rows(inventory),
        firmware: firmware::rows(inventory),
        health: Some(health::row(inventory)),
        documents: document::rows(inventory, collected_at)?,
    })
}

/// A text that says something.
fn filled(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn signed(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}
