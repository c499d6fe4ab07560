//! What is held back for now. A pause keeps pending jobs pending: it cancels nothing and stops nothing that runs.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::store::fields::Blank;
use crate::store::lock::check_lane;

/// What a pause holds back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "scope", content = "name", rename_all = "snake_case")]
pub enum PauseScope {
    /// Every job.
    All,
    /// Jobs of the types that work on iDRACs: the setting `activity_settings.pause_idrac_operations`.
    Idracs,
    /// Jobs of one type.
    JobType(String),
    /// Jobs that need this lane: those of one server ([`server_lane`](crate::store::server_lane)).
    Lane(String),
}

impl PauseScope {
    /// Its kind and its name as they are stored.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::All => ("all", ""),
            Self::Idracs => ("idracs", ""),
            Self::JobType(name) => ("job_type", name),
            Self::Lane(key) => ("lane", key),
        }
    }

    /// Reads what [`PauseScope::parts`] gave.
    #[must_use]
    pub fn from_parts(kind: &str, name: String) -> Option<Self> {
        match kind {
            "all" => Some(Self::All),
            "idracs" => Some(Self::Idracs),
            "job_type" => Some(Self::JobType(name)),
            "lane" => Some(Self::Lane(name)),
            _ => None,
        }
    }
}

impl fmt::Display for PauseScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("every job"),
            Self::Idracs => f.write_str("whatever works on iDRACs"),
            Self::JobType(name) => write!(f, "every `{name}`"),
            Self::Lane(key) => write!(f, "whatever needs {key}"),
        }
    }
}

/// Something that is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// What.
    #[serde(flatten)]
    pub scope: PauseScope,
    /// Why.
    pub reason: Option<String>,
    /// Who wants it so.
    pub by: Option<String>,
    /// Since when. `None` where another program set it and no claim has met it yet.
    pub since: Option<Timestamp>,
}

impl Pause {
    /// Whether it holds this job back. `gated`: the types that work on iDRACs.
    pub(crate) fn is_on(&self, job_type: &str, lane: Option<&str>, gated: &[String]) -> bool {
        match &self.scope {
            PauseScope::All => true,
            PauseScope::Idracs => gated.iter().any(|one| one == job_type),
            PauseScope::JobType(name) => name == job_type,
            PauseScope::Lane(key) => lane == Some(key),
        }
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is paused", self.scope)?;
        if let Some(by) = &self.by {
            write!(f, " by {by}")?;
        }
        if let Some(since) = self.since {
            write!(f, " since {since}")?;
        }
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, " ({reason})"))
    }
}

/// The types of a claim that nothing holds back, lanes apart.
pub(crate) fn free_types(pauses: &[Pause], job_types: &[String], gated: &[String]) -> Vec<String> {
    let is_free = |kind: &&String| !pauses.iter().any(|pause| pause.is_on(kind, None, gated));
    job_types.iter().filter(is_free).cloned().collect()
}

pub(crate) fn check_scope(scope: &PauseScope) -> Result<()> {
    match scope {
        PauseScope::JobType(name) if name.is_blank() => {
            Err(Error::invalid("job_type", "no type is named", "name the one to hold back"))
        }
        PauseScope::Lane(key) => check_lane(key),
        _ => Ok(()),
    }
}

/// A text for people, or nothing.
pub(crate) fn said(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_stored() {
        for scope in [
            PauseScope::All,
            PauseScope::Idracs,
            PauseScope::JobType("firmware_update".into()),
            PauseScope::Lane("server:a".into()),
        ] {
            let (kind, name) = scope.parts();
            assert_eq!(PauseScope::from_parts(kind, name.to_owned()), Some(scope));
        }
        assert_eq!(PauseScope::from_parts("planet", String::new()), None);
    }

    #[test]
    fn a_pause_says_who_since_when_and_why() {
        let pause = Pause {
            scope: PauseScope::JobType("firmware_update".into()),
            reason: Some("a bad catalogue".into()),
            by: Some("anna".into()),
            since: Some(Timestamp::UNIX_EPOCH),
        };
        assert_eq!(
            pause.to_string(),
            "every `firmware_update` is paused by anna since 1970-01-01T00:00:00Z (a bad catalogue)"
        );
    }
}
