//! Limits over engines, and work that never waits for a slot.

use std::sync::Arc;

use async_trait::async_trait;
use dsm_core::credential::EnvCredentials;
use dsm_core::engine::EngineOptions;
use dsm_core::store::{Limits, ServerFields, ServerPatch, Store, Turn, Wish, server_lane};
use dsm_core::{
    Ctx, Engine, Error, ErrorKind, Handler, JobId, JobRow, JobStatus, NewJob, Result, ServerId, Verdict,
};
use dsm_suite::stand::{Stand, to_the_end};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

fn server_of(job: &JobRow) -> Result<ServerId> {
    let id = job.target_scope["server_id"].as_str().unwrap_or_default();
    id.parse().map_err(|_| Error::invalid("target_scope.server_id", "no server", "name one"))
}

/// Changes a server as long as the gate takes.
struct Update(Arc<Semaphore>);

#[async_trait]
impl Handler for Update {
    const JOB_TYPE: &'static str = "firmware_update";
    type Args = ServerId;

    fn decode(&self, job: &JobRow) -> Result<ServerId> {
        server_of(job)
    }

    fn lane(&self, server: &ServerId) -> Option<String> {
        Some(server_lane(*server))
    }

    async fn run(&self, _: &Ctx, _: ServerId) -> Result<Verdict> {
        let pass = self.0.acquire().await.map_err(|_| Error::new(ErrorKind::Handler, "the gate is gone"))?;
        pass.forget();
        Ok(Verdict::Done(Map::new()))
    }
}

/// A console needs no lane.
struct Console;

#[async_trait]
impl Handler for Console {
    const JOB_TYPE: &'static str = "console_launch";
    const INTERACTIVE: bool = true;
    type Args = ();

    fn decode(&self, _: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, _: &Ctx, (): ()) -> Result<Verdict> {
        Ok(Verdict::Done(Map::new()))
    }
}

/// A power button changes its server now, or in line where the details say so.
struct Power;

#[async_trait]
impl Handler for Power {
    const JOB_TYPE: &'static str = "power_action";
    const INTERACTIVE: bool = true;
    type Args = (ServerId, bool);

    fn decode(&self, job: &JobRow) -> Result<(ServerId, bool)> {
        Ok((server_of(job)?, job.details.get("wait").and_then(Value::as_bool).unwrap_or_default()))
    }

    fn lane(&self, (server, _): &(ServerId, bool)) -> Option<String> {
        Some(server_lane(*server))
    }

    fn waits(&self, (_, waits): &(ServerId, bool)) -> bool {
        *waits
    }

    async fn run(&self, _: &Ctx, _: (ServerId, bool)) -> Result<Verdict> {
        Ok(Verdict::Done(Map::new()))
    }
}

async fn engine(stand: &Stand, options: EngineOptions, gate: &Arc<Semaphore>) -> Engine {
    Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_env_credentials(EnvCredentials::none())
        .with_options(options)
        .with_handler(Update(gate.clone()))
        .with_handler(Console)
        .with_handler(Power)
        .start()
        .await
        .unwrap()
}

fn update(server: ServerId) -> NewJob {
    NewJob::new("firmware_update").with_scope(json!({"server_id": server.to_string()}))
}

fn power(server: ServerId, details: Value) -> NewJob {
    NewJob::new("power_action").with_scope(json!({"server_id": server.to_string()})).with_details(details)
}

async fn running(store: &dyn Store, job: JobId) {
    while status(store, job).await != JobStatus::Running {
        tokio::task::yield_now().await;
    }
}

async fn status(store: &dyn Store, job: JobId) -> JobStatus {
    let query = dsm_core::store::JobQuery { ids: vec![job], ..Default::default() };
    store.jobs(query).await.unwrap()[0].status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_console_waits_for_no_slot() {
    let stand = Stand::memory(1);
    let gate = Arc::new(Semaphore::new(0));
    let engine = engine(&stand, EngineOptions { slots: 1, ..stand.options.clone() }, &gate).await;
    let first = engine.enqueue(update(ServerId::new())).await.unwrap();
    running(&*stand.store, first).await;
    let many = (0..300).map(|_| update(ServerId::new())).collect();
    stand.store.enqueue(many).await.unwrap();
    for _ in 0..3 {
        let console = engine.enqueue(NewJob::new("console_launch")).await.unwrap();
        assert_eq!(engine.wait(console).await.unwrap().status, JobStatus::Completed);
    }
    assert_eq!(status(&*stand.store, first).await, JobStatus::Running);
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_button_is_told_who_is_at_the_server_or_waits() {
    let stand = Stand::memory(1);
    let gate = Arc::new(Semaphore::new(0));
    let engine = engine(&stand, stand.options.clone(), &gate).await;
    let server = ServerId::new();
    let change = engine.enqueue(update(server)).await.unwrap();
    running(&*stand.store, change).await;

    let refused = engine.enqueue(power(server, Value::Null)).await.unwrap();
    let refused = engine.wait(refused).await.unwrap();
    assert_eq!(refused.status, JobStatus::Failed, "{:?}", refused.details);
    assert_eq!(refused.details["error_kind"], ErrorKind::Busy.as_str());
    assert_eq!(refused.details["error_subject"], server_lane(server));
    let error = refused.details["error"].as_str().unwrap();
    assert!(error.contains(&format!("firmware_update (job {change})")), "{error}");
    assert_eq!(stand.store.lock_holders(Some(&server_lane(server))).await.unwrap().len(), 1);

    let waiting = engine.enqueue(power(server, json!({"wait": true}))).await.unwrap();
    let elsewhere = engine.enqueue(power(ServerId::new(), Value::Null)).await.unwrap();
    assert_eq!(engine.wait(elsewhere).await.unwrap().status, JobStatus::Completed);
    assert_eq!(status(&*stand.store, waiting).await, JobStatus::Pending);
    let events = engine.events();
    gate.add_permits(1);
    to_the_end(events, waiting).await;
    assert_eq!(status(&*stand.store, waiting).await, JobStatus::Completed);
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_counts_over_all_engines_and_attempts() {
    let stand = Stand::memory(1);
    let gate = Arc::new(Semaphore::new(0));
    let limits = Limits { per_subnet: Some(2), ..Limits::default() };
    let own = EngineOptions { slots: 8, limits: Some(limits.clone()), ..stand.options.clone() };
    let engines = [
        engine(&stand, own, &gate).await,
        engine(&stand, EngineOptions { slots: 8, ..stand.options.clone() }, &gate).await,
    ];
    assert_eq!(engines[1].limits(), limits, "the second goes by what the first has written");
    let servers: Vec<ServerId> = (0..5).map(|_| ServerId::new()).collect();
    let rows = servers.iter().zip(1..).map(|(id, last)| {
        let set = ServerFields { ip_address: Some([10, 1, 2, last].into()), ..ServerFields::default() };
        (*id, ServerPatch { set, clear: Vec::new() })
    });
    stand.store.put_servers(rows.collect()).await.unwrap();
    let mut jobs = Vec::new();
    for server in &servers {
        jobs.push(engines[0].enqueue(update(*server)).await.unwrap());
    }
    running(&*stand.store, jobs[0]).await;
    running(&*stand.store, jobs[1]).await;
    while !engines[1].why_not(jobs[4]).await.unwrap().to_string().contains("subnet limit 10.1.2.0/24 2/2") {
        tokio::task::yield_now().await;
    }
    let key = limits.subnet_key([10, 1, 2, 200].into());
    let refused = engines[1].lock(vec![Wish::among(&key, 2)], "a call", Turn::Now).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Busy);
    // Another program's row says nothing of where it works: its attempt finds out, and waits for its share.
    let foreign = stand.store.enqueue(vec![update(servers[4])]).await.unwrap()[0].id();
    for done in 1..=6 {
        gate.add_permits(1);
        while ended(&*stand.store).await < done {
            let held = stand.store.lock_holders(Some(&key)).await.unwrap();
            assert!(held.iter().filter(|one| !one.is_waiting).count() <= 2, "{held:?}");
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(engines[0].wait(foreign).await.unwrap().status, JobStatus::Completed);
    assert_eq!(stand.store.lock_holders(None).await.unwrap(), []);
    for engine in engines {
        engine.shutdown().await.unwrap();
    }
}

async fn ended(store: &dyn Store) -> usize {
    let jobs = store.jobs(dsm_core::store::JobQuery::default()).await.unwrap();
    jobs.iter().filter(|job| job.status.is_terminal()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_leaves_types_that_are_not_its_own_to_others() {
    let stand = Stand::memory(1);
    let gate = Arc::new(Semaphore::new(1));
    let of = |types: &[&str]| {
        let types = types.iter().map(|name| (*name).to_owned()).collect();
        EngineOptions { job_types: Some(types), ..stand.options.clone() }
    };
    for (wrong, part) in [(&["power_action", "make_coffee"][..], "make_coffee"), (&[], "no job type")] {
        let builder = Engine::builder(stand.store.clone(), stand.cipher.clone());
        let error = builder.with_options(of(wrong)).start().await.unwrap_err();
        assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some("options.job_types")));
        assert!(error.chain().contains(part), "{}", error.chain());
    }
    let first = engine(&stand, of(&["power_action"]), &gate).await;
    let update = first.enqueue(update(ServerId::new())).await.unwrap();
    for _ in 0..3 {
        let power = first.enqueue(power(ServerId::new(), Value::Null)).await.unwrap();
        assert_eq!(first.wait(power).await.unwrap().status, JobStatus::Completed);
    }
    assert_eq!(status(&*stand.store, update).await, JobStatus::Pending);
    let heard = stand.store.heartbeats().await.unwrap();
    assert!(heard[0].capabilities.contains(&"power_action".to_owned()), "{heard:?}");
    assert!(!heard[0].capabilities.contains(&"firmware_update".to_owned()), "{heard:?}");
    let other = engine(&stand, of(&["firmware_update"]), &gate).await;
    assert_eq!(other.wait(update).await.unwrap().status, JobStatus::Completed);
    for engine in [first, other] {
        engine.shutdown().await.unwrap();
    }
}
