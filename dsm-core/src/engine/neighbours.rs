//! Other programs that take jobs from the same table: what their rows of `executor_heartbeats` say of them, and what that
//! leaves to an engine.
//!
//! The existing executor takes jobs without a condition and cancels whatever runs when it starts. Beside one like that
//! nobody can promise that a job runs once, so an engine claims nothing and says why. One that claims on the condition
//! that the job is still pending, and leaves alone what others run, says so by a word among its capabilities; types that
//! it wants for itself it names there, too.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::clock;
use crate::engine::events::EventKind;
use crate::engine::inner::Inner;
use crate::error::{Error, ErrorKind, Result};
use crate::id::JobId;
use crate::store::{HeartbeatRow, Reason, WhyNot};

/// Among `executor_heartbeats.capabilities`: claims of this executor are conditional, and its starts leave running rows of
/// others alone.
pub const GUARDED_CLAIM: &str = "dsm_guarded_claim";

/// In the same place, before the name of a job type: jobs of that type are for this executor only.
pub const KEEPS: &str = "dsm_keeps:";

/// After so long without a word an executor is taken for gone. The existing one says nothing while it runs a job, however
/// long that takes.
const SILENCE: SignedDuration = SignedDuration::from_hours(24);

/// What others leave to an engine, as far as it has looked.
#[derive(Debug, Default)]
pub(crate) struct Neighbourhood(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    at: Option<Instant>,
    terms: Terms,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Terms {
    /// Executors that claim without a condition.
    unguarded: Vec<String>,
    /// Job types that others keep for themselves.
    kept: BTreeSet<String>,
}

impl Terms {
    fn of(rows: &[HeartbeatRow], now: Timestamp) -> Self {
        let mut terms = Self::default();
        // A clock ahead of ours is no sign of death.
        for row in rows.iter().filter(|row| now.duration_since(row.last_seen_at) < SILENCE) {
            if row.capabilities.iter().any(|word| word == GUARDED_CLAIM) {
                let kept = row.capabilities.iter().filter_map(|word| word.strip_prefix(KEEPS));
                terms.kept.extend(kept.map(str::to_owned));
            } else {
                terms.unguarded.push(row.executor_id.clone());
            }
        }
        terms
    }

    fn refusal(&self) -> Option<Error> {
        if self.unguarded.is_empty() {
            return None;
        }
        let who = self.unguarded.join(", ");
        let message = "no job is claimed beside an executor that claims without a condition and cancels at its start \
                       what others run";
        let hint = format!(
            "let its claims be conditional and its start look at owners, and say so by `{GUARDED_CLAIM}` among its \
             capabilities; or stop it for good and delete its row of executor_heartbeats"
        );
        Some(Error::new(ErrorKind::Busy, message).about(format!("executor {who}")).hint(hint))
    }
}

impl Neighbourhood {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing is claimed.
    pub(crate) fn refusal(&self) -> Option<Error> {
        self.seen().terms.refusal()
    }

    /// Adds to what keeps a job from running that nothing is claimed at all.
    pub(crate) fn explain(&self, why: &mut WhyNot) {
        let executors = self.seen().terms.unguarded.clone();
        let is_pending =
            !why.reasons.iter().any(|reason| matches!(reason, Reason::Ended { .. } | Reason::Running { .. }));
        if is_pending && !executors.is_empty() {
            why.reasons.retain(|reason| !matches!(reason, Reason::Slot { .. }));
            why.reasons.insert(0, Reason::Unguarded { executors });
        }
    }
}

impl Inner {
    /// The job types that are this engine's to claim now; `None`: nothing is.
    pub(crate) async fn claimable_types(&self) -> Result<Option<Vec<String>>> {
        self.look_around().await?;
        let terms = self.neighbours.seen().terms.clone();
        let mut types = self.job_types();
        types.retain(|name| !terms.kept.contains(name));
        Ok(terms.unguarded.is_empty().then_some(types))
    }

    /// Looks who else is there, unless it was done within a heartbeat.
    async fn look_around(&self) -> Result<()> {
        let seen_at = self.neighbours.seen().at;
        if seen_at.is_some_and(|at| at.elapsed() < self.options.heartbeat) {
            return Ok(());
        }
        let rows = self.store.heartbeats().await?;
        // Where nobody says anything, the time is not asked for.
        let terms =
            if rows.is_empty() { Terms::default() } else { Terms::of(&rows, self.store.now().await?) };
        let before = {
            let mut seen = self.neighbours.seen();
            seen.at = Some(clock::instant());
            std::mem::replace(&mut seen.terms, terms.clone())
        };
        if before.unguarded != terms.unguarded {
            self.tell(&terms);
        }
        Ok(())
    }

    fn tell(&self, terms: &Terms) {
        let Some(refusal) = terms.refusal() else {
            tracing::info!("nobody is there any more who claims without a condition: jobs are claimed again");
            self.events.emit(JobId::NIL, || EventKind::ClaimsAgain);
            return;
        };
        tracing::error!("{}", refusal.chain());
        let executors = terms.unguarded.clone();
        self.events.emit(JobId::NIL, || EventKind::StandsBack { executors, reason: refusal.chain() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_780_000_000, 0);

    fn row(id: &str, seconds_ago: i64, capabilities: &[&str]) -> HeartbeatRow {
        HeartbeatRow {
            executor_id: id.to_owned(),
            hostname: None,
            ip_address: None,
            version: "1.0.0".to_owned(),
            last_seen_at: NOW - SignedDuration::from_secs(seconds_ago),
            poll_count: 0,
            jobs_processed: 0,
            startup_time: NOW,
            last_error: None,
            capabilities: capabilities.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    #[test]
    fn one_that_says_nothing_of_a_guard_has_none() {
        let rows = [
            row("executor-a", 10, &["power_action", "dsm_guarded_claims"]),
            row("executor-b", 10, &["power_action", GUARDED_CLAIM]),
        ];
        let terms = Terms::of(&rows, NOW);
        assert_eq!(terms.unguarded, ["executor-a"]);
        let refusal = terms.refusal().unwrap();
        assert_eq!(refusal.kind(), ErrorKind::Busy);
        let text = refusal.chain();
        assert!(text.contains("executor-a") && !text.contains("executor-b"), "{text}");
        assert!(text.contains(GUARDED_CLAIM) && text.contains("executor_heartbeats"), "{text}");
        assert_eq!(Terms::of(&rows[1..], NOW).refusal().map(|error| error.chain()), None);
    }

    #[test]
    fn one_that_is_silent_may_be_at_work() {
        let of = |seconds| Terms::of(&[row("old", seconds, &[])], NOW).unguarded.len();
        assert_eq!([of(-3600), of(0), of(86_399), of(86_400)], [1, 1, 1, 0]);
    }

    #[test]
    fn types_are_kept_by_those_who_say_so_and_are_there() {
        let kept = |seconds| {
            Terms::of(&[row("old", seconds, &[GUARDED_CLAIM, "power_action", "dsm_keeps:scp_export"])], NOW)
                .kept
        };
        assert_eq!(kept(5), BTreeSet::from(["scp_export".to_owned()]));
        assert_eq!(kept(90_000), BTreeSet::new());
    }
}
