//! What a write came to, as its entry in `results`.

use dell_redfish::flow::settings::AttributeResult;
use dell_redfish::flow::wait::JobOutcome;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::stage::{Judged, Staged};
use crate::error::Error;
use crate::handlers::idrac::walk::{Visited, object};

/// Mismatches named in a line for people.
const NAMED: usize = 5;

/// How a write ended.
#[derive(Debug)]
pub(super) enum End {
    /// Nothing was sent; the settings as they are.
    Unchanged(Vec<AttributeResult>),
    /// The settings wait for somebody's restart.
    Waits(Staged),
    /// The Dell job did not do it.
    JobFailed(JobOutcome),
    /// The job has ended, and the settings were read again.
    Compared(JobOutcome, Vec<AttributeResult>),
}

/// The keys that every end of a write has, gathered on the way.
#[derive(Debug, Default)]
pub(super) struct Report(Map<String, Value>);

impl Report {
    /// Begins with what was judged.
    pub(super) fn new(judged: &Judged) -> Self {
        Self(object([
            ("settings_applied", json!(0)),
            ("reboot_required", json!(false)),
            ("reboot_action", Value::Null),
            ("snapshot_created", json!(false)),
            ("verification", Value::Null),
            ("job_id", Value::Null),
            ("skipped", json!(judged.skipped)),
        ]))
    }

    fn set(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }

    pub(super) fn snapshot(&mut self, row: Uuid) {
        self.set("snapshot_created", json!(true));
        self.set("snapshot_id", json!(row));
    }

    pub(super) fn staged(&mut self, staged: &Staged, judged: &Judged) {
        self.set("settings_applied", json!(judged.changes));
        self.set("reboot_required", json!(true));
        self.set("job_id", json!(staged.job));
        self.set("job_adopted", json!(staged.is_adopted));
    }

    pub(super) fn restarted(&mut self, action: Option<String>, is_resumed: bool) {
        self.set("reboot_action", json!(action));
        self.set("reboot_resumed", json!(is_resumed));
    }

    /// With the end it came to.
    pub(super) fn ended(self, end: End) -> Visited {
        match end {
            End::Unchanged(results) => self.unchanged(&results),
            End::Waits(staged) => self.waits(&staged),
            End::JobFailed(outcome) => self.job_failed(outcome),
            End::Compared(outcome, results) => self.compared(&outcome, &results),
        }
    }

    /// Something kept it from going on.
    pub(super) fn broke_off(mut self, error: &Error) -> Visited {
        self.set("error_kind", json!(error.kind().as_str()));
        if let Some(subject) = error.subject() {
            self.set("error_subject", json!(subject));
        }
        Visited::failed(error.chain()).with_all(self.0)
    }

    fn unchanged(mut self, results: &[AttributeResult]) -> Visited {
        self.set("verification", verification(results, 0));
        Visited::done("Every setting is as wanted; nothing was sent").with_all(self.0)
    }

    fn waits(self, staged: &Staged) -> Visited {
        let job = staged.job.as_deref().unwrap_or("a job");
        Visited::done(format!("Staged: {job} applies the settings at the next restart of the host"))
            .with_all(self.0)
    }

    fn job_failed(mut self, outcome: JobOutcome) -> Visited {
        self.set("job_state", json!(outcome.state.as_str()));
        self.set("job_messages", json!(outcome.messages));
        let line = match outcome.into_result() {
            Err(error) => Error::from(error).chain(),
            Ok(outcome) => format!("the job goes no further by itself: {}", outcome.verdict.as_str()),
        };
        Visited::failed(line).with_all(self.0)
    }

    fn compared(mut self, outcome: &JobOutcome, results: &[AttributeResult]) -> Visited {
        self.set("job_state", json!(outcome.state.as_str()));
        self.set("verification", verification(results, outcome.waited.as_secs()));
        let wrong: Vec<&AttributeResult> = mismatches(results).collect();
        if wrong.is_empty() {
            return Visited::done(format!("{} settings are in force", results.len())).with_all(self.0);
        }
        let named: Vec<&str> = wrong.iter().take(NAMED).map(|result| result.attribute.as_str()).collect();
        let line = format!(
            "{} of {} settings are not as wanted after the job has ended: {}",
            wrong.len(),
            results.len(),
            named.join(", ")
        );
        Visited::failed(line).with_all(self.0)
    }
}

fn mismatches(results: &[AttributeResult]) -> impl Iterator<Item = &AttributeResult> {
    results.iter().filter(|result| result.is_as_requested == Some(false))
}

/// What was wanted against what is. A secret cannot be read back: it is counted, and neither matches nor fails.
fn verification(results: &[AttributeResult], waited_s: u64) -> Value {
    let wrong: Vec<Value> = mismatches(results)
        .map(|result| json!({"attribute": result.attribute, "requested": result.requested, "current": result.now}))
        .collect();
    let hidden = results.iter().filter(|result| result.is_as_requested.is_none()).count();
    json!({
        "verified": wrong.is_empty(),
        "total_attributes": results.len(),
        "matches": results.len() - wrong.len() - hidden,
        "mismatches": wrong,
        "not_readable": hidden,
        "wait_time_seconds": waited_s,
    })
}

#[cfg(test)]
mod tests {
    use dell_redfish::model::Scalar;

    use super::*;

    #[test]
    fn matches_mismatches_and_what_cannot_be_read_add_up() {
        let result = |name: &str, is_as_requested| AttributeResult {
            attribute: name.to_owned(),
            requested: Scalar::from("a"),
            now: Some(Scalar::from("b")),
            is_as_requested,
        };
        let results = [result("A", Some(true)), result("B", Some(false)), result("C", None)];
        let found = verification(&results, 7);
        assert_eq!((&found["verified"], &found["matches"]), (&json!(false), &json!(1)));
        assert_eq!(found["mismatches"], json!([{"attribute": "B", "requested": "a", "current": "b"}]));
        assert_eq!((&found["not_readable"], &found["total_attributes"]), (&json!(1), &json!(3)));
    }
}
