//! What a login may do on an iDRAC.

use dell_redfish::Redfish;
use dell_redfish::flow::account::Accounts;
use serde_json::{Value, json};

/// The role of a local account, and the privileges that go with it; nulls for a user of a directory, and where nobody tells.
pub(super) async fn fetch_rights(idrac: &dyn Redfish, username: &str) -> (Value, Value) {
    let accounts = match Accounts::fetch(idrac).await {
        Ok(accounts) => accounts,
        Err(error) => {
            tracing::debug!(error = %error.chain(), "the role of a login could not be read");
            return (Value::Null, Value::Null);
        }
    };
    let role = accounts.find(username).and_then(|account| account.role_id.clone());
    let privileges = role.as_deref().and_then(privileges);
    (json!(role), json!(privileges))
}

/// The privileges of the roles that every Redfish service has (DSP0266, "Roles"); a role of somebody's own has others.
fn privileges(role: &str) -> Option<&'static [&'static str]> {
    match role {
        "Administrator" => {
            Some(&["Login", "ConfigureManager", "ConfigureUsers", "ConfigureComponents", "ConfigureSelf"])
        }
        "Operator" => Some(&["Login", "ConfigureComponents", "ConfigureSelf"]),
        "ReadOnly" => Some(&["Login", "ConfigureSelf"]),
        _ => None,
    }
}
