//! Secure boot, and the keys it trusts.

use dell_redfish::ODataId;
use dell_redfish::flow::secure_boot::{
    ResetKeys, ResetKeysType, add_secure_boot_certificate, add_secure_boot_hash, delete_secure_boot_key,
    fetch_dell_certificate_store, fetch_secure_boot, fetch_secure_boot_keys, list_secure_boot_databases,
    plan_delete_secure_boot_key, plan_set_secure_boot, set_secure_boot,
};
use serde::Deserialize;

use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    enable: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    database: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    database: String,
    pem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hash {
    database: String,
    sha256: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: ODataId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    kind: ResetKeysType,
    database: Option<String>,
}

impl From<Reset> for ResetKeys {
    fn from(given: Reset) -> Self {
        let reset = Self::new(given.kind);
        match given.database {
            Some(database) => reset.of_database(database),
            None => reset,
        }
    }
}

pub(super) async fn fetch(call: Call) -> Outcome {
    Reply::json(&fetch_secure_boot(&call.client).await?)
}

pub(super) async fn set(mut call: Call) -> Outcome {
    let Switch { enable } = call.read()?;
    Reply::json(&set_secure_boot(&call.client, enable).await?)
}

pub(super) async fn plan_set(mut call: Call) -> Outcome {
    let Switch { enable } = call.read()?;
    Reply::json(&plan_set_secure_boot(&call.client, enable).await?)
}

pub(super) async fn list_databases(call: Call) -> Outcome {
    Reply::json(&list_secure_boot_databases(&call.client).await?)
}

pub(super) async fn fetch_keys(mut call: Call) -> Outcome {
    let Database { database } = call.read()?;
    Reply::json(&fetch_secure_boot_keys(&call.client, &database).await?)
}

pub(super) async fn fetch_dell_store(mut call: Call) -> Outcome {
    let Database { database } = call.read()?;
    Reply::json(&fetch_dell_certificate_store(&call.client, &database).await?)
}

pub(super) async fn add_certificate(mut call: Call) -> Outcome {
    let Certificate { database, pem } = call.read()?;
    Reply::json(&add_secure_boot_certificate(&call.client, &database, &pem).await?)
}

pub(super) async fn add_hash(mut call: Call) -> Outcome {
    let Hash { database, sha256 } = call.read()?;
    Reply::json(&add_secure_boot_hash(&call.client, &database, &sha256).await?)
}

pub(super) async fn delete_key(mut call: Call) -> Outcome {
    let Key { key } = call.read()?;
    Reply::json(&delete_secure_boot_key(&call.client, &key).await?)
}

pub(super) async fn plan_delete_key(mut call: Call) -> Outcome {
    let Key { key } = call.read()?;
    Reply::json(&plan_delete_secure_boot_key(&key)?)
}

pub(super) async fn reset_keys(mut call: Call) -> Outcome {
    let reset = ResetKeys::from(call.read::<Reset>()?);
    Reply::json(&reset.run(&call.client).await?)
}

pub(super) async fn plan_reset_keys(mut call: Call) -> Outcome {
    let reset = ResetKeys::from(call.read::<Reset>()?);
    Reply::json(&reset.plan(&call.client).await?)
}
