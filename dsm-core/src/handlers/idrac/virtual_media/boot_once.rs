//! The virtual CD as what a host starts from next time.

use std::time::SystemTime;

use dell_redfish::flow::boot::BootOverride;
use dell_redfish::flow::boot_iso::{ChosenBy, choose_virtual_cd};
use dell_redfish::flow::wait::{Started, WaitOptions, find_started, wait_for_job};
use dell_redfish::model::ComputerSystem;
use dell_redfish::{Client, DellJobId, ErrorKind as RedfishKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Result;
use crate::handlers::idrac::overriding::{self, is_set};
use crate::handlers::idrac::queue::known_jobs;
use crate::handlers::idrac::walk::{Sent, Visit};

/// Dell's type of the job that imports a profile.
const IMPORT: &str = "ImportConfiguration";

/// What a later attempt goes by.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Note {
    #[serde(flatten)]
    overriding: overriding::Note,
    /// Jobs that were there before; no clock is needed to tell them from its own.
    known: Vec<DellJobId>,
}

/// Chooses it, once over all attempts.
pub(super) async fn choose_once(visit: &Visit, client: &Client, system: &ComputerSystem) -> Result<ChosenBy> {
    let known = known_jobs(client, IMPORT).await?;
    let note = Note { overriding: overriding::Note::of(visit, system).await?, known };
    let find = async |note: Value| {
        found(visit, client, &serde_json::from_value::<Note>(note).unwrap_or_default()).await
    };
    let choose = async || Ok(choose_virtual_cd(client).await?);
    visit.once("boot once", json!(note), find, choose).await
}

/// How an earlier attempt chose it: by a profile, whose job is followed to its end, or by an override, which must still be
/// there.
async fn found(visit: &Visit, client: &Client, note: &Note) -> Result<Option<ChosenBy>> {
    let sent = visit.sent_since("POST", "ImportSystemConfiguration", &note.overriding.before).await?;
    if sent != Sent::No {
        let (since, known) = (SystemTime::UNIX_EPOCH, note.known.clone());
        let started = Started { since, known, later: true, ..Started::now(client, &[IMPORT]) };
        match find_started(client, &started, &WaitOptions::default()).await {
            Ok(job) => {
                wait_for_job(client, &job, &WaitOptions::default()).await?.into_result()?;
                return Ok(Some(ChosenBy::Profile));
            }
            // No import: the request never left.
            Err(error) if error.kind() == RedfishKind::NotFound && sent == Sent::Perhaps => {}
            Err(error) => return Err(error.into()),
        }
    }
    let is_set = is_set(visit, client, &BootOverride::once("Cd"), &note.overriding).await?;
    Ok(is_set.then_some(ChosenBy::Override))
}
