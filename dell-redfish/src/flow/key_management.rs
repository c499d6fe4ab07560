//! The iDRAC's key management: keys of self-encrypting drives, held by a server (SEKM) or by the iDRAC itself (iLKM).
//!
//! Its settings are attributes (`SEKM.1.*`, `KMS.1.*`), its certificates those of
//! [`CertificatePurpose::KeyManagementAuthority`](super::certificate::CertificatePurpose) and `KeyManagementClient`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::attribute::fetch_attributes;
use crate::accepted::Accepted;
use crate::actions::Actions;
use crate::capability::{IDRAC, need_at};
use crate::endpoint;
use crate::error::Result;
use crate::message::ExtendedInfo;
use crate::model::Scalar;
use crate::operation::{Redfish, run};
use crate::ops::attribute::AttributeGroup;
use crate::ops::key_management::{
    DisableIlkm, DisableSekm, EnableIlkm, EnableSekm, GenerateSekmCsr, Rekey, TestSekmServer,
};
use crate::plan::Plan;
use crate::redact::is_secret_name;
use crate::secret::Secret;

/// The settings and the state of key management, by attribute. One request.
///
/// # Errors
/// As [`fetch_attributes`].
pub async fn fetch_key_management(redfish: &dyn Redfish) -> Result<BTreeMap<String, Scalar>> {
    let resource = fetch_attributes(redfish, AttributeGroup::Idrac).await?;
    let groups = ["SEKM.", "SEKMCert.", "KMS.", "iLKM."];
    let own = |name: &str| groups.iter().any(|group| name.starts_with(group)) && !is_secret_name(name);
    let all = resource.attributes.clone().unwrap_or_default();
    Ok(all.into_iter().filter(|(name, _)| own(name)).collect())
}

async fn actions(redfish: &dyn Redfish) -> Result<Actions> {
    Ok(need_at(redfish, &endpoint::IDRAC_CARD_SERVICE, &[IDRAC], "DelliDRACCardService").await?.actions())
}

/// Lets the iDRAC make a key and a request to sign its certificate at the key management server. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where this iDRAC has no such action.
pub async fn generate_sekm_csr(redfish: &dyn Redfish) -> Result<String> {
    run(redfish, &GenerateSekmCsr::new(&actions(redfish).await?, json!({}))?).await
}

/// Whether the iDRAC reaches its key management server. Two requests.
///
/// # Errors
/// As [`generate_sekm_csr`]; an unreachable server is the iDRAC's error.
pub async fn test_sekm_server(
    redfish: &dyn Redfish,
    is_secondary: bool,
    index: u8,
) -> Result<Vec<ExtendedInfo>> {
    let server = if is_secondary { "Secondary" } else { "Primary" };
    let body = json!({"ServerType": server, "ServerIndex": index});
    run(redfish, &TestSekmServer::new(&actions(redfish).await?, body)?).await
}

/// A change of key management. Each is a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyManagementChange {
    /// Keys are a server's from now on.
    EnableSekm,
    /// No longer.
    DisableSekm,
    /// Keys are the iDRAC's own from now on.
    EnableIlkm {
        /// Name of the key.
        key_id: String,
        /// What it is made of.
        passphrase: Secret,
    },
    /// No longer.
    DisableIlkm,
    /// Another key from now on.
    RekeySekm,
}

macro_rules! with_operation {
    ($change:expr, $actions:expr, |$operation:ident| $then:expr) => {
        match $change {
            KeyManagementChange::EnableSekm => { let $operation = EnableSekm::new($actions, json!({}))?; $then }
            KeyManagementChange::DisableSekm => { let $operation = DisableSekm::new($actions, json!({}))?; $then }
            KeyManagementChange::DisableIlkm => { let $operation = DisableIlkm::new($actions, json!({}))?; $then }
            KeyManagementChange::EnableIlkm { key_id, passphrase } => {
                let body = json!({"KeyID": key_id, "Passphrase": passphrase.expose()});
                let $operation = EnableIlkm::new($actions, body)?;
                $then
            }
            KeyManagementChange::RekeySekm => {
                let body: Value = json!({"fqdd": IDRAC, "Mode": "SEKM"});
                let $operation = Rekey::new($actions, body)?;
                $then
            }
        }
    };
}

impl KeyManagementChange {
    /// What it would do. One request, a read.
    ///
    /// # Errors
    /// As [`KeyManagementChange::run`].
    pub async fn plan(&self, redfish: &dyn Redfish) -> Result<Plan> {
        let actions = actions(redfish).await?;
        let plan = Plan::new("change the iDRAC's key management");
        let plan = with_operation!(self, &actions, |operation| plan.with_step(&operation));
        Ok(if matches!(self, Self::DisableSekm | Self::DisableIlkm) {
            plan.with_warning("drives that are locked with its keys stay locked without it")
        } else {
            plan
        })
    }

    /// Starts it. Two requests.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) where this iDRAC does not offer it; `License` without its licence.
    pub async fn run(&self, redfish: &dyn Redfish) -> Result<Accepted> {
        let actions = actions(redfish).await?;
        with_operation!(self, &actions, |operation| run(redfish, &operation).await)
    }
}
