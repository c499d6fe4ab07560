//! The console, and pictures of the screen.

use dell_redfish::ErrorKind;
use dell_redfish::flow::console::{
    ConsoleLaunch, ConsoleOptions, export_video as export, fetch_screenshot, launch_console,
};
use dell_redfish::ops::{ScreenShot, VideoLog};
use serde::{Deserialize, Serialize};

use super::call::Call;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Launch {
    username: String,
    #[serde(default)]
    check_plugin: bool,
    #[serde(default)]
    set_plugin: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Picture {
    #[serde(default)]
    which: ScreenShot,
}

/// How a person gets to the console.
#[derive(Serialize)]
struct ConsoleLaunched<'a> {
    /// The address. Where `signed_on`, it holds temporary credentials, good for one session within a minute or so: a secret.
    url: &'a str,
    /// Whether it needs no login.
    signed_on: bool,
    /// Whether the plug-in was set to HTML5 for it.
    plugin_was_set: bool,
    /// Why there are no temporary credentials, as the kind of an error: `unsupported` on iDRAC7 and 8, `license`, …
    because: Option<ErrorKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Video {
    which: VideoLog,
}

pub(super) async fn launch(mut call: Call) -> Outcome {
    let Launch { username, check_plugin, set_plugin } = call.read()?;
    let options =
        ConsoleOptions { username, checks_plugin: check_plugin || set_plugin, may_set_plugin: set_plugin };
    let launch = launch_console(&call.client, &options).await?;
    Reply::json(&match &launch {
        ConsoleLaunch::SignedOn { url, plugin_was_set } => ConsoleLaunched {
            url: url.expose(),
            signed_on: true,
            plugin_was_set: *plugin_was_set,
            because: None,
        },
        ConsoleLaunch::LoginNeeded { url, because } => {
            ConsoleLaunched { url, signed_on: false, plugin_was_set: false, because: Some(*because) }
        }
    })
}

pub(super) async fn screenshot(mut call: Call) -> Outcome {
    let Picture { which } = call.read()?;
    Ok(Reply::Bytes(fetch_screenshot(&call.client, which).await?))
}

pub(super) async fn export_video(mut call: Call) -> Outcome {
    let Video { which } = call.read()?;
    Reply::json(&export(&call.client, which).await?)
}
