//! Filters, choices, order, pages and their errors.

use hyper::Method;
use serde_json::{Value, json};

use crate::{Bench, bench, column};

/// Five servers, `a` to `e`, unlike each other.
async fn five() -> Option<Bench> {
    let bench = bench().await?;
    let row = |name: &str, more: Value| {
        let mut row = bench.server(name);
        let empty = json!({"model": null, "cpu_count": null, "boot_order": null, "virtualization_enabled": null, "last_seen": null});
        for part in [empty, more] {
            row.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        }
        row
    };
    let rows = json!([
        row(
            "a",
            json!({"model": "R750", "cpu_count": 1, "boot_order": {"first": "HDD", "list": [1, 2]}, "virtualization_enabled": true})
        ),
        row(
            "b",
            json!({"model": "R640, tall", "cpu_count": 2, "boot_order": {"first": "PXE"}, "virtualization_enabled": false})
        ),
        row("c", json!({"model": "a \"quoted\" (one)", "cpu_count": 3, "last_seen": "2026-01-01T00:00:00Z"})),
        row("d", json!({"model": "r750xs", "cpu_count": 4, "last_seen": "2999-01-01T00:00:00Z"})),
        row("e", json!({})),
    ]);
    let told = bench.post("/servers", rows, "return=minimal").await;
    assert_eq!((told.status, &told.body), (201, &Value::Null));
    Some(bench)
}

/// The first letters of the addresses that a query finds, in the order of the addresses.
async fn found(bench: &Bench, query: &str) -> String {
    let target = format!("/servers?rack_id=eq.{}&order=ip_address&select=ip_address&{query}", bench.mark);
    let told = bench.get(&target).await;
    assert_eq!(told.status, 200, "{query}: {}", told.body);
    column(&told, "ip_address").iter().map(|address| &address.as_str().unwrap()[..1]).collect()
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let Some(bench) = five().await else { return };
    for (query, letters) in [
        ("cpu_count=eq.2", "b"),
        ("cpu_count=neq.2", "acd"),
        ("cpu_count=gt.2", "cd"),
        ("cpu_count=gte.2", "bcd"),
        ("cpu_count=lt.2", "a"),
        ("cpu_count=lte.2&cpu_count=gt.1", "b"),
        ("cpu_count=in.(1,4,9)", "ad"),
        ("cpu_count=not.in.(1,4,9)", "bc"),
        ("cpu_count=in.()", ""),
        ("model=in.(R750,\"R640, tall\",\"a \\\"quoted\\\" (one)\")", "abc"),
        ("cpu_count=is.null", "e"),
        ("cpu_count=not.is.null", "abcd"),
        ("virtualization_enabled=is.true", "a"),
        ("virtualization_enabled=is.false", "b"),
        ("virtualization_enabled=not.is.true", "bcde"),
        ("model=like.R*", "ab"),
        ("model=ilike.r750*", "ad"),
        ("model=eq.R640,%20tall", "b"),
        ("model=match.%5ER..0%24", "a"),
        ("model=eq(any).{R750,r750xs}", "ad"),
        ("model=like(all).{R*,*0}", "a"),
        ("cpu_count=isdistinct.1", "bcde"),
        ("or=(cpu_count.eq.1,cpu_count.eq.4)", "ad"),
        ("or=(cpu_count.is.null,and(cpu_count.gt.1,cpu_count.not.gt.3))", "bce"),
        ("or=(model.eq.\"R640, tall\",model.in.(R750,\"x,y\"))", "ab"),
        ("not.or=(cpu_count.lt.3,cpu_count.is.null)", "cd"),
        ("and=(cpu_count.gt.1,cpu_count.lt.4)", "bc"),
        ("boot_order->>first=eq.PXE", "b"),
        ("boot_order->list->>1=eq.2", "a"),
        ("boot_order->list=eq.[1,2]", "a"),
        ("boot_order=cs.{\"first\":\"HDD\"}", "a"),
        ("boot_order->>first=in.(PXE,HDD)", "ab"),
        ("last_seen=lt.now", "c"),
        ("last_seen=gt.now", "d"),
    ] {
        let query = query.replace('"', "%22").replace('>', "%3E").replace(' ', "%20").replace('\\', "%5C");
        let query = query.replace('{', "%7B").replace('}', "%7D");
        assert_eq!(found(&bench, &query).await, letters, "{query}");
    }
    bench.clear().await;
}

#[tokio::test]
async fn columns_are_chosen_named_and_cast() {
    let Some(bench) = five().await else { return };
    let of = format!("rack_id=eq.{}", bench.mark);
    let told = bench
        .get(&format!("/servers?{of}&model=eq.R750&select=n:cpu_count::text,boot_order-%3E%3Efirst,b:boot_order-%3Elist-%3E0,%20model"))
        .await;
    assert_eq!(told.body, json!([{"n": "1", "first": "HDD", "b": 1, "model": "R750"}]));
    let told = bench.get(&format!("/servers?{of}&select=cpu_count&order=cpu_count.desc.nullslast")).await;
    assert_eq!(
        column(&told, "cpu_count"),
        [4.into(), 3.into(), 2.into(), 1.into(), Value::Null].iter().collect::<Vec<_>>()
    );
    let told = bench
        .get(&format!(
            "/servers?{of}&select=cpu_count&order=boot_order-%3E%3Efirst.asc,cpu_count.asc.nullsfirst"
        ))
        .await;
    assert_eq!(
        column(&told, "cpu_count"),
        [1.into(), 2.into(), Value::Null, 3.into(), 4.into()].iter().collect::<Vec<_>>()
    );
    bench.clear().await;
}

#[tokio::test]
async fn pages_say_where_they_are() {
    let Some(bench) = five().await else { return };
    let all = format!("/servers?rack_id=eq.{}&order=ip_address&select=cpu_count", bench.mark);
    let send = async |method, query: &str, headers: &[(&str, &str)]| {
        let told = bench.client.send(method, &format!("{all}{query}"), None, headers).await.unwrap();
        (told.status, told.header("content-range").to_owned(), told.rows().len())
    };
    let (get, head) = (Method::GET, Method::HEAD);
    let exact = ("prefer", "count=exact");
    let range = |status: u16, range: &str, rows: usize| (status, range.to_owned(), rows);
    assert_eq!(send(get.clone(), "", &[]).await, range(200, "0-4/*", 5));
    assert_eq!(send(get.clone(), "", &[exact]).await, range(200, "0-4/5", 5));
    assert_eq!(send(get.clone(), "&limit=2&offset=1", &[exact]).await, range(206, "1-2/5", 2));
    assert_eq!(send(get.clone(), "&limit=2&offset=1", &[]).await, range(200, "1-2/*", 2));
    assert_eq!(send(get.clone(), "", &[("range", "3-9"), exact]).await, range(206, "3-4/5", 2));
    assert_eq!(send(get.clone(), "&cpu_count=gt.99", &[exact]).await, range(200, "*/0", 0));
    assert_eq!(send(get.clone(), "&limit=0", &[]).await, range(200, "*/*", 0));
    assert_eq!(send(head, "&limit=1", &[exact]).await, range(206, "0-0/5", 0));
    let told = bench.client.send(get.clone(), &format!("{all}&offset=9"), None, &[exact]).await.unwrap();
    assert_eq!(told.refusal(), (416, "PGRST103"));
    let told = bench.client.send(get, &all, None, &[("range", "5-1")]).await.unwrap();
    assert_eq!(told.refusal(), (416, "PGRST103"));
    bench.clear().await;
}

#[tokio::test]
async fn one_row_may_be_asked_for() {
    let Some(bench) = five().await else { return };
    let object = ("accept", "application/vnd.pgrst.object+json");
    let one = format!("/servers?rack_id=eq.{}&cpu_count=eq.1&select=cpu_count", bench.mark);
    let told = bench.client.send(Method::GET, &one, None, &[object]).await.unwrap();
    assert_eq!((told.status, told.body), (200, json!({"cpu_count": 1})));
    for many in [one.replace("eq.1", "gt.1"), one.replace("eq.1", "gt.9")] {
        let told = bench.client.send(Method::GET, &many, None, &[object]).await.unwrap();
        assert_eq!(told.refusal(), (406, "PGRST116"));
    }
    bench.clear().await;
}

#[tokio::test]
async fn related_rows_come_along() {
    let Some(bench) = bench().await else { return };
    let set = json!({"name": bench.mark, "username": "root", "description": bench.mark});
    let set = bench.post("/credential_sets?select=id", set, "return=representation").await;
    let id = set.rows()[0]["id"].clone();
    let ranges = json!([
        {"credential_set_id": id, "ip_range": "10.0.0.0/8", "priority": 2},
        {"credential_set_id": id, "ip_range": "10.1.0.0/16", "priority": 1}
    ]);
    assert_eq!(bench.post("/credential_ip_ranges", ranges, "").await.status, 201);
    let told = bench
        .get(&format!(
            "/credential_ip_ranges?credential_set_id=eq.{}&select=priority,%20credential_sets(username)&order=priority",
            id.as_str().unwrap()
        ))
        .await;
    let set = json!({"username": "root"});
    assert_eq!(
        told.body,
        json!([{"priority": 1, "credential_sets": set}, {"priority": 2, "credential_sets": set}])
    );
    let ranges = |query: &str| {
        format!(
            "/credential_sets?description=eq.{}&select=username,ranges:credential_ip_ranges(priority)&{query}",
            bench.mark
        )
    };
    let told = bench.get(&ranges("ranges.order=priority.desc")).await;
    assert_eq!(told.body[0]["ranges"], json!([{"priority": 2}, {"priority": 1}]));
    let told = bench.get(&ranges("ranges.priority=gt.9")).await;
    assert_eq!(told.body, json!([{"username": "root", "ranges": []}]));
    let inner = ranges("ranges.priority=gt.9").replace("ranges(", "ranges!inner(");
    assert_eq!(bench.get(&inner).await.body, json!([]));

    let mut server = bench.server("a");
    server["credential_set_id"] = id;
    bench.post("/servers", server, "").await;
    let servers = format!("/servers?rack_id=eq.{}&select=", bench.mark);
    assert_eq!(bench.get(&format!("{servers}credential_sets(username)")).await.refusal(), (300, "PGRST201"));
    let told = bench.get(&format!("{servers}credential_sets!credential_set_id(username),o:credential_sets!discovered_by_credential_set_id(id)")).await;
    assert_eq!(told.body, json!([{"credential_sets": {"username": "root"}, "o": null}]));
    assert_eq!(bench.get(&format!("{servers}server_memory(id)")).await.body, json!([{"server_memory": []}]));
    assert_eq!(bench.get(&format!("{servers}profiles(id)")).await.refusal(), (400, "PGRST200"));
    bench.clear().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_code() {
    let Some(bench) = bench().await else { return };
    for (target, refusal) in [
        ("/nonesuch", (404, "PGRST205")),
        ("/servers?cpu_count=5", (400, "PGRST100")),
        ("/servers?cpu_count=equals.5", (400, "PGRST100")),
        ("/servers?or=(cpu_count.eq.1", (400, "PGRST100")),
        ("/servers?order=cpu_count.up", (400, "PGRST100")),
        ("/servers?select=id,(x", (400, "PGRST100")),
        ("/servers?select=nonesuch", (400, "42703")),
        ("/servers?nonesuch=eq.1", (400, "42703")),
        ("/servers?cpu_count=eq.many", (400, "22P02")),
        ("/servers?id=eq.5", (400, "22P02")),
        ("/jobs?status=eq.paused", (400, "22P02")),
        ("/jobs?job_type=in.(firmware_update,water_the_plants)", (400, "22P02")),
        ("/servers?last_seen=eq.yesterdayish", (400, "22007")),
        ("/servers?id=is.5", (400, "PGRST100")),
        ("/servers?credential_sets.id=eq.1", (400, "PGRST108")),
        ("/servers?select=id::nonesuch", (400, "42704")),
    ] {
        let told = bench.get(target).await;
        assert_eq!(told.refusal(), refusal, "{target}: {}", told.body);
        let keys: Vec<&String> = told.body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["code", "details", "hint", "message"], "{target}");
    }
}
