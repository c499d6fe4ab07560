//! Keeps a scan from locking an account.
//!
//! A directory counts wrong passwords for an account wherever they are typed, so a scan that offers one stale
//! password to a thousand iDRACs locks the account for everybody. The rule, for every credential (and, for names that
//! a directory owns such as `user@domain`, for the account too, whatever its passwords):
//!
//! 1. *Refused in a row* counts the refusals since the last acceptance, in the order the verdicts come in. An attempt
//!    that ends without the device's own verdict (connection lost, cancelled) counts as nothing.
//! 2. Until the first acceptance, attempts in flight plus refusals in a row never exceed the limit of five: a further
//!    attempt waits for a verdict. So at most five wrong tries leave this job, however wide it runs.
//! 3. Five refusals in a row suspend it: waiting and later attempts are told so and are not sent.
//! 4. An acceptance sets the count to zero and lifts rule 2: from then on attempts are not held back. For an account
//!    of a directory rule 3 stays, since it may be locked or its password changed in the middle of a scan; attempts
//!    already in flight are let finish, and an acceptance among them lifts the suspension. An account that is local
//!    to each iDRAC and has proved right is not suspended by a rack that has other passwords: there is nothing
//!    beyond each of those iDRACs that three tries could lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Outcome;
use crate::id::CredentialSetId;

/// When a credential is suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardLimits {
    /// Refusals in a row, in-flight attempts counted in, before the first acceptance.
    pub before_acceptance: u32,
    /// Refusals in a row after it, of an account that a directory owns. `None`: never.
    pub after_acceptance: Option<u32>,
}

impl Default for GuardLimits {
    fn default() -> Self {
        Self { before_acceptance: 5, after_acceptance: Some(5) }
    }
}

/// A credential that is no longer tried in this job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuspendedCredential {
    /// User name.
    pub username: String,
    /// The set, if it is one.
    pub set_id: Option<CredentialSetId>,
    /// What people call it.
    pub name: String,
    /// So many iDRACs refused it in a row.
    pub refused_in_a_row: u32,
}

/// Index of a counter.
pub(super) type Unit = usize;

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    in_flight: u32,
    refused: u32,
    /// A directory owns the account.
    shared: bool,
    accepted_once: bool,
    suspended: bool,
}

#[derive(Debug, Default)]
pub(super) struct Guard {
    limits: GuardLimits,
    counts: Mutex<Vec<Count>>,
    verdicts: Notify,
}

impl Guard {
    pub(super) fn new(limits: GuardLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    fn counts(&self) -> MutexGuard<'_, Vec<Count>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A counter; `shared` for an account that a directory owns.
    pub(super) fn add_unit(&self, shared: bool) -> Unit {
        let mut counts = self.counts();
        counts.push(Count { shared, ..Count::default() });
        counts.len() - 1
    }

    /// Refusals in a row of the first of these that is suspended.
    pub(super) fn suspended(&self, units: &[Unit]) -> Option<u32> {
        let counts = self.counts();
        units
            .iter()
            .filter_map(|unit| counts.get(*unit))
            .find(|count| count.suspended)
            .map(|count| count.refused)
    }

    /// Waits until all of the units let one more attempt through; nothing if one of them is suspended.
    ///
    /// Whoever waits here holds no permit, and somebody else does: the wait ends with that one's verdict.
    pub(super) async fn admit(self: &Arc<Self>, units: &[Unit]) -> Option<Permit> {
        loop {
            // Made before looking: a verdict that falls between the look and the wait still ends the wait.
            let verdict = self.verdicts.notified();
            if let Some(answer) = self.try_admit(units) {
                return answer.then(|| Permit { guard: self.clone(), units: units.to_vec(), outcome: None });
            }
            verdict.await;
        }
    }

    /// Whether to go on (`true`), to give up (`false`), or to wait (`None`).
    fn try_admit(&self, units: &[Unit]) -> Option<bool> {
        let mut counts = self.counts();
        let of = |unit: &Unit| counts.get(*unit).copied().unwrap_or_default();
        if units.iter().any(|unit| of(unit).suspended) {
            return Some(false);
        }
        let full = |count: Count| {
            !count.accepted_once && count.in_flight + count.refused >= self.limits.before_acceptance.max(1)
        };
        if units.iter().any(|unit| full(of(unit))) {
            return None;
        }
        for unit in units {
            if let Some(count) = counts.get_mut(*unit) {
                count.in_flight += 1;
            }
        }
        Some(true)
    }

    fn settle(&self, units: &[Unit], outcome: Option<Outcome>) {
        let mut counts = self.counts();
        for unit in units {
            let Some(count) = counts.get_mut(*unit) else { continue };
            count.in_flight = count.in_flight.saturating_sub(1);
            match outcome {
                Some(Outcome::Accepted) => {
                    *count = Count { refused: 0, accepted_once: true, suspended: false, ..*count };
                }
                Some(Outcome::Rejected) => {
                    count.refused += 1;
                    let limit = match count.accepted_once {
                        false => Some(self.limits.before_acceptance.max(1)),
                        true => self.limits.after_acceptance.filter(|_| count.shared),
                    };
                    count.suspended |= limit.is_some_and(|limit| count.refused >= limit);
                }
                None => {}
            }
        }
        drop(counts);
        self.verdicts.notify_waiters();
    }
}

/// Leave for one attempt. Dropped without an outcome, it counts as nothing.
#[derive(Debug)]
pub(super) struct Permit {
    guard: Arc<Guard>,
    units: Vec<Unit>,
    outcome: Option<Outcome>,
}

impl Permit {
    pub(super) fn settle(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.guard.settle(&self.units, self.outcome);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::JoinSet;

    use super::*;
    use crate::address::tests::Dice;

    #[derive(Debug, Default)]
    struct Seen {
        in_flight: u32,
        refused: u32,
        sent: u32,
        accepted: u32,
    }

    /// Many devices at once, each asking for leave, taking its time, and giving a verdict or none.
    async fn run(
        seed: u64,
        devices: u64,
        verdict: impl Fn(&mut Dice) -> Option<Outcome>,
    ) -> (Arc<Guard>, Seen, u32) {
        let guard = Arc::new(Guard::new(GuardLimits::default()));
        let unit = guard.add_unit(true);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let mut dice = Dice::new(seed);
        let mut tasks = JoinSet::new();
        for _ in 0..devices {
            let (arrives, takes) = (dice.below(50), dice.below(40));
            let (outcome, impatient) = (verdict(&mut dice), dice.below(8) == 0);
            let (guard, seen) = (guard.clone(), seen.clone());
            tasks.spawn(async move {
                tokio::time::sleep(Duration::from_millis(arrives)).await;
                let units = [unit];
                let admit = guard.admit(&units);
                let permit = if impatient {
                    // Somebody who gives up waiting leaves nothing behind.
                    let Ok(permit) = tokio::time::timeout(Duration::from_millis(5), admit).await else {
                        return false;
                    };
                    permit
                } else {
                    admit.await
                };
                let Some(permit) = permit else { return true };
                {
                    let mut seen = seen.lock().expect("no panic");
                    seen.in_flight += 1;
                    seen.sent += 1;
                    assert!(seen.accepted > 0 || seen.in_flight + seen.refused <= 5, "{seen:?}");
                }
                tokio::time::sleep(Duration::from_millis(takes)).await;
                let mut seen = seen.lock().expect("no panic");
                seen.in_flight -= 1;
                match outcome {
                    Some(Outcome::Accepted) => {
                        seen.accepted += 1;
                        seen.refused = 0;
                    }
                    Some(Outcome::Rejected) => seen.refused += 1,
                    None => {}
                }
                match outcome {
                    Some(outcome) => permit.settle(outcome),
                    None => drop(permit),
                }
                false
            });
        }
        let mut suspended = 0;
        while let Some(told) = tasks.join_next().await {
            suspended += u32::from(told.expect("no panic"));
        }
        let seen = Arc::into_inner(seen).expect("all done").into_inner().expect("no panic");
        (guard, seen, suspended)
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_password_leaves_five_times_and_no_more() {
        for seed in 0..200 {
            let (guard, seen, suspended) = run(seed, 100, |_| Some(Outcome::Rejected)).await;
            assert_eq!(seen.sent, 5, "seed {seed}");
            assert!(suspended > 0);
            assert_eq!(guard.suspended(&[0]), Some(5));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn lost_connections_count_as_nothing_and_hold_nobody_up() {
        for seed in 0..200 {
            let (guard, seen, suspended) = run(seed, 60, |_| None).await;
            assert_eq!((suspended, guard.suspended(&[0])), (0, None), "seed {seed}");
            assert!(seen.sent > 30, "seed {seed}: {seen:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn mixed_verdicts_keep_the_rule_and_everybody_gets_an_answer() {
        for seed in 0..400 {
            let often = seed % 10;
            let (guard, seen, _) = run(seed, 80, |dice| match dice.below(12) {
                0 => None,
                n if n <= often => Some(Outcome::Accepted),
                _ => Some(Outcome::Rejected),
            })
            .await;
            assert_eq!(seen.in_flight, 0);
            assert_eq!(guard.suspended(&[0]).is_some(), seen.refused >= 5, "seed {seed}: {seen:?}");
        }
    }

    #[tokio::test]
    async fn after_an_acceptance_attempts_flow_and_five_in_a_row_still_suspend() {
        let guard = Arc::new(Guard::default());
        let unit = [guard.add_unit(true)];
        guard.admit(&unit).await.expect("the first").settle(Outcome::Accepted);
        let mut flying = Vec::new();
        for _ in 0..100 {
            flying.push(guard.admit(&unit).await.expect("not held back"));
        }
        for _ in 0..4 {
            flying.pop().expect("one").settle(Outcome::Rejected);
        }
        assert!(guard.suspended(&unit).is_none());
        flying.pop().expect("one").settle(Outcome::Rejected);
        assert_eq!(guard.suspended(&unit), Some(5));
        assert!(guard.admit(&unit).await.is_none());
        flying.pop().expect("one").settle(Outcome::Accepted);
        assert!(guard.suspended(&unit).is_none(), "the account is evidently alive");
        let lenient = Arc::new(Guard::new(GuardLimits { after_acceptance: None, ..GuardLimits::default() }));
        let unit = [lenient.add_unit(true)];
        lenient.admit(&unit).await.expect("the first").settle(Outcome::Accepted);
        for _ in 0..50 {
            lenient.admit(&unit).await.expect("never suspended").settle(Outcome::Rejected);
        }
        // The defaults treat an account that is local to each iDRAC so, once it has proved right anywhere.
        let unit = [guard.add_unit(false)];
        guard.admit(&unit).await.expect("the first").settle(Outcome::Accepted);
        for _ in 0..50 {
            guard.admit(&unit).await.expect("never suspended").settle(Outcome::Rejected);
        }
    }

    #[tokio::test]
    async fn an_account_counts_over_all_of_its_passwords() {
        let guard = Arc::new(Guard::default());
        let (one, two, account) = (guard.add_unit(true), guard.add_unit(true), guard.add_unit(true));
        for password in [one, two, one, two, one] {
            guard.admit(&[password, account]).await.expect("not yet").settle(Outcome::Rejected);
        }
        assert!(guard.admit(&[two, account]).await.is_none());
        assert_eq!((guard.suspended(&[two]), guard.suspended(&[two, account])), (None, Some(5)));
    }
}
