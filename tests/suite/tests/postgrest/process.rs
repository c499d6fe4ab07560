//! The fake as a process of its own, as tests in other languages use it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use dsm_suite::rest::RestClient;
use hyper::Method;
use serde_json::{Value, json};

use crate::Own;

#[tokio::test]
async fn it_says_where_it_is_and_ends_with_its_input() {
    let Some(own) = Own::plain().await else { return };
    let address = own.server.address(&own.database);
    let mut child = Command::new(env!("CARGO_BIN_EXE_postgrest-fake"))
        .args(["--database", &address, "--max-rows", "2", "--key", "k"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&told["key"], &told["database"]), (&json!("k"), &json!(address)));
    let client = RestClient::new(told["url"].as_str().unwrap(), "k").unwrap();
    let send = async |method, target: &str, body: Option<Value>| {
        client.send(method, target, body.as_ref(), &[]).await.map(|told| (told.status, told.body)).ok()
    };
    let jobs =
        json!([{"job_type": "health_check"}, {"job_type": "health_check"}, {"job_type": "health_check"}]);
    assert_eq!(send(Method::POST, "/rest/v1/jobs", Some(jobs)).await.unwrap().0, 201);
    let read = "/rest/v1/jobs?select=status";
    assert_eq!(send(Method::GET, read, None).await.unwrap().1.as_array().unwrap().len(), 2);
    assert_eq!(
        send(Method::POST, "/_fake/max-rows", Some(json!({"rows": 3}))).await,
        Some((200, Value::Null))
    );
    assert_eq!(send(Method::GET, read, None).await.unwrap().1.as_array().unwrap().len(), 3);
    let fault = json!({"trouble": "drop_before", "path": "/jobs", "method": "GET"});
    assert_eq!(send(Method::POST, "/_fake/fault", Some(fault)).await, Some((200, Value::Null)));
    assert_eq!(send(Method::GET, read, None).await, None);
    let (_, journal) = send(Method::GET, "/_fake/journal", None).await.unwrap();
    let statuses: Vec<&Value> =
        journal.as_array().unwrap().iter().map(|exchange| &exchange["status"]).collect();
    assert_eq!(statuses, [&json!(201), &json!(200), &json!(200), &Value::Null]);
    assert_eq!(send(Method::POST, "/_fake/fault", Some(json!({"trouble": "rain"}))).await.unwrap().0, 400);
    let headers = [("apikey", "k".to_owned())];
    let sql = Some("SELECT count(*) FROM jobs".to_owned());
    let told = client.send_bare(Method::POST, "/_fake/sql", sql.clone(), &headers).await.unwrap();
    assert_eq!(told.body, json!([["3"]]));
    assert_eq!(client.send_bare(Method::POST, "/_fake/sql", sql, &[]).await.unwrap().status, 401);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}
