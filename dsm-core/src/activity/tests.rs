use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use dell_redfish::observer::ExchangeKind;
use dell_redfish::{Exchange, Method};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::address::tests::Dice;

const PLANTED: &str = "planted-7f";

/// A store that can be told what to do.
#[derive(Debug, Default)]
pub(super) struct Sink {
    rows: Mutex<Vec<ActivityRow>>,
    writes: Mutex<Vec<(usize, Instant)>>,
    down: Mutex<bool>,
    /// Refuses rows that name this job; and rows of this endpoint whatever they name.
    gone: Option<JobId>,
    cursed: Option<&'static str>,
    in_flight: AtomicUsize,
    told: Mutex<Vec<(Uuid, ServerId)>>,
    /// So long it does not answer.
    stall: Mutex<Duration>,
}

impl Sink {
    pub(super) fn without(gone: JobId) -> Self {
        Self { gone: Some(gone), ..Self::default() }
    }

    pub(super) fn rows(&self) -> Vec<ActivityRow> {
        self.rows.lock().expect("no panic").clone()
    }

    pub(super) fn set_down(&self, down: bool) {
        *self.down.lock().expect("no panic") = down;
    }

    pub(super) fn set_stall(&self, stall: Duration) {
        *self.stall.lock().expect("no panic") = stall;
    }

    pub(super) fn sizes(&self) -> Vec<usize> {
        self.writes.lock().expect("no panic").iter().map(|(size, _)| *size).collect()
    }
}

#[async_trait]
impl ActivitySink for Sink {
    async fn write(&self, rows: Arc<[ActivityRow]>) -> Result<()> {
        let stall = *self.stall.lock().expect("no panic");
        tokio::time::sleep(stall).await;
        assert_eq!(self.in_flight.fetch_add(1, Ordering::SeqCst), 0, "one batch at a time");
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        let refused = |row: &ActivityRow| {
            (self.gone.is_some() && row.job_id == self.gone) || self.cursed == Some(row.endpoint.as_str())
        };
        if !self.is_reachable().await || rows.iter().any(refused) {
            return Err(Error::new(ErrorKind::Store, "refused"));
        }
        self.writes.lock().expect("no panic").push((rows.len(), Instant::now()));
        let mut stored = self.rows.lock().expect("no panic");
        for row in rows.iter() {
            match stored.iter_mut().find(|known| known.id == row.id) {
                None => stored.push(row.clone()),
                Some(known) => {
                    if let Some(completed) = known.completed_by(row) {
                        *known = completed;
                    }
                }
            }
        }
        Ok(())
    }

    async fn attribute(&self, rows: Vec<(Uuid, ServerId)>) -> Result<()> {
        self.told.lock().expect("no panic").extend(rows);
        Ok(())
    }

    async fn is_reachable(&self) -> bool {
        !*self.down.lock().expect("no panic")
    }
}

pub(super) fn start(sink: &Arc<Sink>, options: ActivityOptions) -> ActivityLog {
    ActivityLog::over(sink.clone(), options, Arc::new(SystemClock))
}

struct Sample {
    method: Method,
    path: &'static str,
    success: bool,
    error: Option<&'static str>,
    request: Option<Bytes>,
    reply: Option<Bytes>,
}

fn get(path: &'static str) -> Sample {
    let reply = Some(Bytes::from_static(br#"{"Id":"1"}"#));
    Sample { method: Method::GET, path, success: true, error: None, request: None, reply }
}

fn show(observer: &Arc<dyn Observer>, sample: &Sample) {
    observer.exchanged(&Exchange {
        host: "10.0.0.1:443",
        operation: "Get",
        method: &sample.method,
        path: sample.path,
        mark: None,
        kind: ExchangeKind::Api,
        attempt: 1,
        sent_at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        elapsed: Duration::from_micros(245_900),
        status: Some(if sample.success { 200 } else { 400 }),
        success: sample.success,
        error: sample.error,
        error_kind: None,
        request_body: sample.request.clone(),
        response_body: sample.reply.as_ref(),
    });
}

pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
}

pub(super) fn spilling(folder: &Path) -> ActivityOptions {
    ActivityOptions { spill: Some(folder.join("dsm.db.activity")), ..ActivityOptions::default() }
}

#[tokio::test(start_paused = true)]
async fn reads_wait_a_quarter_second_a_command_fifty_milliseconds_a_full_batch_not_at_all() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let observer = log.observer(ActivityContext::default());
    let ms = |ms| tokio::time::sleep(Duration::from_millis(ms));
    show(&observer, &get("/redfish/v1"));
    ms(200).await;
    show(&observer, &get("/redfish/v1"));
    ms(48).await;
    assert!(sink.rows().is_empty());
    ms(5).await;
    assert_eq!(sink.sizes(), [2]);

    // A command takes along what came before it.
    show(&observer, &get("/redfish/v1"));
    ms(20).await;
    show(&observer, &Sample { method: Method::POST, ..get("/redfish/v1/a") });
    ms(30).await;
    show(&observer, &get("/redfish/v1"));
    ms(18).await;
    assert_eq!(sink.sizes(), [2]);
    ms(5).await;
    assert_eq!(sink.sizes(), [2, 3]);
    let begun = Instant::now();
    for _ in 0..200 {
        show(&observer, &get("/redfish/v1"));
    }
    log.flush().await.expect("stored");
    assert!(begun.elapsed() < Duration::from_millis(5));
    assert_eq!(sink.sizes(), [2, 3, 200]);
    let stats = log.stats();
    assert_eq!((stats.recorded, stats.stored, stats.waiting, stats.spilled), (205, 205, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_row_says_what_happened() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let (job, task, by, server) = (JobId::new(), TaskId::new(), ProfileId::new(), ServerId::new());
    let context = ActivityContext {
        job_id: Some(job),
        task_id: Some(task),
        initiated_by: Some(by),
        ..ActivityContext::default()
    };
    let observer = log.observer(context.clone());
    show(&observer, &get("/redfish/v1/Systems/System.Embedded.1"));
    // Learned after the exchange, before the row is written.
    context.server.set(server).expect("once");
    let failure = br#"{"error":{"code":"x"}}"#;
    show(
        &observer,
        &Sample {
            success: false,
            error: Some("said no"),
            reply: Some(Bytes::from_static(failure)),
            ..get("/redfish/v1/a")
        },
    );
    log.flush().await.expect("stored");
    let rows = sink.rows();
    assert_eq!(
        rows[0],
        ActivityRow {
            id: rows[0].id,
            timestamp: "2023-11-14T22:13:20Z".parse().expect("a time"),
            server_id: Some(server),
            job_id: Some(job),
            task_id: Some(task),
            command_type: "GET".to_owned(),
            operation_type: "idrac_api".to_owned(),
            endpoint: "/redfish/v1/Systems/System.Embedded.1".to_owned(),
            full_url: "https://10.0.0.1:443/redfish/v1/Systems/System.Embedded.1".to_owned(),
            status_code: Some(200),
            success: true,
            response_time_ms: Some(245),
            error_message: None,
            request_body: None,
            response_body: None,
            source: "job_executor".to_owned(),
            initiated_by: Some(by),
        }
    );
    assert_eq!(rows[1].response_body, Some(json!({"error": {"code": "x"}})));
    assert_eq!(
        (rows[1].error_message.as_deref(), rows[1].status_code, rows[1].success),
        (Some("said no"), Some(400), false)
    );
    assert!(rows[0].id < rows[1].id);
}

#[tokio::test(start_paused = true)]
async fn bodies_by_policy_and_size() {
    let reply = |text: &[u8]| Some(Bytes::copy_from_slice(text));
    let post = |body: Option<Bytes>| Sample {
        method: Method::POST,
        request: reply(br#"{"a":1}"#),
        reply: body,
        ..get("/redfish/v1/a")
    };
    let samples = [
        post(reply(b"<html>")),
        post(reply(&[0xff, 0xfe, 0])),
        post(reply(b"")),
        post(Some(Bytes::from(vec![b' '; 250 * 1024]))),
        get("/redfish/v1"),
    ];
    let note = json!({"_truncated": true, "_original_size_kb": 250, "_limit_kb": 100});
    let kept =
        [json!("<html>"), json!({"_binary": true, "_original_size_kb": 1}), Value::Null, note, Value::Null];
    for (policy, requests, replies) in [
        (BodyPolicy::default(), 4, kept.clone()),
        (BodyPolicy { requests: false, replies: ReplyBodies::Never }, 0, [(); 5].map(|()| Value::Null)),
        (BodyPolicy { replies: ReplyBodies::Always, ..BodyPolicy::default() }, 4, {
            let mut all = kept.clone();
            all[4] = json!({"Id": "1"});
            all
        }),
    ] {
        let sink = Arc::new(Sink::default());
        let log = start(&sink, ActivityOptions { bodies: policy, ..ActivityOptions::default() });
        let observer = log.observer(ActivityContext::default());
        samples.iter().for_each(|sample| show(&observer, sample));
        log.flush().await.expect("stored");
        let found: Vec<Value> =
            sink.rows().into_iter().map(|row| row.response_body.unwrap_or_default()).collect();
        assert_eq!(found, replies);
        assert_eq!(sink.rows().iter().filter(|row| row.request_body.is_some()).count(), requests);
    }
}

#[tokio::test(start_paused = true)]
async fn no_planted_secret_reaches_a_row_the_file_or_a_debug() {
    let folder = tempfile::tempdir().expect("a folder");
    let sink = Arc::new(Sink::default());
    let log = start(&sink, spilling(folder.path()));
    let observer = log.observer(ActivityContext::default());
    let bodies = [
        json!({"Password": PLANTED}),
        json!({"a": [{"ShareParameters": {"sharepassword": PLANTED}}], "TempPassword": PLANTED}),
        json!({"ImportBuffer": format!("<Attribute Name=\"Users.2#Password\">{PLANTED}</Attribute>")}),
        json!({"Image": format!("https://root:{PLANTED}@10.0.0.9/x.iso")}),
        json!({"inner": json!({"token": PLANTED}).to_string()}),
    ];
    for down in [false, true] {
        sink.set_down(down);
        for body in &bodies {
            let body = Some(Bytes::from(body.to_string()));
            show(
                &observer,
                &Sample {
                    method: Method::POST,
                    path: "/redfish/v1/x?tempPassword=planted-7f&user=root",
                    error: Some("refused Password=planted-7f"),
                    request: body.clone(),
                    reply: body,
                    success: false,
                },
            );
        }
        let mut row = ActivityRow { response_body: Some(bodies[1].clone()), ..log_row() };
        row.full_url = format!("ssh://root:{PLANTED}@10.0.0.9");
        log.record(row);
        log.flush().await.expect("safe");
    }
    let written = format!("{:?} {log:?} {observer:?}", sink.rows());
    assert_eq!(sink.rows().len(), 6);
    assert!(!written.contains(PLANTED), "{written}");
    let spilled: String =
        files(folder.path()).iter().map(|path| std::fs::read_to_string(path).expect("a file")).collect();
    assert_eq!(spilled.lines().count(), 6);
    assert!(!spilled.contains(PLANTED) && spilled.contains("root"), "{spilled}");
}

fn log_row() -> ActivityRow {
    ActivityRow {
        id: uuid::Uuid::now_v7(),
        timestamp: jiff::Timestamp::UNIX_EPOCH,
        server_id: None,
        job_id: None,
        task_id: None,
        command_type: "ssh".to_owned(),
        operation_type: "ssh_command".to_owned(),
        endpoint: "uname".to_owned(),
        full_url: "ssh://10.0.0.9".to_owned(),
        status_code: None,
        success: true,
        response_time_ms: Some(1),
        error_message: None,
        request_body: None,
        response_body: None,
        source: "test".to_owned(),
        initiated_by: None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_loses_nothing_and_gets_everything_back() {
    for seed in 0..20 {
        let folder = tempfile::tempdir().expect("a folder");
        let sink = Arc::new(Sink::default());
        let log = start(&sink, spilling(folder.path()));
        let observer = log.observer(ActivityContext::default());
        let mut dice = Dice::new(seed);
        for _ in 0..30 {
            sink.set_down(dice.below(2) == 0);
            for _ in 0..dice.below(300) {
                show(&observer, &get("/redfish/v1"));
            }
            tokio::time::sleep(Duration::from_millis(dice.below(400))).await;
            if dice.below(4) == 0 {
                log.flush().await.expect("store or file");
            }
        }
        sink.set_down(true);
        show(&observer, &get("/redfish/v1"));
        log.flush().await.expect("the file");
        let found = files(folder.path());
        assert!(!found.is_empty(), "seed {seed}");
        for path in &found {
            assert_eq!(std::fs::metadata(path).expect("there").permissions().mode() & 0o777, 0o600);
        }
        sink.set_down(false);
        tokio::time::sleep(Duration::from_secs(60)).await;
        let stats = log.stats();
        let ids: HashSet<_> = sink.rows().into_iter().map(|row| row.id).collect();
        assert_eq!(
            (ids.len() as u64, stats.waiting, stats.refused),
            (stats.recorded, 0, 0),
            "seed {seed}: {stats:?}"
        );
        assert!(files(folder.path()).is_empty(), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_process_left_is_written_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = spilling(folder.path());
    let mut dead = spill::Spill::new(options.spill.clone().expect("set"), 1 << 20);
    let rows: Vec<_> = (0..2_500).map(|_| log_row()).collect();
    dead.append(&rows).expect("appended");
    let mut alive = spill::Spill::new(options.spill.clone().expect("set"), 1 << 20);
    assert!(alive.take().is_none(), "its process lives");
    drop(dead);
    let path = files(folder.path()).remove(0);
    let mut text = std::fs::read(&path).expect("a file");
    text.extend_from_slice(b"{\"id\":\"cut o");
    std::fs::write(&path, text).expect("written");
    std::fs::write(folder.path().join("dsm.db.activity.txt"), "not ours").expect("written");
    let sink = Arc::new(Sink::default());
    let log = start(&sink, options);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(sink.rows().len(), 2_500);
    assert_eq!((log.stats().replayed, log.stats().recorded), (2_500, 0));
    assert_eq!(files(folder.path()), [folder.path().join("dsm.db.activity.txt")]);
}

#[tokio::test(start_paused = true)]
async fn one_row_the_store_refuses_holds_up_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let gone = JobId::new();
    let sink = Arc::new(Sink { gone: Some(gone), cursed: Some("/cursed"), ..Sink::default() });
    let log = start(&sink, spilling(folder.path()));
    let of_gone = log.observer(ActivityContext { job_id: Some(gone), ..ActivityContext::default() });
    let other = log.observer(ActivityContext::default());
    for path in ["/a", "/cursed", "/b"] {
        show(&of_gone, &get(path));
        show(&other, &get(path));
    }
    log.flush().await.expect("done");
    let rows = sink.rows();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row.job_id.is_none()));
    assert_eq!((log.stats().refused, log.stats().stored), (2, 4));
    let kept = std::fs::read_to_string(folder.path().join("dsm.db.activity.refused")).expect("kept");
    assert_eq!(kept.lines().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn overload_costs_bodies_and_never_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let sink = Arc::new(Sink::default());
    let options = ActivityOptions { batch: 10, capacity: 50, ..spilling(folder.path()) };
    let log = start(&sink, options);
    let observer = log.observer(ActivityContext::default());
    let command = Sample { method: Method::POST, ..get("/redfish/v1") };
    for _ in 0..5_000 {
        show(&observer, &command);
    }
    log.has_room().await;
    assert!(log.stats().waiting < 5_000);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let rows = sink.rows();
    assert_eq!(rows.len(), 5_000);
    assert_eq!(rows.iter().filter(|row| row.response_body.is_none()).count(), 4_950);
    let stats = log.stats();
    assert_eq!((stats.bodies_dropped, stats.waiting), (4_950, 0));
    assert!(stats.spilled > 0, "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn when_neither_store_nor_file_takes_rows_they_wait_and_say_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions { capacity: 5, spill_bytes: 10, ..spilling(folder.path()) });
    let observer = log.observer(ActivityContext::default());
    sink.set_down(true);
    show(&observer, &get("/redfish/v1"));
    let error = log.flush().await.expect_err("nothing takes it");
    assert_eq!(error.kind(), ErrorKind::Store);
    for _ in 0..6 {
        show(&observer, &get("/redfish/v1"));
    }
    tokio::time::timeout(Duration::from_secs(60), log.has_room()).await.expect_err("no room");
    sink.set_down(false);
    log.has_room().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    log.flush().await.expect("stored");
    assert_eq!(sink.rows().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn the_last_one_out_leaves_nothing_behind() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let observer = log.observer(ActivityContext::default());
    drop(log);
    show(&observer, &get("/redfish/v1"));
    drop(observer);
    tokio::time::sleep(Duration::from_millis(3)).await;
    assert_eq!(sink.rows().len(), 1);
}

/// An address whose server nobody knows yet: whoever holds the cell may name it.
fn visit(log: &ActivityLog) -> (Arc<dyn Observer>, Arc<OnceLock<ServerId>>) {
    let server = Arc::new(OnceLock::new());
    let context = ActivityContext { server: server.clone(), ..ActivityContext::default() };
    (log.observer(context), server)
}

pub(super) async fn pass(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_read_before_the_server_is_known_is_written_once_and_with_it() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let (observer, server) = visit(&log);
    let other = log.observer(ActivityContext::default());
    show(&observer, &get("/a"));
    show(&other, &get("/other"));
    pass(300).await;
    assert_eq!(sink.rows().len(), 1, "the other's row does not wait");
    show(&observer, &get("/b"));
    pass(300).await;
    let found = ServerId::new();
    server.set(found).expect("once");
    pass(260).await;
    let rows = sink.rows();
    let paths: Vec<_> = rows.iter().map(|row| (row.endpoint.as_str(), row.server_id)).collect();
    assert_eq!(paths, [("/other", None), ("/a", Some(found)), ("/b", Some(found))]);
    assert!(rows.is_sorted_by_key(|row| row.id));
    assert_eq!((log.stats().attributed, log.stats().waiting), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_row_whose_server_is_found_too_late_is_told_it() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let (observer, server) = visit(&log);
    show(&observer, &get("/a"));
    pass(990).await;
    assert!(sink.rows().is_empty());
    pass(270).await;
    assert_eq!(sink.rows().len(), 1, "it has waited long enough");
    let found = ServerId::new();
    server.set(found).expect("once");
    log.flush().await.expect("stored");
    assert_eq!(*sink.told.lock().expect("no panic"), [(sink.rows()[0].id, found)]);
    assert_eq!(log.stats().attributed, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_waits_for_a_server_nobody_will_find_and_no_command_for_any() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let (observer, server) = visit(&log);
    show(&observer, &get("/no-idrac"));
    drop(server);
    pass(260).await;
    assert_eq!(sink.rows().len(), 1);
    let (observer, _server) = visit(&log);
    show(&observer, &Sample { method: Method::POST, ..get("/command") });
    pass(60).await;
    assert_eq!(sink.rows().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn rows_without_a_server_are_forgotten_when_nobody_is_left_to_name_it() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let (observer, server) = visit(&log);
    for _ in 0..3 {
        show(&observer, &get("/no-idrac"));
        pass(1_300).await;
    }
    assert_eq!((sink.rows().len(), log.producer.shared().unattributed().rows()), (3, 3));
    drop((observer, server));
    let nameless = log.observer(ActivityContext::default());
    show(&nameless, &get("/of-no-server"));
    pass(260).await;
    assert_eq!((sink.rows().len(), log.producer.shared().unattributed().rows()), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn a_flush_and_the_end_of_the_log_wait_for_no_server() {
    let sink = Arc::new(Sink::default());
    let log = start(&sink, ActivityOptions::default());
    let (observer, _server) = visit(&log);
    for _ in 0..2_500 {
        show(&observer, &get("/a"));
    }
    pass(200).await;
    show(&observer, &get("/b"));
    assert!(sink.rows().is_empty());
    let begun = Instant::now();
    log.flush().await.expect("stored");
    assert!(begun.elapsed() < Duration::from_millis(20));
    let rows = sink.rows();
    assert_eq!((rows.len(), rows.last().map(|row| row.endpoint.as_str())), (2_501, Some("/b")));
    show(&observer, &get("/c"));
    pass(100).await;
    drop((log, observer));
    pass(5).await;
    assert_eq!(sink.rows().len(), 2_502);
}

#[tokio::test(start_paused = true)]
async fn only_so_many_rows_and_bytes_wait_for_their_server() {
    let failure = Sample { success: false, ..get("/a") };
    let bytes = failure.reply.as_ref().map_or(0, Bytes::len);
    for options in [
        ActivityOptions { capacity: 80, ..ActivityOptions::default() },
        ActivityOptions { body_bytes: 8 * 10 * bytes, ..ActivityOptions::default() },
    ] {
        let sink = Arc::new(Sink::default());
        let log = start(&sink, options);
        let (observer, _server) = visit(&log);
        for _ in 0..30 {
            show(&observer, &failure);
        }
        pass(260).await;
        assert_eq!((sink.rows().len(), log.stats().waiting), (20, 10));
    }
}
