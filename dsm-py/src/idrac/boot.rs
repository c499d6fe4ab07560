//! What the host starts from.

use dell_redfish::flow::boot::{
    BootOverride, disable_boot_override, fetch_boot, plan_boot_order, plan_boot_override, set_boot_order,
    set_boot_override,
};
use dsm_core::{Error, ErrorKind};
use serde::Deserialize;

use super::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    target: String,
    #[serde(default)]
    continuous: bool,
    mode: Option<String>,
    uefi_path: Option<String>,
}

impl Override {
    /// The flow refuses `UefiTarget` without a path; a path without it would go unseen there.
    fn wanted(self) -> Result<BootOverride, Failure> {
        let mut wanted = match self.uefi_path {
            None => BootOverride::once(self.target),
            Some(path) if self.target == "UefiTarget" => BootOverride::once_from_uefi(path),
            Some(_) => {
                let why = "a UEFI device path goes with the boot target UefiTarget, and only with it";
                return Err(Failure::Core(Error::new(ErrorKind::InvalidInput, why).about("uefi_path")));
            }
        };
        if self.continuous {
            wanted = wanted.continuously();
        }
        Ok(match self.mode {
            Some(mode) => wanted.with_mode(mode),
            None => wanted,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    order: Vec<String>,
}

pub(super) async fn fetch(call: Call) -> Outcome {
    Reply::json(&fetch_boot(&call.client).await?)
}

pub(super) async fn set_override(mut call: Call) -> Outcome {
    let wanted = call.read::<Override>()?.wanted()?;
    Reply::json(&set_boot_override(&call.client, &wanted).await?)
}

pub(super) async fn plan_set_override(mut call: Call) -> Outcome {
    let wanted = call.read::<Override>()?.wanted()?;
    Reply::json(&plan_boot_override(&call.client, &wanted).await?)
}

pub(super) async fn disable_override(call: Call) -> Outcome {
    Reply::json(&disable_boot_override(&call.client).await?)
}

pub(super) async fn set_order(mut call: Call) -> Outcome {
    let Order { order } = call.read()?;
    Reply::json(&set_boot_order(&call.client, &order).await?)
}

pub(super) async fn plan_set_order(mut call: Call) -> Outcome {
    let Order { order } = call.read()?;
    Reply::json(&plan_boot_order(&call.client, &order).await?)
}
