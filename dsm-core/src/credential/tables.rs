//! Credential sets and their ranges, read once and parsed once.

use std::collections::HashMap;
use std::fmt::Debug;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;

use super::Purpose;
use crate::address::IpRange;
use crate::error::Result;
use crate::id::CredentialSetId;
use crate::store::{CredentialRangeRow, CredentialSetRow, Store};

/// Where credential sets and ranges come from: a store, or anything that has those two tables.
#[async_trait]
pub trait CredentialTables: Send + Sync + Debug {
    /// All credential sets, passwords sealed.
    async fn sets(&self) -> Result<Vec<CredentialSetRow>>;
    /// All ranges.
    async fn ranges(&self) -> Result<Vec<CredentialRangeRow>>;
}

#[async_trait]
impl CredentialTables for Arc<dyn Store> {
    async fn sets(&self) -> Result<Vec<CredentialSetRow>> {
        self.credential_sets().await
    }

    async fn ranges(&self) -> Result<Vec<CredentialRangeRow>> {
        self.credential_ranges().await
    }
}

/// A range that could be read, and the set it stands for.
#[derive(Debug)]
pub(super) struct Ranged {
    range: IpRange,
    pub(super) row: CredentialRangeRow,
    pub(super) set: Arc<CredentialSetRow>,
}

/// Both tables at one moment.
#[derive(Debug)]
pub(super) struct Tables {
    /// By priority, then name.
    sets: Vec<Arc<CredentialSetRow>>,
    by_id: HashMap<CredentialSetId, Arc<CredentialSetRow>>,
    /// By priority; among equals the most particular first.
    ranges: Vec<Ranged>,
    /// Rows that cannot be read, with the reason. They match nothing and spoil nothing.
    pub(super) unreadable: Vec<(CredentialRangeRow, String)>,
}

impl Tables {
    pub(super) fn new(sets: Vec<CredentialSetRow>, rows: Vec<CredentialRangeRow>) -> Self {
        let mut sets: Vec<_> = sets.into_iter().map(Arc::new).collect();
        sets.sort_by(|a, b| (a.priority, &a.name, a.id).cmp(&(b.priority, &b.name, b.id)));
        let by_id: HashMap<_, _> = sets.iter().map(|set| (set.id, set.clone())).collect();
        let (mut ranges, mut unreadable) = (Vec::with_capacity(rows.len()), Vec::new());
        for row in rows {
            match (IpRange::parse(&row.ip_range), by_id.get(&row.credential_set_id)) {
                (Ok(range), Some(set)) => ranges.push(Ranged { range, set: set.clone(), row }),
                (Ok(_), None) => unreadable.push((row, "its credential set is not there".to_owned())),
                (Err(error), _) => unreadable.push((row, error.to_string())),
            }
        }
        ranges.sort_by_cached_key(|ranged| {
            let set = &ranged.set;
            (ranged.row.priority, ranged.range.count(), set.priority, set.name.clone(), ranged.row.id)
        });
        Self { sets, by_id, ranges, unreadable }
    }

    pub(super) fn set(&self, id: CredentialSetId) -> Option<&Arc<CredentialSetRow>> {
        self.by_id.get(&id)
    }

    /// The ranges that have the address, best first, of every type.
    pub(super) fn matching(&self, address: IpAddr) -> impl Iterator<Item = &Ranged> {
        self.ranges.iter().filter(move |ranged| ranged.range.contains(address))
    }

    /// The sets that have a range.
    pub(super) fn ranged_sets(&self) -> impl Iterator<Item = &Arc<CredentialSetRow>> {
        self.ranges.iter().map(|ranged| &ranged.set)
    }

    /// The default sets of the right type, best first.
    pub(super) fn defaults(&self, purpose: Purpose) -> impl Iterator<Item = &Arc<CredentialSetRow>> {
        self.sets.iter().filter(move |set| set.is_default && serves(set, purpose))
    }
}

/// Whether the set is of the type the purpose asks for.
pub(super) fn serves(set: &CredentialSetRow, purpose: Purpose) -> bool {
    set.credential_type == purpose.credential_type()
}
