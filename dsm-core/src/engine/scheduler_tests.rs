//! Schedules on a clock of the test's own.

use serde_json::json;
use zeroize::Zeroizing;

use super::*;
use crate::activity::ActivityOptions;
use crate::clock::SystemUptime;
use crate::credential::{Cipher, EnvCredentials, KEY_LENGTH};
use crate::engine::events::{EventBus, Events};
use crate::engine::fleet::{Fleet, FleetParts};
use crate::engine::options::{EngineOptions, IdracOptions, ScanOptions};
use crate::handler::Registry;
use crate::job::{JobRow, JobStatus, NewJob};
use crate::network::NetworkPolicy;
use crate::schedule::{CatchUp, Overlap, Schedule, Window};
use crate::store::{
    Claim, Executor, Limits, ManualClock, MemoryStore, Outcome, Settings, SettingsPatch, Settlement,
    StorageClock, Store,
};

/// A store on a clock of its own, and engines that do only what they are told.
struct Stage {
    store: Arc<dyn Store>,
    clock: ManualClock,
}

impl Stage {
    fn at(time: &str) -> Self {
        let clock = ManualClock::at(time.parse().unwrap());
        let store = Arc::new(MemoryStore::with_clock(StorageClock::Manual(clock.clone())));
        Self { store, clock }
    }

    /// An engine that is told when to look, and would look again only the day after.
    async fn engine(&self, name: &str) -> Arc<Inner> {
        let executor = Executor { id: name.to_owned(), incarnation: Uuid::now_v7() };
        let events = EventBus::new();
        let fleet = Fleet::start(FleetParts {
            store: self.store.clone(),
            cipher: Arc::new(Cipher::from_key(Zeroizing::new([7; KEY_LENGTH]))),
            network: NetworkPolicy::default(),
            env: EnvCredentials::none(),
            resolver: None,
            idrac: IdracOptions::default(),
            scan: ScanOptions::default(),
            activity: ActivityOptions::default(),
            incarnation: executor.incarnation,
            alive: Vec::new(),
            events: events.clone(),
        })
        .await
        .unwrap();
        let day = Duration::from_secs(86_400);
        let options = EngineOptions { poll_interval: day, ..EngineOptions::default() };
        Arc::new(Inner::new(
            self.store.clone(),
            Registry::new(),
            fleet,
            events,
            options,
            executor,
            Arc::new(SystemUptime),
        ))
    }

    async fn put(&self, schedule: Schedule) -> crate::schedule::ScheduleRow {
        ledger::put_schedule(&*self.store, schedule, None).await.unwrap()
    }

    async fn jobs(&self) -> Vec<JobRow> {
        self.store.jobs(JobQuery::default()).await.unwrap()
    }

    /// What the jobs are for, as local times.
    async fn dues(&self, zone: &str) -> Vec<String> {
        let zone: crate::schedule::Zone = zone.parse().unwrap();
        let local = |row: &JobRow| {
            let due: Timestamp = row.details["schedule_due"].as_str().unwrap().parse().unwrap();
            zone.rules().to_datetime(due).to_string()
        };
        self.jobs().await.iter().map(local).collect()
    }

    /// Lets the one job that is pending begin, and end.
    async fn run_next(&self, outcome: Outcome) {
        let executor = Executor { id: "runner".to_owned(), incarnation: Uuid::now_v7() };
        let claim = Claim {
            executor,
            job_types: vec!["health_check".to_owned()],
            gated: Vec::new(),
            others: Vec::new(),
            limits: Limits::default(),
            slots: 1,
            ttl: Duration::from_secs(20),
        };
        let won = self.store.claim(claim).await.unwrap().jobs.remove(0);
        let end =
            Settlement { lease: won.lease.key, outcome, details: serde_json::Map::new(), tasks: Vec::new() };
        self.store.settle(vec![end]).await.unwrap();
    }
}

fn schedule(name: &str, cron: &str) -> Schedule {
    Schedule::new(name, cron, NewJob::new("health_check")).unwrap().with_overlap(Overlap::Allow)
}

async fn told(events: &mut Events) -> EventKind {
    events.next().await.unwrap().kind
}

#[tokio::test]
async fn thirty_days_over_each_change_of_the_clocks() {
    for (start, day, at) in [
        ("2026-03-15T00:00:00Z", "2026-03-29", "03:00:00"),
        ("2026-10-10T00:00:00Z", "2026-10-25", "02:30:00"),
    ] {
        let stage = Stage::at(start);
        let engine = stage.engine("here").await;
        let nightly = schedule("nightly", "30 2 * * *").with_time_zone("Europe/Berlin").unwrap();
        stage.put(nightly).await;
        let mut steps = 0;
        let end = stage.store.now().await.unwrap().checked_add(Duration::from_secs(30 * 86_400)).unwrap();
        while stage.store.now().await.unwrap() < end {
            let pause = engine.tick().await.unwrap();
            stage.clock.advance(pause);
            steps += 1;
        }
        let dues = stage.dues("Europe/Berlin").await;
        let odd: Vec<&String> =
            dues.iter().filter(|due| !due.ends_with("T02:30:00") || due.starts_with(day)).collect();
        assert_eq!((dues.len(), odd), (30, vec![&format!("{day}T{at}")]));
        assert!(steps < 70, "the engine looks when something is due: {steps} looks");
    }
}

#[tokio::test]
async fn intervals_go_on_over_a_change_of_the_clocks() {
    let stage = Stage::at("2026-10-24T12:00:00Z");
    let engine = stage.engine("here").await;
    stage.put(schedule("often", "*/30 * * * *").with_time_zone("Europe/Berlin").unwrap()).await;
    for _ in 0..48 {
        stage.clock.advance(Duration::from_secs(1800));
        engine.tick().await.unwrap();
    }
    assert_eq!(
        stage.jobs().await.len(),
        48,
        "a day of 25 hours is no reason for a pause, or for two at once"
    );
}

#[tokio::test]
async fn of_many_engines_one_makes_the_job() {
    let stage = Stage::at("2026-11-23T00:00:00Z");
    let mut engines = Vec::new();
    for name in ["a", "b", "c", "d"] {
        engines.push(stage.engine(name).await);
    }
    stage.put(schedule("hourly", "@hourly")).await;
    for _ in 0..24 {
        stage.clock.advance(Duration::from_secs(3600));
        let looks = engines.iter().map(|engine| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.tick().await })
        });
        for look in looks.collect::<Vec<_>>() {
            look.await.unwrap().unwrap();
        }
    }
    assert_eq!(stage.jobs().await.len(), 24);
}

#[tokio::test]
async fn a_leader_that_dies_is_replaced_within_its_locks_time() {
    let stage = Stage::at("2026-11-23T00:00:00Z");
    let (dead, alive) = (stage.engine("dead").await, stage.engine("alive").await);
    let row = stage.put(schedule("hourly", "@hourly")).await;
    stage.clock.advance(Duration::from_secs(3601));
    // It took the lock, made the job, and was gone before it could note that.
    let lock = dead.take_role(ROLE).await.unwrap().unwrap();
    std::mem::forget(lock);
    let due = "2026-11-23T01:00:00Z".parse().unwrap();
    stage.store.enqueue(vec![row.schedule.job_for(row.id, due)]).await.unwrap();
    alive.tick().await.unwrap();
    let stands = |rows: Vec<Stored>| rows[0].course.decided;
    assert_eq!(stands(ledger::schedules(&*stage.store).await.unwrap()), None, "the lock stands");
    stage.clock.advance(alive.options.lease_ttl + Duration::from_secs(1));
    alive.tick().await.unwrap();
    assert_eq!(stands(ledger::schedules(&*stage.store).await.unwrap()), Some(due));
    assert_eq!(stage.jobs().await.len(), 1, "the job that was there");
}

#[tokio::test]
async fn who_decides_on_what_has_changed_decides_nothing() {
    let stage = Stage::at("2026-11-23T00:00:00Z");
    let engine = stage.engine("here").await;
    stage.put(schedule("hourly", "@hourly")).await;
    stage.clock.advance(Duration::from_secs(3601));
    let slow = engine.survey().await.unwrap().work.remove(0);
    engine.tick().await.unwrap();
    let mut events = engine.events.subscribe(None);
    engine.carry_out(&slow.0, &slow.1).await.unwrap();
    assert_eq!(stage.jobs().await.len(), 1);
    engine.events.emit(JobId::NIL, || EventKind::Missed { count: 0 });
    assert!(matches!(told(&mut events).await, EventKind::Missed { .. }), "nothing was told a second time");
}

#[tokio::test]
async fn what_is_made_and_what_is_not_is_told() {
    let stage = Stage::at("2026-11-23T00:00:00Z");
    let engine = stage.engine("here").await;
    let mut events = engine.events.subscribe(None);
    stage.put(schedule("hourly", "@hourly").with_overlap(Overlap::Skip)).await;
    stage.clock.advance(Duration::from_secs(3601));
    engine.tick().await.unwrap();
    assert!(matches!(told(&mut events).await, EventKind::Queued { job_type } if job_type == "health_check"));
    let made = events.next().await.unwrap();
    let job = stage.jobs().await.remove(0);
    assert_eq!(made.job_id, job.id);
    assert_eq!(
        serde_json::to_value(&made.kind).unwrap(),
        json!({"event": "scheduled", "schedule": "hourly", "due": "2026-11-23T01:00:00Z"})
    );
    // It has not ended an hour later.
    stage.clock.advance(Duration::from_secs(3600));
    engine.tick().await.unwrap();
    let skipped = events.next().await.unwrap();
    assert_eq!(skipped.job_id, JobId::NIL);
    assert_eq!(
        serde_json::to_value(&skipped.kind).unwrap(),
        json!({"event": "schedule_skipped", "schedule": "hourly", "due": "2026-11-23T02:00:00Z",
               "until": "2026-11-23T02:00:00Z", "why": "overlap", "error": null})
    );
    stage.run_next(Outcome::End(JobStatus::Failed, None)).await;
    stage.clock.advance(Duration::from_secs(3600));
    engine.tick().await.unwrap();
    assert_eq!(stage.dues("UTC").await, ["2026-11-23T01:00:00", "2026-11-23T03:00:00"]);
}

#[tokio::test]
async fn times_wait_for_the_last_job_where_asked_to() {
    let stage = Stage::at("2026-11-23T00:00:00Z");
    let engine = stage.engine("here").await;
    stage.put(schedule("hourly", "@hourly").with_overlap(Overlap::Queue)).await;
    for _ in 0..3 {
        stage.clock.advance(Duration::from_secs(3601));
        engine.tick().await.unwrap();
    }
    assert_eq!(
        (stage.jobs().await.len(), ledger::schedules(&*stage.store).await.unwrap().remove(0).row().queued),
        (1, 2)
    );
    for ran in 1..=3 {
        stage.run_next(Outcome::End(JobStatus::Completed, None)).await;
        engine.tick().await.unwrap();
        assert_eq!(stage.jobs().await.len(), (ran + 1).min(3));
    }
}

#[tokio::test]
async fn what_was_missed_while_no_engine_ran_is_made_up_for() {
    let stage = Stage::at("2026-11-23T00:00:00Z");
    for (name, catch_up) in [("none", CatchUp::None), ("one", CatchUp::One), ("all", CatchUp::All)] {
        stage.put(schedule(name, "@hourly").with_catch_up(catch_up)).await;
    }
    stage.clock.advance(Duration::from_secs(3 * 3600 + 1800));
    let engine = stage.engine("here").await;
    engine.tick().await.unwrap();
    let jobs = stage.jobs().await;
    let of = |name: &str| jobs.iter().filter(|job| job.details["schedule"] == name).count();
    assert_eq!((of("none"), of("one"), of("all")), (0, 1, 3));
}

#[tokio::test]
async fn a_job_that_cannot_run_any_more_is_told_and_not_tried_for_ever() {
    let stage = Stage::at("2026-11-23T00:00:00Z");
    let engine = stage.engine("here").await;
    let two_hours = Duration::from_secs(7200);
    let window = Window::recurring("nights", "0 22 * * *", two_hours).unwrap();
    ledger::put_window(&*stage.store, window, None).await.unwrap();
    stage.put(schedule("hourly", "@hourly").with_window("nights")).await;
    stage.clock.advance(Duration::from_secs(3601));
    engine.tick().await.unwrap();
    let job = stage.jobs().await.remove(0);
    assert_eq!(job.schedule_at, Some("2026-11-23T22:00:00Z".parse().unwrap()), "not before the window opens");
    assert_eq!(engine.closed_until(&job).await.unwrap(), job.schedule_at, "whoever claims it before");
    assert!(ledger::remove_window(&*stage.store, "nights").await.is_err(), "it is named");
    stage.store.remove_entry("window", "nights").await.unwrap();
    assert_eq!(engine.closed_until(&job).await.unwrap_err().subject(), Some("details.maintenance_window"));
    let mut events = engine.events.subscribe(None);
    stage.clock.advance(Duration::from_secs(3600));
    engine.tick().await.unwrap();
    let told = serde_json::to_value(told(&mut events).await).unwrap();
    assert_eq!(
        (&told["why"], told["error"].as_str().map(|error| error.contains("nights"))),
        (&json!("refused"), Some(true))
    );
    assert_eq!(engine.survey().await.unwrap().work.len(), 0, "decided");
}

#[tokio::test]
async fn a_time_that_has_passed_is_refused_unless_it_may_be_late() {
    let stage = Stage::at("2026-11-23T12:00:00Z");
    let engine = stage.engine("here").await;
    let job = |at: &str| NewJob { schedule_at: Some(at.parse().unwrap()), ..NewJob::new("health_check") };
    engine.check_time(&job("2026-11-23T11:59:30Z")).await.unwrap();
    engine.check_time(&job("2026-11-24T00:00:00Z")).await.unwrap();
    engine.check_time(&NewJob::new("health_check")).await.unwrap();
    let late = job("2026-11-23T11:00:00Z");
    let error = engine.check_time(&late).await.unwrap_err();
    assert_eq!((error.kind(), error.subject()), (ErrorKind::InvalidInput, Some("schedule_at")));
    engine.check_time(&NewJob { catch_up: true, ..late }).await.unwrap();
    // Types of the existing system are taken for whoever runs them; others are not.
    engine.admit(NewJob::new("firmware_update")).await.unwrap();
    assert_eq!(engine.admit(NewJob::new("make_coffee")).await.unwrap_err().kind(), ErrorKind::NoHandler);
}

#[tokio::test]
async fn an_edit_goes_by_what_was_seen() {
    let stage = Stage::at("2026-11-23T00:00:00Z");
    let engine = stage.engine("here").await;
    let row = stage.put(schedule("hourly", "@hourly")).await;
    let again = ledger::put_schedule(&*stage.store, row.schedule.clone(), None).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
    stage.clock.advance(Duration::from_secs(3600));
    engine.tick().await.unwrap();
    // A tick is no edit.
    let minutely = Schedule { cron: "* * * * *".parse().unwrap(), ..row.schedule.clone() };
    let edited = ledger::put_schedule(&*stage.store, minutely.clone(), Some(row.revision)).await.unwrap();
    assert_eq!(
        (edited.id, edited.revision, edited.last_due),
        (row.id, 2, "2026-11-23T01:00:00Z".parse().ok())
    );
    let stale = ledger::put_schedule(&*stage.store, minutely.clone(), Some(row.revision)).await.unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Conflict);
    stage.clock.advance(Duration::from_secs(300));
    ledger::put_schedule(&*stage.store, Schedule { enabled: false, ..minutely.clone() }, Some(2))
        .await
        .unwrap();
    stage.clock.advance(Duration::from_secs(300));
    ledger::put_schedule(&*stage.store, Schedule { catch_up: CatchUp::All, ..minutely }, Some(3))
        .await
        .unwrap();
    engine.tick().await.unwrap();
    assert_eq!(stage.jobs().await.len(), 1, "what went by before it was enabled again is past");
    assert!(ledger::remove_schedule(&*stage.store, "hourly").await.unwrap());
    assert!(!ledger::remove_schedule(&*stage.store, "hourly").await.unwrap());
    assert_eq!(stage.store.entries("course").await.unwrap(), []);
}

#[tokio::test]
async fn what_is_old_goes_once_a_day_and_what_lives_stays() {
    let stage = Stage::at("2026-11-23T00:00:00Z");
    let engine = stage.engine("here").await;
    let enqueue = |count: usize| stage.store.enqueue(vec![NewJob::new("health_check"); count]);
    enqueue(3).await.unwrap();
    for _ in 0..2 {
        stage.run_next(Outcome::End(JobStatus::Completed, None)).await;
    }
    assert_eq!(engine.clean_up().await.unwrap().map(|gone| gone.jobs), Some(0), "nothing is old");
    let settings = stage.store.settings().await.unwrap();
    let now = stage.store.now().await.unwrap();
    assert_eq!((settings.last_cleanup_at, settings.job_last_cleanup_at), (Some(now), Some(now)));
    stage
        .store
        .put_settings(SettingsPatch { job_retention_days: Some(1), ..SettingsPatch::default() })
        .await
        .unwrap();
    assert_eq!(engine.clean_up().await.unwrap(), None, "it was done today");
    stage.clock.advance(Duration::from_secs(2 * 86_400));
    let other = stage.engine("other").await;
    let lock = other.take_role("role:cleanup").await.unwrap().unwrap();
    assert_eq!(engine.clean_up().await.unwrap(), None, "another is at it");
    lock.release().await.unwrap();
    assert_eq!(engine.clean_up().await.unwrap().map(|gone| gone.jobs), Some(2));
    assert_eq!(stage.jobs().await.len(), 1, "the one that waits");
    let kept = stage.store.settings().await.unwrap();
    assert_eq!(
        kept,
        Settings {
            job_retention_days: 1,
            last_cleanup_at: kept.last_cleanup_at,
            job_last_cleanup_at: kept.job_last_cleanup_at,
            ..Settings::default()
        }
    );
    let zero = SettingsPatch { log_retention_days: Some(0), ..SettingsPatch::default() };
    assert_eq!(stage.store.put_settings(zero).await.unwrap_err().subject(), Some("log_retention_days"));
}
