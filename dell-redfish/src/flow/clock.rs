//! The iDRAC's clock.

use serde_json::json;

use crate::capability::{IDRAC, find_at, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Manager, Resource};
use crate::operation::{Redfish, run};
use crate::ops::plain::{GetTime, PatchProperties, SetTime};
use crate::tag::run_tagged;

/// Reads the iDRAC's clock, ISO 8601 with its offset: `2026-01-31T09:00:00-06:00`. Two requests with Dell's time service; two
/// without it, of the manager.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where the iDRAC does not tell the time.
pub async fn fetch_time(redfish: &dyn Redfish) -> Result<String> {
    if let Some(service) = find_at(redfish, &endpoint::TIME_SERVICE, &[IDRAC]).await? {
        return run(redfish, &GetTime::new(&service.actions(), json!({"GetRequest": true}))?).await;
    }
    let manager = need_at(redfish, &endpoint::MANAGER_RESOURCE, &[IDRAC], "a manager").await?;
    let manager: Resource<Manager> = manager.read()?;
    manager.date_time.clone().ok_or_else(|| crate::capability::missing(redfish, "Manager.DateTime"))
}

/// Sets the iDRAC's clock: by Dell's time service, or at the manager. Two requests, three without the service. With time
/// servers (`NTPConfigGroup.1.*`) in use the iDRAC sets it right back.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for what is no time with an offset.
pub async fn set_time(redfish: &dyn Redfish, time: &str) -> Result<()> {
    if crate::policy::parse_redfish_time(time).is_none() {
        let message = format!("{time:?} is no time such as 2026-01-31T09:00:00-06:00");
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    if let Some(service) = find_at(redfish, &endpoint::TIME_SERVICE, &[IDRAC]).await? {
        let body = json!({"GetRequest": false, "TimeData": time});
        return run(redfish, &SetTime::new(&service.actions(), body)?).await.map(drop);
    }
    let manager = need_at(redfish, &endpoint::MANAGER_RESOURCE, &[IDRAC], "a manager").await?;
    let operation = PatchProperties::date_time(manager.path.clone(), time);
    run_tagged(redfish, &operation, manager.etag.as_deref()).await.map(drop)
}
