//! Writing settings: judged, staged, applied by a job, compared.

use std::time::Duration;

use crate::attribute::{AttributeValues, Validation};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::power::{plan_reset, reset_and_wait};
use crate::flow::wait::{HeldBy, JobRef, SoftEnd, Until, Verdict, wait_for_job};
use crate::model::Scalar;
use crate::operation::Redfish;
use crate::ops::{ApplyTime, StageSettings};
use crate::plan::{Plan, Restart};

use super::cache::RegistryCache;
use super::options::{Afterwards, SettingsOptions};
use super::outcome::{AttributeResult, SettingsEnd, SettingsOutcome, compare};
use super::read::{SettingsState, fetch_current, fetch_settings};
use super::stage::{Queued, Staging, apply_time, check, job_request};
use super::target::SettingsTarget;

/// Looks after a job has completed, until the values are there: a host that is still in its power-on test may show old ones.
const LOOKS: u32 = 10;

/// Time between two of them.
const PAUSE: Duration = Duration::from_secs(15);

/// What a wanted change would do.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct SettingsPlan {
    /// What changes, what the system changes along, and what stands against it.
    pub validation: Validation,
    /// The requests, and whether the host restarts. Empty where something stands against it.
    pub plan: Plan,
}

/// Says what [`set_settings`] would do. Sends nothing that changes anything: 2 requests, 3 more for a registry that is not in
/// the cache, 1 more to plan a restart.
///
/// # Errors
/// As [`fetch_settings`]; [`ErrorKind::Unsupported`] for an apply time that is not offered, [`ErrorKind::InvalidInput`] for
/// options that exclude each other.
pub async fn plan_settings(
    redfish: &dyn Redfish,
    target: &SettingsTarget,
    wanted: &AttributeValues,
    options: &SettingsOptions,
) -> Result<SettingsPlan> {
    check(options).map_err(|error| error.with_host(redfish.host()))?;
    let mut state = fetch_settings(redfish, target, &options.cache).await?;
    let validation = state.judge(redfish, wanted, &options.cache).await?;
    let mut plan = Plan::new(summary(target, &validation));
    for problem in &validation.problems {
        plan = plan.with_warning(problem.to_string());
    }
    if !validation.is_ok() || is_settled(&validation) {
        return Ok(SettingsPlan { validation, plan });
    }
    let time = apply_time(&state, &options.apply_time)?;
    let by_hand = time.is_none() || validation.is_noop();
    if !validation.is_noop() {
        let stage = StageSettings {
            settings: state.settings.clone(),
            changes: validation.changes.clone(),
            apply_time: time,
        };
        plan = plan.with_step(&stage.shown());
    }
    if by_hand {
        plan = plan.with_step(&job_request(redfish, &state));
    }
    if state.is_reset_pending {
        plan = plan.with_warning("the next restart brings the defaults, too: they were asked for before");
    }
    for name in state.pending.names().filter(|name| !wanted.contains(name)) {
        plan = plan.with_warning(format!("{name} was staged before and comes along with it"));
    }
    for effect in &validation.side_effects {
        let to = effect.to.as_ref().and_then(Scalar::to_text).unwrap_or_else(|| "another value".to_owned());
        plan = plan.with_warning(format!("{} becomes {to} along with it", effect.attribute));
    }
    let plan = plan.with_host(match (&options.apply_time, &options.afterwards) {
        (ApplyTime::Immediate, _) => Restart::No,
        (ApplyTime::AtMaintenanceWindowStart(_), _) | (_, Afterwards::Restart(_)) => Restart::Certain,
        _ => Restart::Needed,
    });
    Ok(SettingsPlan { validation, plan: with_restart(redfish, plan, options).await? })
}

async fn with_restart(redfish: &dyn Redfish, mut plan: Plan, options: &SettingsOptions) -> Result<Plan> {
    if let (Afterwards::Restart(reset), true) = (&options.afterwards, options.apply_time.needs_restart()) {
        let restart = plan_reset(redfish, reset).await?;
        plan.steps.extend(restart.steps);
        plan.warnings.extend(restart.warnings);
    }
    Ok(plan)
}

fn summary(target: &SettingsTarget, validation: &Validation) -> String {
    let count = validation.changes.len();
    match (validation.is_ok(), count) {
        (false, _) => {
            format!("{} of the wanted settings of {} cannot be had", validation.problems.len(), target.called)
        }
        (true, 0) if validation.already_pending.is_empty() => format!("{} is as wanted", target.called),
        (true, 0) => format!("what is wanted of {} is staged already", target.called),
        (true, _) => format!("change {count} settings of {}", target.called),
    }
}

/// Nothing to send, and nothing that waits.
fn is_settled(validation: &Validation) -> bool {
    validation.is_noop() && validation.already_pending.is_empty()
}

/// Brings wanted values into force.
///
/// Everything is judged against the registry first; only differences are sent. The job that the iDRAC makes is taken, one
/// that exists is never doubled, and no value is believed before the job has completed. After a lost answer the settings
/// and the queue are read again, and decide. A second run that finds everything as wanted sends nothing.
///
/// # Errors
/// [`ErrorKind::InvalidInput`], naming each attribute that cannot be had, or options that exclude each other; nothing was sent.
/// [`ErrorKind::Unsupported`] for settings or an apply time that this iDRAC does not offer. [`ErrorKind::Conflict`] where
/// another job holds the settings. What the wait or the restart says; the job goes on then.
pub async fn set_settings(
    redfish: &dyn Redfish,
    target: &SettingsTarget,
    wanted: &AttributeValues,
    options: &SettingsOptions,
) -> Result<SettingsOutcome> {
    check(options).map_err(|error| error.with_host(redfish.host()))?;
    let mut state = fetch_settings(redfish, target, &options.cache).await?;
    let validation = state.judge(redfish, wanted, &options.cache).await?;
    if !validation.is_ok() {
        return Err(refused(redfish, &validation));
    }
    let registry = state.registry.as_deref();
    if is_settled(&validation) {
        let results = compare(registry, wanted, &state.current);
        return Ok(outcome(validation, SettingsEnd::Unchanged, None, results));
    }
    let queued = Staging { redfish, target, state: &state, options }.carry_out(&validation).await?;
    let end = bring_about(redfish, &queued.job, options).await?;
    let is_done =
        matches!(&end, SettingsEnd::Ended(job) if matches!(job.verdict, Verdict::Done | Verdict::Lost));
    let results =
        if is_done { settled_results(redfish, target, &state, wanted, None).await? } else { Vec::new() };
    Ok(outcome(validation, end, Some(queued), results))
}

/// Compares wanted values with those in force, for one who staged them, restarted the host and followed the job in steps of
/// his own. Only after the job has completed: some firmware shows staged values before. 2 requests, 3 more for a registry that is
/// not in the cache; while they differ, it looks again for some minutes, as [`set_settings`] does.
///
/// # Errors
/// As [`fetch_settings`].
pub async fn verify_settings(
    redfish: &dyn Redfish,
    target: &SettingsTarget,
    wanted: &AttributeValues,
    cache: &RegistryCache,
) -> Result<Vec<AttributeResult>> {
    let mut state = fetch_settings(redfish, target, cache).await?;
    let now = std::mem::take(&mut state.current);
    settled_results(redfish, target, &state, wanted, Some(now)).await
}

fn refused(redfish: &dyn Redfish, validation: &Validation) -> Error {
    let problems: Vec<_> = validation.problems.iter().map(ToString::to_string).collect();
    let message = format!("nothing was sent: {}", problems.join("; "));
    Error::new(ErrorKind::InvalidInput, message).with_host(redfish.host())
}

fn outcome(
    validation: Validation,
    end: SettingsEnd,
    queued: Option<Queued>,
    results: Vec<AttributeResult>,
) -> SettingsOutcome {
    let told = match &end {
        SettingsEnd::Ended(job) => job.id.clone(),
        _ => None,
    };
    let is_adopted = queued.as_ref().is_some_and(|queued| queued.is_adopted);
    let job = told.or_else(|| queued.and_then(|queued| queued.job.job));
    SettingsOutcome { validation, end, job, is_adopted, results }
}

/// From a job in the queue to its end, as far as the caller wants to go.
pub(in crate::flow) async fn bring_about(
    redfish: &dyn Redfish,
    job: &JobRef,
    options: &SettingsOptions,
) -> Result<SettingsEnd> {
    let time = &options.apply_time;
    let is_immediate = *time == ApplyTime::Immediate;
    let held_by = match time {
        ApplyTime::Immediate => HeldBy::Nothing,
        ApplyTime::OnReset => HeldBy::Restart,
        _ => HeldBy::Window,
    };
    let wait = options.wait.clone().with_held_by(held_by);
    if !is_immediate && !matches!(options.afterwards, Afterwards::Follow) {
        // A restart before the job is scheduled would not bring it about.
        let scheduled = wait_for_job(redfish, job, &wait.clone().with_until(Until::Scheduled)).await?;
        if scheduled.verdict != Verdict::SoftEnd(SoftEnd::Scheduled) {
            return Ok(SettingsEnd::Ended(scheduled));
        }
    }
    match &options.afterwards {
        Afterwards::Leave if !is_immediate => return Ok(SettingsEnd::Staged),
        Afterwards::Restart(reset) if time.needs_restart() => {
            reset_and_wait(redfish, reset).await?;
        }
        _ => {}
    }
    wait_for_job(redfish, job, &wait).await.map(SettingsEnd::Ended)
}

/// The values after a completed job; the first look may have been taken.
async fn settled_results(
    redfish: &dyn Redfish,
    target: &SettingsTarget,
    state: &SettingsState,
    wanted: &AttributeValues,
    mut seen: Option<AttributeValues>,
) -> Result<Vec<AttributeResult>> {
    let mut look = 1;
    loop {
        let now = match seen.take() {
            Some(seen) => seen,
            None => fetch_current(redfish, target).await?,
        };
        let results = compare(state.registry.as_deref(), wanted, &now);
        if look >= LOOKS || results.iter().all(|result| result.is_as_requested != Some(false)) {
            return Ok(results);
        }
        look += 1;
        redfish.clock().sleep(PAUSE).await;
    }
}
