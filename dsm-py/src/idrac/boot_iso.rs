//! One start from an image on the network.

use dell_redfish::flow::boot_iso::{BootIso, EjectWhen, boot_iso as boot, plan_boot_iso as plan};
use dell_redfish::flow::power::Reset;
use serde::Deserialize;

use super::argument::{Seconds, invalid};
use super::call::Call;
use super::media::Insert;
use super::power::ResetArgument;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

/// When the image leaves the drive.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Eject {
    #[default]
    Never,
    AfterPost,
    HostOff,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Starting {
    mount: Insert,
    reset: Option<ResetArgument>,
    #[serde(default)]
    eject: Eject,
    host_off_within: Option<Seconds>,
}

impl Starting {
    fn options(self) -> Result<BootIso, Failure> {
        let mut options = BootIso::new(self.mount.options()?);
        if let Some(reset) = self.reset {
            options = options.with_reset(Reset::from(reset));
        }
        Ok(options.ejecting(match (self.eject, self.host_off_within) {
            (Eject::Never, None) => EjectWhen::Never,
            (Eject::AfterPost, None) => EjectWhen::AfterPost,
            (Eject::HostOff, Some(Seconds(longest))) => EjectWhen::HostOff(longest),
            _ => {
                return Err(invalid(
                    "`host_off_within` goes with `eject=\"host_off\"`, and with nothing else",
                ));
            }
        }))
    }
}

pub(super) async fn boot_iso(mut call: Call) -> Outcome {
    let options = call.read::<Starting>()?.options()?;
    Reply::json(&boot(&call.client, &options).await?)
}

pub(super) async fn plan_boot_iso(mut call: Call) -> Outcome {
    let options = call.read::<Starting>()?.options()?;
    Reply::json(&plan(&call.client, &options).await?)
}
