//! The record of exchanges in memory.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::Timestamp;
use uuid::Uuid;

use crate::id::ServerId;
use crate::store::{ActivityQuery, ActivityRow};

/// The table, by id.
#[derive(Debug, Default)]
pub(in crate::store) struct Activity(BTreeMap<Uuid, ActivityRow>);

impl Activity {
    /// Keeps a row, once; one that was pending is completed, once.
    pub(in crate::store) fn record(&mut self, row: ActivityRow) {
        match self.0.entry(row.id) {
            Entry::Vacant(vacant) => drop(vacant.insert(row)),
            Entry::Occupied(mut there) => {
                if let Some(completed) = there.get().completed_by(&row) {
                    there.insert(completed);
                }
            }
        }
    }

    /// Tells a row its server, once.
    pub(in crate::store) fn attribute(&mut self, id: Uuid, server: ServerId) {
        if let Some(row) = self.0.get_mut(&id) {
            row.server_id.get_or_insert(server);
        }
    }

    pub(in crate::store) fn find(&self, query: &ActivityQuery) -> Vec<ActivityRow> {
        let rows = self.0.values().filter(|row| {
            (query.job_id.is_none() || row.job_id == query.job_id)
                && (query.server_id.is_none() || row.server_id == query.server_id)
                && query.after.is_none_or(|after| row.id > after)
        });
        rows.take(query.limit.unwrap_or(usize::MAX)).cloned().collect()
    }

    /// Forgets the first of the rows from before a time, and says how many.
    pub(super) fn prune(&mut self, before: Timestamp, limit: usize) -> u64 {
        let old = self.0.values().filter(|row| row.timestamp < before).map(|row| row.id);
        let old: Vec<Uuid> = old.take(limit).collect();
        old.iter().for_each(|id| drop(self.0.remove(id)));
        old.len() as u64
    }
}
