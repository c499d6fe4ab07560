//! `fetch_event_logs`.

use std::collections::BTreeSet;

use dsm_core::ServerId;
use dsm_core::store::{RowQuery, StoredRow, Table};
use dsm_suite::ward::Ward;
use idrac_sim::{Effect, FaultRule, Generation, Kind};
use serde_json::{Value, json};

use crate::{assert_done, assert_failed, crash, golden, stop};

/// Entries of the logs of a simulated server before anybody has logged in.
const LIFECYCLE: usize = 120;
const SEL: usize = 12;

const JOB: &str = "fetch_event_logs";

async fn stored(ward: &Ward, server: ServerId) -> Vec<StoredRow> {
    let query = RowQuery { server_id: Some(server), ..RowQuery::of(Table::ServerEventLogs) };
    ward.stand.store.rows(query).await.unwrap()
}

fn text<'a>(row: &'a StoredRow, column: &str) -> &'a str {
    row.columns.get(column).and_then(Value::as_str).unwrap_or_default()
}

fn of_log<'a>(rows: &'a [StoredRow], log: &'a str) -> impl Iterator<Item = &'a StoredRow> {
    rows.iter().filter(move |row| text(row, "category").split(':').next() == Some(log))
}

/// Every entry of the table once: by log, number and moment.
fn assert_unique(rows: &[StoredRow]) {
    let mut seen = BTreeSet::new();
    for row in rows {
        let log = text(row, "category").split(':').next().unwrap_or_default();
        let mark = (log, text(row, "event_id"), text(row, "timestamp"));
        assert!(seen.insert(mark), "{mark:?} is there twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_generation_is_read_and_a_second_run_brings_only_what_is_new() {
    let ward = Ward::of("127.62.0.0", &Generation::ALL).await.unwrap();
    let ran = ward.run(JOB, Value::Null).await.unwrap();
    assert_done(&ran);
    assert_eq!(ran.count("total_events"), (ward.servers.len() * (100 + SEL)) as i64);
    for (place, server) in ward.servers.iter().enumerate() {
        let entry = ran.of(*server);
        assert_eq!(entry["events"], json!(100 + SEL), "{entry:#}");
        let rows = stored(&ward, *server).await;
        assert_eq!((of_log(&rows, "SEL").count(), of_log(&rows, "Lifecycle").count()), (SEL, 100));
        assert_unique(&rows);
        // The newest, not the oldest of a page: the login itself is among them.
        let newest = of_log(&rows, "Lifecycle").map(|row| text(row, "event_id").parse::<usize>().unwrap());
        assert!(newest.max().unwrap() > LIFECYCLE);
        let broken = rows.iter().find(|row| text(row, "severity") == "Critical").expect("a power supply");
        assert!(text(broken, "message").contains("Power supply"), "{broken:?}");
        assert!(broken.columns["raw_data"]["MessageId"].as_str().unwrap().ends_with("PSU0003"));
        assert!(ward.commands(place).is_empty(), "it only reads");
        ward.fleet.server(place).unwrap().lose_power_supply(2);
    }
    let again = ward.run(JOB, Value::Null).await.unwrap();
    assert_done(&again);
    for server in &ward.servers {
        let entry = again.of(*server);
        let events = entry["events"].as_u64().unwrap() as usize;
        assert_eq!(
            (&entry["logs"]["SEL"]["events"], &entry["logs"]["Lifecycle"]["gap"]),
            (&json!(1), &json!(false))
        );
        let rows = stored(&ward, *server).await;
        assert_eq!(rows.len(), 100 + SEL + events, "as many rows as were told");
        assert_unique(&rows);
        let lost =
            |row: &&StoredRow| text(row, "severity") == "Critical" && text(row, "timestamp") > "2025-07";
        assert_eq!(rows.iter().filter(lost).count(), 2, "one in each log");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_much_is_brought_as_is_asked_for_and_of_the_logs_that_are() {
    let ward = Ward::of("127.62.1.0", &[Generation::ALL[3]; 3]).await.unwrap();
    let run = async |place: usize, details: Value| {
        let ran = ward.stand.run(ward.job_on(JOB, &ward.servers[place..=place], details)).await.unwrap();
        assert_done(&ran);
        stored(&ward, ward.servers[place]).await
    };
    let rows = run(0, json!({"limit": 7})).await;
    assert_eq!((of_log(&rows, "SEL").count(), of_log(&rows, "Lifecycle").count()), (7, 7));
    // What is older than the first reading is not asked for later.
    let rows = run(0, json!({"whole": true})).await;
    assert_eq!(of_log(&rows, "SEL").count(), 7);
    let rows = run(1, json!({"logs": ["sel"]})).await;
    assert_eq!((of_log(&rows, "SEL").count(), of_log(&rows, "Lifecycle").count()), (SEL, 0));
    let rows = run(2, json!({"whole": true, "logs": ["Lifecycle"]})).await;
    assert_eq!(of_log(&rows, "SEL").count(), 0);
    assert!(of_log(&rows, "Lifecycle").count() > LIFECYCLE, "and the login");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_was_cleared_brings_its_numbers_again() {
    let ward = Ward::of("127.62.2.0", &Generation::ALL).await.unwrap();
    assert_done(&ward.run(JOB, json!({"whole": true})).await.unwrap());
    let mut before = Vec::new();
    for server in &ward.servers {
        before.push(stored(&ward, *server).await);
    }
    for server in ward.fleet.servers() {
        server.wipe_lifecycle_log();
        server.lose_power_supply(1);
    }
    let ran = ward.run(JOB, Value::Null).await.unwrap();
    assert_done(&ran);
    for (server, before) in ward.servers.iter().zip(before) {
        let log = &ran.of(*server)["logs"]["Lifecycle"];
        assert_eq!((&log["cleared"], &log["gap"]), (&json!(true), &json!(false)), "{log:#}");
        let rows = stored(&ward, *server).await;
        assert_unique(&rows);
        assert_eq!(rows.len(), before.len() + ran.of(*server)["events"].as_u64().unwrap() as usize);
        let first = of_log(&rows, "Lifecycle").filter(|row| text(row, "event_id") == "1").count();
        assert_eq!(first, 2, "number 1 of before the clearing and of after it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_without_a_moment_is_stored_once() {
    let clockless = || {
        let altered =
            |id: &str| FaultRule::new(Effect::Altered { id: id.into(), set: json!({"Created": "TIME_NA"}) });
        [altered("7").path("*/Sel*"), altered("120").path("*/Lclog*")]
    };
    let ward = Ward::start("127.62.3.0", 2, |fleet| {
        fleet
            .generation_mix([Generation::Idrac8, Generation::Idrac9V7])
            .defaults(|server| server.faults(clockless()))
    })
    .await
    .unwrap();
    assert_done(&ward.run(JOB, json!({"whole": true})).await.unwrap());
    for server in &ward.servers {
        let rows = stored(&ward, *server).await;
        let clockless: Vec<_> =
            rows.iter().filter(|row| row.columns["raw_data"]["Created"] == "TIME_NA").collect();
        assert_eq!(clockless.len(), 2, "one of each log");
        // The column must have a time: that of the reading.
        assert!(clockless.iter().all(|row| text(row, "timestamp") > "2025-07"), "{clockless:?}");
    }
    let counts = [stored(&ward, ward.servers[0]).await.len(), stored(&ward, ward.servers[1]).await.len()];
    let again = ward.run(JOB, Value::Null).await.unwrap();
    assert_done(&again);
    for (server, before) in ward.servers.iter().zip(counts) {
        let rows = stored(&ward, *server).await;
        assert_eq!(rows.len(), before + again.of(*server)["events"].as_u64().unwrap() as usize);
        assert_eq!(rows.iter().filter(|row| row.columns["raw_data"]["Created"] == "TIME_NA").count(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_breaks_off_is_read_again_and_nothing_stored_twice() {
    let broken = FaultRule::new(Effect::Garbage).path("*/Lclog/Entries").query("$skip=50");
    let ward = Ward::start("127.62.4.0", 1, |fleet| {
        fleet.generation_mix([Generation::Idrac9V7]).defaults(|server| server.faults([broken]))
    })
    .await
    .unwrap();
    let ran = ward.run(JOB, json!({"whole": true})).await.unwrap();
    assert_failed(&ran, "the Lifecycle log could not be read");
    let rows = stored(&ward, ward.servers[0]).await;
    assert_eq!(
        (of_log(&rows, "Lifecycle").count(), of_log(&rows, "SEL").count()),
        (50, SEL),
        "what came is kept"
    );
    ward.fleet.server(0).unwrap().set_faults([]);
    let ran = ward.run(JOB, json!({"whole": true})).await.unwrap();
    assert_done(&ran);
    let rows = stored(&ward, ward.servers[0]).await;
    assert_unique(&rows);
    assert_eq!(of_log(&rows, "Lifecycle").count(), LIFECYCLE + 2, "with two logins");
    assert_eq!(of_log(&rows, "SEL").count(), SEL);
}

/// Firmware that has no further page though it counts more: nobody can say what lies behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_not_given_whole_is_asked_for_again() {
    let refused = FaultRule::status(400, "SYS417").path("*/Lclog/Entries").query("$skip=50");
    let ward = Ward::start("127.62.5.0", 1, |fleet| {
        fleet.generation_mix([Generation::Idrac9V7]).defaults(|server| server.faults([refused]))
    })
    .await
    .unwrap();
    let ran = ward.run(JOB, json!({"whole": true})).await.unwrap();
    assert_done(&ran);
    assert_eq!(ran.of(ward.servers[0])["logs"]["Lifecycle"]["incomplete"], true);
    ward.fleet.server(0).unwrap().set_faults([]);
    let ran = ward.run(JOB, json!({"whole": true})).await.unwrap();
    assert_eq!(ran.of(ward.servers[0])["logs"]["Lifecycle"]["incomplete"], false);
    let rows = stored(&ward, ward.servers[0]).await;
    assert_unique(&rows);
    assert_eq!(of_log(&rows, "Lifecycle").count(), LIFECYCLE + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_is_dead_and_the_others_are_read() {
    let ward = Ward::start("127.62.6.0", 3, |fleet| fleet.server(1, |server| server.kind(Kind::Dead)))
        .await
        .unwrap();
    let ran = ward.run(JOB, json!({"limit": 5, "logs": "SEL"})).await.unwrap();
    assert_failed(&ran, "1 of 3 servers failed");
    assert_eq!((ran.count("total_events"), &ran.row.details["partial"]), (10, &json!(true)));
    assert!(stored(&ward, ward.servers[1]).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_input_is_refused_before_anything_is_stored() {
    let ward = Ward::of("127.62.7.0", &[Generation::ALL[3]]).await.unwrap();
    let engine = ward.stand.engine().await.unwrap();
    for (details, field) in [
        (json!({"limit": 0}), "details.limit"),
        (json!({"limit": []}), "details.limit"),
        (json!({"logs": ["Audit"]}), "details.logs[0]"),
        (json!({"logs": [5]}), "details.logs[0]"),
        (json!({"whole": 1}), "details.whole"),
    ] {
        let error = engine.enqueue(ward.job(JOB, details)).await.expect_err(field);
        assert_eq!(error.subject(), Some(field));
    }
    engine.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_in_a_log_it_goes_on_there_the_next_time() {
    let ward = Ward::start("127.62.8.0", 1, |fleet| {
        let stuck = stop::hold("*/Lclog/Entries").query("$skip=50");
        fleet.generation_mix([Generation::Idrac9V7]).defaults(|server| server.faults([stuck]))
    })
    .await
    .unwrap();
    let job = ward.job(JOB, json!({"whole": true}));
    let row = stop::when(&ward, job, |ward, _| {
        stop::asked(ward, 0, "GET /redfish/v1/Managers/iDRAC.Embedded.1/LogServices/Lclog/Entries")
    })
    .await;
    assert_eq!(row.details["success_count"], 0);
    assert_eq!(stored(&ward, ward.servers[0]).await.len(), SEL, "the log that was read is stored");
    ward.fleet.server(0).unwrap().set_faults([]);
    assert_done(&ward.run(JOB, json!({"whole": true})).await.unwrap());
    let rows = stored(&ward, ward.servers[0]).await;
    assert_unique(&rows);
    assert_eq!((of_log(&rows, "SEL").count(), of_log(&rows, "Lifecycle").count()), (SEL, LIFECYCLE + 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_leaves_no_entry_twice_and_none_out() {
    crash::at_each_deed(
        || async { Ward::of("127.62.9.0", &[Generation::ALL[3]]).await.unwrap() },
        |ward| ward.job(JOB, json!({"whole": true})),
        |ward, row, name| {
            assert_eq!(row.status, dsm_core::JobStatus::Completed, "{name}: {:#?}", row.details);
            let server = ward.servers[0];
            let rows = tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(stored(ward, server))
            });
            assert_unique(&rows);
            let counts = (of_log(&rows, "SEL").count(), of_log(&rows, "Lifecycle").count());
            assert!(counts.0 == SEL && counts.1 > LIFECYCLE, "{name}: {counts:?}");
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn golden_run() {
    let ward = Ward::of("127.62.10.0", &[Generation::ALL[3]]).await.unwrap();
    golden::run(JOB, ward, |ward| ward.job(JOB, json!({"limit": 3}))).await;
}
