//! Registries that were read once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::attribute::AttributeRegistry;

/// A registry of a megabyte takes some of it in memory, too.
const MOST: usize = 64;

/// Which registry of which machine: its flags tell of that one machine, and another firmware has another registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) host: String,
    pub(super) registry: String,
    pub(super) firmware: Option<String>,
}

/// Attribute registries by iDRAC, registry and firmware version, each fetched once. Clones share them; the oldest goes when there
/// are too many.
#[derive(Debug, Clone, Default)]
pub struct RegistryCache(Arc<Mutex<VecDeque<Entry>>>);

type Entry = (Key, Arc<AttributeRegistry>);

impl RegistryCache {
    pub(super) fn find(&self, key: &Key) -> Option<Arc<AttributeRegistry>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(own, _)| own == key).map(|(_, registry)| Arc::clone(registry))
    }

    pub(super) fn keep(&self, key: Key, registry: &Arc<AttributeRegistry>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(own, _)| *own != key);
        if kept.len() >= MOST {
            kept.pop_front();
        }
        kept.push_back((key, Arc::clone(registry)));
    }

    /// Forgets all, so that the next flow reads them anew.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
