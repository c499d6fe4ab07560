//! Changes of several controllers, carried out.

use std::time::Duration;

use super::change::Change;
use super::lane::Lane;
use super::outcome::ChangeOutcome;
use super::prepare::{Prepared, prepare};
use super::view::{Controller, fetch_controller};
use crate::actions::Actions;
use crate::capability::{SERVER, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::power::{Reset, reset_and_wait};
use crate::flow::wait::WaitOptions;
use crate::operation::Redfish;
use crate::ops::ApplyTime;
use crate::plan::{Plan, Restart};

/// The changes of one controller, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// FQDD of the controller: `RAID.SL.3-1`.
    pub controller: String,
    /// What to change.
    pub changes: Vec<Change>,
}

impl Batch {
    /// Changes of this controller.
    #[must_use]
    pub fn new(controller: impl Into<String>, changes: impl IntoIterator<Item = Change>) -> Self {
        Self { controller: controller.into(), changes: changes.into_iter().collect() }
    }
}

/// How changes are carried out.
#[derive(Debug, Clone)]
pub struct StorageOptions {
    /// When; the controllers' default unless said: at once where they can, else at the next restart.
    pub apply: Option<ApplyTime>,
    /// How jobs are waited for.
    pub wait: WaitOptions,
    /// How to restart the host for changes that wait for it; absent, they are left waiting.
    pub restart: Option<Reset>,
    /// How long to wait for somebody else's job on a controller; 30 min.
    pub busy_patience: Duration,
    /// Pause between two tries meanwhile; 30 s.
    pub busy_pause: Duration,
}

impl Default for StorageOptions {
    fn default() -> Self {
        Self {
            apply: None,
            wait: WaitOptions::default(),
            restart: None,
            busy_patience: Duration::from_secs(30 * 60),
            busy_pause: Duration::from_secs(30),
        }
    }
}

impl StorageOptions {
    /// Says when.
    #[must_use]
    pub fn with_apply(mut self, apply: ApplyTime) -> Self {
        self.apply = Some(apply);
        self
    }

    /// Restarts the host for what waits for it.
    #[must_use]
    pub fn with_restart(mut self, restart: Reset) -> Self {
        self.restart = Some(restart);
        self
    }
}

/// Says what changes would do, and what would be lost, having looked at the controllers.
///
/// # Errors
/// As [`change_storage`] before it sends anything.
pub async fn plan_storage(idrac: &dyn Redfish, batches: &[Batch], options: &StorageOptions) -> Result<Plan> {
    let prepared = prepare_all(idrac, batches, options).await?;
    let all = prepared.iter().flat_map(|(_, changes)| changes);
    let what: Vec<_> = all.clone().map(|change| change.what.as_str()).collect();
    let mut plan = Plan::new(what.join("; "));
    for change in all {
        plan = change.command.add_to(plan);
        plan = change.loses.iter().fold(plan, |plan, lost| plan.with_warning(lost));
    }
    Ok(plan.with_host(match &options.apply {
        Some(ApplyTime::OnReset) if options.restart.is_some() => Restart::Certain,
        Some(time) if time.needs_restart() => Restart::Needed,
        Some(ApplyTime::Immediate) => Restart::No,
        _ => Restart::Possible,
    }))
}

/// Carries out changes of one or several controllers.
///
/// All changes are checked before the first is sent. Then each controller has one job at a time, several controllers theirs side by
/// side; what a controller only holds is gathered into one job. A change that fails stops those behind it on the same
/// controller. A connection that breaks is answered by looking for the job, never by a second request. At the end each
/// controller is read again: a change whose job ended well but which does not show has failed.
///
/// # Errors
/// Only what stands in the way of all: a change that cannot work ([`ErrorKind::InvalidInput`], [`ErrorKind::Unsupported`],
/// [`ErrorKind::Conflict`]), or an iDRAC that cannot be read. What becomes of each change is a value.
pub async fn change_storage(
    idrac: &dyn Redfish,
    batches: &[Batch],
    options: &StorageOptions,
) -> Result<Vec<ChangeOutcome>> {
    let prepared = prepare_all(idrac, batches, options).await?;
    let mut lanes: Vec<Lane> =
        prepared.into_iter().map(|(controller, changes)| Lane::new(controller, changes)).collect();
    while lanes.iter().any(|lane| !lane.is_over()) {
        for lane in &mut lanes {
            lane.send(idrac, options).await;
        }
        for lane in &mut lanes {
            lane.wait(idrac, options).await;
        }
        if let (true, Some(restart)) = (lanes.iter().any(Lane::is_staged), &options.restart) {
            let restarted = reset_and_wait(idrac, restart).await;
            for lane in &mut lanes {
                match restarted {
                    Ok(_) => lane.wait_after_restart(idrac, options).await,
                    Err(_) => lane.leave_staged(),
                }
            }
        }
    }
    for lane in &mut lanes {
        lane.verify(idrac).await?;
    }
    Ok(lanes.into_iter().flat_map(|lane| lane.outcomes).collect())
}

/// Reads what is needed, and checks each change against what is there after those before it.
async fn prepare_all(
    idrac: &dyn Redfish,
    batches: &[Batch],
    options: &StorageOptions,
) -> Result<Vec<(Controller, Vec<Prepared>)>> {
    if options.restart.is_some() && options.apply.as_ref().is_some_and(|time| time.window().is_some()) {
        let message = "a restart now and a maintenance window exclude each other";
        return Err(Error::new(ErrorKind::InvalidInput, message).with_host(idrac.host()));
    }
    let mut service = None;
    if batches.iter().flat_map(|batch| &batch.changes).any(needs_service) {
        service = Some(raid_service(idrac).await?);
    }
    let mut all: Vec<(Controller, Vec<Prepared>)> = Vec::new();
    for batch in merged(batches) {
        let mut controller = fetch_controller(idrac, &batch.controller).await?;
        if batch
            .changes
            .iter()
            .any(|change| matches!(change, Change::CreateVolume(_) | Change::MigrateVolume { .. }))
        {
            controller.learn_raid_types(idrac).await?;
        }
        if options.apply.is_some() {
            controller.learn_apply_times(idrac).await?;
        }
        let mut ahead = controller.clone();
        let mut changes = Vec::with_capacity(batch.changes.len());
        for change in &batch.changes {
            let prepared = prepare(&ahead, service.as_ref(), change, options.apply.as_ref())?;
            ahead.assume(&prepared);
            changes.push(prepared);
        }
        all.push((controller, changes));
    }
    Ok(all)
}

/// One batch a controller: it takes one job at a time.
fn merged(batches: &[Batch]) -> Vec<Batch> {
    let mut all: Vec<Batch> = Vec::new();
    for batch in batches {
        match all.iter_mut().find(|known| known.controller == batch.controller) {
            Some(known) => known.changes.extend(batch.changes.iter().cloned()),
            None => all.push(batch.clone()),
        }
    }
    all
}

fn needs_service(change: &Change) -> bool {
    !matches!(
        change,
        Change::CreateVolume(_)
            | Change::DeleteVolume { .. }
            | Change::InitializeVolume { .. }
            | Change::CheckVolume { .. }
            | Change::EraseDrive { .. }
    )
}

async fn raid_service(idrac: &dyn Redfish) -> Result<Actions> {
    Ok(need_at(idrac, &endpoint::RAID_SERVICE, &[SERVER], "DellRaidService").await?.actions())
}
