//! What only the fake can be asked: keys, caps, trouble, the journal, and names that mean harm.

use std::time::{Duration, Instant};

use dsm_suite::postgrest::{Fault, PostgrestOptions, Trouble};
use hyper::Method;
use serde_json::json;

use crate::{Own, column};

#[tokio::test]
async fn a_wrong_key_opens_nothing() {
    let Some(own) = Own::plain().await else { return };
    let (key, bearer) = (own.fake.key().to_owned(), format!("Bearer {}", own.fake.key()));
    let send = async |headers: &[(&str, String)]| {
        let told = own.client.send_bare(Method::GET, "/servers", None, headers).await.unwrap();
        (told.status, told.body["code"].as_str().unwrap_or_default().to_owned())
    };
    let wrong = || "Bearer x".to_owned();
    assert_eq!(send(&[]).await, (401, String::new()));
    assert_eq!(
        send(&[("apikey", "x".into()), ("authorization", bearer.clone())]).await,
        (401, String::new())
    );
    assert_eq!(send(&[("apikey", key.clone()), ("authorization", wrong())]).await, (401, "PGRST301".into()));
    assert_eq!(send(&[("apikey", key.clone())]).await, (401, "PGRST302".into()));
    assert_eq!(send(&[("apikey", key), ("authorization", bearer)]).await.0, 200);
    let elsewhere = own.client.send(Method::GET, "/../v2/servers", None, &[]).await.unwrap();
    assert_eq!(elsewhere.status, 404);
}

#[tokio::test]
async fn long_answers_are_cut_short_without_a_word() {
    let Some(own) = Own::start(PostgrestOptions { max_rows: Some(10), ..PostgrestOptions::default() }).await
    else {
        return;
    };
    own.sql("INSERT INTO jobs (job_type) SELECT 'health_check' FROM generate_series(1, 25)");
    let get = async |target: &str, headers: &[(&str, &str)]| {
        own.client.send(Method::GET, target, None, headers).await.unwrap()
    };
    let told = get("/jobs", &[]).await;
    assert_eq!((told.status, told.rows().len(), told.header("content-range")), (200, 10, "0-9/*"));
    let told = get("/jobs?limit=20&offset=20", &[("prefer", "count=exact")]).await;
    assert_eq!((told.status, told.rows().len(), told.header("content-range")), (206, 5, "20-24/25"));
    let all = json!({"status": "running"});
    let headers = [("prefer", "return=representation")];
    let told = own.client.send(Method::PATCH, "/jobs?status=eq.pending", Some(&all), &headers).await.unwrap();
    assert_eq!(told.rows().len(), 25, "writes are not capped");
    own.fake.set_max_rows(None);
    assert_eq!(get("/jobs", &[]).await.rows().len(), 25);
}

#[tokio::test]
async fn trouble_comes_as_ordered_and_everything_is_on_record() {
    let Some(own) = Own::plain().await else { return };
    let count = || own.sql("SELECT count(*) FROM jobs").trim().to_owned();
    let job = json!({"job_type": "health_check"});
    let post =
        async || own.client.send(Method::POST, "/jobs", Some(&job), &[]).await.map(|told| told.status).ok();
    own.fake.arm(Fault::once("/jobs", Trouble::DropBefore));
    assert_eq!((post().await, count()), (None, "0".to_owned()));
    own.fake.arm(Fault::once("/jobs", Trouble::DropAfter).of(Method::POST));
    assert_eq!((post().await, count()), (None, "1".to_owned()));
    own.fake.arm(Fault::once("/jobs", Trouble::Unavailable).after(1).times(2));
    assert_eq!(
        [post().await, post().await, post().await, post().await],
        [Some(201), Some(503), Some(503), Some(201)]
    );
    own.fake.arm(Fault::once("", Trouble::Unauthorized).times(u32::MAX));
    assert_eq!([post().await, post().await], [Some(401); 2]);
    own.fake.disarm();
    own.fake.arm(Fault::once("/jobs", Trouble::Delay(Duration::from_millis(30))));
    let since = Instant::now();
    assert_eq!((post().await, count()), (Some(201), "4".to_owned()));
    assert!(since.elapsed() >= Duration::from_millis(30));
    let statuses: Vec<Option<u16>> = own.fake.take_journal().iter().map(|exchange| exchange.status).collect();
    let told = [None, Some(201), Some(201), Some(503), Some(503), Some(201), Some(401), Some(401), Some(201)];
    assert_eq!(statuses, told);
    assert!(own.fake.journal().is_empty());
}

#[tokio::test]
async fn a_request_without_conditions_touches_no_table() {
    let Some(own) = Own::plain().await else { return };
    for method in [Method::PATCH, Method::DELETE] {
        let body = (method == Method::PATCH).then(|| json!({"notes": "x"}));
        let told = own.client.send(method, "/jobs?limit=1", body.as_ref(), &[]).await.unwrap();
        assert_eq!(told.refusal(), (400, "21000"));
    }
}

#[tokio::test]
async fn names_and_values_stay_names_and_values() {
    let Some(own) = Own::plain().await else { return };
    own.sql("INSERT INTO jobs (job_type, notes) VALUES ('health_check', 'one')");
    let harm = "x%22;DROP%20TABLE%20jobs;--";
    for target in [
        format!("/{harm}"),
        format!("/jobs?%22{harm}%22=eq.1"),
        format!("/jobs?select=%22{harm}%22"),
        format!("/jobs?select=id::{harm}"),
        format!("/jobs?order=%22{harm}%22"),
        format!("/jobs?select=id-%3E%3E%22{harm}%22"),
        "/jobs?select=id::text);DROP%20TABLE%20jobs;--".to_owned(),
        format!("/rpc/{harm}"),
    ] {
        let told = own.client.send(Method::GET, &target, None, &[]).await.unwrap();
        assert!(told.status >= 400 || told.rows().len() == 1, "{target}: {}", told.body);
    }
    for body in [json!({"x\";DROP TABLE jobs;--": 1})] {
        assert_eq!(
            own.client.send(Method::POST, "/jobs", Some(&body), &[]).await.unwrap().refusal(),
            (400, "PGRST204")
        );
    }
    let told = own
        .client
        .send(Method::GET, "/jobs?notes=eq.one'%20OR%20'1'='1&select=notes", None, &[])
        .await
        .unwrap();
    assert_eq!(told.rows().len(), 0);
    let told = own.client.send(Method::GET, "/jobs?select=notes", None, &[]).await.unwrap();
    assert_eq!(column(&told, "notes"), [&json!("one")]);
}

#[tokio::test]
async fn a_target_too_long_for_the_gateway_is_refused() {
    let Some(own) = Own::plain().await else { return };
    let ids = vec!["00000000-0000-0000-0000-000000000001"; 500].join(",");
    let told = own.client.send(Method::GET, &format!("/jobs?id=in.({ids})"), None, &[]).await.unwrap();
    assert_eq!(told.status, 414);
}

#[tokio::test]
async fn what_is_not_simulated_is_said() {
    let Some(own) = Own::plain().await else { return };
    for target in ["/jobs?notes=fts.x", "/jobs?select=...servers(id)"] {
        let told = own.client.send(Method::GET, target, None, &[]).await.unwrap();
        assert_eq!(told.refusal(), (501, "FAKE"), "{target}");
    }
}
