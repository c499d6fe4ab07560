//! What a command takes from outside: the time, and new ids.

use jiff::Timestamp;
use uuid::{Builder, Uuid};

/// The circumstances of a command. Whoever carries it out again under the same seed gets the same ids.
#[derive(Debug)]
pub(in crate::store) struct Stamp {
    /// The storage clock.
    pub(in crate::store) now: Timestamp,
    seed: Option<u64>,
    made: u32,
}

impl Stamp {
    /// A command that is carried out once, here.
    pub(in crate::store) const fn at(now: Timestamp) -> Self {
        Self { now, seed: None, made: 0 }
    }

    /// A command that others carry out as well. 48 bits of the seed count.
    pub(in crate::store) const fn seeded(now: Timestamp, seed: u64) -> Self {
        Self { now, seed: Some(seed), made: 0 }
    }

    /// A new id, ordered by time of making.
    pub(in crate::store) fn next_id(&mut self) -> Uuid {
        let Some(seed) = self.seed else { return Uuid::now_v7() };
        let mut random = [0; 10];
        random[..6].copy_from_slice(&seed.to_be_bytes()[2..]);
        random[6..].copy_from_slice(&self.made.to_be_bytes());
        self.made = self.made.wrapping_add(1);
        let millis = u64::try_from(self.now.as_millisecond()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids_in_order() {
        let ids = |seed| {
            let mut stamp = Stamp::seeded(Timestamp::constant(1_780_000_000, 0), seed);
            std::array::from_fn::<Uuid, 300, _>(|_| stamp.next_id())
        };
        assert_eq!(ids(7), ids(7));
        assert!(ids(7).is_sorted());
        assert!(ids(7).iter().zip(ids(8)).all(|(a, b)| *a != b));
        assert_eq!(ids(7)[0].get_version_num(), 7);
    }
}
