//! Deletes the sessions that a killed process of ours left on iDRACs, at the next start.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use dell_redfish::{AuthMode, Credentials, HostFacts};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::credential::{Purpose, Target};
use crate::engine::fleet::{About, Fleet};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{ServerQuery, ServerRow, SessionRow};

/// iDRACs cleaned up at a time.
const WIDTH: usize = 32;

/// Looks once; what cannot be reached now stays noted for the next start.
pub(crate) async fn reap(fleet: Arc<Fleet>) {
    let rows = match fleet.sessions().all_orphans().await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::error!("cannot read which sessions were left open: {}", error.chain());
            return;
        }
    };
    let mut hosts: BTreeMap<String, Vec<SessionRow>> = BTreeMap::new();
    for row in rows {
        hosts.entry(row.host.clone()).or_default().push(row);
    }
    let width = Arc::new(Semaphore::new(WIDTH));
    let mut tasks = JoinSet::new();
    for (host, rows) in hosts {
        let (fleet, width) = (fleet.clone(), width.clone());
        tasks.spawn(async move {
            let _slot = width.acquire_owned().await;
            match reap_host(&fleet, &host, &rows).await {
                Ok(gone) => tracing::info!(host, gone, "deleted sessions of a process that died"),
                Err(error) => {
                    tracing::warn!(host, "sessions of a process that died remain: {}", error.chain())
                }
            }
        });
    }
    while tasks.join_next().await.is_some() {}
}

async fn reap_host(fleet: &Fleet, host: &str, rows: &[SessionRow]) -> Result<usize> {
    let address: SocketAddr = host.parse().map_err(|error| {
        Error::new(ErrorKind::Store, "a noted session names no address").about(host).with_source(error)
    })?;
    let server = server_at(fleet, address.ip()).await?;
    let facts = server.as_ref().map(facts_of).unwrap_or_default();
    let mut gone = 0;
    let mut users: Vec<&str> = rows.iter().map(|row| row.username.as_str()).collect();
    users.sort_unstable();
    users.dedup();
    for user in users {
        let credentials = credentials_of(fleet, address.ip(), server.as_ref(), user).await?;
        let client = fleet.client(address.ip(), facts.clone(), &About::default())?;
        let client = client.with_credentials(credentials, AuthMode::Basic)?;
        gone += client.reap_orphans().await?;
    }
    Ok(gone)
}

async fn server_at(fleet: &Fleet, address: IpAddr) -> Result<Option<ServerRow>> {
    let query = ServerQuery { addresses: vec![address], ..ServerQuery::default() };
    Ok(fleet.store().servers(query).await?.into_iter().next())
}

/// What is known of a server's Redfish service.
pub(crate) fn facts_of(server: &ServerRow) -> HostFacts {
    let mut facts: HostFacts = server
        .fields
        .supported_endpoints
        .clone()
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default();
    facts.requires_legacy_ssl |= server.fields.requires_legacy_ssl == Some(true);
    facts
}

/// The user's own credentials: what the chain gives for the server, else any set of that user.
async fn credentials_of(
    fleet: &Fleet,
    address: IpAddr,
    server: Option<&ServerRow>,
    user: &str,
) -> Result<Credentials> {
    let target = server.map_or_else(|| Target::at(address), Target::from);
    if let Ok(found) = fleet.resolver().resolve(&target, Purpose::Idrac).await
        && found.username == user
    {
        return Ok(Credentials::new(found.username, found.secret.expose()));
    }
    for set in fleet.store().credential_sets().await? {
        if set.username == user
            && set.credential_type == Purpose::Idrac.credential_type()
            && let Some(secret) = fleet.chain().open_set(&set)?
        {
            return Ok(Credentials::new(user, secret.expose()));
        }
    }
    Err(Error::new(ErrorKind::Credential, format!("nothing stored logs in as `{user}` any more"))
        .about(address.to_string())
        .hint("the session ends by itself after the iDRAC's idle time-out, 30 minutes by default"))
}
