//! When this iDRAC shuts out who fails to log in, and who is logged in.

use serde::Serialize;

use super::attribute::fetch_attributes;
use crate::capability::need_at;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::flow::members;
use crate::id::ODataId;
use crate::model::{AccountService, Lenient as _, Resource, Scalar, Session};
use crate::operation::{Redfish, run};
use crate::ops::attribute::AttributeGroup;
use crate::ops::plain::DeleteSession;

/// What failed logins cost. An iDRAC blocks addresses (`IPBlocking.1.*`), not accounts: its account values are 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LockoutPolicy {
    /// Failed logins that lock an account; 0 never does.
    pub account_threshold: Option<u64>,
    /// Seconds an account stays locked.
    pub account_duration_s: Option<u64>,
    /// Whether addresses are blocked at all.
    pub blocks_addresses: Option<bool>,
    /// Failed logins that block an address.
    pub fail_count: Option<u64>,
    /// Seconds within which they count.
    pub fail_window_s: Option<u64>,
    /// Seconds it stays blocked.
    pub penalty_s: Option<u64>,
    /// Whether only a range of addresses is let in at all.
    pub has_address_range: Option<bool>,
}

/// Reads it. Two requests; on an iDRAC without attributes in Redfish the address values stay unknown.
///
/// # Errors
/// [`ErrorKind::Unsupported`] without `AccountService`.
pub async fn fetch_lockout_policy(redfish: &dyn Redfish) -> Result<LockoutPolicy> {
    let found = need_at(redfish, &endpoint::ACCOUNT_SERVICE, &[], "AccountService").await?;
    let service: Resource<AccountService> = found.read()?;
    let mut policy = LockoutPolicy {
        account_threshold: service.lockout_threshold,
        account_duration_s: service.lockout_duration_s,
        ..LockoutPolicy::default()
    };
    let attributes = match fetch_attributes(redfish, AttributeGroup::Idrac).await {
        Ok(resource) => resource.attributes.clone().unwrap_or_default(),
        Err(error) if error.kind() == ErrorKind::Unsupported => return Ok(policy),
        Err(error) => return Err(error),
    };
    let text = |name: &str| attributes.get(&format!("IPBlocking.1.{name}")).and_then(Scalar::to_text);
    policy.blocks_addresses = text("BlockEnable").and_then(|value| bool::text(&value));
    policy.fail_count = text("FailCount").and_then(|value| u64::text(&value));
    policy.fail_window_s = text("FailWindow").and_then(|value| u64::text(&value));
    policy.penalty_s = text("PenaltyTime").and_then(|value| u64::text(&value));
    policy.has_address_range = text("RangeEnable").and_then(|value| bool::text(&value));
    Ok(policy)
}

/// Who is logged in, our own session among them.
///
/// # Errors
/// Those of reading.
pub async fn list_sessions(redfish: &dyn Redfish) -> Result<Vec<Resource<Session>>> {
    let known = redfish.facts().sessions_path;
    let home = known.as_deref().unwrap_or(endpoint::SESSIONS);
    match members::list(redfish, home).await {
        // Where they are is known from the login on, at the latest.
        Err(error) if known.is_none() && error.kind() == ErrorKind::NotFound => {
            let home = redfish.facts().sessions_path;
            members::list(redfish, home.as_deref().unwrap_or(endpoint::SESSIONS_AT_ROOT)).await
        }
        outcome => outcome,
    }
}

/// Ends somebody's session. Our own ends by closing the client; sessions an earlier process of ours left are found by
/// [`Client::reap_orphans`](crate::Client::reap_orphans). Whose this one is, is the caller's to know.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for a path that is no session's; [`ErrorKind::NotFound`] for one that has ended.
pub async fn delete_session(redfish: &dyn Redfish, session: &ODataId) -> Result<()> {
    let sessions = [endpoint::SESSION.template, endpoint::SESSION_OLD.template];
    match endpoint::find(&http::Method::DELETE, session.path()) {
        Some(row) if sessions.contains(&row.template) => {
            run(redfish, &DeleteSession::new(session.path())).await
        }
        _ => Err(Error::new(ErrorKind::InvalidInput, format!("{session} is no session"))),
    }
}
