//! Cron expressions: when something is due again, by the clock on the wall of a time zone.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use serde::{Deserialize, Serialize};

use super::field::{DAY, Field, HOUR, MINUTE, MONTH, SECOND, WEEKDAY};
use super::zone::Zone;
use crate::error::{Error, Result};

/// Longest expression.
const LONGEST: usize = 256;

/// A rare day (29 February on a Monday) comes at least once in so many years, but for the skipped leap day of a century.
const YEARS: i16 = 40;

/// Short forms.
const NAMED: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// A cron expression: minute, hour, day of the month, month, day of the week; or six fields, the first of them the second.
///
/// Lists (`1,15`), ranges (`mon-fri`), steps (`*/10`, `8-18/2`), English names of months and days in three letters, and
/// `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`. Sunday is 0 and 7. Where both the day
/// of the month and the day of the week are named (neither begins with `*`), either is enough, as in every cron.
///
/// When the clocks change, it goes by whether the hour is named:
/// - it is (`30 2 * * *`): each local time counts once. One that is skipped is due at the moment of the change, and so
///   are all others skipped with it, once; one that comes twice is due the first time.
/// - it is not (`*/15 * * * *`, `0 */2 * * *`): what counts is time that passes. Nothing is due for an hour that is
///   skipped, and an hour that comes twice is one like any other.
///
/// ```
/// use dsm_core::schedule::{Cron, Zone};
/// use jiff::Timestamp;
///
/// let nightly: Cron = "30 2 * * *".parse()?;
/// let berlin: Zone = "Europe/Berlin".parse()?;
/// // The night in which 02:00 became 03:00.
/// let evening: Timestamp = "2026-03-28T20:00:00Z".parse()?;
/// assert_eq!(nightly.next_after(&berlin, evening), Some("2026-03-29T01:00:00Z".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cron {
    text: String,
    seconds: Field,
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

impl Cron {
    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first time after this one at which it is due, on a whole second. `None`: never again.
    #[must_use]
    pub fn next_after(&self, zone: &Zone, after: Timestamp) -> Option<Timestamp> {
        // The next whole second: what is due is due on one.
        let from = Timestamp::from_second(after.as_millisecond().div_euclid(1000).checked_add(1)?).ok()?;
        if self.hours.is_open {
            self.next_in_time(zone.rules(), from)
        } else {
            self.next_on_wall(zone.rules(), from)
        }
    }

    /// Each local time once.
    fn next_on_wall(&self, zone: &TimeZone, from: Timestamp) -> Option<Timestamp> {
        let mut wall = zone.to_datetime(from);
        loop {
            wall = self.next_wall(wall)?;
            let at = first_time(zone, wall)?;
            if at >= from {
                return Some(at);
            }
            // The first time this hour came is over.
            wall = wall.checked_add(jiff::SignedDuration::from_secs(1)).ok()?;
        }
    }

    /// Stretches between two changes of the clocks, one after the other.
    fn next_in_time(&self, zone: &TimeZone, mut from: Timestamp) -> Option<Timestamp> {
        let last = from.as_second().checked_add(i64::from(YEARS) * 366 * 86_400)?;
        while from.as_second() <= last {
            let offset = zone.to_offset(from);
            let change = zone.following(from).next().map(|change| change.timestamp());
            let at = offset.to_timestamp(self.next_wall(offset.to_datetime(from))?).ok()?;
            match change {
                Some(change) if at >= change => from = change,
                _ => return Some(at),
            }
        }
        None
    }

    /// The first local time from this one on that it names.
    fn next_wall(&self, from: DateTime) -> Option<DateTime> {
        let (mut date, mut time) = (from.date(), from.time());
        let last_year = date.year().saturating_add(YEARS);
        while date.year() <= last_year {
            if !self.months.has(number(date.month())) {
                date = date.first_of_month().checked_add(jiff::Span::new().months(1)).ok()?;
            } else {
                if self.has_day(date)
                    && let Some(time) = self.next_time(time)
                {
                    return Some(date.to_datetime(time));
                }
                date = date.tomorrow().ok()?;
            }
            time = Time::midnight();
        }
        None
    }

    fn has_day(&self, date: Date) -> bool {
        let day = self.days.has(number(date.day()));
        let weekday = self.weekdays.has(number(date.weekday().to_sunday_zero_offset()));
        if self.days.is_open || self.weekdays.is_open { day && weekday } else { day || weekday }
    }

    fn next_time(&self, from: Time) -> Option<Time> {
        let (hour, minute, second) = (number(from.hour()), number(from.minute()), number(from.second()));
        self.hours.from(hour).find_map(|h| {
            self.minutes.from(if h == hour { minute } else { 0 }).find_map(|m| {
                let is_now = (h, m) == (hour, minute);
                let s = self.seconds.from(if is_now { second } else { 0 }).next()?;
                Time::new(i8::try_from(h).ok()?, i8::try_from(m).ok()?, i8::try_from(s).ok()?, 0).ok()
            })
        })
    }
}

/// The parts of a date and of a time are small and not negative.
fn number(part: i8) -> u32 {
    u32::try_from(part).unwrap_or_default()
}

/// When a local time comes first; the moment of the change for one that is skipped.
fn first_time(zone: &TimeZone, wall: DateTime) -> Option<Timestamp> {
    let at = |offset: Offset| offset.to_timestamp(wall).ok();
    match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => at(offset),
        AmbiguousOffset::Fold { before, .. } => at(before),
        AmbiguousOffset::Gap { after, .. } => {
            zone.following(at(after)?).next().map(|change| change.timestamp())
        }
    }
}

impl FromStr for Cron {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(wrong(
                format!("an expression of {} bytes", text.len()),
                format!("use at most {LONGEST}"),
            ));
        }
        let named = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        let fields: Vec<&str> = named.map_or(text, |(_, meaning)| meaning).split_ascii_whitespace().collect();
        let (seconds, rest) = match fields.as_slice() {
            rest if rest.len() == 5 => (Field::only(0), rest),
            [seconds, rest @ ..] if rest.len() == 5 => (Field::parse(seconds, &SECOND)?, rest),
            _ => return Err(no_expression(text, fields.len())),
        };
        let &[minutes, hours, days, months, weekdays] = rest else {
            return Err(no_expression(text, fields.len()));
        };
        let cron = Self {
            text: text.to_owned(),
            seconds,
            minutes: Field::parse(minutes, &MINUTE)?,
            hours: Field::parse(hours, &HOUR)?,
            days: Field::parse(days, &DAY)?,
            months: Field::parse(months, &MONTH)?,
            weekdays: Field::parse(weekdays, &WEEKDAY)?,
        };
        if cron.next_wall(date(2000, 1, 1).at(0, 0, 0, 0)).is_none() {
            return Err(wrong(format!("`{text}` names a day that never comes"), "name one that does"));
        }
        Ok(cron)
    }
}

fn no_expression(text: &str, fields: usize) -> Error {
    if text.starts_with('@') {
        let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
        return wrong(format!("`{text}` is no short form"), format!("use one of {}", names.join(", ")));
    }
    wrong(
        format!("{fields} fields in `{text}`"),
        "write five: minute, hour, day of the month, month, day of the week; or six, the second before them",
    )
}

fn wrong(message: String, way_out: impl Into<String>) -> Error {
    Error::invalid("cron", message, way_out)
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Cron {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Cron> for String {
    fn from(cron: Cron) -> Self {
        cron.text
    }
}

#[cfg(test)]
#[path = "cron_tests.rs"]
mod tests;
