//! On which days a recurring update runs.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// Any day, any week.
const ANY: &str = "*";

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs, reason = "the days' names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    /// All seven.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    /// As `DayofWeek` spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mon => "Mon",
            Self::Tue => "Tue",
            Self::Wed => "Wed",
            Self::Thu => "Thu",
            Self::Fri => "Fri",
            Self::Sat => "Sat",
            Self::Sun => "Sun",
        }
    }
}

/// On which days. What else the three parameters of the action could say together, no iDRAC defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScheduledDays {
    /// Every day.
    Daily,
    /// Every week on this day.
    Weekly(Weekday),
    /// Every month on this day, 1 to 28.
    Monthly(u8),
    /// Every month in this week, 1 to 4, on this day.
    WeekOfMonth(u8, Weekday),
    /// Every month in its last week on this day.
    LastWeekOfMonth(Weekday),
}

impl ScheduledDays {
    /// From the three parameters of Dell's action, `*` or nothing for any: `("Mon", "*", "L")`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a value that is none, or values that do not go together; all that is wrong is named.
    pub fn parse(day_of_week: &str, day_of_month: &str, week_of_month: &str) -> Result<Self> {
        let given = |text: &str| !matches!(text, "" | ANY);
        let weekday = Weekday::ALL.into_iter().find(|day| day.as_str().eq_ignore_ascii_case(day_of_week));
        let number = |text: &str, last: u8| text.parse().ok().filter(|number| (1..=last).contains(number));
        let (day, week) = (number(day_of_month, 28), number(week_of_month, 4));
        let last = week_of_month == "L";
        let mut wrong = Vec::new();
        if given(day_of_week) && weekday.is_none() {
            wrong.push(format!("DayofWeek {day_of_week:?} is none of Mon to Sun"));
        }
        if given(day_of_month) && day.is_none() {
            wrong.push(format!("DayofMonth {day_of_month:?} is not from 1 to 28"));
        }
        if given(week_of_month) && week.is_none() && !last {
            wrong.push(format!("WeekofMonth {week_of_month:?} is not from 1 to 4, or L"));
        }
        if given(day_of_month) && (given(day_of_week) || given(week_of_month)) {
            wrong.push("DayofMonth goes with neither DayofWeek nor WeekofMonth".to_owned());
        }
        if given(week_of_month) && !given(day_of_week) {
            wrong.push("WeekofMonth needs a DayofWeek".to_owned());
        }
        if !wrong.is_empty() {
            return Err(no_such_schedule(&wrong));
        }
        Ok(match (weekday, day, week) {
            (Some(weekday), _, Some(week)) => Self::WeekOfMonth(week, weekday),
            (Some(weekday), ..) if last => Self::LastWeekOfMonth(weekday),
            (Some(weekday), ..) => Self::Weekly(weekday),
            (None, Some(day), _) => Self::Monthly(day),
            (None, None, _) => Self::Daily,
        })
    }

    /// The three parameters: day of the week, day of the month, week of the month.
    pub(crate) fn parameters(self) -> [String; 3] {
        let any = || ANY.to_owned();
        match self {
            Self::Daily => [any(), any(), any()],
            Self::Weekly(day) => [day.as_str().to_owned(), any(), any()],
            Self::Monthly(day) => [any(), day.to_string(), any()],
            Self::WeekOfMonth(week, day) => [day.as_str().to_owned(), any(), week.to_string()],
            Self::LastWeekOfMonth(day) => [day.as_str().to_owned(), any(), "L".to_owned()],
        }
    }
}

impl fmt::Display for ScheduledDays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Daily => f.write_str("every day"),
            Self::Weekly(day) => write!(f, "every {}", day.as_str()),
            Self::Monthly(day) => write!(f, "on day {day} of every month"),
            Self::WeekOfMonth(week, day) => write!(f, "on {} of week {week} of every month", day.as_str()),
            Self::LastWeekOfMonth(day) => write!(f, "on the last {} of every month", day.as_str()),
        }
    }
}

/// One error for all that is wrong with a schedule.
pub(crate) fn no_such_schedule(wrong: &[String]) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("no such schedule: {}", wrong.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_go_there_and_back() {
        for (written, days) in [
            (["*", "*", "*"], ScheduledDays::Daily),
            (["Sun", "*", "*"], ScheduledDays::Weekly(Weekday::Sun)),
            (["*", "28", "*"], ScheduledDays::Monthly(28)),
            (["Tue", "*", "2"], ScheduledDays::WeekOfMonth(2, Weekday::Tue)),
            (["Fri", "*", "L"], ScheduledDays::LastWeekOfMonth(Weekday::Fri)),
        ] {
            assert_eq!(days.parameters(), written);
            assert_eq!(ScheduledDays::parse(written[0], written[1], written[2]).unwrap(), days, "{days}");
        }
        assert_eq!(ScheduledDays::parse("", "", "").unwrap(), ScheduledDays::Daily);
    }

    #[test]
    fn what_does_not_go_together_is_one_error_that_names_it_all() {
        for (days, named) in [
            (["Mon", "3", "*"], &["DayofMonth goes with neither"][..]),
            (["*", "*", "2"], &["WeekofMonth needs a DayofWeek"]),
            (["Someday", "31", "7"], &["DayofWeek", "1 to 28", "1 to 4", "goes with neither"]),
        ] {
            let error = ScheduledDays::parse(days[0], days[1], days[2]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(named.iter().all(|part| error.to_string().contains(part)), "{error}");
        }
    }
}
