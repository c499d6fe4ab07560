//! Inserts, upserts, updates and deletions, and their errors.

use hyper::Method;
use serde_json::{Value, json};

use crate::{bench, column};

#[tokio::test]
async fn inserts_answer_as_preferred() {
    let Some(bench) = bench().await else { return };
    let told = bench.post("/servers", bench.server("a"), "return=minimal").await;
    assert_eq!((told.status, &told.body, told.header("content-range")), (201, &Value::Null, "*/*"));
    assert_eq!(told.header("preference-applied"), "return=minimal");
    let told = bench
        .post("/servers?select=ip_address,manufacturer", bench.server("b"), "return=representation")
        .await;
    assert_eq!(told.body, json!([{"ip_address": bench.address("b"), "manufacturer": "Dell"}]));
    let told = bench.post("/servers", bench.server("c"), "return=headers-only").await;
    let place = told.header("location").to_owned();
    assert!(place.starts_with("/servers?id=eq."), "{place}");
    assert_eq!(bench.get(&place).await.body[0]["ip_address"], bench.address("c"));
    let rows = json!([bench.server("d"), bench.server("e")]);
    let told = bench.post("/servers", rows, "return=minimal, count=exact").await;
    assert_eq!((told.status, told.header("content-range")), (201, "*/2"));
    assert_eq!(bench.post("/servers", json!([]), "return=representation").await.body, json!([]));
    bench.clear().await;
}

#[tokio::test]
async fn what_a_row_leaves_out_is_null_or_its_default() {
    let Some(bench) = bench().await else { return };
    let mut named = bench.server("a");
    named["manufacturer"] = "Other".into();
    let uneven = json!([named, bench.server("b")]);
    assert_eq!(bench.post("/servers", uneven.clone(), "").await.refusal(), (400, "PGRST102"));
    let target = "/servers?columns=ip_address,rack_id,manufacturer&select=manufacturer";
    let told = bench.post(target, uneven.clone(), "return=representation").await;
    assert_eq!(column(&told, "manufacturer"), [&json!("Other"), &Value::Null]);
    bench.clear().await;
    let told = bench.post(target, uneven, "return=representation, missing=default").await;
    assert_eq!(column(&told, "manufacturer"), [&json!("Other"), &json!("Dell")]);
    let mut more = bench.server("c");
    more["nonesuch"] = 1.into();
    assert_eq!(bench.post("/servers", more.clone(), "").await.refusal(), (400, "PGRST204"));
    assert_eq!(bench.post("/servers?columns=ip_address,rack_id", more, "").await.status, 201);
    bench.clear().await;
}

#[tokio::test]
async fn rows_that_are_there_are_merged_or_left() {
    let Some(bench) = bench().await else { return };
    let row = |name: &str, count: i64| {
        let mut row = bench.server(name);
        row["cpu_count"] = count.into();
        row
    };
    let target = "/servers?on_conflict=ip_address&select=cpu_count";
    let merge = "resolution=merge-duplicates, return=representation";
    let told = bench.post(target, json!([row("a", 1)]), merge).await;
    assert_eq!((told.status, told.body), (201, json!([{"cpu_count": 1}])));
    let told = bench.post(target, json!([row("a", 2)]), merge).await;
    assert_eq!((told.status, told.body), (200, json!([{"cpu_count": 2}])), "none of them is new");
    let told = bench.post(target, json!([row("a", 3), row("b", 3)]), merge).await;
    assert_eq!((told.status, told.body.as_array().unwrap().len()), (201, 2));
    let ignore = "resolution=ignore-duplicates, return=representation";
    let told = bench.post(target, json!([row("a", 9), row("c", 9)]), ignore).await;
    assert_eq!(told.body, json!([{"cpu_count": 9}]), "only what is new comes back");
    let told = bench.post("/servers", row("a", 9), "").await;
    assert_eq!(told.refusal(), (409, "23505"));
    let told = bench.post("/servers", row("a", 9), "resolution=merge-duplicates").await;
    assert_eq!(told.refusal(), (409, "23505"), "without on_conflict it is the key that counts");
    let told = bench.post("/servers?on_conflict=hostname", row("a", 9), merge).await;
    assert_eq!(told.refusal(), (400, "42P10"));
    let twice = json!([row("d", 1), row("d", 2)]);
    assert_eq!(bench.post(target, twice, merge).await.refusal(), (400, "21000"), "one row twice");
    bench.clear().await;
}

#[tokio::test]
async fn updates_touch_what_meets_the_conditions() {
    let Some(bench) = bench().await else { return };
    let jobs = json!([
        {"job_type": "health_check", "notes": bench.mark, "details": {"n": 1}},
        {"job_type": "health_check", "notes": bench.mark, "details": {"n": 2}}
    ]);
    assert_eq!(bench.post("/jobs", jobs, "").await.status, 201);
    let pending = format!("/jobs?notes=eq.{}&status=eq.pending", bench.mark);
    let one = format!("{pending}&details-%3E%3En=eq.1");
    let run = json!({"status": "running", "started_at": "now"});
    let told = bench
        .patch(&format!("{one}&select=status,started_at,completed_at"), run.clone(), "return=representation")
        .await;
    assert_eq!((told.status, told.header("content-range")), (200, "0-0/*"));
    let won = &told.rows()[0];
    assert_eq!((&won["status"], &won["completed_at"]), (&json!("running"), &Value::Null));
    let age = jiff::Timestamp::now().as_second()
        - won["started_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
    assert!(age.abs() < 3600, "the server's clock");
    let fence = won["started_at"].as_str().unwrap().replace('+', "%2B");
    let told = bench.patch(&one, run.clone(), "return=representation").await;
    assert_eq!((told.status, told.body), (200, json!([])), "it is not pending any more");
    let told = bench.patch(&one, run, "").await;
    assert_eq!((told.status, told.header("content-range")), (204, "*/*"));
    let held = format!("/jobs?notes=eq.{}&status=eq.running&started_at=eq.{fence}", bench.mark);
    let told = bench.patch(&held, json!({"status": "completed"}), "count=exact").await;
    assert_eq!((told.status, told.header("content-range")), (204, "0-0/1"), "the stored time is a fence");
    assert_eq!(bench.patch(&held, json!({}), "").await.status, 204);
    assert_eq!(bench.patch(&held, json!({"nonesuch": 1}), "").await.refusal(), (400, "PGRST204"));
    assert_eq!(bench.delete(&pending, "return=representation").await.rows().len(), 1);
    bench.clear().await;
}

#[tokio::test]
async fn a_strict_client_is_kept_from_touching_more_than_it_meant() {
    let Some(bench) = bench().await else { return };
    let rows = json!([bench.server("a"), bench.server("b")]);
    bench.post("/servers", rows, "").await;
    let all = format!("/servers?rack_id=eq.{}", bench.mark);
    let told = bench.patch(&all, json!({"notes": "x"}), "handling=strict, max-affected=1").await;
    assert_eq!(told.refusal(), (400, "PGRST124"));
    assert_eq!(bench.get(&format!("{all}&notes=is.null")).await.rows().len(), 2, "nothing was done");
    assert_eq!(bench.delete(&all, "handling=strict, max-affected=1").await.refusal(), (400, "PGRST124"));
    assert_eq!(
        bench.patch(&all, json!({"notes": "x"}), "max-affected=1").await.status,
        204,
        "a lenient one is not"
    );
    assert_eq!(bench.patch(&all, json!({"notes": "x"}), "handling=strict, max-affected=2").await.status, 204);
    let told = bench
        .client
        .send(Method::GET, &all, None, &[("prefer", "handling=strict, nonesuch=1")])
        .await
        .unwrap();
    assert_eq!(told.refusal(), (400, "PGRST122"));
    bench.clear().await;
}

#[tokio::test]
async fn what_cannot_be_written_is_refused_with_its_code() {
    let Some(bench) = bench().await else { return };
    let with = |column: &str, value: Value| {
        let mut row = bench.server("x");
        row[column] = value;
        row
    };
    let nobody = "00000000-0000-0000-0000-000000000001";
    for (target, body, refusal) in [
        ("/nonesuch", json!({}), (404, "PGRST205")),
        ("/servers", json!(5), (400, "PGRST102")),
        ("/servers", json!([1]), (400, "PGRST102")),
        ("/servers", json!({"rack_id": bench.mark}), (400, "23502")),
        ("/servers", with("credential_set_id", nobody.into()), (409, "23503")),
        ("/servers", with("connection_status", "asleep".into()), (400, "23514")),
        ("/servers", with("cpu_count", "many".into()), (400, "22P02")),
        ("/servers", with("cpu_count", json!(99_999_999_999_i64)), (400, "22003")),
        ("/servers", with("id", "5".into()), (400, "22P02")),
        ("/jobs", json!({"job_type": "health_check", "status": "paused"}), (400, "22P02")),
        ("/jobs", json!({"job_type": "health_check", "priority": "asap"}), (400, "P0001")),
        ("/job_tasks", json!({"job_id": nobody, "progress": 101}), (400, "23514")),
    ] {
        let told = bench.post(target, body, "").await;
        assert_eq!(told.refusal(), refusal, "{target}: {}", told.body);
    }
    let sent = [
        ("apikey", key()),
        ("authorization", format!("Bearer {}", key())),
        ("content-type", "application/json".into()),
    ];
    let told =
        bench.client.send_bare(Method::POST, "/servers", Some("{\"a\":".into()), &sent[..2]).await.unwrap();
    assert_eq!(told.refusal(), (400, "PGRST102"));
    assert!(bench.get(&format!("/servers?rack_id=eq.{}", bench.mark)).await.rows().is_empty());
}

fn key() -> String {
    match std::env::var("DSM_TEST_POSTGREST_URL") {
        Ok(_) => std::env::var("DSM_TEST_POSTGREST_KEY").unwrap_or_default(),
        Err(_) => dsm_suite::postgrest::KEY.to_owned(),
    }
}
