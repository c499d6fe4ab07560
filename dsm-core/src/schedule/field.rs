//! One field of a cron expression: the values it names, as bits.

use crate::error::{Error, Result};

/// What a field may say.
pub(super) struct Kind {
    /// Its name, for errors.
    pub(super) name: &'static str,
    pub(super) first: u32,
    pub(super) last: u32,
    /// Names of its values, from `first` on.
    pub(super) words: &'static [&'static str],
}

pub(super) const SECOND: Kind = Kind { name: "second", first: 0, last: 59, words: &[] };
pub(super) const MINUTE: Kind = Kind { name: "minute", ..SECOND };
pub(super) const HOUR: Kind = Kind { name: "hour", last: 23, ..SECOND };
pub(super) const DAY: Kind = Kind { name: "day of the month", first: 1, last: 31, words: &[] };
pub(super) const MONTH: Kind = Kind {
    name: "month",
    first: 1,
    last: 12,
    words: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
/// Sunday is 0, and 7 as well.
pub(super) const WEEKDAY: Kind = Kind {
    name: "day of the week",
    first: 0,
    last: 7,
    words: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
};

/// The values of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    bits: u64,
    /// It begins with `*`: it is left open, or only thinned out.
    pub(super) is_open: bool,
}

impl Field {
    /// A field that names one value.
    pub(super) const fn only(value: u32) -> Self {
        Self { bits: 1 << value, is_open: false }
    }

    pub(super) const fn has(self, value: u32) -> bool {
        self.bits & (1 << value) != 0
    }

    /// Its values from one on, upwards.
    pub(super) fn from(self, value: u32) -> impl Iterator<Item = u32> {
        let mut left = self.bits & u64::MAX.checked_shl(value).unwrap_or(0);
        std::iter::from_fn(move || {
            let next = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (next < u64::BITS).then_some(next)
        })
    }

    pub(super) fn parse(text: &str, kind: &Kind) -> Result<Self> {
        let mut bits = 0;
        for part in text.split(',') {
            bits |= part_bits(part, kind)?;
        }
        if kind.last == WEEKDAY.last && bits & (1 << 7) != 0 {
            bits = (bits & !(1 << 7)) | 1;
        }
        Ok(Self { bits, is_open: text.starts_with('*') })
    }
}

/// `*`, `a`, `a-b`, each of the ranges also with `/step`.
fn part_bits(part: &str, kind: &Kind) -> Result<u64> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    let (first, last) = match range.split_once('-') {
        _ if range == "*" => (kind.first, kind.last),
        Some((first, last)) => ends(value(first, kind)?, value(last, kind)?, kind),
        None if step.is_some() => {
            return Err(wrong(part, kind, &format!("a step needs a range: {range}-{}/…", kind.last)));
        }
        None => {
            let only = value(range, kind)?;
            (only, only)
        }
    };
    if first > last {
        return Err(wrong(part, kind, "begin a range with its smaller end, or write two"));
    }
    let step: usize = match step.map(str::parse) {
        None => 1,
        Some(Ok(step @ 1..=59)) => step,
        Some(_) => return Err(wrong(part, kind, "a step is a number from 1 to 59")),
    };
    Ok((first..=last).step_by(step).fold(0, |bits, value| bits | (1 << value)))
}

/// A Sunday that ends a range is the one after Saturday.
const fn ends(first: u32, last: u32, kind: &Kind) -> (u32, u32) {
    let is_sunday = kind.last == WEEKDAY.last && last == 0 && first > 0;
    (first, if is_sunday { WEEKDAY.last } else { last })
}

fn value(text: &str, kind: &Kind) -> Result<u32> {
    let word = (kind.first..).zip(kind.words).find(|(_, word)| word.eq_ignore_ascii_case(text));
    if let Some((value, _)) = word {
        return Ok(value);
    }
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|value| is_number && (kind.first..=kind.last).contains(value));
    number.ok_or_else(|| wrong(text, kind, &format!("use {} to {}{}", kind.first, kind.last, names(kind))))
}

fn names(kind: &Kind) -> String {
    match (kind.words.first(), kind.words.last()) {
        (Some(first), Some(last)) => format!(", or {first} to {last}"),
        _ => String::new(),
    }
}

fn wrong(part: &str, kind: &Kind, way_out: &str) -> Error {
    Error::invalid("cron", format!("`{part}` is no {}", kind.name), way_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, kind: &Kind) -> Vec<u32> {
        Field::parse(text, kind).map(|field| field.from(0).collect()).unwrap_or_default()
    }

    #[test]
    fn lists_ranges_steps_and_names() {
        assert_eq!(values("0,30", &MINUTE), [0, 30]);
        assert_eq!(values("*/20", &SECOND), [0, 20, 40]);
        assert_eq!(values("10-20/5,3", &MINUTE), [3, 10, 15, 20]);
        assert_eq!(values("Jan,mar-MAY", &MONTH), [1, 3, 4, 5]);
        assert_eq!(values("fri-sun", &WEEKDAY), [0, 5, 6]);
        assert_eq!(values("5-7", &WEEKDAY), [0, 5, 6]);
        assert_eq!(values("sun-tue", &WEEKDAY), [0, 1, 2]);
        assert_eq!(values("0-0", &WEEKDAY), [0]);
        assert_eq!(values("0-7", &WEEKDAY).len(), 7);
        assert_eq!(values("7", &WEEKDAY), [0]);
        assert_eq!(values("*", &HOUR).len(), 24);
        assert_eq!(values("*", &WEEKDAY), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_is_no_field_is_refused_with_a_way_out() {
        for (text, kind) in [
            ("60", &MINUTE),
            ("24", &HOUR),
            ("0", &DAY),
            ("32", &DAY),
            ("13", &MONTH),
            ("8", &WEEKDAY),
            ("", &MINUTE),
            ("1,", &MINUTE),
            ("-1", &MINUTE),
            ("+1", &MINUTE),
            ("5/15", &MINUTE),
            ("*/0", &MINUTE),
            ("*/60", &MINUTE),
            ("*/", &MINUTE),
            ("9-3", &HOUR),
            ("1-2-3", &HOUR),
            ("jan", &HOUR),
            ("L", &DAY),
            ("99999999999999999999", &DAY),
        ] {
            let error = Field::parse(text, kind).expect_err(text);
            assert!(error.chain().contains(kind.name), "{text}: {}", error.chain());
        }
    }

    #[test]
    fn values_are_found_from_one_on() {
        let field = Field::parse("0,59", &SECOND).unwrap();
        assert_eq!(field.from(1).collect::<Vec<_>>(), [59]);
        assert_eq!(field.from(64).count(), 0);
    }
}
