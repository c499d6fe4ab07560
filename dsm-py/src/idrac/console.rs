//! The console, and pictures of the screen.

use dell_redfish::flow::console::{ConsoleLaunch, ConsoleOptions, fetch_screenshot, launch_console};
use dell_redfish::ops::ScreenShot;
use serde::Deserialize;
use serde_json::json;

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

pub(super) async fn launch(mut call: Call) -> Outcome {
    let Launch { username, check_plugin, set_plugin } = call.read()?;
    let options =
        ConsoleOptions { username, checks_plugin: check_plugin || set_plugin, may_set_plugin: set_plugin };
    let launch = match launch_console(&call.client, &options).await? {
        ConsoleLaunch::SignedOn { url, plugin_was_set } => {
            json!({ "url": url.expose(), "signed_on": true, "plugin_was_set": plugin_was_set, "because": null })
        }
        ConsoleLaunch::LoginNeeded { url, because } => {
            json!({ "url": url, "signed_on": false, "plugin_was_set": false, "because": because })
        }
    };
    Reply::json(&launch)
}

pub(super) async fn screenshot(mut call: Call) -> Outcome {
    let Picture { which } = call.read()?;
    Ok(Reply::Bytes(fetch_screenshot(&call.client, which).await?))
}
