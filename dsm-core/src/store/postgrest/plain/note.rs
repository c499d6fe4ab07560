//! What `details` hold for us beside what everybody sees: the key `dsm`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

/// The key.
pub(super) const KEY: &str = "dsm";

/// Attempts of a job that did not end it, in few words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Note {
    /// 1, and one more for each explicit retry.
    pub(super) run: u32,
    /// Attempts of this run that count.
    pub(super) attempts: u32,
    /// Orphanings in a row.
    pub(super) orphaned: u32,
    /// Who they were, and when they began.
    pub(super) orphans: Vec<String>,
    /// Why the last attempt was given up.
    pub(super) error: Option<String>,
    pub(super) checkpoint: Option<Bytes>,
}

impl Note {
    pub(super) fn read(details: &Map<String, Value>) -> Self {
        let Some(note) = details.get(KEY) else { return Self { run: 1, ..Self::default() } };
        let count =
            |key: &str| note.get(key).and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
        let word = |key: &str| note.get(key).and_then(Value::as_str);
        let orphans = note.get("orphans").and_then(Value::as_array);
        Self {
            run: count("run").unwrap_or(1).max(1),
            attempts: count("attempts").unwrap_or_default(),
            orphaned: count("orphaned").unwrap_or_default(),
            orphans: orphans
                .map(|all| all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
                .unwrap_or_default(),
            error: word("error").map(str::to_owned),
            checkpoint: word("checkpoint").and_then(|text| STANDARD.decode(text).ok()).map(Bytes::from),
        }
    }

    /// Puts it in its place, or takes it away where it says nothing.
    pub(super) fn write(&self, details: &mut Map<String, Value>) {
        if *self == (Self { run: 1, ..Self::default() }) {
            details.remove(KEY);
            return;
        }
        let mut note = json!({"run": self.run, "attempts": self.attempts, "orphaned": self.orphaned});
        if !self.orphans.is_empty() {
            note["orphans"] = json!(self.orphans);
        }
        if let Some(error) = &self.error {
            note["error"] = json!(error);
        }
        if let Some(checkpoint) = &self.checkpoint {
            note["checkpoint"] = json!(STANDARD.encode(checkpoint));
        }
        details.insert(KEY.to_owned(), note);
    }
}

/// `details` as everybody sees them.
pub(in super::super) fn without_note(details: &mut Map<String, Value>) {
    details.remove(KEY);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_says_nothing_where_there_is_nothing() {
        let note = Note {
            run: 2,
            attempts: 3,
            orphaned: 1,
            orphans: vec!["a on b".to_owned()],
            error: Some("late".to_owned()),
            checkpoint: Some(Bytes::from_static(b"\x00\xff")),
        };
        let mut details = Map::from_iter([("kept".to_owned(), json!(1))]);
        note.write(&mut details);
        assert_eq!(Note::read(&details), note);
        Note { run: 1, ..Note::default() }.write(&mut details);
        assert_eq!(details.len(), 1);
        for odd in [json!(null), json!([]), json!({"run": -1, "orphans": 7, "checkpoint": "?"})] {
            let odd = Map::from_iter([(KEY.to_owned(), odd)]);
            assert_eq!(Note::read(&odd), Note { run: 1, ..Note::default() });
        }
    }
}
