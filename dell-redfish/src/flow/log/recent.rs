//! Entries and pages a reading has met: what comes again is left out.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::cursor::Mark;

/// Entries remembered: ten pages. An entry comes again where a page begins anew, never far from where it was.
const ENTRIES: usize = 512;

/// The last entries met, in constant memory.
#[derive(Debug, Default)]
pub(super) struct Recent {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Recent {
    /// Notes an entry; says whether it is new.
    pub(super) fn is_new(&mut self, mark: &Mark) -> bool {
        let mut hasher = DefaultHasher::new();
        mark.hash(&mut hasher);
        let hash = hasher.finish();
        if !self.known.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > ENTRIES
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}
