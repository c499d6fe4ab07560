//! A job that changes a server twice, each time once: it uploads a package and switches the host's power, in steps that
//! look for what an earlier attempt did before they do anything. What the suites kill, starve and cut off.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::flow::jobs::list_jobs;
use dell_redfish::flow::power::PowerState;
use dell_redfish::ops::{ApplyTime, GetComputerSystem, ResetSystem, ResetType, UploadPackage};
use dell_redfish::upload::PackageFile;
use dell_redfish::{AuthMode, Client, Credentials, HostFacts, ODataId, Target, TlsPolicy, run};
use dsm_core::engine::fleet::About;
use dsm_core::{Ctx, Error, ErrorKind, Handler, JobId, JobRow, NewJob, Result, Step, Verdict};
use idrac_sim::{Exchange, Fleet, Generation, InventorySize, JournalMode};
use serde_json::{Map, Value, json};

use crate::inventory::{PASSWORD, USER};

/// Where packages are sent.
pub const UPLOAD: &str = "/redfish/v1/UpdateService/MultipartUpload";

/// Where the host is switched.
pub const RESET: &str = "/redfish/v1/Systems/System.Embedded.1/Actions/ComputerSystem.Reset";

/// What was sent by somebody who died may still be under way: so long until it counts as never sent.
const UNDER_WAY: Duration = Duration::from_millis(300);

/// See the module's documentation.
#[derive(Debug)]
pub struct ChangeServer {
    /// Where packages are made.
    pub folder: PathBuf,
}

/// A change of the server at an address.
#[must_use]
pub fn change(address: IpAddr) -> NewJob {
    NewJob::new(ChangeServer::JOB_TYPE).with_scope(json!({"address": address.to_string()}))
}

#[async_trait]
impl Handler for ChangeServer {
    const JOB_TYPE: &'static str = "change_server";
    type Args = IpAddr;

    fn decode(&self, job: &JobRow) -> Result<IpAddr> {
        let address = job.target_scope["address"].as_str().unwrap_or_default();
        address.parse().map_err(|_| Error::invalid("target_scope.address", "no address", "name one"))
    }

    fn lane(&self, address: &IpAddr) -> Option<String> {
        Some(format!("server:{address}"))
    }

    async fn run(&self, ctx: &Ctx, address: IpAddr) -> Result<Verdict> {
        let client = ctx
            .fleet()
            .client(address, HostFacts::default(), &About { job_id: Some(ctx.job().id), ..About::default() })?
            .with_credentials(Credentials::new(USER, PASSWORD), AuthMode::Session)?;
        let stop = ctx.stop();
        // Whatever passes is sat out here: a job that is put off gives its lane up, and what others do to the server
        // then could be taken for its own deed.
        let done = loop {
            match self.change(ctx, &client).await {
                Err(error) if error.is_transient() && stop.reason().is_none() => {
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_millis(50)) => {}
                        _ = stop.stopped() => break Err(error),
                    }
                }
                done => break done,
            }
        };
        client.close().await;
        done
    }
}

impl ChangeServer {
    async fn change(&self, ctx: &Ctx, client: &Client) -> Result<Verdict> {
        let job = match ctx.step::<String>("upload")? {
            Step::Done(job) => job,
            Step::New(step) => {
                let known = queue(client).await?;
                step.begin(&known).await?;
                step.done(self.upload(ctx, client, &known).await?).await?
            }
            Step::Begun(step, note) => {
                let known: Vec<String> = serde_json::from_value(note).unwrap_or_default();
                let job = match added(client, &known).await? {
                    Some(job) => job,
                    None => self.upload(ctx, client, &known).await?,
                };
                step.done(job).await?
            }
        };
        let power = match ctx.step::<Value>("reset")? {
            Step::Done(power) => power,
            Step::New(step) => {
                let from = power(client).await?;
                step.begin(&json!(from)).await?;
                step.done(switch(client, from).await?).await?
            }
            Step::Begun(step, note) => {
                let from: PowerState = serde_json::from_value(note).unwrap_or(PowerState::Unknown);
                let mut now = power(client).await?;
                if now == from {
                    tokio::time::sleep(UNDER_WAY).await;
                    now = power(client).await?;
                }
                let power = if now == from { switch(client, from).await? } else { json!(now) };
                step.done(power).await?
            }
        };
        Ok(Verdict::Done(Map::from_iter([("upload".to_owned(), json!(job)), ("power".to_owned(), power)])))
    }

    /// Sends a package and says which job of the iDRAC it became.
    async fn upload(&self, ctx: &Ctx, client: &Client, known: &[String]) -> Result<String> {
        let path = self.folder.join(format!("{}.EXE", ctx.job().id));
        let text = format!("SIMULATED PACKAGE 159 9.{}\n", ctx.job().id.0.as_u128());
        std::fs::write(&path, text).map_err(|error| Error::new(ErrorKind::System, error.to_string()))?;
        let operation = UploadPackage {
            uri: ODataId::parse(UPLOAD).map_err(passing)?,
            file: PackageFile::new(&path).map_err(passing)?,
            targets: Vec::new(),
            apply_time: Some(ApplyTime::OnReset),
            standstill: Duration::from_secs(10),
        };
        run(client, &operation).await.map_err(passing)?;
        let job = added(client, known).await?;
        job.ok_or_else(|| Error::new(ErrorKind::Timeout, "the package was sent and there is no job of it"))
    }
}

/// Whatever an iDRAC says here is tried again: what was done is found.
fn passing(error: dell_redfish::Error) -> Error {
    Error::new(ErrorKind::Timeout, "the iDRAC could not be changed").with_source(error)
}

/// The ids in the iDRAC's queue.
async fn queue(client: &Client) -> Result<Vec<String>> {
    let jobs = list_jobs(client).await.map_err(passing)?;
    Ok(jobs.into_iter().filter_map(|job| Some(job.id?.to_string())).collect())
}

/// The job of the queue that was not there before; looked for twice, for the request may still be under way.
async fn added(client: &Client, known: &[String]) -> Result<Option<String>> {
    let is_new = |job: &String| !known.contains(job);
    let found = queue(client).await?.into_iter().find(is_new);
    if found.is_some() {
        return Ok(found);
    }
    tokio::time::sleep(UNDER_WAY).await;
    Ok(queue(client).await?.into_iter().find(is_new))
}

async fn power(client: &Client) -> Result<PowerState> {
    let system = client.run(&GetComputerSystem).await.map_err(passing)?;
    Ok(PowerState::of(&system))
}

/// Switches the host over.
async fn switch(client: &Client, from: PowerState) -> Result<Value> {
    let (reset, to) = if from == PowerState::Off {
        (ResetType::On, PowerState::On)
    } else {
        (ResetType::ForceOff, PowerState::Off)
    };
    let operation = ResetSystem { target: ODataId::parse(RESET).map_err(passing)?, reset };
    run(client, &operation).await.map_err(passing)?;
    Ok(json!(to))
}

/// What the journal says of requests to one path of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Carried out and answered so.
    pub done: usize,
    /// Not answered, for the client had gone: carried out or not.
    pub open: usize,
    /// Refused.
    pub refused: usize,
}

/// Counts the changes a server was sent.
#[must_use]
pub fn sent(journal: &[Exchange], address: IpAddr, path: &str) -> Sent {
    let is_it = |one: &&Exchange| one.address.ip() == address && one.method == "POST" && one.path == path;
    let mut sent = Sent::default();
    for exchange in journal.iter().filter(is_it) {
        match exchange.status {
            0 => sent.open += 1,
            200..300 => sent.done += 1,
            // A session that had ended: sent again with another one.
            401 => {}
            _ => sent.refused += 1,
        }
    }
    sent
}

/// How many jobs the iDRAC at an address has in its queue.
///
/// # Errors
/// The iDRAC's.
pub async fn packages(address: IpAddr, port: u16) -> Result<usize> {
    let client = Client::builder(Target::new(address).with_port(port))
        .tls(TlsPolicy::InsecureNoVerification)
        .build()?
        .with_credentials(Credentials::new(USER, PASSWORD), AuthMode::Session)?;
    let queue = queue(&client).await;
    client.close().await;
    Ok(queue?.len())
}

/// Says which server was not changed exactly once for each of its jobs.
///
/// # Errors
/// That, in words.
pub async fn changed_once(fleet: &Fleet, jobs: &BTreeMap<JobId, IpAddr>) -> std::result::Result<(), String> {
    let journal = fleet.journal();
    for server in fleet.servers() {
        let address = server.address().ip();
        let wanted = jobs.values().filter(|one| **one == address).count();
        for path in [UPLOAD, RESET] {
            let sent = sent(&journal, address, path);
            let is_once = sent.done <= wanted && sent.done + sent.open >= wanted && sent.refused == 0;
            if !is_once {
                return Err(format!("{address} {path}: {sent:?} for {wanted} jobs"));
            }
        }
        // Where nobody heard the answer, the server itself knows.
        let queued = packages(address, fleet.port()).await.map_err(|error| error.chain())?;
        let power = if wanted % 2 == 0 { "On" } else { "Off" };
        if queued != wanted || server.power_state() != power {
            return Err(format!(
                "{address}: {queued} packages and {} after {wanted} jobs",
                server.power_state()
            ));
        }
    }
    Ok(())
}

/// A fleet for it: small iDRACs with a free power button.
///
/// # Errors
/// The fleet's.
pub async fn fleet(network: &str, servers: usize) -> std::result::Result<Fleet, crate::Failure> {
    let size =
        InventorySize { drives: 0, dimms: 1, adapters: 0, firmware: 2, gpus: 0, ..InventorySize::default() };
    let fleet = Fleet::builder()
        .network(network, servers)
        .generation(Generation::Idrac9V7)
        .credentials(USER, PASSWORD)
        .session_limit(64)
        .size(size)
        .journal(JournalMode::Full);
    Ok(fleet.start().await?)
}
