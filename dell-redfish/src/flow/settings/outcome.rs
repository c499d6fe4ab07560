//! What became of wanted settings, attribute by attribute.

use serde::Serialize;

use crate::attribute::{AttributeRegistry, AttributeValues, Validation, is_same};
use crate::flow::wait::{JobOutcome, Verdict};
use crate::id::DellJobId;
use crate::model::Scalar;
use crate::redact::{REDACTED, is_secret_name};

/// How far it went.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(tag = "how", content = "job", rename_all = "snake_case")]
pub enum SettingsEnd {
    /// All was so already; nothing was sent.
    Unchanged,
    /// A job is in the queue and waits for a restart of the host or a window.
    Staged,
    /// The job has ended, well or not; its own words.
    Ended(JobOutcome),
}

/// One wanted attribute, and what it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttributeResult {
    /// Which.
    pub attribute: String,
    /// What was wanted; a secret is not shown.
    pub requested: Scalar,
    /// What it is; nothing where the system does not show it.
    pub now: Option<Scalar>,
    /// Whether that is what was wanted; nothing where it cannot be read back (a password).
    pub is_as_requested: Option<bool>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SettingsOutcome {
    /// What was to be changed, and what the system said it would change along.
    pub validation: Validation,
    /// How far it went.
    pub end: SettingsEnd,
    /// The job.
    pub job: Option<DellJobId>,
    /// Whether the job was there already, or made by the iDRAC without being named.
    pub is_adopted: bool,
    /// Attribute by attribute, read after the job had completed or where nothing had to change; empty before.
    pub results: Vec<AttributeResult>,
}

impl SettingsOutcome {
    /// Whether everything wanted is in force: the job completed, and each attribute that can be read back is as wanted.
    #[must_use]
    pub fn is_in_force(&self) -> bool {
        let ended = match &self.end {
            SettingsEnd::Unchanged => true,
            SettingsEnd::Staged => false,
            SettingsEnd::Ended(job) => job.verdict == Verdict::Done,
        };
        ended && self.results.iter().all(|result| result.is_as_requested != Some(false))
    }

    /// Those that are not as wanted.
    pub fn mismatches(&self) -> impl Iterator<Item = &AttributeResult> {
        self.results.iter().filter(|result| result.is_as_requested == Some(false))
    }
}

/// Compares what was wanted with what is.
pub(super) fn compare(
    registry: Option<&AttributeRegistry>,
    wanted: &AttributeValues,
    now: &AttributeValues,
) -> Vec<AttributeResult> {
    wanted
        .iter()
        .map(|(name, requested)| {
            let attribute = registry.and_then(|registry| registry.attribute(name));
            let is_secret = attribute.map_or_else(|| is_secret_name(name), |found| found.is_secret());
            let is_silent = attribute.is_some_and(|attribute| attribute.write_only);
            let found = now.get(name).filter(|value| **value != Scalar::Null);
            let hide = |value: &Scalar| if is_secret { Scalar::from(REDACTED) } else { value.clone() };
            let is_hidden = is_secret && found.is_none();
            let comparable = !is_silent && !is_hidden;
            AttributeResult {
                attribute: name.to_owned(),
                requested: hide(requested),
                now: found.map(hide),
                is_as_requested: comparable.then(|| found.is_some_and(|found| is_same(found, requested))),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_compared_and_not_shown() {
        let values = |pairs: &[(&str, &str)]| -> AttributeValues { pairs.iter().copied().collect() };
        let wanted = values(&[
            ("BootMode", "Uefi"),
            ("Retries", "3"),
            ("SetupPassword", "horse"),
            ("ChapSecret", "staple"),
        ]);
        let mut now = values(&[("BootMode", "Bios"), ("ChapSecret", "staple")]);
        now.insert("Retries", 3);
        now.insert("SetupPassword", Scalar::Null);
        let results = compare(None, &wanted, &now);
        let verdicts: Vec<_> = results.iter().map(|result| result.is_as_requested).collect();
        assert_eq!(verdicts, [Some(false), Some(true), Some(true), None]);
        let shown = format!("{results:?} {}", serde_json::to_string(&results).unwrap());
        assert!(!shown.contains("horse") && !shown.contains("staple"));
    }
}
