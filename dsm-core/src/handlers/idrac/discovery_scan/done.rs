//! Which addresses of a scan are finished, in memory that does not grow with the range.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A set of positions kept as disjoint runs. Finished addresses cluster: the runs number at most one more than the
/// addresses in flight.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub(super) struct DoneSet {
    /// Start to end (exclusive).
    runs: BTreeMap<u64, u64>,
}

impl DoneSet {
    pub(super) fn insert(&mut self, position: u64) {
        if self.contains(position) {
            return;
        }
        let mut start = position;
        let mut end = position + 1;
        if let Some((&before, &before_end)) = self.runs.range(..position).next_back()
            && before_end == position
        {
            start = before;
        }
        if let Some(after_end) = self.runs.remove(&end) {
            end = after_end;
        }
        self.runs.insert(start, end);
    }

    pub(super) fn contains(&self, position: u64) -> bool {
        self.runs.range(..=position).next_back().is_some_and(|(_, &end)| position < end)
    }

    /// The first position not below `from` that is not in the set.
    pub(super) fn next_missing(&self, from: u64) -> u64 {
        match self.runs.range(..=from).next_back() {
            Some((_, &end)) if from < end => end,
            _ => from,
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.runs.iter().map(|(start, end)| end - start).sum()
    }
}

impl From<Vec<(u64, u64)>> for DoneSet {
    fn from(runs: Vec<(u64, u64)>) -> Self {
        Self { runs: runs.into_iter().filter(|(start, end)| start < end).collect() }
    }
}

impl From<DoneSet> for Vec<(u64, u64)> {
    fn from(set: DoneSet) -> Self {
        set.runs.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn agrees_with_a_plain_set_in_any_order() {
        // A full-period walk over 0..1000 in scattered order; every prefix must agree with the model.
        let mut set = DoneSet::default();
        let mut model = BTreeSet::new();
        let mut position = 7;
        for step in 0..1000u64 {
            position = (position * 21 + 131) % 1000;
            set.insert(position);
            set.insert(position);
            model.insert(position);
            assert_eq!(set.len(), model.len() as u64, "after {step}");
            if step % 97 == 0 {
                for probe in 0..1000 {
                    assert_eq!(set.contains(probe), model.contains(&probe), "{probe} after {step}");
                    let missing = (probe..).find(|candidate| !model.contains(candidate));
                    assert_eq!(Some(set.next_missing(probe)), missing, "{probe} after {step}");
                }
            }
        }
    }

    #[test]
    fn a_finished_range_is_one_run_and_survives_its_json() {
        let mut set = DoneSet::default();
        for position in (0..500).rev() {
            set.insert(position);
        }
        assert_eq!(set.runs.len(), 1);
        let text = serde_json::to_string(&set).unwrap_or_default();
        assert_eq!(text, "[[0,500]]");
        assert_eq!(serde_json::from_str::<DoneSet>(&text).ok(), Some(set));
    }
}
