//! The virtual CD as what a host starts from next time.

use std::time::{Duration, SystemTime};

use dell_redfish::flow::boot::{BootOverride, plan_boot_override};
use dell_redfish::flow::boot_iso::{ChosenBy, choose_virtual_cd};
use dell_redfish::flow::wait::{Started, WaitOptions, find_started, wait_for_job};
use dell_redfish::{Client, Redfish as _};
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::handlers::idrac::walk::Visit;

/// Dell's type of the job that imports a profile.
const IMPORT: &str = "ImportConfiguration";

/// Chooses it, once over all attempts.
pub(super) async fn choose_once(visit: &Visit, client: &Client) -> Result<ChosenBy> {
    let since = client.clock().wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let find = async |note: Value| found(visit, client, &note).await;
    let choose = async || Ok(choose_virtual_cd(client).await?);
    visit.once("boot once", json!({"since_ms": since.as_millis() as u64}), find, choose).await
}

/// How an earlier attempt chose it: by a profile, whose job is followed to its end, or by an override, which must still be
/// there.
async fn found(visit: &Visit, client: &Client, note: &Value) -> Result<Option<ChosenBy>> {
    if visit.has_sent("ImportSystemConfiguration").await? {
        let since = note.get("since_ms").and_then(Value::as_u64).unwrap_or_default();
        let since = SystemTime::UNIX_EPOCH + Duration::from_millis(since);
        let started = Started { since, ..Started::now(client, &[IMPORT]) };
        let job = find_started(client, &started, &WaitOptions::default()).await?;
        wait_for_job(client, &job, &WaitOptions::default()).await?.into_result()?;
        return Ok(Some(ChosenBy::Profile));
    }
    if !visit.has_asked(|method, path| method == "PATCH" && path.contains("/Systems/")).await? {
        return Ok(None);
    }
    if plan_boot_override(client, &BootOverride::once("Cd")).await?.is_empty() {
        return Ok(Some(ChosenBy::Override));
    }
    Err(Error::new(
        ErrorKind::Redfish,
        "an earlier attempt chose the virtual CD, and it is not chosen any more",
    )
    .hint("it may have been used by a restart; run the job again if it has not"))
}
