//! The logs an iDRAC keeps.

use std::time::{Duration, SystemTime};

use dell_redfish::ODataId;
use dell_redfish::flow::log::{
    LcLogScope, LogCursor, LogFilter, LogKind, LogOptions, clear_log, export_lc_log,
    fetch_exported as fetch_file, fetch_log, plan_clear_log, plan_export_lc_log,
};
use dell_redfish::model::Severity;
use serde::Deserialize;

use super::argument::{Seconds, ShareArgument, invalid, place};
use super::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reading {
    log: LogKind,
    limit: Option<usize>,
    cursor: Option<LogCursor>,
    at_least: Option<Severity>,
    #[serde(default)]
    message_ids: Vec<String>,
    #[serde(default)]
    except_message_ids: Vec<String>,
    /// Seconds since 1970, as `datetime.timestamp()` gives them.
    since: Option<Seconds>,
    until: Option<Seconds>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    log: LogKind,
}

fn moment(given: Option<Seconds>) -> Result<Option<SystemTime>, Failure> {
    let at = |since: Duration| {
        let moment = SystemTime::UNIX_EPOCH.checked_add(since);
        moment.ok_or_else(|| invalid("no clock goes as far as that moment"))
    };
    given.map(|Seconds(since)| at(since)).transpose()
}

impl Reading {
    pub(super) fn options(self) -> Result<(LogKind, LogOptions), Failure> {
        let filter = LogFilter {
            at_least: self.at_least,
            message_ids: self.message_ids,
            except_message_ids: self.except_message_ids,
            since: moment(self.since)?,
            until: moment(self.until)?,
        };
        Ok((self.log, LogOptions { filter, limit: self.limit, cursor: self.cursor }))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    #[serde(default)]
    scope: LcLogScope,
    share: Option<ShareArgument>,
    file: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    file: ODataId,
}

pub(super) async fn fetch(mut call: Call) -> Outcome {
    let (log, options) = call.read::<Reading>()?.options()?;
    Reply::json(&fetch_log(&call.client, log, options).await?)
}

pub(super) async fn clear(mut call: Call) -> Outcome {
    let Which { log } = call.read()?;
    clear_log(&call.client, log).await?;
    Ok(Reply::Nothing)
}

pub(super) async fn plan_clear(mut call: Call) -> Outcome {
    let Which { log } = call.read()?;
    Reply::json(&plan_clear_log(&call.client, log).await?)
}

pub(super) async fn export_lifecycle(mut call: Call) -> Outcome {
    let Export { scope, share, file } = call.read()?;
    Reply::json(&export_lc_log(&call.client, scope, place(share, file)?).await?)
}

pub(super) async fn plan_export_lifecycle(mut call: Call) -> Outcome {
    let Export { scope, share, file } = call.read()?;
    Reply::json(&plan_export_lc_log(&call.client, scope, place(share, file)?).await?)
}

pub(super) async fn fetch_exported(mut call: Call) -> Outcome {
    let File { file } = call.read()?;
    Ok(Reply::Bytes(fetch_file(&call.client, &file).await?))
}
