//! Faults as data: which exchanges they touch, how often, and what goes wrong.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::identity::mix64;
use crate::sync::lock;

/// What goes wrong with an exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Effect {
    /// An error answer instead of the real one; nothing is carried out.
    Status {
        /// HTTP status.
        status: u16,
        /// Dell or DMTF message id, without the registry prefix.
        #[serde(default)]
        message_id: Option<String>,
        /// Retry-After, seconds.
        #[serde(default)]
        retry_after_s: Option<u64>,
        /// ExtendedInfo as one object and not a list, as old firmware wrote it.
        #[serde(default)]
        extended_info_object: bool,
    },
    /// The connection closes before any answer; nothing is carried out.
    Drop,
    /// The request is carried out, then the connection closes without an answer.
    DropAfter,
    /// The answer comes this much later.
    Delay {
        /// Milliseconds.
        ms: u64,
    },
    /// The body stops after so many bytes and the connection closes.
    Truncate {
        /// Bytes that still come.
        keep: usize,
    },
    /// An HTML page instead of the body.
    Html {
        /// HTTP status, often 200.
        status: u16,
    },
    /// A body that is not JSON, under the right content type.
    Garbage,
    /// The JSON document, and another one behind it.
    TwoDocuments,
    /// Content-Length is wrong by so much: with a plus the client waits for bytes that never come,
    /// with a minus the document is cut.
    ContentLength {
        /// Bytes added to the true length.
        delta: i64,
    },
    /// A collection's page names itself as its next page.
    NextLinkLoop,
    /// A collection without members.
    EmptyMembers,
    /// Every `Health` is null, as on a service whose data is stale.
    NullHealth,
    /// Every whole number is written as a text.
    NumbersAsText,
    /// A body that is packed, and does not say so, unless the client asked for `identity`.
    PackedUnasked,
    /// 302 to elsewhere.
    Redirect {
        /// The Location, often on another host.
        location: String,
    },
    /// The body comes in small pieces.
    SlowDrip {
        /// Bytes in a piece.
        chunk: usize,
        /// Milliseconds between pieces.
        every_ms: u64,
    },
    /// A page begins so many entries before where the last one ended; with very many, every page is the first.
    PagesOverlap {
        /// Entries that come again.
        by: usize,
    },
    /// Every page names a next one, the last among them.
    PagesEndless,
    /// Every `Health` and `LinkStatus` is empty, and the reply says itself that it is stale (SYS519).
    StaleData,
    /// A resource has other values in the reply, wherever it stands in it.
    Altered {
        /// Its `Id`, or its `Name` where it has none.
        id: String,
        /// What is different, as a merge patch (RFC 7386).
        set: serde_json::Value,
    },
    /// A stream is opened and stays silent.
    SilentStream,
    /// All sessions are forgotten before the request is looked at.
    ForgetSessions,
    /// The iDRAC restarts: connections break, and nobody listens for a while.
    Restart {
        /// Milliseconds of simulated time.
        for_ms: u64,
    },
}

impl Effect {
    /// Its name, as it is written as data.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Drop => "drop",
            Self::DropAfter => "drop_after",
            Self::Delay { .. } => "delay",
            Self::Truncate { .. } => "truncate",
            Self::Html { .. } => "html",
            Self::Garbage => "garbage",
            Self::TwoDocuments => "two_documents",
            Self::ContentLength { .. } => "content_length",
            Self::NextLinkLoop => "next_link_loop",
            Self::EmptyMembers => "empty_members",
            Self::NullHealth => "null_health",
            Self::Redirect { .. } => "redirect",
            Self::SlowDrip { .. } => "slow_drip",
            Self::ForgetSessions => "forget_sessions",
            Self::Restart { .. } => "restart",
            Self::NumbersAsText => "numbers_as_text",
            Self::PackedUnasked => "packed_unasked",
            Self::PagesOverlap { .. } => "pages_overlap",
            Self::PagesEndless => "pages_endless",
            Self::Altered { .. } => "altered",
            Self::StaleData => "stale_data",
            Self::SilentStream => "silent_stream",
        }
    }
}

/// A fault and when it strikes. All conditions must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Path pattern: `*` stands for anything; without one it is a prefix. All paths when absent.
    #[serde(default)]
    pub path: Option<String>,
    /// Only when the query string contains this.
    #[serde(default)]
    pub query: Option<String>,
    /// Only this method.
    #[serde(default)]
    pub method: Option<String>,
    /// Only the nth matching request, from 1.
    #[serde(default)]
    pub nth: Option<u64>,
    /// Only with this chance, drawn from a fixed sequence per server.
    #[serde(default)]
    pub probability: Option<f64>,
    /// At most so many times.
    #[serde(default)]
    pub count: Option<u64>,
    /// What goes wrong.
    pub effect: Effect,
}

impl FaultRule {
    /// A fault that strikes every exchange.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { path: None, query: None, method: None, nth: None, probability: None, count: None, effect }
    }

    /// Answers with a status and a message id.
    #[must_use]
    pub fn status(status: u16, message_id: &str) -> Self {
        Self::new(Effect::Status {
            status,
            message_id: Some(message_id.into()),
            retry_after_s: None,
            extended_info_object: false,
        })
    }

    /// Limits the fault to paths: a prefix, or a pattern with `*`.
    #[must_use]
    pub fn path(mut self, pattern: impl Into<String>) -> Self {
        self.path = Some(pattern.into());
        self
    }

    /// Limits the fault to a method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Limits the fault to queries that contain a text.
    #[must_use]
    pub fn query(mut self, part: impl Into<String>) -> Self {
        self.query = Some(part.into());
        self
    }

    /// Strikes the nth matching request only, from 1.
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// Strikes with a chance between 0 and 1.
    #[must_use]
    pub fn probability(mut self, chance: f64) -> Self {
        self.probability = Some(chance);
        self
    }

    /// Strikes at most so many times.
    #[must_use]
    pub fn count(mut self, times: u64) -> Self {
        self.count = Some(times);
        self
    }

    fn matches(&self, method: &str, path: &str, query: &str) -> bool {
        self.method.as_ref().is_none_or(|m| m.eq_ignore_ascii_case(method))
            && self.path.as_ref().is_none_or(|p| pattern_matches(p, path))
            && self.query.as_ref().is_none_or(|q| query.contains(q.as_str()))
    }
}

/// `*` matches any run of characters; a pattern without one is a prefix.
fn pattern_matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return path.starts_with(pattern);
    }
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (i, part) in parts.iter().enumerate() {
        if i + 1 == parts.len() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// The faults of one server, with what they have done so far.
#[derive(Debug)]
pub(crate) struct FaultSet {
    any: AtomicBool,
    seed: u64,
    rules: Mutex<Vec<Armed>>,
}

#[derive(Debug)]
struct Armed {
    rule: FaultRule,
    matched: u64,
    fired: u64,
}

impl FaultSet {
    pub(crate) fn new(rules: &[FaultRule], seed: u64) -> Self {
        let set = Self { any: AtomicBool::new(false), seed, rules: Mutex::new(Vec::new()) };
        set.replace(rules.to_vec());
        set
    }

    pub(crate) fn replace(&self, rules: Vec<FaultRule>) {
        let mut armed = lock(&self.rules);
        self.any.store(!rules.is_empty(), Ordering::Release);
        *armed = rules.into_iter().map(|rule| Armed { rule, matched: 0, fired: 0 }).collect();
    }

    /// The first fault that strikes this exchange; rules behind it are not counted.
    pub(crate) fn strike(&self, method: &str, path: &str, query: &str) -> Option<Effect> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut rules = lock(&self.rules);
        for (index, armed) in rules.iter_mut().enumerate() {
            if !armed.rule.matches(method, path, query) {
                continue;
            }
            armed.matched += 1;
            if armed.rule.nth.is_some_and(|n| n != armed.matched)
                || armed.rule.count.is_some_and(|n| armed.fired >= n)
            {
                continue;
            }
            if let Some(chance) = armed.rule.probability {
                let draw = mix64(self.seed ^ mix64(index as u64) ^ armed.matched);
                // 53 bits fill a double's mantissa exactly.
                if (draw >> 11) as f64 / (1_u64 << 53) as f64 >= chance {
                    continue;
                }
            }
            armed.fired += 1;
            return Some(armed.rule.effect.clone());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn patterns() {
        assert!(pattern_matches("/redfish/v1/Systems", "/redfish/v1/Systems/System.Embedded.1"));
        assert!(pattern_matches("*/Drives/*", "/a/Drives/b"));
        assert!(pattern_matches("/redfish/v1", "/redfish/v1"));
        assert!(!pattern_matches("*/Drives", "/a/Drives/b"));
        assert!(!pattern_matches("/x*", "/y"));
    }

    #[test]
    fn nth_and_count() {
        let set = FaultSet::new(
            &[FaultRule::new(Effect::Drop).path("/a").nth(2), FaultRule::new(Effect::Garbage).count(1)],
            7,
        );
        assert_eq!(set.strike("GET", "/a", ""), Some(Effect::Garbage));
        assert_eq!(set.strike("GET", "/a", ""), Some(Effect::Drop));
        assert_eq!(set.strike("GET", "/a", ""), None);
    }

    #[test]
    fn chance_is_the_same_every_time_and_about_right() {
        let fire = || {
            let set = FaultSet::new(&[FaultRule::new(Effect::Drop).probability(0.25)], 99);
            (0..1000).map(|_| set.strike("GET", "/", "").is_some()).collect::<Vec<_>>()
        };
        assert_eq!(fire(), fire());
        let hits = fire().iter().filter(|f| **f).count();
        assert!((200..300).contains(&hits), "{hits}");
    }

    #[test]
    fn faults_read_from_json() {
        let rule: FaultRule = serde_json::from_str(
            r#"{"path":"*/Drives/*","count":2,"effect":{"status":{"status":503,"message_id":"SWC0700"}}}"#,
        )
        .unwrap();
        assert_eq!(rule, FaultRule::status(503, "SWC0700").path("*/Drives/*").count(2));
        let drop: FaultRule = serde_json::from_str(r#"{"effect":"drop"}"#).unwrap();
        assert_eq!(drop.effect, Effect::Drop);
    }
}
