//! How far a walk is, as front ends read it, and the verdict at its end.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ended::Ending;
use crate::handler::Verdict;

/// Addresses shown as being worked at.
const ACTIVE_SHOWN: usize = 20;

/// When a job counts as completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// No server failed and none was left out.
    All,
    /// At least one did well; the rest is in `error`, with `partial: true`.
    Any,
}

/// One server's end as it is kept for later attempts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) ending: Ending,
    pub(super) result: Map<String, Value>,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Tally {
    head: Map<String, Value>,
    total: usize,
    done: usize,
    skipped: usize,
    failed: usize,
    needs_person: usize,
    /// Ended by an earlier attempt.
    before: usize,
    /// By their place among the servers.
    results: BTreeMap<usize, Map<String, Value>>,
    untouched: Vec<String>,
    halted: Option<String>,
    active: Vec<IpAddr>,
}

impl Tally {
    pub(super) fn new(head: Map<String, Value>, total: usize) -> Self {
        Self {
            head,
            total,
            done: 0,
            skipped: 0,
            failed: 0,
            needs_person: 0,
            before: 0,
            results: BTreeMap::new(),
            untouched: Vec::new(),
            halted: None,
            active: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, place: usize, kept: Kept, is_earlier: bool) {
        match kept.ending {
            Ending::Done => self.done += 1,
            Ending::Skipped => self.skipped += 1,
            Ending::Failed => self.failed += 1,
            Ending::NeedsPerson => self.needs_person += 1,
        }
        self.before += usize::from(is_earlier);
        self.results.insert(place, kept.result);
    }

    /// Servers that are through.
    pub(super) fn ended(&self) -> u64 {
        (self.done + self.skipped + self.failures()) as u64
    }

    pub(super) const fn failures(&self) -> usize {
        self.failed + self.needs_person
    }

    pub(super) fn set_active(&mut self, active: impl Iterator<Item = IpAddr>) {
        self.active = active.take(ACTIVE_SHOWN).collect();
    }

    pub(super) fn leave(&mut self, why: String, untouched: Vec<String>) {
        self.halted = Some(why);
        self.untouched = untouched;
    }

    pub(super) fn is_halted(&self) -> bool {
        self.halted.is_some()
    }

    pub(super) fn running(&self) -> Map<String, Value> {
        let ended = self.ended();
        let active: Vec<String> = self.active.iter().map(IpAddr::to_string).collect();
        let mut details = self.counts();
        details.extend(object([
            ("current_server_index", json!(ended)),
            ("current_step", json!(format!("{ended} of {} servers", self.total))),
            ("current_server_ip", json!(active.first())),
            ("active_server_ips", json!(active)),
            ("progress_percent", json!((ended * 100).checked_div(self.total as u64).unwrap_or(100))),
        ]));
        details
    }

    fn counts(&self) -> Map<String, Value> {
        let mut details = self.head.clone();
        details.extend(object([
            ("total", json!(self.total)),
            ("total_servers", json!(self.total)),
            ("success_count", json!(self.done + self.skipped)),
            ("skipped_count", json!(self.skipped)),
            ("failed_count", json!(self.failures())),
        ]));
        details
    }

    /// All that is known, for the end or for whoever stops it.
    pub(super) fn whole(&self) -> Map<String, Value> {
        let mut details = self.running();
        let failed: Vec<Value> = self
            .results
            .values()
            .filter(|result| result.get("success") == Some(&json!(false)))
            .map(|result| {
                let of = |key: &str| result.get(key).cloned().unwrap_or(Value::Null);
                json!({
                    "server_id": of("server_id"), "ip_address": of("ip_address"),
                    "hostname": of("hostname"), "error": of("error"),
                })
            })
            .collect();
        details.extend(object([
            (
                "current_step",
                json!(format!("Complete: {}/{} succeeded", self.done + self.skipped, self.total)),
            ),
            ("current_server_ip", Value::Null),
            ("active_server_ips", json!([])),
            ("results", self.results.values().cloned().map(Value::Object).collect()),
            ("failed_servers", json!(failed)),
            ("untouched", json!(self.untouched)),
            ("halted_because", json!(self.halted)),
            ("resumed_from", json!(self.before)),
        ]));
        details
    }

    pub(super) fn verdict(&self, rule: Rule) -> Verdict {
        let mut details = self.whole();
        let good = self.done + self.skipped;
        if self.failures() == 0 && self.untouched.is_empty() {
            return Verdict::Done(details);
        }
        let error = self.error();
        match rule {
            _ if self.needs_person > 0 => {
                details.insert("partial".to_owned(), json!(good > 0));
                Verdict::NeedsPerson(details, error)
            }
            Rule::Any if good > 0 => Verdict::Partly(details, error),
            Rule::All | Rule::Any => {
                details.insert("partial".to_owned(), json!(good > 0));
                Verdict::Failed(details, error)
            }
        }
    }

    fn error(&self) -> String {
        let mut text = match (self.failures(), self.total) {
            (1, 1) => self.first_error().unwrap_or_default(),
            (failures, total) => {
                let first =
                    self.first_error().map(|first| format!("; the first: {first}")).unwrap_or_default();
                format!("{failures} of {total} servers failed{first}")
            }
        };
        if let Some(why) = &self.halted {
            text.push_str(&format!("; {} were left untouched because {why}", self.untouched.len()));
        }
        text
    }

    fn first_error(&self) -> Option<String> {
        self.results.values().find_map(|result| result.get("error")?.as_str().map(str::to_owned))
    }
}

pub(crate) fn object<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(endings: &[Ending]) -> Tally {
        let mut tally = Tally::new(Map::new(), endings.len());
        for (place, ending) in endings.iter().enumerate() {
            let is_bad = matches!(ending, Ending::Failed | Ending::NeedsPerson);
            let mut result = object([("success", json!(!is_bad))]);
            if is_bad {
                result.insert("error".to_owned(), json!(format!("no. {place}")));
            }
            tally.take(place, Kept { ending: *ending, result }, false);
        }
        tally
    }

    #[test]
    fn the_verdict_follows_the_rule_of_the_type() {
        use Ending::{Done, Failed, NeedsPerson, Skipped};
        assert!(matches!(tally(&[Done, Skipped]).verdict(Rule::All), Verdict::Done(_)));
        let Verdict::Failed(details, error) = tally(&[Done, Failed]).verdict(Rule::All) else {
            panic!("failed")
        };
        assert_eq!(
            (&details["partial"], error.as_str()),
            (&json!(true), "1 of 2 servers failed; the first: no. 1")
        );
        assert!(matches!(tally(&[Done, Failed]).verdict(Rule::Any), Verdict::Partly(..)));
        assert!(matches!(tally(&[Failed, Failed]).verdict(Rule::Any), Verdict::Failed(..)));
        assert!(matches!(tally(&[Done, NeedsPerson]).verdict(Rule::Any), Verdict::NeedsPerson(..)));
        let mut halted = tally(&[Done]);
        halted.leave("enough".to_owned(), vec!["one".to_owned()]);
        assert!(
            matches!(halted.verdict(Rule::All), Verdict::Failed(_, error) if error.contains("1 were left untouched"))
        );
    }
}
