//! Dell's version numbers, and when one is newer than another.

use std::cmp::Ordering;
use std::fmt;

/// A version as a device or a package reports it.
///
/// Versions are compared part by part, the parts being what dots, hyphens and underscores separate; a part with letters is
/// compared by its letters and its digits apart (`A08` < `A12`), digits as numbers (`22.5.7` < `22.31.6`). Purely numeric
/// versions that differ only in length are filled with zeros (`2.0` = `2.0.0`). Versions of different shapes (`DK55` and
/// `2.0`, or a hexadecimal `9C` and `10`) have no order: such a package is different, never newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DellVersion<'a>(&'a str);

impl<'a> DellVersion<'a> {
    /// Any text; without the spaces around it.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self(text.trim())
    }

    /// The text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// How this version stands to another; nothing where they have no order.
    #[must_use]
    pub fn compare(self, other: DellVersion<'_>) -> Option<Ordering> {
        if self.0.eq_ignore_ascii_case(other.0) {
            return Some(Ordering::Equal);
        }
        let (mine, theirs) = (runs(self.0)?, runs(other.0)?);
        if mine.len() == theirs.len() {
            // All of it is looked at: a difference of shape further on spoils the order.
            return mine
                .iter()
                .zip(&theirs)
                .try_fold(Ordering::Equal, |order, (one, other)| Some(order.then(one.compare(*other)?)));
        }
        let (mine, theirs) = (numbers(&mine)?, numbers(&theirs)?);
        // Without leading zeros a zero is the empty text, which is also what a missing part stands for.
        let part = |nth| (mine.get(nth).unwrap_or(&""), theirs.get(nth).unwrap_or(&""));
        let parts = (0..mine.len().max(theirs.len())).map(part);
        Some(parts.fold(Ordering::Equal, |order, (one, other)| order.then(as_numbers(one, other))))
    }

    /// Whether both name the same firmware, as far as the texts tell.
    #[must_use]
    pub fn is_same(self, other: DellVersion<'_>) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }
}

impl fmt::Display for DellVersion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A stretch of one kind of characters.
#[derive(Clone, Copy)]
enum Run<'a> {
    /// Without leading zeros.
    Digits(&'a str),
    Letters(&'a str),
    Separator,
}

impl Run<'_> {
    fn compare(self, other: Run<'_>) -> Option<Ordering> {
        match (self, other) {
            (Run::Digits(one), Run::Digits(other)) => Some(as_numbers(one, other)),
            (Run::Letters(one), Run::Letters(other)) if one.len() == other.len() => {
                Some(one.to_ascii_uppercase().cmp(&other.to_ascii_uppercase()))
            }
            (Run::Separator, Run::Separator) => Some(Ordering::Equal),
            _ => None,
        }
    }
}

/// Compares digits without leading zeros, however many there are.
fn as_numbers(one: &str, other: &str) -> Ordering {
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// The stretches of a version; nothing for an empty one and for characters that no version has.
fn runs(text: &str) -> Option<Vec<Run<'_>>> {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let kind: fn(&u8) -> bool = match first {
            b'0'..=b'9' => u8::is_ascii_digit,
            b'A'..=b'Z' | b'a'..=b'z' => u8::is_ascii_alphabetic,
            b'.' | b'-' | b'_' => |_| false,
            _ => return None,
        };
        let length = rest.bytes().take_while(kind).count().max(1);
        let (run, after) = rest.split_at(length);
        runs.push(match first {
            b'0'..=b'9' => Run::Digits(run.trim_start_matches('0')),
            b'.' | b'-' | b'_' => Run::Separator,
            _ => Run::Letters(run),
        });
        rest = after;
    }
    (!runs.is_empty()).then_some(runs)
}

/// The numbers of a purely numeric version.
fn numbers<'a>(runs: &[Run<'a>]) -> Option<Vec<&'a str>> {
    runs.iter()
        .filter_map(|run| match run {
            Run::Digits(number) => Some(Some(*number)),
            Run::Letters(_) => Some(None),
            Run::Separator => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ordering::{Equal, Greater, Less};

    #[test]
    fn versions_order_by_their_parts() {
        for (one, other, expected) in [
            ("A08", "A12", Some(Less)),
            ("A9", "A10", Some(Less)),
            ("A99", "B00", Some(Less)),
            ("22.31.6", "22.5.7", Some(Greater)),
            ("1.10.17.00", "1.9.99.99", Some(Greater)),
            ("7.10.30.00", "7.10.30.0", Some(Equal)),
            ("2.0", "2.0.0", Some(Equal)),
            ("2.0", "2.0.1", Some(Less)),
            ("2.0.1", "2.0", Some(Greater)),
            ("4301A70", "4301A73", Some(Less)),
            ("00.1B.53", "00.1D.9C", None),
            ("00.1B.53", "00.1D.52", Some(Less)),
            ("52.26.0-5179", "52.26.0-5200", Some(Less)),
            ("DK55", "2.0", None),
            ("DK55", "DK58", Some(Less)),
            ("DK55", "dk55", Some(Equal)),
            ("BA3A", "BD48", None),
            ("A", "AB", None),
            ("2.0", "2.A", None),
            ("1.2.A", "2.2.3", None),
            ("", "1", None),
            ("", "", Some(Equal)),
            ("1.0 beta", "1.0", None),
            ("1.0", " 1.0 ", Some(Equal)),
            ("99999999999999999999999999", "100000000000000000000000000", Some(Less)),
        ] {
            assert_eq!(DellVersion::new(one).compare(DellVersion::new(other)), expected, "{one} {other}");
            assert_eq!(
                DellVersion::new(other).compare(DellVersion::new(one)),
                expected.map(Ordering::reverse),
                "{other} {one}"
            );
        }
    }
}
