//! How long the end of an attempt is sent again to a store that does not take it.

use std::time::Duration;

/// How often to a store that refuses it.
const TRIES: u32 = 5;

/// One that is away is waited for, so many leases long: an attempt that is held on to is renewed as soon as the store is
/// back, and what was done is not done again.
const LEASES: u32 = 15;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Patience {
    tries: u32,
    waited: Duration,
    longest: Duration,
    pause: Duration,
}

impl Patience {
    pub(crate) fn new(lease_ttl: Duration) -> Self {
        Self { tries: 0, waited: Duration::ZERO, longest: lease_ttl * LEASES, pause: FIRST_PAUSE }
    }

    /// The pause before the next try, or that there is none. `may_pass`: what it failed for may be over by then.
    pub(crate) fn next_pause(&mut self, may_pass: bool) -> Option<Duration> {
        self.tries += 1;
        if self.tries >= TRIES && !(may_pass && self.waited < self.longest) {
            return None;
        }
        let pause = self.pause;
        self.waited += pause;
        self.pause = (pause * 3).min(LONGEST_PAUSE);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_away_is_waited_for_and_one_that_refuses_is_not() {
        let lease = Duration::from_secs(20);
        let pauses = |may_pass| {
            let mut patience = Patience::new(lease);
            std::iter::from_fn(move || patience.next_pause(may_pass)).collect::<Vec<_>>()
        };
        assert_eq!(pauses(false).len(), 4);
        let waited: Duration = pauses(true).iter().sum();
        assert!(waited >= lease * LEASES && waited < lease * (LEASES + 1), "{waited:?}");
        assert!(pauses(true).iter().all(|pause| *pause <= LONGEST_PAUSE));
        let mut leaving = Patience::new(lease);
        let until_told = (0..9).map_while(|_| leaving.next_pause(true)).count();
        assert_eq!((until_told, leaving.next_pause(false)), (9, None), "the engine leaves");
    }
}
