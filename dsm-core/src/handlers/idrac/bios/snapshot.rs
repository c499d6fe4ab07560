//! BIOS settings at a time, as a row of `bios_configurations`.

use dell_redfish::Client;
use dell_redfish::attribute::{AttributeDifference, AttributeSnapshot, AttributeValues, diff};
use dell_redfish::flow::bios::fetch_bios;
use dell_redfish::flow::settings::RegistryCache;
use dell_redfish::model::ComputerSystem;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::clock;
use crate::error::Result;
use crate::handlers::idrac::walk::Visit;
use crate::id::made_of;
use crate::store::{RowChange, RowQuery, RowWrite, StoredRow, Table};

/// What was read, secrets left out.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// In force.
    pub(super) current: AttributeSnapshot,
    /// Staged.
    pub(super) pending: AttributeSnapshot,
    pub(super) bios_version: Option<String>,
    taken_at: Timestamp,
}

/// What a row says of itself beside the settings.
#[derive(Debug, Clone)]
pub(super) struct Label<'a> {
    /// `current`, `pending`, `baseline`.
    pub(super) kind: &'a str,
    pub(super) notes: &'a str,
}

impl Snapshot {
    /// Reads it: 2 requests, and 3 for the registry.
    ///
    /// # Errors
    /// The iDRAC's.
    pub(super) async fn take(
        client: &Client,
        system: &ComputerSystem,
        cache: &RegistryCache,
    ) -> Result<Self> {
        let state = fetch_bios(client, cache).await?;
        let registry = state.registry.as_deref();
        let version = system.bios_version.clone().filter(|version| !version.trim().is_empty());
        Ok(Self {
            current: AttributeSnapshot::take(&state.current, registry),
            pending: AttributeSnapshot::take(&state.pending, registry),
            // The Bios resource itself has no version; on some firmware one of its attributes has.
            bios_version: version.or_else(|| state.firmware_version()),
            taken_at: clock::now(),
        })
    }

    /// As a row. The same attempt's or a later one's of the same run makes the same row.
    pub(super) fn row(&self, visit: &Visit, label: &Label<'_>) -> RowWrite {
        let ctx = visit.ctx();
        let columns: Map<String, Value> = [
            ("server_id", json!(visit.server_id())),
            ("job_id", json!(ctx.job().id)),
            ("captured_at", json!(self.taken_at)),
            ("attributes", json!(self.current.attributes)),
            ("pending_attributes", json!(self.pending.attributes)),
            ("bios_version", json!(self.bios_version)),
            ("snapshot_type", json!(label.kind)),
            ("created_by", json!(ctx.job().created_by)),
            ("notes", json!(label.notes)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        RowWrite { table: Table::BiosConfigurations, id: row_id(visit), change: RowChange::Insert(columns) }
    }
}

/// A job takes one snapshot of a server in a run.
fn row_id(visit: &Visit) -> Uuid {
    let (job, run) = (visit.ctx().job().id.to_string(), visit.ctx().run().to_string());
    made_of(&[Table::BiosConfigurations.name(), &job, &run, &visit.server_id().to_string()])
}

/// The newest row of the server.
///
/// # Errors
/// The store's.
pub(super) async fn last(visit: &Visit) -> Result<Option<StoredRow>> {
    let query = RowQuery {
        server_id: Some(visit.server_id()),
        limit: Some(1),
        ..RowQuery::of(Table::BiosConfigurations)
    };
    Ok(visit.ctx().store().rows(query).await?.into_iter().next())
}

/// What differs from an earlier row; nothing where that one cannot be understood.
pub(super) fn since(earlier: &StoredRow, now: &AttributeValues) -> Option<Vec<AttributeDifference>> {
    let attributes = earlier.columns.get("attributes")?.clone();
    let before: AttributeValues = serde_json::from_value(attributes).ok()?;
    Some(diff(&before, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_others_are_compared_where_they_can_be() {
        let row = |attributes: Value| StoredRow {
            id: Uuid::nil(),
            columns: Map::from_iter([("attributes".to_owned(), attributes)]),
        };
        let now: AttributeValues = [("BootMode", "Uefi"), ("Delay", "60")].into_iter().collect();
        let found = since(&row(json!({"BootMode": "Bios", "Delay": 60})), &now).expect("comparable");
        assert_eq!(found.len(), 1, "a number and its text are the same: {found:?}");
        assert_eq!(found[0].attribute, "BootMode");
        assert!(since(&row(json!([1])), &now).is_none());
        assert!(since(&StoredRow { id: Uuid::nil(), columns: Map::new() }, &now).is_none());
    }
}
