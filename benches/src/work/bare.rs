//! The ceiling: plain reqwest loops with one shared client, rustls without verification, and `serde_json::Value`.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::measure::Watch;
use crate::task::{Done, Task};
use crate::{Failure, Outcome};

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const ROOT: &str = "/redfish/v1";
const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";

/// How long an address may stay silent, as in the library.
const SILENCE: Duration = Duration::from_secs(1);

pub(super) fn client() -> Outcome<Client> {
    Ok(Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .connect_timeout(Duration::from_secs(30))
        .build()?)
}

pub(super) fn url(address: IpAddr, port: u16, path: &str) -> String {
    format!("https://{address}:{port}{path}")
}

async fn value(response: Response) -> Outcome<Value> {
    let response = response.error_for_status()?;
    Ok(serde_json::from_slice(&response.bytes().await?)?)
}

/// A login.
pub(super) struct Session {
    pub(super) token: String,
    location: String,
}

pub(super) async fn log_in(client: &Client, address: IpAddr, task: &Task) -> Outcome<Session> {
    let login = json!({"UserName": task.user, "Password": task.password});
    let made =
        client.post(url(address, task.port, SESSIONS)).json(&login).send().await?.error_for_status()?;
    let header = |name| made.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let token = header("x-auth-token").ok_or("no token came with the session")?;
    let location = header("location").ok_or("no location came with the session")?;
    // A connection serves the next request only once the body was read.
    made.bytes().await?;
    Ok(Session { token, location })
}

pub(super) async fn log_out(client: &Client, address: IpAddr, task: &Task, session: &Session) -> Outcome<()> {
    let location = &session.location;
    let path = location.find("/redfish").map_or(location.as_str(), |at| &location[at..]);
    let url = url(address, task.port, path);
    let gone = client.delete(url).header("x-auth-token", &session.token).send().await?;
    gone.error_for_status()?.bytes().await?;
    Ok(())
}

/// Logs in, reads every path, logs out; so many requests at a time.
async fn read(client: &Client, address: IpAddr, task: &Task) -> Outcome<usize> {
    let session = log_in(client, address, task).await?;
    let urls: Vec<String> = task.paths.iter().map(|path| url(address, task.port, path)).collect();
    let read: Vec<usize> = stream::iter(urls)
        .map(|url| async {
            let response = client.get(url).header("x-auth-token", &session.token).send().await?;
            let found = value(response).await?;
            Ok::<_, Failure>(found.as_object().map_or(0, serde_json::Map::len))
        })
        .buffer_unordered(task.per_idrac.max(1))
        .try_collect()
        .await?;
    log_out(client, address, task, &session).await?;
    Ok(read.len())
}

async fn read_all(client: &Client, addresses: Vec<IpAddr>, task: &Arc<Task>) -> Outcome<usize> {
    let slots = Arc::new(Semaphore::new(task.idracs.max(1)));
    let mut tasks = JoinSet::new();
    for address in addresses {
        let (client, task, slots) = (client.clone(), task.clone(), slots.clone());
        tasks.spawn(async move {
            let _slot = slots.acquire_owned().await?;
            read(&client, address, &task).await
        });
    }
    let mut servers = 0;
    while let Some(joined) = tasks.join_next().await {
        servers += usize::from(joined?? == task.paths.len());
    }
    Ok(servers)
}

/// Full inventory of every address.
pub(super) async fn inventory(task: Task) -> Outcome<Done> {
    let client = client()?;
    let task = Arc::new(task);
    let watch = Watch::start();
    let servers = read_all(&client, task.addresses(), &task).await?;
    let mut done = Done::new(watch.stop(), servers);
    done.expect("servers read", servers, task.alive);
    Ok(done)
}

/// Connect, look at the root, read the system with Basic. The service tag, where it is a Dell.
async fn visit(client: &Client, address: IpAddr, task: &Task) -> Outcome<Option<String>> {
    let socket = SocketAddr::new(address, task.port);
    match tokio::time::timeout(SILENCE, TcpStream::connect(socket)).await {
        Ok(Ok(connection)) => drop(connection),
        _ => return Ok(None),
    }
    Ok(Some(identify(client, address, task).await?))
}

async fn identify(client: &Client, address: IpAddr, task: &Task) -> Outcome<String> {
    let root = value(client.get(url(address, task.port, ROOT)).send().await?).await?;
    if root.pointer("/Oem/Dell").is_none() {
        return Err("no Dell".into());
    }
    let request = client.get(url(address, task.port, SYSTEM)).basic_auth(&task.user, Some(&task.password));
    let response = request.send().await?;
    if response.status() == StatusCode::UNAUTHORIZED {
        return Err("refused".into());
    }
    let system = value(response).await?;
    Ok(system.get("SKU").and_then(Value::as_str).ok_or("no service tag")?.to_owned())
}

/// The steps of `discovery_scan` and nothing around them. With two widths, the second is that of live iDRACs, as in
/// the library; with one, an address keeps its place to the end.
pub(super) async fn scan(task: Task) -> Outcome<Done> {
    let client = client()?;
    let task = Arc::new(task);
    let ports = Arc::new(Semaphore::new(task.width.max(1)));
    let watch = Watch::start();
    let mut tasks = JoinSet::new();
    let (mut tags, mut found) = (HashSet::new(), Vec::new());
    let mut take = |joined: Result<Outcome<(IpAddr, Option<String>)>, tokio::task::JoinError>| {
        if let (address, Some(tag)) = joined?? {
            tags.insert(tag);
            found.push(address);
        }
        Ok::<_, Failure>(())
    };
    for address in task.addresses() {
        let slot = ports.clone().acquire_owned().await?;
        let (client, task) = (client.clone(), task.clone());
        tasks.spawn(async move {
            let tag = visit(&client, address, &task).await?;
            drop(slot);
            Ok((address, tag))
        });
        while let Some(joined) = tasks.try_join_next() {
            take(joined)?;
        }
    }
    while let Some(joined) = tasks.join_next().await {
        take(joined)?;
    }
    let tags = tags.len();
    let scan_s = watch.stop().wall_s;
    let mut read = None;
    if task.inventory {
        read = Some(read_all(&client, found, &task).await?);
    }
    let mut done = Done::new(watch.stop(), tags);
    done.fact("scan_s", scan_s);
    done.expect("servers found", tags, task.alive);
    if let Some(read) = read {
        done.expect("servers read", read, task.alive);
    }
    Ok(done)
}
