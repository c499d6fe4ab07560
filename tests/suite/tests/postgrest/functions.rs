//! `/rpc`: arguments by name, results of each kind, and the errors of both.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use crate::Own;

const FUNCTIONS: &str = "
    CREATE FUNCTION add(a integer, b integer DEFAULT 10) RETURNS integer LANGUAGE sql STABLE AS 'SELECT a + b';
    CREATE FUNCTION numbers(upto integer) RETURNS SETOF integer LANGUAGE sql STABLE AS 'SELECT generate_series(1, upto)';
    CREATE FUNCTION as_json(x jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_build_object('got', x) $$;
    CREATE FUNCTION whole(jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS 'SELECT $1';
    CREATE FUNCTION all_jobs() RETURNS SETOF jobs LANGUAGE sql STABLE AS 'SELECT * FROM jobs';
    CREATE FUNCTION pairs(n integer) RETURNS TABLE (k integer, v text) LANGUAGE sql STABLE
        AS $$ SELECT i, 'v' || i FROM generate_series(1, n) i $$;
    CREATE FUNCTION one_pair(OUT k integer, OUT v text) LANGUAGE sql STABLE AS $$ SELECT 1, 'one' $$;
    CREATE FUNCTION add_job(kind job_type, ids uuid[] DEFAULT '{}') RETURNS void LANGUAGE sql
        AS 'INSERT INTO jobs (job_type, credential_set_ids) VALUES (kind, ids)';
    CREATE FUNCTION refuse(code text) RETURNS void LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = code, HINT = 'ask later', DETAIL = 'because'; END $$;
    CREATE FUNCTION twins(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION twins(a text) RETURNS integer LANGUAGE sql AS 'SELECT 2';
";

#[tokio::test]
async fn results_come_in_their_forms() {
    let Some(own) = Own::plain().await else { return };
    own.sql(FUNCTIONS);
    own.fake.reload().await.unwrap();
    let call = async |name: &str, body: Value| {
        let told = own.client.send(Method::POST, &format!("/rpc/{name}"), Some(&body), &[]).await.unwrap();
        (told.status, told.body)
    };
    assert_eq!(call("add", json!({"a": 1, "b": 2})).await, (200, json!(3)));
    assert_eq!(call("add", json!({"a": 1})).await, (200, json!(11)));
    assert_eq!(call("add", json!({"a": null})).await, (200, Value::Null));
    assert_eq!(call("numbers", json!({"upto": 3})).await, (200, json!([1, 2, 3])));
    assert_eq!(
        call("as_json", json!({"x": {"y": [1, null]}})).await,
        (200, json!({"got": {"y": [1, null]}}))
    );
    assert_eq!(call("whole", json!({"any": "thing"})).await, (200, json!({"any": "thing"})));
    assert_eq!(call("whole", json!([1])).await, (200, json!([1])));
    assert_eq!(
        call("pairs", json!({"n": 2})).await,
        (200, json!([{"k": 1, "v": "v1"}, {"k": 2, "v": "v2"}]))
    );
    assert_eq!(call("one_pair", json!({})).await, (200, json!({"k": 1, "v": "one"})));
    let id = "00000000-0000-0000-0000-000000000001";
    assert_eq!(call("add_job", json!({"kind": "health_check", "ids": [id]})).await, (204, Value::Null));
    assert_eq!(
        own.sql("SELECT job_type, credential_set_ids FROM jobs").trim(),
        format!("health_check|{{{id}}}")
    );
    own.sql("INSERT INTO jobs (job_type) SELECT 'power_action' FROM generate_series(1, 4)");
    let (_, rows) = call("all_jobs?job_type=eq.power_action&select=job_type&limit=3", json!({})).await;
    assert_eq!(
        rows,
        json!([{"job_type": "power_action"}, {"job_type": "power_action"}, {"job_type": "power_action"}])
    );
    own.fake.set_max_rows(Some(2));
    assert_eq!(call("all_jobs", json!({})).await.1.as_array().unwrap().len(), 2, "the cap holds here, too");
    let told = own.client.send(Method::GET, "/rpc/add?a=4&b=5", None, &[]).await.unwrap();
    assert_eq!(told.body, json!(9));
}

#[tokio::test]
async fn what_cannot_be_called_is_refused_with_its_code() {
    let Some(own) = Own::plain().await else { return };
    own.sql(FUNCTIONS);
    let post = async |name: &str, body: Value| {
        own.client.send(Method::POST, &format!("/rpc/{name}"), Some(&body), &[]).await.unwrap()
    };
    assert_eq!(post("add", json!({"a": 1})).await.refusal(), (404, "PGRST202"), "not known before a reload");
    own.sql("NOTIFY pgrst, 'reload schema'");
    for _ in 0..500 {
        if post("add", json!({"a": 1})).await.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(post("add", json!({"a": 1})).await.status, 200, "the notification is heard");
    for (name, body, refusal) in [
        ("nonesuch", json!({}), (404, "PGRST202")),
        ("add", json!({"a": 1, "c": 1}), (404, "PGRST202")),
        ("add", json!({"b": 1}), (404, "PGRST202")),
        ("add", json!({"a": "x"}), (400, "22P02")),
        ("twins", json!({"a": 1}), (300, "PGRST203")),
        ("add_job", json!({"kind": "water_the_plants"}), (400, "22P02")),
        ("refuse", json!({"code": "P0001"}), (400, "P0001")),
        ("refuse", json!({"code": "42501"}), (403, "42501")),
        ("refuse", json!({"code": "40001"}), (500, "40001")),
        ("refuse", json!({"code": "PT409"}), (409, "PT409")),
        ("refuse", json!({"code": "55P03"}), (500, "55P03")),
    ] {
        let told = post(name, body).await;
        assert_eq!(told.refusal(), refusal, "{name}: {}", told.body);
    }
    let told = post("refuse", json!({"code": "P0001"})).await;
    assert_eq!(
        told.body,
        json!({"code": "P0001", "message": "no", "details": "because", "hint": "ask later"})
    );
    let told = own.client.send(Method::PATCH, "/rpc/add", Some(&json!({})), &[]).await.unwrap();
    assert_eq!(told.refusal(), (405, "PGRST101"));
    let told = own.client.send(Method::GET, "/rpc/add_job?kind=health_check", None, &[]).await.unwrap();
    assert_eq!(told.refusal(), (405, "25006"), "what is read does not write");
}

#[tokio::test]
async fn the_existing_functions_do_what_the_contract_says() {
    let Some(own) = Own::plain().await else { return };
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let call = async |name: &str, body: Value| {
        let told = own.client.send(Method::POST, &format!("/rpc/{name}"), Some(&body), &[]).await.unwrap();
        (told.status, told.body)
    };
    let sealed = "md+L5w3djs6IymPpoTz/YQ==";
    assert_eq!(
        call("encrypt_password", json!({"password": "calvin", "key": key})).await,
        (200, json!(sealed))
    );
    assert_eq!(
        call("decrypt_password", json!({"encrypted": sealed, "key": key})).await,
        (200, json!("calvin"))
    );
    assert_eq!(call("decrypt_password", json!({"encrypted": "AAAA", "key": key})).await, (200, Value::Null));
    own.sql(
        "INSERT INTO jobs (id, job_type) VALUES ('00000000-0000-0000-0000-000000000001', 'health_check')",
    );
    let entry =
        json!({"p_job_id": "00000000-0000-0000-0000-000000000001", "p_log_entry": "[10:00:00] [INFO] ✓"});
    assert_eq!(call("append_job_console_log", entry).await.0, 204);
    assert_eq!(own.sql("SELECT details ->> 'console_log' FROM jobs").trim(), "[\"[10:00:00] [INFO] ✓\"]");
}
