//! Restarts the iDRAC and waits until it is back.

use std::time::Duration;

use crate::actions::Actions;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::operation::{Operation as _, Redfish, run};
use crate::ops::{GetManager, ResetManager};
use crate::plan::{Plan, Restart};

use super::ready::{ReadyOptions, wait_until_back, wait_until_ready};

/// How an iDRAC is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartOptions {
    /// How its coming back is waited for.
    pub ready: ReadyOptions,
    /// How long it may take to go away; 2 min. An iDRAC that answers for so long has not restarted.
    pub leave: Duration,
}

impl Default for RestartOptions {
    fn default() -> Self {
        Self { ready: ReadyOptions::default(), leave: Duration::from_secs(120) }
    }
}

/// What a restart did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct IdracRestart {
    /// From the request to the first answer after it.
    #[serde(rename = "away_s", serialize_with = "crate::seconds::one")]
    pub away: Duration,
    /// From the request until all was ready.
    #[serde(rename = "total_s", serialize_with = "crate::seconds::one")]
    pub total: Duration,
}

/// Says what [`restart_idrac`] would do. One request.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the manager does not offer it; the iDRAC's.
pub async fn plan_restart_idrac(redfish: &dyn Redfish) -> Result<Plan> {
    let operation = operation(redfish).await?.0;
    let mut plan = operation.plan().with_idrac(Restart::Certain);
    plan.summary = "restart the iDRAC; the host goes on".to_owned();
    Ok(plan.with_warning("All sessions, consoles and virtual media of this iDRAC end."))
}

/// Restarts the iDRAC: sends the reset once, waits until it has gone, until it answers again with a new session, and until the
/// Lifecycle Controller is ready where that can be asked.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the manager does not offer it, [`ErrorKind::Stalled`] when it does not go away,
/// [`ErrorKind::NotReady`] when it does not come back in time.
pub async fn restart_idrac(redfish: &dyn Redfish, options: &RestartOptions) -> Result<IdracRestart> {
    let clock = redfish.clock();
    let (operation, last_reset) = operation(redfish).await?;
    let began = clock.now();
    match run(redfish, &operation).await {
        Ok(()) => {}
        // It went away with the answer on its lips: whether it restarts is seen below.
        Err(error)
            if matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout) && !error.is_unsent() => {}
        Err(error) => return Err(error),
    }
    leave(redfish, options, last_reset.as_deref()).await?;
    wait_until_back(redfish, &ReadyOptions { in_a_row: 1, ..options.ready }).await?;
    let away = clock.now() - began;
    match wait_until_ready(redfish, &options.ready).await {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            wait_until_back(redfish, &options.ready).await?;
        }
        outcome => drop(outcome?),
    }
    Ok(IdracRestart { away, total: clock.now() - began })
}

async fn operation(redfish: &dyn Redfish) -> Result<(ResetManager, Option<String>)> {
    let manager = run(redfish, &GetManager).await?;
    let named = |error: Error| error.with_host(redfish.host()).with_path(endpoint::MANAGER);
    let operation = ResetManager::new(&Actions::of(&manager)).map_err(named)?;
    Ok((operation, manager.last_reset_time.clone()))
}

/// Waits until it does not answer, or tells another time of its last reset: it may be back sooner than it is looked at.
async fn leave(redfish: &dyn Redfish, options: &RestartOptions, last_reset: Option<&str>) -> Result<()> {
    let clock = redfish.clock();
    let end = clock.now() + options.leave;
    loop {
        match run(redfish, &GetManager).await {
            Err(error) if super::wait::passes(&error) => return Ok(()),
            Err(error) => return Err(error),
            Ok(manager) => {
                let now = manager.last_reset_time.as_deref();
                if now.is_some() && now != last_reset {
                    return Ok(());
                }
            }
        }
        if clock.now() >= end {
            let limit = options.leave.as_secs();
            let message = format!("the iDRAC took the restart on and has not gone within {limit} s");
            return Err(Error::new(ErrorKind::Stalled, message).with_host(redfish.host()));
        }
        clock.sleep(options.ready.interval).await;
    }
}
