//! The iDRAC itself: whether it is ready, its restart, its lockdown, and how it reaches a share.

use dell_redfish::flow::asset_tag::set_asset_tag as set_tag;
use dell_redfish::flow::clock;
use dell_redfish::flow::inventory::inventory as take_inventory;
use dell_redfish::flow::lockdown::fetch_lockdown;
use dell_redfish::flow::ready::{
    HostState, ReadyOptions, fetch_lc_status, wait_until_back as until_back, wait_until_ready as until_ready,
};
use dell_redfish::flow::restart::{RestartOptions, plan_restart_idrac, restart_idrac};
use dell_redfish::flow::share::test_network_share;
use pyo3::IntoPyObject as _;
use serde::Deserialize;

use super::argument::{Seconds, ShareArgument};
use super::call::Call;
pub(super) use super::conditional::if_changed;
use crate::handover::SessionHandle;
use crate::inventory::{Sections, record};
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ready {
    #[serde(default)]
    host: HostState,
    timeout: Option<Seconds>,
    interval: Option<Seconds>,
}

impl From<Ready> for ReadyOptions {
    fn from(given: Ready) -> Self {
        let mut ready = Self::default().with_host(given.host);
        if let Some(Seconds(longest)) = given.timeout {
            ready = ready.with_deadline(longest);
        }
        if let Some(Seconds(interval)) = given.interval {
            ready.interval = interval;
        }
        ready
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Taking {
    sections: Option<Sections>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestShare {
    share: ShareArgument,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tag {
    tag: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    time: String,
}

pub(super) async fn inventory(mut call: Call) -> Outcome {
    let Taking { sections } = call.read()?;
    let options = sections.unwrap_or_default().options();
    Reply::json(&record(&take_inventory(&call.client, options).await?)?)
}

pub(super) async fn share_session(call: Call) -> Outcome {
    Ok(handed_over(call.client.share_session().await?))
}

pub(super) async fn detach_session(call: Call) -> Outcome {
    Ok(handed_over(call.client.detach_session().await?))
}

fn handed_over(handle: dell_redfish::SessionHandle) -> Reply {
    Reply::made(move |py| Ok(SessionHandle::new(handle).into_pyobject(py)?.into_any().unbind()))
}

pub(super) async fn lc_status(call: Call) -> Outcome {
    Reply::json(&fetch_lc_status(&call.client).await?)
}

pub(super) async fn wait_until_ready(mut call: Call) -> Outcome {
    let ready = ReadyOptions::from(call.read::<Ready>()?);
    Reply::json(&until_ready(&call.client, &ready).await?)
}

pub(super) async fn lockdown(call: Call) -> Outcome {
    Reply::json(&fetch_lockdown(&call.client).await?)
}

pub(super) async fn restart(mut call: Call) -> Outcome {
    let ready = ReadyOptions::from(call.read::<Ready>()?);
    let options = RestartOptions { ready, ..RestartOptions::default() };
    Reply::json(&restart_idrac(&call.client, &options).await?)
}

pub(super) async fn plan_restart(call: Call) -> Outcome {
    Reply::json(&plan_restart_idrac(&call.client).await?)
}

pub(super) async fn test_share(mut call: Call) -> Outcome {
    let TestShare { share } = call.read()?;
    Reply::json(&test_network_share(&call.client, &share.share()?).await?)
}

pub(super) async fn wait_until_back(mut call: Call) -> Outcome {
    let ready = ReadyOptions::from(call.read::<Ready>()?);
    until_back(&call.client, &ready).await?;
    Ok(Reply::Nothing)
}

pub(super) async fn set_asset_tag(mut call: Call) -> Outcome {
    let Tag { tag } = call.read()?;
    Ok(Reply::Flag(set_tag(&call.client, &tag).await?))
}

pub(super) async fn fetch_time(call: Call) -> Outcome {
    Ok(Reply::Text(clock::fetch_time(&call.client).await?))
}

pub(super) async fn set_time(mut call: Call) -> Outcome {
    let Time { time } = call.read()?;
    clock::set_time(&call.client, &time).await?;
    Ok(Reply::Nothing)
}
