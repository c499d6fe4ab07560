//! Keys of self-encrypting drives, held by a server or by the iDRAC.

use dell_redfish::flow::key_management::{
    KeyManagementChange, fetch_key_management, generate_sekm_csr, test_sekm_server,
};
use serde::Deserialize;

use super::argument::Hidden;
use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

/// `dsm.idrac.KeyManagementChange`: `change` says which, the other fields are its own.
#[derive(Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
enum Change {
    EnableSekm {},
    DisableSekm {},
    EnableIlkm { key_id: String, passphrase: Hidden },
    DisableIlkm {},
    RekeySekm {},
}

impl From<Change> for KeyManagementChange {
    fn from(given: Change) -> Self {
        match given {
            Change::EnableSekm {} => Self::EnableSekm,
            Change::DisableSekm {} => Self::DisableSekm,
            Change::EnableIlkm { key_id, passphrase: Hidden(passphrase) } => {
                Self::EnableIlkm { key_id, passphrase }
            }
            Change::DisableIlkm {} => Self::DisableIlkm,
            Change::RekeySekm {} => Self::RekeySekm,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    #[serde(default)]
    secondary: bool,
    #[serde(default = "first")]
    index: u8,
}

const fn first() -> u8 {
    1
}

pub(super) async fn fetch(call: Call) -> Outcome {
    Reply::json(&fetch_key_management(&call.client).await?)
}

pub(super) async fn generate_csr(call: Call) -> Outcome {
    Ok(Reply::Text(generate_sekm_csr(&call.client).await?))
}

pub(super) async fn test_server(mut call: Call) -> Outcome {
    let Server { secondary, index } = call.read()?;
    Reply::json(&test_sekm_server(&call.client, secondary, index).await?)
}

pub(super) async fn change(mut call: Call) -> Outcome {
    let change = KeyManagementChange::from(call.read::<Change>()?);
    Reply::json(&change.run(&call.client).await?)
}

pub(super) async fn plan_change(mut call: Call) -> Outcome {
    let change = KeyManagementChange::from(call.read::<Change>()?);
    Reply::json(&change.plan(&call.client).await?)
}
