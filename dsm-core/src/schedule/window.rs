//! Hours in which jobs may begin.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Cron, WINDOW_KEY, Zone, check_name, plan::seconds};
use crate::error::{Error, Result};
use crate::id::ServerId;
use crate::job::JobRow;

/// Longest time that a window stands open, and most times by date.
const LONGEST: Duration = Duration::from_secs(31 * 86_400);
const MOST_SPANS: usize = 1000;

/// A maintenance window: a job that names it (`details.maintenance_window`) begins only while it is open. One that runs
/// when it closes goes on to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// What it is called; no other is.
    pub name: String,
    /// When it is open.
    pub opening: Opening,
    /// Which jobs may name it.
    #[serde(default)]
    pub scope: WindowScope,
}

/// When a window is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Opening {
    /// Again and again.
    Recurring {
        /// When it opens.
        cron: Cron,
        /// By whose clock.
        #[serde(default)]
        time_zone: Zone,
        /// For how long, in time that passes; in seconds where it is written out.
        #[serde(with = "seconds")]
        duration: Duration,
    },
    /// At these times.
    Times {
        /// The times, in any order.
        times: Vec<Span>,
    },
}

/// From one time to another, the latter left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Its beginning.
    pub opens: Timestamp,
    /// Its end.
    pub closes: Timestamp,
}

/// Which jobs may name a window; an empty list stands for all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WindowScope {
    /// Of these types.
    pub job_types: Vec<String>,
    /// On these servers: none but those may be in `target_scope.server_ids`.
    pub servers: Vec<ServerId>,
}

/// A window as it is stored, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WindowRow {
    /// One more with each edit; an edit names the one it goes by.
    pub revision: i64,
    /// The window.
    #[serde(flatten)]
    pub window: Window,
    /// Whether it is open now.
    pub is_open: bool,
    /// When it opens next, or did if it is open; `None`: never again.
    pub opens_at: Option<Timestamp>,
}

impl Window {
    /// Open again and again, for so long each time, by the clock of universal time.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for what is no cron expression.
    pub fn recurring(name: impl Into<String>, cron: &str, duration: Duration) -> Result<Self> {
        let opening = Opening::Recurring { cron: cron.parse()?, time_zone: Zone::UTC, duration };
        Ok(Self { name: name.into(), opening, scope: WindowScope::default() })
    }

    /// Open at these times.
    #[must_use]
    pub fn at_times(name: impl Into<String>, times: Vec<Span>) -> Self {
        Self { name: name.into(), opening: Opening::Times { times }, scope: WindowScope::default() }
    }

    /// By the clocks of a place, as `Europe/Berlin`. Times by date have no need of it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for what is no time zone.
    pub fn with_time_zone(mut self, name: &str) -> Result<Self> {
        let zone = name.parse()?;
        if let Opening::Recurring { time_zone, .. } = &mut self.opening {
            *time_zone = zone;
        }
        Ok(self)
    }

    /// Whether jobs may begin at this time.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.opens_at(at).is_some_and(|opens| opens <= at)
    }

    /// When it opens next, or has opened if it is open then. `None`: never again.
    #[must_use]
    pub fn opens_at(&self, at: Timestamp) -> Option<Timestamp> {
        match &self.opening {
            // The first opening whose end is still to come.
            Opening::Recurring { cron, time_zone, duration } => {
                cron.next_after(time_zone, at.checked_sub(*duration).ok()?)
            }
            Opening::Times { times } => {
                times.iter().filter(|span| span.closes > at).map(|span| span.opens).min()
            }
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_name("name", &self.name)?;
        match &self.opening {
            Opening::Recurring { duration, .. } => {
                if !(Duration::from_secs(1)..=LONGEST).contains(duration) {
                    return Err(Error::invalid(
                        "duration",
                        "it is not open for a second, or for over 31 days",
                        "use a time between",
                    ));
                }
            }
            Opening::Times { times } => {
                if times.is_empty() || times.len() > MOST_SPANS {
                    return Err(Error::invalid(
                        "times",
                        format!("{} times", times.len()),
                        format!("name 1 to {MOST_SPANS}"),
                    ));
                }
                if let Some(at) = times.iter().position(|span| span.opens >= span.closes) {
                    return Err(Error::invalid(
                        format!("times[{at}]"),
                        "it ends before it begins",
                        "exchange them",
                    ));
                }
            }
        }
        Ok(())
    }

    /// Refuses a job that the window is not for.
    pub(crate) fn check_scope(&self, job: &JobRow) -> Result<()> {
        let types = &self.scope.job_types;
        if !types.is_empty() && !types.contains(&job.job_type) {
            return Err(self.not_for(format!("`{}`", job.job_type), &types.join(", ")));
        }
        if self.scope.servers.is_empty() {
            return Ok(());
        }
        let listed = job.target_scope.get("server_ids").and_then(Value::as_array);
        let is_known = |id: &Value| {
            id.as_str().and_then(|id| id.parse().ok()).is_some_and(|id| self.scope.servers.contains(&id))
        };
        match listed.map(Vec::as_slice) {
            None | Some([]) => Err(self.not_for("a job that names no servers".to_owned(), "some servers")),
            Some(ids) => ids.iter().find(|id| !is_known(id)).map_or(Ok(()), |id| {
                Err(self.not_for(format!("server {}", id.as_str().unwrap_or("?")), "other servers"))
            }),
        }
    }

    fn not_for(&self, what: String, scope: &str) -> Error {
        Error::invalid(
            format!("details.{WINDOW_KEY}"),
            format!("the maintenance window `{}` is not for {what}", self.name),
            format!("it is for {scope}: name another one"),
        )
    }
}

/// The window that a job names.
pub(crate) fn named(details: &serde_json::Map<String, Value>) -> Result<Option<&str>> {
    match details.get(WINDOW_KEY) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Ok(Some(name)),
        Some(_) => {
            Err(Error::invalid(format!("details.{WINDOW_KEY}"), "it is no text", "name a maintenance window"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::job::NewJob;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn sundays() -> Window {
        let two_hours = Duration::from_secs(7200);
        Window::recurring("sundays", "0 2 * * sun", two_hours)
            .unwrap()
            .with_time_zone("Europe/Berlin")
            .unwrap()
    }

    #[test]
    fn a_window_is_open_from_its_beginning_to_its_end() {
        let window = sundays();
        for (time, is_open, opens) in [
            ("2026-11-28T12:00:00Z", false, "2026-11-29T01:00:00Z"),
            ("2026-11-29T00:59:59.999Z", false, "2026-11-29T01:00:00Z"),
            ("2026-11-29T01:00:00Z", true, "2026-11-29T01:00:00Z"),
            ("2026-11-29T02:59:59Z", true, "2026-11-29T01:00:00Z"),
            ("2026-11-29T03:00:00Z", false, "2026-12-06T01:00:00Z"),
            // The night in which 02:00 became 03:00: two hours of time that passes.
            ("2026-03-29T01:00:00Z", true, "2026-03-29T01:00:00Z"),
            ("2026-03-29T02:30:00Z", true, "2026-03-29T01:00:00Z"),
        ] {
            assert_eq!(
                (window.is_open(at(time)), window.opens_at(at(time))),
                (is_open, Some(at(opens))),
                "{time}"
            );
        }
    }

    #[test]
    fn times_by_date_come_and_go() {
        let span = |opens, closes| Span { opens: at(opens), closes: at(closes) };
        let window = Window::at_times(
            "moves",
            vec![
                span("2026-12-02T00:00:00Z", "2026-12-02T04:00:00Z"),
                span("2026-12-01T00:00:00Z", "2026-12-01T04:00:00Z"),
            ],
        );
        window.check().unwrap();
        assert_eq!(window.opens_at(at("2026-11-30T00:00:00Z")), Some(at("2026-12-01T00:00:00Z")));
        assert!(window.is_open(at("2026-12-01T03:59:59Z")));
        assert_eq!(window.opens_at(at("2026-12-01T04:00:00Z")), Some(at("2026-12-02T00:00:00Z")));
        assert_eq!(window.opens_at(at("2026-12-02T04:00:00Z")), None);
        let backwards = Window::at_times("x", vec![span("2026-12-02T00:00:00Z", "2026-12-01T00:00:00Z")]);
        assert_eq!(backwards.check().unwrap_err().subject(), Some("times[0]"));
        assert!(Window::at_times("x", Vec::new()).check().is_err());
    }

    #[test]
    fn a_window_is_stored_as_people_write_it() {
        let written = json!({"name": "sundays", "opening": {"cron": "0 2 * * sun", "time_zone": "Europe/Berlin", "duration": 7200}});
        assert_eq!(serde_json::from_value::<Window>(written).unwrap(), sundays());
        let stored = serde_json::to_value(sundays()).unwrap();
        assert_eq!(serde_json::from_value::<Window>(stored).unwrap(), sundays());
        let times = json!({"name": "x", "opening": {"times": [{"opens": "2026-12-01T00:00:00Z", "closes": "2026-12-02T00:00:00Z"}]}});
        assert!(matches!(serde_json::from_value::<Window>(times).unwrap().opening, Opening::Times { .. }));
        assert!(serde_json::from_value::<Window>(json!({"name": "x", "opening": {}})).is_err());
    }

    #[test]
    fn a_job_outside_the_scope_is_refused() {
        let (mine, other) = (ServerId::new(), ServerId::new());
        let scope = WindowScope { job_types: vec!["firmware_update".into()], servers: vec![mine] };
        let window = Window { scope, ..sundays() };
        let job = |kind: &str, scope| NewJob::new(kind).with_scope(scope).preview();
        window.check_scope(&job("firmware_update", json!({"server_ids": [mine]}))).unwrap();
        for (kind, targets) in [
            ("power_action", json!({"server_ids": [mine]})),
            ("firmware_update", json!({"server_ids": [mine, other]})),
            ("firmware_update", json!({"server_ids": ["x"]})),
            ("firmware_update", json!({"server_ids": []})),
            ("firmware_update", json!(null)),
        ] {
            let error = window.check_scope(&job(kind, targets.clone())).expect_err(&targets.to_string());
            assert_eq!(error.subject(), Some("details.maintenance_window"));
        }
        sundays().check_scope(&job("power_action", json!(null))).unwrap();
    }
}
