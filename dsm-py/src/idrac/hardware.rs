//! What an iDRAC knows of the hardware beside an inventory.

use dell_redfish::flow::assembly::{fetch_assemblies, fetch_pcie_slots};
use dell_redfish::flow::dell_view::{
    DellViewKind, list_dell_view, list_dell_view_kinds, list_switch_connections,
};
use serde::Deserialize;

use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct View {
    kind: DellViewKind,
}

pub(super) async fn assemblies(call: Call) -> Outcome {
    Reply::json(&fetch_assemblies(&call.client).await?)
}

pub(super) async fn dell_view(mut call: Call) -> Outcome {
    let View { kind } = call.read()?;
    Reply::json(&list_dell_view(&call.client, kind).await?)
}

pub(super) async fn dell_view_kinds(call: Call) -> Outcome {
    Reply::json(&list_dell_view_kinds(&call.client).await?)
}

pub(super) async fn pcie_slots(call: Call) -> Outcome {
    Reply::json(&fetch_pcie_slots(&call.client).await?)
}

pub(super) async fn switch_connections(call: Call) -> Outcome {
    Reply::json(&list_switch_connections(&call.client).await?)
}
