//! BIOS settings: staged, applied by a job, compared after it.

use dell_redfish::attribute::{AttributeSnapshot, AttributeValues};
use dell_redfish::flow::bios::{
    change_bios_password, clear_pending_bios, fetch_bios, plan_bios, plan_bios_restore, plan_reset_bios,
    reset_bios, restore_bios, set_bios, take_snapshot,
};
use dell_redfish::flow::power::Reset;
use dell_redfish::flow::settings::{Afterwards, SettingsOptions};
use dell_redfish::ops::{ApplyTime, BiosPassword, MaintenanceWindow};
use serde::{Deserialize, Serialize};

use super::argument::{Hidden, Seconds, Wait};
use super::call::Call;
use super::power::ResetArgument;
use crate::reply::Reply;
use crate::runtime::Outcome;

/// `dsm.idrac.Window`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowArgument {
    start: String,
    length: Seconds,
    #[serde(default)]
    on_reset: bool,
}

/// When staged settings are applied, and what is done about it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Applying {
    window: Option<WindowArgument>,
    restart: Option<ResetArgument>,
    follow: bool,
    wait: Option<Wait>,
}

impl Applying {
    fn afterwards(restart: Option<ResetArgument>, follow: bool) -> Afterwards {
        match restart {
            Some(reset) => Afterwards::Restart(Reset::from(reset)),
            None if follow => Afterwards::Follow,
            None => Afterwards::Leave,
        }
    }

    pub(super) fn options(self, call: &Call) -> SettingsOptions {
        let wait = call.wait(self.wait.as_ref());
        let time = match self.window {
            None => ApplyTime::OnReset,
            Some(WindowArgument { start, length: Seconds(duration), on_reset }) => {
                let window = MaintenanceWindow { start, duration };
                match on_reset {
                    true => ApplyTime::InMaintenanceWindowOnReset(window),
                    false => ApplyTime::AtMaintenanceWindowStart(window),
                }
            }
        };
        SettingsOptions::default()
            .with_apply_time(time)
            .with_afterwards(Self::afterwards(self.restart, self.follow))
            .with_wait(wait)
            .with_cache(call.registries.clone())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setting {
    attributes: AttributeValues,
    #[serde(default)]
    apply: Applying,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restoring {
    snapshot: AttributeSnapshot,
    #[serde(default)]
    apply: Applying,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Password {
    which: BiosPassword,
    old: Hidden,
    new: Hidden,
    #[serde(default)]
    apply: Applying,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resetting {
    restart: Option<ResetArgument>,
}

/// The BIOS settings as they stand.
#[derive(Serialize)]
struct BiosState {
    /// In force. Some firmware shows staged values here before their job has run.
    current: AttributeValues,
    /// Staged.
    pending: AttributeValues,
    /// When staged values may be applied; empty where a job has to be made by hand.
    apply_times: Vec<String>,
    /// Whether the next restart brings the defaults.
    is_reset_pending: bool,
    /// Whether the iDRAC explains its attributes: without that values are sent unchecked.
    has_registry: bool,
}

pub(super) async fn fetch(call: Call) -> Outcome {
    let state = fetch_bios(&call.client, &call.registries).await?;
    Reply::json(&BiosState {
        current: state.current,
        pending: state.pending,
        apply_times: state.apply_times,
        is_reset_pending: state.is_reset_pending,
        has_registry: state.registry.is_some(),
    })
}

pub(super) async fn set(mut call: Call) -> Outcome {
    let Setting { attributes, apply } = call.read()?;
    let options = apply.options(&call);
    Reply::json(&set_bios(&call.client, &attributes, &options).await?)
}

pub(super) async fn plan_set(mut call: Call) -> Outcome {
    let Setting { attributes, apply } = call.read()?;
    let options = apply.options(&call);
    Reply::json(&plan_bios(&call.client, &attributes, &options).await?)
}

pub(super) async fn clear_pending(call: Call) -> Outcome {
    Reply::json(&clear_pending_bios(&call.client).await?)
}

pub(super) async fn snapshot(call: Call) -> Outcome {
    Reply::json(&take_snapshot(&call.client, &call.registries).await?)
}

pub(super) async fn restore(mut call: Call) -> Outcome {
    let Restoring { snapshot, apply } = call.read()?;
    let options = apply.options(&call);
    Reply::json(&restore_bios(&call.client, &snapshot, &options).await?)
}

pub(super) async fn plan_restore(mut call: Call) -> Outcome {
    let Restoring { snapshot, .. } = call.read()?;
    Reply::json(&plan_bios_restore(&call.client, &snapshot, &call.registries).await?)
}

pub(super) async fn change_password(mut call: Call) -> Outcome {
    let Password { which, old: Hidden(old), new: Hidden(new), apply } = call.read()?;
    let options = apply.options(&call);
    Reply::json(&change_bios_password(&call.client, which, old, new, &options).await?)
}

pub(super) async fn plan_reset(mut call: Call) -> Outcome {
    let Resetting { restart } = call.read()?;
    let afterwards = Applying::afterwards(restart, false);
    Reply::json(&plan_reset_bios(&call.client, &afterwards).await?)
}

pub(super) async fn reset(mut call: Call) -> Outcome {
    let Resetting { restart } = call.read()?;
    let afterwards = Applying::afterwards(restart, false);
    Reply::json(&reset_bios(&call.client, &afterwards).await?)
}

/// What explains the settings; nothing where the iDRAC has no registry.
pub(super) async fn registry(call: Call) -> Outcome {
    let state = fetch_bios(&call.client, &call.registries).await?;
    Reply::json(&state.registry.as_ref().map(|registry| registry.attributes()))
}
