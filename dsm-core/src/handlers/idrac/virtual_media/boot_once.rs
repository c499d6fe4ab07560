//! The virtual CD as what a host starts from next time.

use std::time::{Duration, SystemTime};

use dell_redfish::flow::boot::BootOverride;
use dell_redfish::flow::boot_iso::{ChosenBy, choose_virtual_cd};
use dell_redfish::flow::wait::{Started, WaitOptions, find_started, wait_for_job};
use dell_redfish::model::ComputerSystem;
use dell_redfish::{Client, Redfish as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Result;
use crate::handlers::idrac::overriding::{self, is_set};
use crate::handlers::idrac::walk::{Sent, Visit};

/// Dell's type of the job that imports a profile.
const IMPORT: &str = "ImportConfiguration";

/// What a later attempt goes by.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Note {
    #[serde(flatten)]
    overriding: overriding::Note,
    /// By the clock that the client goes by, since 1970.
    since_ms: u64,
}

/// Chooses it, once over all attempts.
pub(super) async fn choose_once(visit: &Visit, client: &Client, system: &ComputerSystem) -> Result<ChosenBy> {
    let since = client.clock().wall().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let note = Note { overriding: overriding::Note::of(system), since_ms: since.as_millis() as u64 };
    let find = async |note: Value| {
        found(visit, client, &serde_json::from_value::<Note>(note).unwrap_or_default()).await
    };
    let choose = async || Ok(choose_virtual_cd(client).await?);
    visit.once("boot once", json!(note), find, choose).await
}

/// How an earlier attempt chose it: by a profile, whose job is followed to its end, or by an override, which must still be
/// there.
async fn found(visit: &Visit, client: &Client, note: &Note) -> Result<Option<ChosenBy>> {
    let sent = visit.sent_since("POST", "ImportSystemConfiguration", note.overriding.at).await?;
    if sent != Sent::No {
        let since = SystemTime::UNIX_EPOCH + Duration::from_millis(note.since_ms);
        let started = Started { since, ..Started::now(client, &[IMPORT]) };
        match find_started(client, &started, &WaitOptions::default()).await {
            Ok(job) => {
                wait_for_job(client, &job, &WaitOptions::default()).await?.into_result()?;
                return Ok(Some(ChosenBy::Profile));
            }
            // No import: the request never left.
            Err(error) if error.kind() == dell_redfish::ErrorKind::NotFound && sent == Sent::Perhaps => {}
            Err(error) => return Err(error.into()),
        }
    }
    let is_set = is_set(visit, client, &BootOverride::once("Cd"), &note.overriding).await?;
    Ok(is_set.then_some(ChosenBy::Override))
}
