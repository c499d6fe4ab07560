//! The console in a browser, and pictures and videos of the screen.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;

use super::attribute::{SetAttributes, fetch_attributes};
use crate::actions::Actions;
use crate::capability::{IDRAC, need_at};
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Scalar;
use crate::operation::{Redfish, run};
use crate::ops::attribute::AttributeGroup;
use crate::ops::{ExportServerScreenShot, ExportVideoLog, Exported, GetKvmSession, ScreenShot, VideoLog};
use crate::secret::Secret;

/// How the console is to be opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsoleOptions {
    /// Whose session it is: the console shows this name. The user of the client, usually.
    pub username: String,
    /// Looks whether the console is set to HTML5, at the cost of a request.
    pub checks_plugin: bool,
    /// Sets it to HTML5 where it is not. A lasting change of the iDRAC: not without being told.
    pub may_set_plugin: bool,
}

/// How a person gets to the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsoleLaunch {
    /// By this address, without a login. It holds temporary credentials, good for one session within a minute or so.
    SignedOn {
        /// The address.
        url: Secret,
        /// Whether the plug-in was set to HTML5 for it.
        plugin_was_set: bool,
    },
    /// By this address, with a login: why is said by the kind.
    LoginNeeded {
        /// The address.
        url: String,
        /// Why there are no temporary credentials: `Unsupported` on iDRAC7/8, `Privilege`, `License`, `SessionLimit`, …
        because: ErrorKind,
    },
}

/// The setting of the console's kind; gone from firmware that has HTML5 only.
const PLUGIN: &str = "VirtualConsole.1.PluginType";
const HTML5: &str = "HTML5";

/// Opens the console: two requests where the iDRAC gives temporary credentials, by the action it offers and not by its version.
/// Where it does not, the address is for a person who logs in; that is no error.
///
/// # Errors
/// Whatever concerns the iDRAC as a whole: it cannot be reached, the login is refused.
pub async fn launch_console(redfish: &dyn Redfish, options: &ConsoleOptions) -> Result<ConsoleLaunch> {
    match sign_on(redfish, options).await {
        Ok(launch) => Ok(launch),
        Err(error) if is_final(&error) => Err(error),
        Err(error) => Ok(ConsoleLaunch::LoginNeeded { url: address(redfish.host()), because: error.kind() }),
    }
}

async fn sign_on(redfish: &dyn Redfish, options: &ConsoleOptions) -> Result<ConsoleLaunch> {
    let service = need_at(redfish, &endpoint::IDRAC_CARD_SERVICE, &[IDRAC], "DelliDRACCardService").await?;
    let actions = service.actions();
    let target = actions.need("DelliDRACCardService.GetKVMSession")?.target.clone();
    let plugin_was_set = options.checks_plugin && set_plugin(redfish, options.may_set_plugin).await?;
    let session = run(redfish, &GetKvmSession::at(target)).await?;
    let mut url = zeroize::Zeroizing::new(address(redfish.host()));
    let parts = [
        ("?username=", options.username.as_str()),
        ("&tempUsername=", session.user.expose()),
        ("&tempPassword=", session.password.expose()),
    ];
    for (key, value) in parts {
        url.push_str(key);
        encode(&mut url, value);
    }
    Ok(ConsoleLaunch::SignedOn { url: Secret::new(url.as_str()), plugin_was_set })
}

/// Sets the plug-in to HTML5 if it is another, and if that is allowed; says whether it did.
async fn set_plugin(redfish: &dyn Redfish, may_set: bool) -> Result<bool> {
    let group = fetch_attributes(redfish, AttributeGroup::Idrac).await?;
    match group.attributes.as_ref().and_then(|all| all.get(PLUGIN)?.as_text()) {
        Some(plugin) if plugin != HTML5 && may_set => {
            let wanted = BTreeMap::from([(PLUGIN.to_owned(), Scalar::Text(HTML5.to_owned()))]);
            SetAttributes::new(AttributeGroup::Idrac, wanted).run(redfish).await?;
            Ok(true)
        }
        Some(plugin) if plugin != HTML5 => {
            let message = format!("{PLUGIN} is {plugin:?}, and changing it was not allowed");
            Err(Error::new(ErrorKind::Conflict, message).with_host(redfish.host()))
        }
        _ => Ok(false),
    }
}

fn address(host: &str) -> String {
    let is_bare_v6 = host.parse::<std::net::Ipv6Addr>().is_ok();
    if is_bare_v6 { format!("https://[{host}]/console") } else { format!("https://{host}/console") }
}

/// Percent-encodes everything but what no URL minds (RFC 3986, unreserved).
fn encode(url: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(byte as char);
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

fn is_final(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Authentication
            | ErrorKind::PasswordChangeRequired
            | ErrorKind::AddressRefused
            | ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::CertificateChanged
            | ErrorKind::CertificateInvalid
            | ErrorKind::CircuitOpen
            | ErrorKind::Timeout
            | ErrorKind::Cancelled
            | ErrorKind::InvalidInput
            | ErrorKind::NotDell
    )
}

/// A picture of the screen: PNG, or JPEG on some firmware. Two requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC offers none (iDRAC7/8); the iDRAC's (LC099: there is no video signal).
pub async fn fetch_screenshot(redfish: &dyn Redfish, which: ScreenShot) -> Result<Bytes> {
    let actions = lc_actions(redfish).await?;
    let action = actions.need("DellLCService.ExportServerScreenShot")?;
    action.check("FileType", which.as_str())?;
    run(redfish, &ExportServerScreenShot::of(action.target.clone(), which)).await
}

/// Has a video of the last boots or the last crash put where [`fetch_exported`](crate::flow::log::fetch_exported) reads it. Two
/// requests.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where this iDRAC offers none; the iDRAC's.
pub async fn export_video(redfish: &dyn Redfish, which: VideoLog) -> Result<Exported> {
    let actions = lc_actions(redfish).await?;
    let action = actions.need("DellLCService.ExportVideoLog")?;
    action.check("FileType", which.as_str())?;
    action.check("ShareType", "Local")?;
    run(redfish, &ExportVideoLog::of(action.target.clone(), which)).await
}

async fn lc_actions(redfish: &dyn Redfish) -> Result<Actions> {
    Ok(need_at(redfish, &endpoint::LC_SERVICE, &[IDRAC], "DellLCService").await?.actions())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_a_url_minds_is_encoded() {
        let mut url = address("10.0.0.1:8443");
        encode(&mut url, "a b&c=d/é%~");
        assert_eq!(url, "https://10.0.0.1:8443/consolea%20b%26c%3Dd%2F%C3%A9%25~");
        assert_eq!(address("2001:db8::1"), "https://[2001:db8::1]/console");
    }
}
