//! Mains gone and back without anyone at the rack.

use serde::{Deserialize, Serialize};

use super::reset::reset_and_wait;
use super::state::PowerState;
use super::wanted::Reset;
use crate::actions::{Action, Actions};
use crate::error::{Error, ErrorKind, Permanence, Result};
use crate::model::{Chassis, Resource};
use crate::operation::{Redfish, run};
use crate::ops::{GetChassis, GetComputerSystem, ResetChassis, ResetType};
use crate::plan::{Plan, Restart};

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MainsCycle {
    /// Whether the host is to be on afterwards.
    pub on_afterwards: bool,
    /// How to switch off a host that is on; absent, such a host is left alone.
    pub switch_off: Option<Reset>,
    /// How often, and how long, to look for the iDRAC, which is away meanwhile.
    pub watch: Reset,
}

impl MainsCycle {
    /// Of a host that is off, which is to be on afterwards; ten minutes for it.
    #[must_use]
    pub fn new() -> Self {
        let watch = Reset::new(ResetType::On).with_patience(std::time::Duration::from_secs(600));
        Self { on_afterwards: true, switch_off: None, watch }
    }

    /// Leaves the host off afterwards.
    #[must_use]
    pub fn off_afterwards(mut self) -> Self {
        self.on_afterwards = false;
        self
    }

    /// Switches a host off first that is on: a [`ResetType::GracefulShutdown`] or [`ResetType::ForceOff`].
    #[must_use]
    pub fn with_switch_off(mut self, reset: Reset) -> Self {
        self.switch_off = Some(reset);
        self
    }
}

impl Default for MainsCycle {
    fn default() -> Self {
        Self::new()
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MainsOutcome {
    /// How the host stood before.
    pub before: PowerState,
    /// And how it stands now.
    pub after: PowerState,
    /// Whether the iDRAC was seen to be away: it lives on mains itself.
    pub idrac_was_away: bool,
}

/// Says what a cycle of mains would do, having looked at host and chassis.
///
/// # Errors
/// As [`cycle_mains`] before it sends anything.
pub async fn plan_mains_cycle(idrac: &dyn Redfish, cycle: &MainsCycle) -> Result<Plan> {
    let state = PowerState::of(&*run(idrac, &GetComputerSystem).await?);
    let operation = operation(&run(idrac, &GetChassis).await?, cycle.on_afterwards)?;
    check(state, cycle)?;
    let mut plan = Plan::new("takes mains away from the whole server, and gives it back");
    if let (PowerState::On, Some(reset)) = (state, &cycle.switch_off) {
        plan =
            plan.with_host(Restart::Certain).with_warning(format!("{} of the host comes first", reset.kind));
    }
    Ok(plan.with_step(&operation).with_idrac(Restart::Certain))
}

/// Takes mains away and gives it back: Dell's `ExtendedReset`, or DMTF's `Chassis.Reset` with `PowerCycle`, whichever is offered.
/// Everything in the server starts anew, the iDRAC among it.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where neither is offered (iDRAC7, 8, early 9), or the host cannot be left off;
/// [`ErrorKind::Conflict`] when the host is on and may not be switched off; [`ErrorKind::Timeout`] (exhausted) when the server was not
/// seen as wanted in time.
pub async fn cycle_mains(idrac: &dyn Redfish, cycle: &MainsCycle) -> Result<MainsOutcome> {
    let before = PowerState::of(&*run(idrac, &GetComputerSystem).await?);
    let operation = operation(&run(idrac, &GetChassis).await?, cycle.on_afterwards)?;
    check(before, cycle)?;
    if let (PowerState::On, Some(reset)) = (before, &cycle.switch_off) {
        reset_and_wait(idrac, reset).await?;
    }
    let broke = match run(idrac, &operation).await {
        Ok(_) => false,
        Err(error) if error.http_status().is_none() && !error.is_unsent() => true,
        Err(error) => return Err(error),
    };
    let (after, away) = watch(idrac, cycle, broke).await?;
    Ok(MainsOutcome { before, after, idrac_was_away: away })
}

fn check(state: PowerState, cycle: &MainsCycle) -> Result<()> {
    if state == PowerState::Off || (state == PowerState::On && cycle.switch_off.is_some()) {
        return Ok(());
    }
    let message = format!("mains was not cycled: the host is {state}, and must be off");
    Err(Error::new(ErrorKind::Conflict, message))
}

fn operation(chassis: &Resource<Chassis>, on: bool) -> Result<ResetChassis> {
    let actions = Actions::of(chassis);
    let offers = |action: &&Action| action.check("ResetType", "PowerCycle").is_ok();
    if let Some(action) = actions.find("DellOemChassis.ExtendedReset").filter(offers) {
        let state = if on { "On" } else { "Off" };
        action.check("FinalPowerState", state)?;
        return Ok(ResetChassis { target: action.target.clone(), final_power_state: Some(state) });
    }
    match actions.find("Chassis.Reset").filter(offers) {
        Some(action) if on => Ok(ResetChassis { target: action.target.clone(), final_power_state: None }),
        Some(_) => Err(Error::new(
            ErrorKind::Unsupported,
            "this iDRAC offers Chassis.Reset only, after which the host is on; leaving it off needs DellOemChassis.ExtendedReset",
        )),
        None => Err(Error::new(
            ErrorKind::Unsupported,
            "this iDRAC offers no cycle of mains: neither DellOemChassis.ExtendedReset nor Chassis.Reset with PowerCycle",
        )),
    }
}

/// Looks until the host stands as wanted. A host that is to stay off proves nothing: then the iDRAC must have been away.
async fn watch(idrac: &dyn Redfish, cycle: &MainsCycle, broke: bool) -> Result<(PowerState, bool)> {
    let wanted = if cycle.on_afterwards { PowerState::On } else { PowerState::Off };
    let clock = idrac.clock();
    let end = clock.now() + cycle.watch.patience;
    let (mut away, mut last) = (broke, None);
    while clock.now() + cycle.watch.poll <= end {
        clock.sleep(cycle.watch.poll).await;
        match run(idrac, &GetComputerSystem).await {
            Ok(system) => {
                let state = PowerState::of(&system);
                if state == wanted && (away || cycle.on_afterwards) {
                    return Ok((state, away));
                }
            }
            Err(error) if error.permanence() == Permanence::Permanent => return Err(error),
            Err(error) => {
                away = true;
                last = Some(error);
            }
        }
    }
    let message = format!("mains was cycled, but the server was not seen {wanted} afterwards in time");
    let error = Error::new(ErrorKind::Timeout, message)
        .with_permanence(Permanence::Exhausted)
        .with_host(idrac.host());
    Err(match last {
        Some(cause) => error.with_source(cause),
        None => error,
    })
}
