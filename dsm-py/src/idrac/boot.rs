//! What the host starts from.

use dell_redfish::flow::boot::{
    BootOverride, disable_boot_override, fetch_boot, plan_boot_order, plan_boot_override, set_boot_order,
    set_boot_override,
};
use serde::Deserialize;

use super::call::Call;
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

impl From<Override> for BootOverride {
    fn from(given: Override) -> Self {
        let mut wanted = match given.uefi_path {
            // The target is checked against the path by the flow; the path alone means the target it goes with.
            Some(path) if given.target == "UefiTarget" => Self::once_from_uefi(path),
            _ => Self::once(given.target),
        };
        if given.continuous {
            wanted = wanted.continuously();
        }
        match given.mode {
            Some(mode) => wanted.with_mode(mode),
            None => wanted,
        }
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
    let wanted = BootOverride::from(call.read::<Override>()?);
    Reply::json(&set_boot_override(&call.client, &wanted).await?)
}

pub(super) async fn plan_set_override(mut call: Call) -> Outcome {
    let wanted = BootOverride::from(call.read::<Override>()?);
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
