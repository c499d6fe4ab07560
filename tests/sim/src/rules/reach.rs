//! The network as a simulated iDRAC sees it: which shares it reaches, and with which credentials.

use serde_json::{Map, Value};

/// The user of every share whose path has `/private/` in it.
pub(crate) const SHARE_USER: &str = "share";
/// And the password.
pub(crate) const SHARE_PASSWORD: &str = "share-secret";

/// What trying a place meets: nothing bad, or a message id. Hosts in 192.0.2.0/24 (kept for documentation) are never
/// there, paths with `missing` in them are not, and those with `/private/` want their own credentials.
pub(crate) fn trial(address: &str, user: Option<&str>, password: Option<&str>) -> Result<(), &'static str> {
    if address.contains("192.0.2.") {
        return Err("RAC0904");
    }
    let open = !address.contains("/private/") || (user, password) == (Some(SHARE_USER), Some(SHARE_PASSWORD));
    if address.contains("missing") || !open { Err("RAC0720") } else { Ok(()) }
}

/// The same for the parameters of an action of Dell's.
pub(crate) fn trial_of(parameters: &Map<String, Value>, file: &str) -> Result<(), &'static str> {
    let text = |key: &str| parameters.get(key).and_then(Value::as_str);
    let place = format!(
        "{}/{}/{file}",
        text("IPAddress").unwrap_or_default(),
        text("ShareName").unwrap_or_default().trim_matches('/')
    );
    trial(&place, text("UserName"), text("Password"))
}
