//! In what order jobs that are due get slots.
//!
//! Most urgent first; among those of one urgency by their *turn*: the time at which a job fell due, or for the n-th of
//! several that fell due together so many minutes later. Together are those of one [`enqueue`](crate::Store::enqueue), and
//! those of one time. So whoever comes later waits for no more jobs of a batch than minutes lie between them, however
//! long the batch is, and batches take turns; and whoever is the n-th of a batch is overtaken by nobody who comes more
//! than n minutes after it.

use jiff::{SignedDuration, Timestamp};

/// What lies between the turns of two that fell due together.
const APART: SignedDuration = SignedDuration::from_mins(1);

/// The same for a statement.
#[cfg(feature = "postgres")]
pub(crate) const APART_SQL: &str = "interval '1 minute'";

/// The turn of one that fell due then, with so many before it that did as well.
pub(crate) fn turn(due: Timestamp, before: usize) -> Timestamp {
    let before = i32::try_from(before).unwrap_or(i32::MAX);
    due.checked_add(APART * before).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_later_waits_for_no_more_of_a_batch_than_minutes_lie_between() {
        let (due, later) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(600).unwrap());
        let before = (0..10_000).filter(|place| turn(due, *place) <= turn(later, 0)).count();
        assert_eq!(before, 11);
        assert_eq!(turn(Timestamp::MAX, 1), Timestamp::MAX);
    }
}
