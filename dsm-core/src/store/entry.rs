//! Small named documents, edited by whoever saw the last edit.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A named document of some kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name; no other of its kind has it.
    pub name: String,
    /// 1, and one more with each edit.
    pub revision: i64,
    /// What it says.
    pub body: Value,
}

/// What becomes of a request to write one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// To be written, with this revision.
    Write(i64),
    /// Written before, by this very request, whose answer was lost.
    Written(i64),
    /// Somebody else was first.
    Stale,
}

impl Verdict {
    /// What the caller is told.
    pub(crate) const fn revision(self) -> Option<i64> {
        match self {
            Self::Write(revision) | Self::Written(revision) => Some(revision),
            Self::Stale => None,
        }
    }
}

pub(crate) fn judge(stored: Option<(i64, &Value)>, expected: Option<i64>, body: &Value) -> Verdict {
    let next = expected.unwrap_or(0).saturating_add(1);
    match stored {
        _ if stored.map(|(revision, _)| revision) == expected => Verdict::Write(next),
        Some((revision, known)) if revision == next && known == body => Verdict::Written(next),
        _ => Verdict::Stale,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_who_saw_the_last_edit_may_edit() {
        let (one, two) = (json!(1), json!(2));
        for (stored, expected, verdict) in [
            (None, None, Verdict::Write(1)),
            (Some((1, &one)), Some(1), Verdict::Write(2)),
            (Some((1, &two)), None, Verdict::Written(1)),
            (Some((3, &two)), Some(2), Verdict::Written(3)),
            (Some((1, &one)), None, Verdict::Stale),
            (Some((3, &one)), Some(2), Verdict::Stale),
            (Some((4, &two)), Some(2), Verdict::Stale),
            (None, Some(1), Verdict::Stale),
        ] {
            assert_eq!(judge(stored, expected, &two), verdict, "{stored:?}, {expected:?}");
        }
    }
}
