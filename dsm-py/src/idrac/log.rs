//! The logs an iDRAC keeps.

use std::time::{Duration, SystemTime};

use dell_redfish::flow::log::{
    LogCursor, LogFilter, LogKind, LogOptions, clear_log, fetch_log, plan_clear_log,
};
use dell_redfish::model::Severity;
use dsm_core::ErrorKind;
use serde::Deserialize;

use super::argument::Seconds;
use super::call::Call;
use crate::failure::Failure;
use crate::reply::Reply;
use crate::runtime::Outcome;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
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
        SystemTime::UNIX_EPOCH.checked_add(since).ok_or_else(|| {
            Failure::Core(dsm_core::Error::new(
                ErrorKind::InvalidInput,
                "no clock goes as far as that moment",
            ))
        })
    };
    given.map(|Seconds(since)| at(since)).transpose()
}

pub(super) async fn fetch(mut call: Call) -> Outcome {
    let given: Reading = call.read()?;
    let filter = LogFilter {
        at_least: given.at_least,
        message_ids: given.message_ids,
        except_message_ids: given.except_message_ids,
        since: moment(given.since)?,
        until: moment(given.until)?,
    };
    let options = LogOptions { filter, limit: given.limit, cursor: given.cursor };
    Reply::json(&fetch_log(&call.client, given.log, options).await?)
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
