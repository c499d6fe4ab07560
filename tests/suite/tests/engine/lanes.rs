//! One server is changed by one job at a time, whatever engine runs it; steps and errors that pass.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dsm_core::credential::EnvCredentials;
use dsm_core::store::{JobQuery, Share, Turn, Wish, server_lane};
use dsm_core::{
    Backoff, Ctx, Engine, Error, ErrorKind, Handler, JobRow, JobStatus, NewJob, Result, ServerId, Step,
    Verdict,
};
use dsm_suite::stand::{Stand, to_the_end};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

/// Who is at which server, and how often two were.
#[derive(Debug, Default)]
struct Floor {
    at_work: Mutex<HashMap<String, usize>>,
    clashes: AtomicUsize,
    done: AtomicUsize,
}

impl Floor {
    fn enter(&self, lane: &str) {
        let mut at_work = self.at_work.lock().unwrap();
        let count = at_work.entry(lane.to_owned()).or_default();
        *count += 1;
        if *count > 1 {
            self.clashes.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn leave(&self, lane: &str) {
        *self.at_work.lock().unwrap().get_mut(lane).unwrap() -= 1;
        self.done.fetch_add(1, Ordering::SeqCst);
    }
}

/// Changes the one server its scope names, as long as the gate takes.
struct Change {
    floor: Arc<Floor>,
    gate: Arc<Semaphore>,
}

#[async_trait]
impl Handler for Change {
    const JOB_TYPE: &'static str = "change";
    type Args = ServerId;

    fn decode(&self, job: &JobRow) -> Result<ServerId> {
        let id = job.target_scope["server_id"].as_str().unwrap_or_default();
        id.parse().map_err(|_| Error::invalid("target_scope.server_id", "no server", "name one"))
    }

    fn lane(&self, server: &ServerId) -> Option<String> {
        Some(server_lane(*server))
    }

    async fn run(&self, _ctx: &Ctx, server: ServerId) -> Result<Verdict> {
        let lane = server_lane(server);
        self.floor.enter(&lane);
        let pass =
            self.gate.acquire().await.map_err(|_| Error::new(ErrorKind::Handler, "the gate is gone"))?;
        tokio::task::yield_now().await;
        drop(pass);
        self.floor.leave(&lane);
        Ok(Verdict::Done(Map::new()))
    }
}

fn change(server: ServerId) -> NewJob {
    NewJob::new("change").with_scope(json!({"server_id": server.to_string()}))
}

async fn engine(stand: &Stand, floor: &Arc<Floor>, gate: &Arc<Semaphore>) -> Engine {
    Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_env_credentials(EnvCredentials::none())
        .with_options(stand.options.clone())
        .with_handler(Change { floor: floor.clone(), gate: gate.clone() })
        .start()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_engines_change_a_server_one_job_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut stand = Stand::sqlite(&folder.path().join("dsm.db"), 1).unwrap();
    stand.options.slots = 8;
    let (floor, gate) = (Arc::new(Floor::default()), Arc::new(Semaphore::new(100)));
    let engines = [engine(&stand, &floor, &gate).await, engine(&stand, &floor, &gate).await];
    let servers = [ServerId::new(), ServerId::new(), ServerId::new()];
    let mut jobs = Vec::new();
    for at in 0..60 {
        // Half of them as another program would insert them: nobody has said what they lock.
        let job = change(servers[at % 3]);
        jobs.push(match at % 2 {
            0 => engines[0].enqueue(job).await.unwrap(),
            _ => stand.store.enqueue(vec![job]).await.unwrap()[0].id(),
        });
    }
    for job in &jobs {
        assert_eq!(engines[1].wait(*job).await.unwrap().status, JobStatus::Completed);
    }
    assert_eq!((floor.done.load(Ordering::SeqCst), floor.clashes.load(Ordering::SeqCst)), (60, 0));
    for job in &jobs {
        let attempts = stand.store.attempts(*job).await.unwrap();
        let ends = attempts.iter().filter(|one| one.outcome.as_deref() == Some("completed")).count();
        assert_eq!(ends, 1, "{attempts:?}");
    }
    assert_eq!(stand.store.lock_holders(None).await.unwrap(), []);
    for engine in engines {
        engine.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_told_who_changes_the_server_and_keeps_jobs_away_from_it() {
    let stand = Stand::memory(1);
    let (floor, gate) = (Arc::new(Floor::default()), Arc::new(Semaphore::new(0)));
    let engine = engine(&stand, &floor, &gate).await;
    let server = ServerId::new();
    let wish = || vec![Wish::alone(server_lane(server))];

    let mine = engine.lock(wish(), "direct power off", Turn::Now).await.unwrap();
    let job = engine.enqueue(change(server)).await.unwrap();
    let seen = engine.lock_holders(Some(&server_lane(server))).await.unwrap();
    assert_eq!((seen[0].label.as_str(), seen[0].share), ("direct power off", Share::Alone));
    let events = engine.events();
    mine.release().await.unwrap();
    gate.add_permits(1);
    to_the_end(events, job).await;

    let events = engine.events();
    gate.forget_permits(1);
    let job = engine.enqueue(change(server)).await.unwrap();
    while floor.at_work.lock().unwrap().values().sum::<usize>() == 0 {
        tokio::task::yield_now().await;
    }
    let refused = engine.lock(wish(), "direct power off", Turn::Now).await.unwrap_err();
    assert_eq!((refused.kind(), refused.subject()), (ErrorKind::Busy, Some(server_lane(server).as_str())));
    assert!(refused.to_string().contains(&format!("change (job {job})")), "{refused}");
    let (waiting, _) = tokio::join!(engine.lock(wish(), "direct power off", Turn::InLine), async {
        gate.add_permits(1);
        to_the_end(events, job).await
    });
    drop(waiting.unwrap());
    engine.shutdown().await.unwrap();
}

/// Fails in a way that passes, until it has been tried so often; and does one thing once.
struct Shaky {
    failures: usize,
    tries: AtomicUsize,
    resets: Arc<AtomicUsize>,
}

#[async_trait]
impl Handler for Shaky {
    const JOB_TYPE: &'static str = "shaky";
    const BACKOFF: Backoff =
        Backoff { attempts: 3, first: Duration::from_millis(20), longest: Duration::from_secs(1) };
    type Args = ();

    fn decode(&self, _job: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        let reset: usize = match ctx.step("reset")? {
            Step::Done(number) => number,
            Step::New(step) => {
                step.begin(&"the first").await?;
                step.done(self.resets.fetch_add(1, Ordering::SeqCst) + 1).await?
            }
            Step::Begun(..) => return Err(Error::new(ErrorKind::Handler, "its end was lost")),
        };
        if self.tries.fetch_add(1, Ordering::SeqCst) < self.failures {
            return Err(Error::new(ErrorKind::Timeout, "too slow"));
        }
        Ok(Verdict::Done(Map::from_iter([("reset".to_owned(), json!(reset))])))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_passes_is_tried_again_and_what_was_done_is_not_repeated() {
    for (failures, status, attempts) in [(2, JobStatus::Completed, 3), (9, JobStatus::Failed, 3)] {
        let stand = Stand::memory(1);
        let resets = Arc::new(AtomicUsize::new(0));
        let handler = Shaky { failures, tries: AtomicUsize::new(0), resets: resets.clone() };
        let engine = Engine::builder(stand.store.clone(), stand.cipher.clone())
            .with_env_credentials(EnvCredentials::none())
            .with_options(stand.options.clone())
            .with_handler(handler)
            .start()
            .await
            .unwrap();
        let job = engine.enqueue(NewJob::new("shaky")).await.unwrap();
        let row = engine.wait(job).await.unwrap();
        assert_eq!(row.status, status, "{:?}", row.details);
        assert_eq!(resets.load(Ordering::SeqCst), 1);
        let history = stand.store.attempts(job).await.unwrap();
        let words: Vec<_> = history.iter().filter_map(|one| one.outcome.as_deref()).collect();
        assert_eq!((words.len(), words[0], words[1]), (attempts, "retry", "retry"));
        assert_eq!(stand.store.steps(job).await.unwrap()[0].note, Value::from("the first"));
        assert_eq!(stand.store.jobs(JobQuery::default()).await.unwrap().len(), 1);
        engine.shutdown().await.unwrap();
    }
}
