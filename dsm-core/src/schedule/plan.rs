//! A job that comes again.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Cron, DUE_KEY, SCHEDULE_KEY, WINDOW_KEY, Zone, check_name};
use crate::credential::details::first_secret;
use crate::error::{Error, Result};
use crate::id::JobId;
use crate::job::NewJob;

/// Longest time by which a run is put off at random.
const LONGEST_JITTER: Duration = Duration::from_secs(86_400);

/// What becomes of times that went by while nothing was there to see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// Nothing: the next time is the next time.
    #[default]
    None,
    /// One run makes up for all of them.
    One,
    /// A run each; for the last hundred of them.
    All,
}

/// What becomes of a time at which the job of the last one has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// A job all the same.
    Allow,
    /// No job.
    #[default]
    Skip,
    /// A job, once the last one has ended. A hundred times may wait so.
    Queue,
}

/// A job that comes again: what, when, and what becomes of times that do not fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// What it is called; no other is.
    pub name: String,
    /// The job of each time. Its id, key, parent and time are the schedule's to give.
    pub job: NewJob,
    /// When.
    pub cron: Cron,
    /// Whose clock that is by.
    #[serde(default)]
    pub time_zone: Zone,
    /// Each run is put off by a part of this, always the same for the same time.
    #[serde(default, with = "seconds")]
    pub jitter: Duration,
    /// What becomes of times that went by unseen.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// What becomes of a time at which the last job still lives.
    #[serde(default)]
    pub overlap: Overlap,
    /// The window its jobs wait for ([`Window`](super::Window)).
    #[serde(default)]
    pub window: Option<String>,
    /// Whether it makes jobs at all. What goes by while it does not is never made up for.
    #[serde(default = "yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

/// Durations as seconds, as people write them.
pub(super) mod seconds {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::schedule) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(time.as_secs_f64())
    }

    pub(in crate::schedule) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A schedule as it is stored, and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduleRow {
    /// Its id, which no other schedule of the same name ever has.
    pub id: Uuid,
    /// One more with each edit; an edit names the one it goes by.
    pub revision: i64,
    /// The schedule.
    #[serde(flatten)]
    pub schedule: Schedule,
    /// When it is due next, its jitter left out; `None` while it is not enabled.
    pub next_due: Option<Timestamp>,
    /// The last of its times for which a job was made.
    pub last_due: Option<Timestamp>,
    /// That job.
    pub last_job: Option<JobId>,
    /// Times that wait for the last job to end.
    pub queued: usize,
}

impl Schedule {
    /// A schedule in universal time that skips what overlaps and what it missed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for what is no cron expression.
    pub fn new(name: impl Into<String>, cron: &str, job: NewJob) -> Result<Self> {
        Ok(Self {
            name: name.into(),
            job,
            cron: cron.parse()?,
            time_zone: Zone::UTC,
            jitter: Duration::ZERO,
            catch_up: CatchUp::None,
            overlap: Overlap::Skip,
            window: None,
            enabled: true,
        })
    }

    /// By the clocks of a place, as `Europe/Berlin`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) for what is no time zone.
    pub fn with_time_zone(self, name: &str) -> Result<Self> {
        Ok(Self { time_zone: name.parse()?, ..self })
    }

    /// Put off by a part of this.
    #[must_use]
    pub fn with_jitter(self, jitter: Duration) -> Self {
        Self { jitter, ..self }
    }

    /// What becomes of times that went by unseen.
    #[must_use]
    pub fn with_catch_up(self, catch_up: CatchUp) -> Self {
        Self { catch_up, ..self }
    }

    /// What becomes of a time at which the last job still lives.
    #[must_use]
    pub fn with_overlap(self, overlap: Overlap) -> Self {
        Self { overlap, ..self }
    }

    /// Only in a window.
    #[must_use]
    pub fn with_window(self, name: impl Into<String>) -> Self {
        Self { window: Some(name.into()), ..self }
    }

    /// The first time after this one; its jitter left out.
    #[must_use]
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        self.cron.next_after(&self.time_zone, after)
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_name("name", &self.name)?;
        if self.jitter > LONGEST_JITTER {
            return Err(Error::invalid("jitter", "a run is put off by more than a day", "use at most a day"));
        }
        let job = &self.job;
        for (field, is_set) in [
            ("job.id", job.id.is_some()),
            ("job.idempotency_key", job.idempotency_key.is_some()),
            ("job.parent_job_id", job.parent_job_id.is_some()),
            ("job.schedule_at", job.schedule_at.is_some()),
        ] {
            if is_set {
                return Err(Error::invalid(
                    field,
                    "a schedule gives this to each of its jobs",
                    "leave it out",
                ));
            }
        }
        keeps_no_password(job, "job")
    }

    /// Whether times that went by before an edit mean what they mean after it.
    pub(crate) fn has_same_times(&self, other: &Self) -> bool {
        (self.enabled, &self.cron, &self.time_zone) == (other.enabled, &other.cron, &other.time_zone)
    }

    /// The job of one of its times: of the same schedule and time always the same.
    pub(crate) fn job_for(&self, id: Uuid, due: Timestamp) -> NewJob {
        let mut job = self.job.clone();
        job.id = Some(job_id(id, due));
        job.idempotency_key = Some(format!("schedule:{id}:{due}"));
        job.schedule_at = (self.jitter > Duration::ZERO).then(|| self.jittered(id, due));
        job.details.insert(SCHEDULE_KEY.to_owned(), Value::from(self.name.as_str()));
        job.details.insert(DUE_KEY.to_owned(), Value::from(due.to_string()));
        if let Some(window) = &self.window {
            job.details.insert(WINDOW_KEY.to_owned(), Value::from(window.as_str()));
        }
        job
    }

    /// Whole milliseconds, the finest a store keeps.
    fn jittered(&self, id: Uuid, due: Timestamp) -> Timestamp {
        let (_, dice) = dice(id, due);
        let most = u128::from(u64::MAX) + 1;
        let millis = self.jitter.as_millis().min(LONGEST_JITTER.as_millis()) * u128::from(dice) / most;
        let late = Duration::from_millis(u64::try_from(millis).unwrap_or_default());
        due.checked_add(late).unwrap_or(due)
    }
}

/// Passwords are sealed for one job. A template is none: what is in it lies open in the store for as long as it is there.
fn keeps_no_password(job: &NewJob, field: &str) -> Result<()> {
    if let Some(pointer) = first_secret(&job.details) {
        return Err(Error::invalid(
            format!("{field}.details{}", pointer.replace('/', ".")),
            "a schedule cannot keep a password",
            "name a credential set for it, which is stored sealed",
        ));
    }
    let mut children = job.children.iter().enumerate();
    children.try_for_each(|(at, part)| keeps_no_password(part, &format!("{field}.children.{at}")))
}

/// The id of the job of one time of a schedule. Also without idempotency keys nobody can make it twice.
pub(crate) fn job_id(schedule: Uuid, due: Timestamp) -> JobId {
    JobId(uuid::Builder::from_custom_bytes(dice(schedule, due).0).into_uuid())
}

/// Bytes for the id, and a number for the jitter.
fn dice(schedule: Uuid, due: Timestamp) -> ([u8; 16], u64) {
    let mut hash = Sha256::new();
    hash.update(schedule.as_bytes());
    hash.update(due.as_second().to_be_bytes());
    let hash = hash.finalize();
    let (mut id, mut number) = ([0; 16], [0; 8]);
    id.copy_from_slice(&hash[..16]);
    number.copy_from_slice(&hash[16..24]);
    (id, u64::from_be_bytes(number))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nightly() -> Schedule {
        Schedule::new("nightly", "0 2 * * *", NewJob::new("health_check")).unwrap()
    }

    fn due(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_schedule_is_read_as_it_is_stored_and_as_people_write_it() {
        let full = nightly()
            .with_time_zone("Europe/Berlin")
            .unwrap()
            .with_jitter(Duration::from_secs(90))
            .with_catch_up(CatchUp::One)
            .with_overlap(Overlap::Queue)
            .with_window("sunday");
        let stored = serde_json::to_value(&full).unwrap();
        assert_eq!((&stored["time_zone"], &stored["jitter"]), (&json!("Europe/Berlin"), &json!(90.0)));
        assert_eq!(serde_json::from_value::<Schedule>(stored).unwrap(), full);
        let short = json!({"name": "nightly", "cron": "0 2 * * *", "job": {"job_type": "health_check"}});
        assert_eq!(serde_json::from_value::<Schedule>(short).unwrap(), nightly());
        for wrong in [json!({"jitter": -1}), json!({"catch_up": "two"}), json!({"crom": "0 2 * * *"})] {
            let mut short = json!({"name": "n", "cron": "@daily", "job": {"job_type": "x"}});
            short.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
            assert!(serde_json::from_value::<Schedule>(short).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_job_of_a_time_is_always_the_same_and_no_other() {
        let (id, schedule) = (Uuid::now_v7(), nightly().with_jitter(Duration::from_secs(600)));
        let (one, two) = (due("2026-11-23T02:00:00Z"), due("2026-11-24T02:00:00Z"));
        let job = schedule.job_for(id, one);
        assert_eq!(schedule.job_for(id, one), job);
        assert_eq!(job.details["schedule"], "nightly");
        assert_eq!(job.details["schedule_due"], "2026-11-23T02:00:00Z");
        for other in [schedule.job_for(id, two), schedule.job_for(Uuid::now_v7(), one)] {
            assert_ne!(other.id, job.id);
            assert_ne!(other.idempotency_key, job.idempotency_key);
        }
        let late: Vec<i64> = (0..100)
            .map(|day| {
                let due = one.checked_add(Duration::from_secs(day * 86_400)).unwrap();
                let at = schedule.job_for(id, due).schedule_at.unwrap();
                at.as_millisecond() - due.as_millisecond()
            })
            .collect();
        assert!(late.iter().all(|late| (0..600_000).contains(late)), "{late:?}");
        assert!(
            late.iter().any(|late| *late < 200_000) && late.iter().any(|late| *late > 400_000),
            "{late:?}"
        );
        assert_eq!(nightly().job_for(id, one).schedule_at, None, "due at once without jitter");
    }

    #[test]
    fn what_a_schedule_gives_cannot_be_in_its_job() {
        nightly().check().unwrap();
        let mut keyed = nightly();
        keyed.job.idempotency_key = Some("mine".to_owned());
        assert_eq!(keyed.check().unwrap_err().subject(), Some("job.idempotency_key"));
        assert!(Schedule { name: " ".to_owned(), ..nightly() }.check().is_err());
        assert!(nightly().with_jitter(Duration::from_secs(90_000)).check().is_err());
    }

    #[test]
    fn a_password_is_not_kept_in_a_template() {
        let with = |details: Value| NewJob::new("scp_export").with_details(details);
        let refused = |job: NewJob| {
            let error = Schedule::new("nightly", "@daily", job).unwrap().check().unwrap_err();
            assert!(!error.to_string().contains("planted"), "{error}");
            error.subject().unwrap_or_default().to_owned()
        };
        let share = json!({"share": {"host": "nas", "share_password": "planted-7f"}});
        assert_eq!(refused(with(share)), "job.details.share.share_password");
        let pin = NewJob { children: vec![nightly().job, with(json!({"pwd": 4711}))], ..nightly().job };
        assert_eq!(refused(pin), "job.children.1.details.pwd");
        let named = with(json!({"share": {"host": "nas", "credential_set_id": "x", "password": ""}}));
        Schedule::new("nightly", "@daily", named).unwrap().check().unwrap();
    }
}
