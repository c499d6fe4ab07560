//! Keeps every text and every list once, and counts what is kept.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use super::{Device, SystemId, Text};

/// What one kept thing costs beside its bytes: counters, pointer, its place in the set.
const OVERHEAD: usize = 48;

#[derive(Default)]
pub(super) struct Pool {
    texts: HashSet<Text>,
    systems: HashSet<Arc<[SystemId]>>,
    devices: HashSet<Arc<[Device]>>,
    kept: usize,
}

impl Pool {
    /// Roughly how many bytes are kept.
    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    /// Counts what is kept outside of the pool.
    pub(super) fn count(&mut self, bytes: usize) {
        self.kept += bytes;
    }

    pub(super) fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let new = Text::from(text);
        self.kept += text.len() + OVERHEAD;
        self.texts.insert(new.clone());
        new
    }

    /// A text that says something.
    pub(super) fn filled(&mut self, text: &str) -> Option<Text> {
        let text = text.trim();
        (!text.is_empty()).then(|| self.text(text))
    }

    /// The list, in order and without repetitions. Most packages of a generation are for the same models.
    pub(super) fn systems(&mut self, list: &mut Vec<SystemId>) -> Arc<[SystemId]> {
        list.sort_unstable();
        list.dedup();
        once(&mut self.systems, list, &mut self.kept)
    }

    pub(super) fn devices(&mut self, list: &mut Vec<Device>) -> Arc<[Device]> {
        once(&mut self.devices, list, &mut self.kept)
    }
}

/// The list as it is kept already, or kept from now on; `list` is empty afterwards.
fn once<T: Copy + Eq + Hash>(known: &mut HashSet<Arc<[T]>>, list: &mut Vec<T>, kept: &mut usize) -> Arc<[T]> {
    let found = known.get(list.as_slice()).cloned().unwrap_or_else(|| {
        let new: Arc<[T]> = list.as_slice().into();
        *kept += size_of_val(list.as_slice()) + OVERHEAD;
        known.insert(new.clone());
        new
    });
    list.clear();
    found
}
