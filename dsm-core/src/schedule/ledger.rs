//! Schedules and windows as a store keeps them.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::course::Course;
use super::plan::job_id;
use super::{Schedule, ScheduleRow, Window, WindowRow};
use crate::error::{Error, ErrorKind, Result};
use crate::id::JobId;
use crate::store::{Entry, Store};

/// Kinds of entries. A course is named after the id of its schedule, so that ticks and edits do not meet.
const SCHEDULE: &str = "schedule";
const COURSE: &str = "course";
const WINDOW: &str = "window";

/// A schedule, where it stands, and what both are stored as.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) id: Uuid,
    /// Since when it has had these times.
    pub(crate) since: Timestamp,
    pub(crate) revision: i64,
    pub(crate) schedule: Schedule,
    pub(crate) course: Course,
    course_revision: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct Body {
    id: Uuid,
    since: Timestamp,
    schedule: Schedule,
}

impl Stored {
    /// The job of one of its times.
    pub(crate) fn job_id(&self, due: Timestamp) -> JobId {
        job_id(self.id, due)
    }

    pub(crate) fn row(self) -> ScheduleRow {
        ScheduleRow {
            id: self.id,
            revision: self.revision,
            next_due: self.course.next_due(&self.schedule, self.since),
            last_due: self.course.last_due,
            last_job: self.course.last_due.map(|due| self.job_id(due)),
            queued: self.course.queued.len(),
            schedule: self.schedule,
        }
    }
}

/// All schedules. One that this build cannot read (of a newer one, say) is left to those who can.
pub(crate) async fn schedules(store: &dyn Store) -> Result<Vec<Stored>> {
    let entries = store.entries(SCHEDULE).await?;
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let courses = store.entries(COURSE).await?;
    let mut courses: HashMap<String, (i64, Course)> = courses
        .into_iter()
        .filter_map(|entry| Some((entry.name.clone(), (entry.revision, read(&entry)?))))
        .collect();
    let stored = entries.iter().filter_map(|entry| {
        let Body { id, since, schedule } = read(entry)?;
        let (course_revision, course) = courses.remove(&id.to_string()).unzip();
        let course = course.unwrap_or_default();
        Some(Stored { id, since, revision: entry.revision, schedule, course, course_revision })
    });
    Ok(stored.collect())
}

fn read<T: for<'de> Deserialize<'de>>(entry: &Entry) -> Option<T> {
    let read = T::deserialize(&entry.body);
    read.inspect_err(|error| {
        tracing::debug!(name = entry.name, "an entry of the store does not read: {error}")
    })
    .ok()
}

fn body<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|cause| {
        Error::new(ErrorKind::InvalidInput, "it cannot be written as JSON").with_source(cause)
    })
}

/// Adds a schedule (`revision`: none), or edits the one that was seen.
pub(crate) async fn put_schedule(
    store: &dyn Store,
    schedule: Schedule,
    revision: Option<i64>,
) -> Result<ScheduleRow> {
    let now = store.now().await?;
    let known = schedules(store).await?.into_iter().find(|known| known.schedule.name == schedule.name);
    if known.as_ref().map(|known| known.revision) != revision {
        return Err(changed("schedule", &schedule.name, revision));
    }
    let (id, since) = match &known {
        Some(known) if known.schedule.has_same_times(&schedule) => (known.id, known.since),
        Some(known) => (known.id, now),
        None => (Uuid::now_v7(), now),
    };
    let document = body(&Body { id, since, schedule: schedule.clone() })?;
    let written = store.put_entry(SCHEDULE, &schedule.name, document, revision).await?;
    let revision = written.ok_or_else(|| changed("schedule", &schedule.name, revision))?;
    let (course, course_revision) =
        known.map(|known| (known.course, known.course_revision)).unwrap_or_default();
    Ok(Stored { id, since, revision, schedule, course, course_revision }.row())
}

/// Whether there was one. The jobs it made stay.
pub(crate) async fn remove_schedule(store: &dyn Store, name: &str) -> Result<bool> {
    let known = schedules(store).await?.into_iter().find(|known| known.schedule.name == name);
    let removed = store.remove_entry(SCHEDULE, name).await?;
    if let Some(known) = known {
        store.remove_entry(COURSE, &known.id.to_string()).await?;
    }
    Ok(removed)
}

/// Notes where a schedule stands, unless somebody else did since it was read. Whether it was noted.
pub(crate) async fn advance(store: &dyn Store, stored: &Stored, course: &Course) -> Result<bool> {
    let name = stored.id.to_string();
    Ok(store.put_entry(COURSE, &name, body(course)?, stored.course_revision).await?.is_some())
}

pub(crate) async fn windows(store: &dyn Store) -> Result<Vec<WindowRow>> {
    let entries = store.entries(WINDOW).await?;
    let now = store.now().await?;
    Ok(entries.iter().filter_map(|entry| Some(row(read(entry)?, entry.revision, now))).collect())
}

fn row(window: Window, revision: i64, now: Timestamp) -> WindowRow {
    WindowRow { is_open: window.is_open(now), opens_at: window.opens_at(now), revision, window }
}

pub(crate) async fn window(store: &dyn Store, name: &str) -> Result<Window> {
    let entries = store.entries(WINDOW).await?;
    let known = entries.iter().find(|entry| entry.name == name).and_then(read);
    known.ok_or_else(|| {
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let hint = match names.as_slice() {
            [] => "there is none yet: add one".to_owned(),
            names => format!("there are: {}", names.join(", ")),
        };
        Error::invalid(
            format!("details.{}", super::WINDOW_KEY),
            format!("there is no maintenance window `{name}`"),
            hint,
        )
    })
}

pub(crate) async fn put_window(
    store: &dyn Store,
    window: Window,
    revision: Option<i64>,
) -> Result<WindowRow> {
    let written = store.put_entry(WINDOW, &window.name, body(&window)?, revision).await?;
    let revision = written.ok_or_else(|| changed("window", &window.name, revision))?;
    Ok(row(window, revision, store.now().await?))
}

/// Whether there was one.
pub(crate) async fn remove_window(store: &dyn Store, name: &str) -> Result<bool> {
    let named =
        schedules(store).await?.into_iter().find(|known| known.schedule.window.as_deref() == Some(name));
    if let Some(known) = named {
        let schedule = known.schedule.name;
        return Err(Error::invalid(
            "name",
            format!("the schedule `{schedule}` names it"),
            "change that one first",
        ));
    }
    store.remove_entry(WINDOW, name).await
}

fn changed(what: &str, name: &str, revision: Option<i64>) -> Error {
    let (message, hint) = match revision {
        None => (
            "there is one of this name already",
            "name the revision that is to be edited, or take another name",
        ),
        Some(_) => ("it is not there any more as it was seen", "read it again and edit what is there now"),
    };
    Error::new(ErrorKind::Conflict, message).about(format!("{what} {name}")).hint(hint)
}
