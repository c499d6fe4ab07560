//! The iDRAC's own recurring update from a repository. An iDRAC keeps one schedule, and carries it out without anybody asking.

use std::collections::BTreeMap;

use crate::actions::Actions;
use crate::capability::{SERVER, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::attribute::SetAttributes;
use crate::model::{DellUpdateSchedule, Resource, Scalar};
use crate::operation::{Redfish, run};
use crate::ops::attribute::AttributeGroup;
use crate::ops::{ClearUpdateSchedule, GetUpdateSchedule, SetUpdateSchedule, UpdateSchedule};
use crate::plan::{Plan, Restart};

/// The switch of the Lifecycle Controller without which no schedule is taken.
const AUTO_UPDATE: &str = "LCAttributes.1.AutoUpdate";
/// The answer about a schedule that there is none, to reading and to ending it.
const NONE: [&str; 2] = ["RED077", "RED078"];
/// The answer that automatic updates are switched off.
const DISABLED: &str = "RED082";

/// What setting a schedule may do beside setting it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScheduleOptions {
    replace: bool,
    enable: bool,
}

impl ScheduleOptions {
    /// Ends another schedule that is there, before.
    #[must_use]
    pub fn with_replacing(self) -> Self {
        Self { replace: true, ..self }
    }

    /// Switches automatic updates on (attribute `LCAttributes.1.AutoUpdate`) where the iDRAC says that they are off.
    #[must_use]
    pub fn with_enabling(self) -> Self {
        Self { enable: true, ..self }
    }
}

/// What came of setting a schedule.
#[derive(Debug, Clone)]
pub struct ScheduleSet {
    /// Whether anything was changed; not where this schedule was in force already.
    pub changed: bool,
    /// Whether automatic updates had to be switched on.
    pub enabled: bool,
    /// The schedule as the iDRAC shows it.
    pub schedule: Resource<DellUpdateSchedule>,
}

/// Reads the schedule; nothing where there is none. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `DellSoftwareInstallationService` (iDRAC7 and 8), or without the action.
pub async fn fetch_update_schedule(redfish: &dyn Redfish) -> Result<Option<Resource<DellUpdateSchedule>>> {
    current(redfish, &service(redfish).await?).await
}

/// Sets the schedule and reads it back. Four requests; two where it is in force already; one more to end another, three more to
/// switch automatic updates on. A connection that breaks over it is no failure where the schedule shows afterwards.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a schedule that no iDRAC takes, before anything is sent; [`ErrorKind::Unsupported`] as
/// [`fetch_update_schedule`], or for a share it does not offer; [`ErrorKind::Conflict`] when there is another and it may not be
/// replaced, or automatic updates are off and may not be switched on; [`ErrorKind::Server`] when it was accepted and does not
/// show. An error after the other was ended leaves none: the iDRAC cannot change one into another.
pub async fn set_update_schedule(
    redfish: &dyn Redfish,
    schedule: &UpdateSchedule,
    options: ScheduleOptions,
) -> Result<ScheduleSet> {
    schedule.validate()?;
    let actions = service(redfish).await?;
    let set = SetUpdateSchedule::new(&actions, schedule.clone())
        .map_err(|error| error.with_host(redfish.host()))?;
    match current(redfish, &actions).await? {
        Some(current) if schedule.is_in_force(&current) => {
            return Ok(ScheduleSet { changed: false, enabled: false, schedule: current });
        }
        Some(_) if !options.replace => return Err(another(redfish)),
        Some(_) => drop(end(redfish, &actions).await?),
        None => {}
    }
    let enabled = send(redfish, &actions, &set, schedule, options).await?;
    match current(redfish, &actions).await? {
        Some(current) if schedule.is_in_force(&current) => {
            Ok(ScheduleSet { changed: true, enabled, schedule: current })
        }
        _ => {
            let message = "the schedule was accepted and does not show";
            Err(Error::new(ErrorKind::Server, message).with_host(redfish.host()))
        }
    }
}

/// Ends the schedule; says whether there was one. Three requests, two where there was none. What was staged already stays.
///
/// # Errors
/// As [`fetch_update_schedule`].
pub async fn clear_update_schedule(redfish: &dyn Redfish) -> Result<bool> {
    let actions = service(redfish).await?;
    match current(redfish, &actions).await? {
        Some(_) => end(redfish, &actions).await,
        None => Ok(false),
    }
}

/// Says what [`set_update_schedule`] would send. Two requests; the plan is empty where it is in force already.
///
/// # Errors
/// As [`set_update_schedule`] before anything is sent.
pub async fn plan_update_schedule(
    redfish: &dyn Redfish,
    schedule: &UpdateSchedule,
    options: ScheduleOptions,
) -> Result<Plan> {
    schedule.validate()?;
    let actions = service(redfish).await?;
    let set = SetUpdateSchedule::new(&actions, schedule.clone())
        .map_err(|error| error.with_host(redfish.host()))?;
    let times = if schedule.repeat == 1 { "once".to_owned() } else { format!("{} times", schedule.repeat) };
    let plan =
        Plan::new(format!("update from the repository at {}, {}, {times}", schedule.time, schedule.days));
    let plan = match current(redfish, &actions).await? {
        Some(current) if schedule.is_in_force(&current) => return Ok(plan),
        Some(_) if !options.replace => return Err(another(redfish)),
        Some(_) => plan.with_step(&ClearUpdateSchedule::new(&actions)?),
        None => plan,
    };
    let host = if schedule.reboot { Restart::Possible } else { Restart::Needed };
    let plan = plan.with_step(&set).with_host(host).with_idrac(Restart::Possible);
    Ok(plan.with_warning("from then on the iDRAC installs whatever the repository has newer, without asking"))
}

async fn service(redfish: &dyn Redfish) -> Result<Actions> {
    let place = &endpoint::SOFTWARE_INSTALLATION_SERVICE;
    Ok(need_at(redfish, place, &[SERVER], "DellSoftwareInstallationService").await?.actions())
}

async fn current(redfish: &dyn Redfish, actions: &Actions) -> Result<Option<Resource<DellUpdateSchedule>>> {
    let get = GetUpdateSchedule::new(actions).map_err(|error| error.with_host(redfish.host()))?;
    match run(redfish, &get).await {
        // Every schedule has its time: an answer without is none.
        Ok(schedule) => Ok(Some(schedule).filter(|schedule| schedule.time.is_some())),
        Err(error) if says(&error, &NONE) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ends it; says whether there was one left to end.
async fn end(redfish: &dyn Redfish, actions: &Actions) -> Result<bool> {
    let clear = ClearUpdateSchedule::new(actions).map_err(|error| error.with_host(redfish.host()))?;
    match run(redfish, &clear).await {
        Ok(_) => Ok(true),
        Err(error) if says(&error, &NONE) => Ok(false),
        // It may have gone before its answer did: the schedule itself tells.
        Err(error) if is_cut_off(&error) && current(redfish, actions).await?.is_none() => Ok(true),
        Err(error) => Err(error),
    }
}

/// Sends it; says whether automatic updates had to be switched on for it.
async fn send(
    redfish: &dyn Redfish,
    actions: &Actions,
    set: &SetUpdateSchedule,
    schedule: &UpdateSchedule,
    options: ScheduleOptions,
) -> Result<bool> {
    match run(redfish, set).await {
        Ok(_) => Ok(false),
        // The answer proves that nothing was scheduled.
        Err(error) if says(&error, &[DISABLED]) && options.enable => {
            let on = BTreeMap::from([(AUTO_UPDATE.to_owned(), Scalar::Text("Enabled".to_owned()))]);
            SetAttributes::new(AttributeGroup::LifecycleController, on).run(redfish).await?;
            run(redfish, set).await.map(|_| true)
        }
        Err(error) if is_cut_off(&error) => match current(redfish, actions).await? {
            Some(current) if schedule.is_in_force(&current) => Ok(false),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}

fn another(redfish: &dyn Redfish) -> Error {
    let message = "another update schedule is there; an iDRAC keeps one, and it may not be replaced";
    Error::new(ErrorKind::Conflict, message).with_host(redfish.host())
}

fn says(error: &Error, ids: &[&str]) -> bool {
    error.message_ids().any(|id| ids.contains(&id.as_str()))
}

/// Whether it may have been carried out though no answer came.
fn is_cut_off(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Protocol)
        && !error.is_unsent()
}
