//! The suite that holds a store to its trait: named cases, each on a fresh store.
//!
//! Feature `conformance`. A store brings a [`Factory`]; [`check`] runs every case and reports. Cases that need what a
//! store says it cannot do are listed as skipped, with the reason.

mod bench;
mod claims;
mod docs;
mod ends;
mod entries;
mod families;
mod findings;
mod inventory;
mod limits;
mod locks;
pub mod model;
mod notes;
mod pauses;
mod prune;
mod retries;
mod rows;
mod secrets;
mod steps;
mod why;
mod writes;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use self::bench::{Bench, Stop};
pub use self::docs::check_docs;
use crate::error::Result;
use crate::store::{Lack, ManualClock, Store};

/// Makes stores to be examined.
#[async_trait]
pub trait Factory: Send + Sync {
    /// An empty store.
    async fn fresh(&self) -> Result<Subject>;
}

/// A store under examination.
pub struct Subject {
    /// The store. The suite wants the only reference: dropping it stands for a crash.
    pub store: Arc<dyn Store>,
    /// The clock it runs on, where time can be moved; without it the cases about time are skipped.
    pub clock: Option<ManualClock>,
    /// Opens the same data again after the store was dropped; without it the cases about crashes are skipped.
    pub reopen: Option<Reopen>,
}

/// Opens the same data again.
pub type Reopen = Box<dyn Fn() -> BoxFuture<'static, Result<Arc<dyn Store>>> + Send + Sync>;

/// What came of an examination.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Name of the backend.
    pub backend: String,
    /// Cases that hold.
    pub passed: Vec<&'static str>,
    /// Cases that do not, and what was seen instead.
    pub failed: Vec<(&'static str, String)>,
    /// Cases that could not be tried, and why.
    pub skipped: Vec<(&'static str, String)>,
}

impl Report {
    /// Whether no case failed.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.failed.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, failed, skipped) = (self.passed.len(), self.failed.len(), self.skipped.len());
        writeln!(f, "{}: {passed} passed, {failed} failed, {skipped} skipped", self.backend)?;
        for (name, why) in &self.failed {
            writeln!(f, "  FAILED {name}: {why}")?;
        }
        for (name, why) in &self.skipped {
            writeln!(f, "  skipped {name}: {why}")?;
        }
        Ok(())
    }
}

struct Case {
    name: &'static str,
    run: fn(Bench) -> BoxFuture<'static, Result<(), Stop>>,
}

macro_rules! cases {
    ($($group:ident: $($name:ident)*;)*) => {
        &[$($(Case {
            name: concat!(stringify!($group), "::", stringify!($name)),
            run: |bench| Box::pin($group::$name(bench)),
        }),*),*]
    };
}

const CASES: &[Case] = cases! {
    claims:
        the_most_urgent_then_the_oldest_first
        type_schedule_and_parent_are_honoured
        racing_executors_win_each_job_once
        fences_only_grow
        only_the_storage_clock_ends_a_lease
        a_beat_extends_and_tells_what_is_lost
        a_key_or_id_enqueues_once
        a_bad_job_leaves_nothing_of_its_batch
        unknown_job_types_are_kept
        new_work_wakes_who_waits;
    ends:
        a_superseded_attempt_cannot_settle
        settling_twice_is_the_same_as_once
        the_end_is_final
        every_settlement_gets_its_own_answer
        a_retry_waits_for_its_time
        giving_back_is_not_counted
        orphaned_too_often_is_given_up_with_evidence
        an_orphan_that_got_further_is_not_given_up
        cancelling_what_waits_takes_its_children_along
        cancelling_what_runs_tells_the_executor
        a_job_to_be_cancelled_is_not_given_back
        a_crash_is_proved_and_its_jobs_released
        a_checkpoint_reaches_the_next_attempt
        leaving_gives_everything_back;
    locks:
        one_job_of_a_lane_at_a_time
        a_long_line_keeps_nobody_else_waiting
        a_lane_is_kept_over_an_orphaning
        an_orphan_that_had_overtaken_lets_the_line_go_on
        a_job_that_comes_back_later_gives_its_lane_up
        who_is_cancelled_leaves_the_line
        a_job_sent_back_into_a_line_waits_its_turn
        a_running_job_takes_locks_under_its_fence
        all_locks_or_none
        a_shared_lock_has_so_many_holders
        who_waits_is_served_in_order
        now_overtakes_who_waits_but_not_who_holds
        a_call_holds_as_long_as_its_executor_beats
        leaving_frees_the_locks_of_calls
        a_lock_for_nothing_is_refused;
    limits:
        a_subnet_has_so_many_at_work
        a_type_and_all_have_their_limits
        a_long_line_at_a_limit_keeps_nobody_else_waiting
        who_is_held_back_by_a_limit_keeps_its_rank
        two_limits_at_once_starve_nobody
        a_place_is_free_however_its_job_leaves_it
        locks_of_the_same_name_count
        a_limit_lifted_lets_all_go
        a_limit_names_itself_once_it_holds
        readers_share_a_lane_and_writers_do_not;
    families:
        parts_run_one_after_the_other
        parts_of_another_program_are_told
        parts_of_one_place_run_side_by_side
        a_part_that_fails_ends_those_to_come_or_not
        a_cancel_reaches_every_part
        a_retry_runs_what_was_not_done
        an_orphaned_part_goes_on_and_a_cancelled_one_counts
        what_others_run_is_left_alone
        a_family_is_added_whole_or_not_at_all
        a_batch_keeps_nobody_waiting_longer_than_its_minutes
        what_falls_due_together_takes_turns_as_well;
    steps:
        a_step_reaches_the_next_attempt
        a_step_done_stays_done
        a_step_survives_a_crash
        a_superseded_attempt_takes_no_step
        a_snooze_is_not_counted;
    pauses:
        everything_may_be_paused_and_goes_on_after_it
        a_paused_type_leaves_the_others_alone
        work_on_idracs_waits_where_the_claim_says_so
        a_paused_lane_waits_and_its_calls_do_not
        who_is_paused_is_overtaken
        an_orphan_that_is_paused_stands_in_no_line
        a_pause_says_who_and_why
        a_pause_survives_a_crash
        a_resume_wakes_who_waits;
    retries:
        an_ended_job_runs_once_more
        a_retry_begins_from_the_beginning
        a_retry_keeps_the_evidence
        a_retry_forgives_orphanings
        a_retry_of_what_has_not_ended_changes_nothing
        a_job_that_did_all_is_not_tried_again
        an_ended_parent_refuses_its_child
        a_late_word_of_the_last_run_changes_nothing
        a_pending_job_gets_another_time
        a_pending_job_gets_another_priority
        a_job_put_off_gives_up_its_place
        only_pending_jobs_are_moved;
    why:
        an_end_and_an_attempt_are_told
        what_keeps_a_job_waiting_is_told
        a_line_is_told_from_its_head
        who_runs_what_is_told
        a_long_line_is_counted;
    prune:
        what_is_over_goes_with_all_that_is_its
        what_lives_stays
        a_family_goes_together_or_not_at_all
        a_batch_is_bounded
        old_activity_and_health_go
        a_key_is_free_after_its_job;
    writes:
        nothing_is_written_without_the_lease
        details_are_merged_key_by_key
        progress_only_rises_and_ended_tasks_stay
        open_tasks_end_with_their_job
        job_columns_need_an_attempt
        one_bad_item_undoes_the_whole_write;
    findings:
        a_new_server_is_added_and_met_again
        a_moved_server_is_an_update
        two_servers_may_swap_addresses
        another_server_at_an_address_displaces_the_old_one
        a_server_without_tag_is_known_by_address
        the_job_may_name_the_row
        nothing_known_is_blanked
        columns_are_emptied_by_name_only
        what_was_chosen_is_kept_where_asked
        a_removed_credential_set_costs_no_finding
        an_operator_is_told_who_has_an_address;
    inventory:
        parts_are_laid_over_what_is_known
        a_failed_drive_is_marked_until_it_recovers
        an_incomplete_document_keeps_what_was_not_read
        health_is_a_history_and_repeatable
        inventory_of_nobody_is_refused;
    rows:
        a_row_is_added_once_and_amended
        values_of_every_kind_survive
        rows_are_found_newest_first
        rows_are_written_with_all_else_or_not_at_all
        what_is_no_row_is_refused
        a_row_needs_its_server_and_outlives_its_job
        a_whole_log_is_one_write
        rows_survive_a_crash;
    entries:
        who_saw_the_last_edit_may_edit
        entries_are_kept_by_kind_and_name
        of_racing_editors_one_wins
        entries_and_settings_survive_a_crash
        a_setting_changes_alone;
    secrets:
        a_sealed_text_is_replaced_where_it_still_is
        no_job_that_is_over_keeps_a_password
        what_is_taken_out_of_details_is_gone;
    notes:
        activity_is_kept_once
        a_command_is_on_record_before_and_completed_after
        activity_learns_its_server_late_and_once
        activity_is_found_by_job_server_and_cursor
        credential_sets_and_ranges_are_kept_by_priority
        pins_sessions_and_values_are_remembered
        an_executor_says_that_it_is_alive;
};

/// What a case asks of a store beyond the least, by the beginning of its name.
const NEEDS: &[(&str, Lack, &str)] = &[
    ("locks::", Lack::Locks, "it has no locks"),
    ("steps::a_snooze_is_not_counted", Lack::History, "it keeps no history of attempts"),
    ("steps::", Lack::Steps, "it has no steps"),
    ("pauses::work_on_idracs", Lack::Pauses, "it does not know who pauses"),
    ("pauses::", Lack::Pauses, "it pauses nothing but work on iDRACs"),
    ("retries::an_ended_job_runs_once_more", Lack::History, "it keeps no history of attempts"),
    ("retries::a_retry_begins_from_the_beginning", Lack::Steps, "it has no steps"),
    ("retries::a_retry_keeps_the_evidence", Lack::History, "it keeps no history of attempts"),
    ("retries::a_job_put_off_gives_up_its_place", Lack::Locks, "it has no locks"),
    ("why::", Lack::History, "it does not know who runs what"),
    ("prune::what_is_over_goes_with_all_that_is_its", Lack::History, "it keeps no history of attempts"),
    ("ends::a_superseded_attempt_cannot_settle", Lack::History, "it keeps no history of attempts"),
    ("ends::settling_twice_is_the_same_as_once", Lack::History, "it keeps no history of attempts"),
    ("ends::giving_back_is_not_counted", Lack::Fences, "when the last attempt began is its fence"),
    ("retries::a_late_word_of_the_last_run", Lack::History, "it keeps no history of attempts"),
    ("inventory::an_incomplete_document", Lack::Notes, "it keeps no documents"),
    ("entries::entries_and_settings_survive", Lack::Notes, "it keeps no named documents"),
    ("notes::pins_sessions_and_values", Lack::Notes, "it keeps them no longer than its process lives"),
];

/// Why a case cannot be tried on a store that lacks something.
fn excuse(case: &Case, caps: &crate::store::Caps) -> Option<&'static str> {
    let needs = NEEDS.iter().find(|(name, lack, _)| case.name.starts_with(name) && caps.lacks(*lack))?;
    Some(needs.2)
}

/// Runs every case.
pub async fn check(factory: &dyn Factory) -> Report {
    let mut report = Report::default();
    for case in CASES {
        let verdict = match factory.fresh().await {
            Ok(subject) => {
                let caps = subject.store.caps();
                report.backend = caps.backend.to_owned();
                match excuse(case, &caps) {
                    Some(why) => Err(Stop::Skip(why)),
                    None => (case.run)(Bench::new(subject)).await,
                }
            }
            Err(error) => Err(Stop::Fail(format!("no fresh store: {}", error.chain()))),
        };
        match verdict {
            Ok(()) => report.passed.push(case.name),
            Err(Stop::Fail(why)) => report.failed.push((case.name, why)),
            Err(Stop::Skip(why)) => report.skipped.push((case.name, why.to_owned())),
        }
    }
    report
}
