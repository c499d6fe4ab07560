//! Sessions, limits, lock-out, power, logs, jobs: what a client meets besides resources.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::time::Duration;

use idrac_sim::{
    Clock, Error, ExpandSupport, Fleet, FleetBuilder, FleetSpec, Generation, JobSpec, JournalMode, Kind,
    LockoutPolicy, TagScope,
};
use support::Client;

const SYSTEM: &str = "/redfish/v1/Systems/System.Embedded.1";
const MANAGER: &str = "/redfish/v1/Managers/iDRAC.Embedded.1";

fn one(network: &str) -> FleetBuilder {
    Fleet::builder().network(network, 1).credentials("root", "secret")
}

#[tokio::test]
async fn sessions_are_limited_and_end() {
    let clock = Clock::manual();
    let fleet = one("127.20.2.0").session_limit(2).clock(clock.clone()).start().await.unwrap();
    let server = fleet.server(0).unwrap();
    let mut a = Client::connect(server.address()).await.unwrap();
    let made = a.log_in("root", "secret").await;
    assert_eq!(made.status, 201);
    let location = made.header("location").unwrap();
    let shown = a.get(&location).await.json();
    assert_eq!((shown["UserName"].as_str(), shown["SessionType"].as_str()), (Some("root"), Some("Redfish")));
    assert_eq!(shown["ClientOriginIPAddress"], "127.0.0.1");
    assert!(server.occupy_session("root", "127.0.0.9".parse().unwrap()).is_some());
    let mut b = Client::connect(server.address()).await.unwrap();
    let full = b.log_in("root", "secret").await;
    assert_eq!((full.status.as_u16(), full.message_id().as_str()), (503, "RAC0218"));
    assert_eq!(a.send("DELETE", &location, "").await.unwrap().status, 200);
    assert_eq!(a.get(SYSTEM).await.status, 401);
    assert_eq!(server.open_sessions(), 1);
    assert_eq!(b.log_in("root", "secret").await.status, 201);
    clock.advance(Duration::from_secs(1800));
    assert_eq!(b.get(SYSTEM).await.message_id(), "SYS415");
    assert_eq!(server.open_sessions(), 0);
}

#[tokio::test]
async fn a_session_is_not_made_with_an_authorization_header() {
    let fleet = one("127.20.3.0").start().await.unwrap();
    let mut client = Client::basic(fleet.addresses()[0], "root", "secret").await.unwrap();
    let answer = client.log_in("root", "secret").await;
    assert_eq!((answer.status.as_u16(), answer.message_id().as_str()), (400, "SYS468"));
}

#[tokio::test]
async fn homes_and_challenges_differ_by_generation() {
    let fleet = Fleet::builder()
        .network("127.20.4.0", 6)
        .generation_mix(Generation::ALL)
        .credentials("root", "secret")
        .start()
        .await
        .unwrap();
    let body = r#"{"UserName":"root","Password":"secret"}"#;
    for (server, (new, old)) in
        fleet.servers().zip([(405, 201), (405, 201), (201, 201), (201, 404), (201, 404), (201, 404)])
    {
        let generation = server.generation();
        let mut client = Client::connect(server.address()).await.unwrap();
        let got = client.post("/redfish/v1/SessionService/Sessions", body).await.status.as_u16();
        assert_eq!(got, new, "{generation:?}");
        let got = client.post("/redfish/v1/Sessions", body).await.status.as_u16();
        // Without credentials a path that is not there asks for them first.
        assert_eq!(got, if old == 404 { 401 } else { old }, "{generation:?}");
        let denied = client.get(SYSTEM).await;
        assert_eq!(denied.status, 401);
        let challenged = denied.headers.contains_key("www-authenticate");
        assert_eq!(challenged, generation != Generation::Idrac10, "{generation:?}");
        client.use_basic("root", "secret");
        let power = client.get("/redfish/v1/Chassis/System.Embedded.1/Power").await.status.as_u16();
        assert_eq!(power, if generation == Generation::Idrac10 { 404 } else { 200 });
        let expand = client.get(&format!("{SYSTEM}/Memory?$expand=*")).await.status.as_u16();
        let wanted = match generation {
            Generation::Idrac7 => 400,
            Generation::Idrac8 => 403,
            _ => 200,
        };
        assert_eq!(expand, wanted, "{generation:?}");
    }
}

#[tokio::test]
async fn guessing_locks_the_address_out() {
    let clock = Clock::manual();
    let policy = LockoutPolicy { fail_count: 3, penalty_s: 60, ..LockoutPolicy::default() };
    let fleet = one("127.20.5.0").lockout(policy).clock(clock.clone()).start().await.unwrap();
    let server = fleet.server(0).unwrap();
    let mut client = Client::connect(server.address()).await.unwrap();
    for _ in 0..3 {
        assert_eq!(client.log_in("root", "wrong").await.message_id(), "SYS415");
    }
    assert!(server.is_locked());
    assert_eq!(client.log_in("root", "secret").await.message_id(), "RAC0212");
    assert_eq!(server.failed_logins(), 4);
    clock.advance(Duration::from_secs(60));
    assert!(!server.is_locked());
    assert_eq!(client.log_in("root", "secret").await.status, 201);
}

#[tokio::test]
async fn power_changes_take_time_and_read_back() {
    let clock = Clock::manual();
    let fleet = one("127.20.6.0").clock(clock.clone());
    let fleet = fleet.defaults(|spec| spec.tag_scope(TagScope::Everywhere)).start().await.unwrap();
    let server = fleet.server(0).unwrap();
    let mut client = Client::basic(server.address(), "root", "secret").await.unwrap();
    let reset = format!("{SYSTEM}/Actions/ComputerSystem.Reset");
    let before = client.get(SYSTEM).await;
    assert_eq!(before.json()["PowerState"], "On");
    assert_eq!(client.post(&reset, r#"{"ResetType":"GracefulShutdown"}"#).await.status, 204);
    assert_eq!(client.get(SYSTEM).await.json()["PowerState"], "On");
    clock.advance(Duration::from_secs(15));
    let off = client.get(SYSTEM).await;
    assert_eq!(off.json()["PowerState"], "Off");
    assert_ne!(off.header("etag"), before.header("etag"));
    let again = client.post(&reset, r#"{"ResetType":"ForceOff"}"#).await;
    assert_eq!((again.status.as_u16(), again.message_id().as_str()), (409, "ActionParameterValueConflict"));
    assert_eq!(client.post(&reset, r#"{"ResetType":"Fly"}"#).await.status, 400);
    assert_eq!(client.post(&reset, r#"{"ResetType":"On"}"#).await.status, 204);
    let booting = client.get(SYSTEM).await.json();
    assert_eq!(booting["BootProgress"]["LastState"], "SystemHardwareInitializationComplete");
    clock.advance(Duration::from_secs(90));
    assert_eq!(client.get(SYSTEM).await.json()["BootProgress"]["LastState"], "OSRunning");
}

#[tokio::test]
async fn the_idrac_restarts_and_comes_back_without_sessions() {
    let clock = Clock::manual();
    let fleet = one("127.20.7.0").clock(clock.clone()).start().await.unwrap();
    let server = fleet.server(0).unwrap();
    let mut client = Client::connect(server.address()).await.unwrap();
    client.log_in("root", "secret").await;
    let body = r#"{"ResetType":"GracefulRestart"}"#;
    assert_eq!(client.post(&format!("{MANAGER}/Actions/Manager.Reset"), body).await.status, 204);
    // The listener closes right after the connection did.
    while Client::connect(server.address()).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.open_sessions(), 0);
    clock.advance(Duration::from_secs(90));
    let mut back = loop {
        match Client::connect(server.address()).await {
            Ok(client) => break client,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    assert_eq!(back.get("/redfish/v1").await.status, 200);
}

#[tokio::test]
async fn logs_come_in_pages_of_fifty() {
    let fleet = one("127.20.8.0").start().await.unwrap();
    let mut client = Client::basic(fleet.addresses()[0], "root", "secret").await.unwrap();
    let home = format!("{MANAGER}/LogServices/Lclog/Entries");
    let (mut next, mut ids, mut pages) = (home.clone(), Vec::new(), 0);
    loop {
        let page = client.get(&next).await.json();
        assert_eq!(page["Members@odata.count"], 120);
        ids.extend(page["Members"].as_array().unwrap().iter().map(|m| m["Id"].clone()));
        pages += 1;
        match page["Members@odata.nextLink"].as_str() {
            Some(link) => next = link.to_owned(),
            None => break,
        }
    }
    assert_eq!((pages, ids.len(), &ids[0], &ids[119]), (3, 120, &"120".into(), &"1".into()));
    let end = client.get(&format!("{home}?$skip=120")).await;
    assert_eq!((end.status.as_u16(), end.message_id().as_str()), (400, "SYS417"));
    let critical = client.get(&format!("{home}?$filter=Severity%20eq%20'Critical'&$top=5")).await.json();
    assert_eq!(
        (critical["Members@odata.count"].as_u64(), critical["Members"].as_array().unwrap().len()),
        (Some(12), 5)
    );
    assert_eq!(client.get(&format!("{home}/7")).await.json()["Id"], "7");
}

#[tokio::test]
async fn any_collection_can_be_paged_and_only_selects_the_single_member() {
    let fleet = one("127.20.9.0")
        .server(0, |mut s| {
            s.page_size = Some(5);
            s
        })
        .start()
        .await
        .unwrap();
    let mut client = Client::basic(fleet.addresses()[0], "root", "secret").await.unwrap();
    let page = client.get(&format!("{SYSTEM}/Memory?$expand=*($levels=1)")).await.json();
    assert_eq!(page["Members"].as_array().unwrap().len(), 5);
    let next = page["Members@odata.nextLink"].as_str().unwrap();
    assert_eq!(client.get(next).await.json()["Members"][0]["Id"], "DIMM.Socket.B3");
    assert_eq!(client.get("/redfish/v1/Systems?only").await.json()["Id"], "System.Embedded.1");
    let select = client.get(&format!("{SYSTEM}?$select=Model,SKU")).await.json();
    assert_eq!(select.as_object().unwrap().len(), 5, "{select}");
}

#[tokio::test]
async fn a_job_shows_three_faces() {
    let clock = Clock::manual();
    let fleet = one("127.20.10.0").clock(clock.clone()).start().await.unwrap();
    let server = fleet.server(0).unwrap();
    let mut client = Client::basic(server.address(), "root", "secret").await.unwrap();
    let id = server.add_job(JobSpec {
        name: "Configure: BIOS.Setup.1-1".into(),
        kind: "BIOSConfiguration".into(),
        runs_for: Duration::from_secs(100),
        ends: "CompletedWithErrors".into(),
    });
    let path = format!("{MANAGER}/Oem/Dell/Jobs/{id}");
    clock.advance(Duration::from_secs(40));
    let running = client.get(&path).await.json();
    assert_eq!(
        (running["JobState"].as_str(), running["PercentComplete"].as_u64()),
        (Some("Running"), Some(40))
    );
    assert_eq!(client.send("DELETE", &path, "").await.unwrap().message_id(), "JCP015");
    clock.advance(Duration::from_secs(60));
    let dell = client.get(&path).await.json();
    assert_eq!(
        (dell["JobState"].as_str(), dell["MessageId"].as_str()),
        (Some("CompletedWithErrors"), Some("PR31"))
    );
    let job = client.get(&format!("/redfish/v1/JobService/Jobs/{id}")).await.json();
    assert_eq!((job["JobState"].as_str(), job["JobStatus"].as_str()), (Some("Exception"), Some("Critical")));
    assert_eq!(job["Messages"][0]["MessageId"], "IDRAC.2.9.PR31");
    let task = client.get(&format!("/redfish/v1/TaskService/Tasks/{id}")).await.json();
    assert_eq!(task["Oem"]["Dell"]["JobState"], "CompletedWithErrors");
    assert_eq!(client.send("DELETE", &path, "").await.unwrap().status, 204);
    assert_eq!(client.get(&path).await.status, 404);
}

#[tokio::test]
async fn roles_and_old_firmware() {
    let fleet = Fleet::builder()
        .network("127.20.11.0", 2)
        .credentials("root", "secret")
        .server(0, |s| s.account("viewer", "look", "ReadOnly"))
        .server(1, |mut s| {
            s.old_firmware = true;
            s.expand(ExpandSupport::TwoDocuments).generation(Generation::Idrac8)
        })
        .start()
        .await
        .unwrap();
    let mut viewer = Client::basic(fleet.addresses()[0], "viewer", "look").await.unwrap();
    assert_eq!(viewer.get(SYSTEM).await.status, 200);
    let reset = format!("{SYSTEM}/Actions/ComputerSystem.Reset");
    let refused = viewer.post(&reset, r#"{"ResetType":"ForceOff"}"#).await;
    assert_eq!((refused.status.as_u16(), refused.message_id().as_str()), (403, "SYS479"));
    let mut old = Client::basic(fleet.addresses()[1], "root", "secret").await.unwrap();
    let root = old.get("/redfish/v1").await.json();
    assert_eq!(root["RedfishVersion"], "1.0.2");
    assert!(root.get("UpdateService").is_none());
    assert_eq!(old.get("/redfish/v1/UpdateService").await.status, 404);
    let twice = old.get(&format!("{SYSTEM}/Memory?$expand=*")).await;
    assert_eq!(twice.status, 200);
    let documents =
        serde_json::Deserializer::from_slice(&twice.body).into_iter::<serde_json::Value>().count();
    assert_eq!(documents, 2);
}

#[tokio::test]
async fn a_fleet_is_data_and_mistakes_are_named() {
    let spec: FleetSpec = serde_json::from_str(
        r#"{"network":"127.20.12.0","count":3,"generations":["idrac9_v6","idrac10"],"journal":"full",
            "defaults":{"accounts":[{"user":"root","password":"secret"}]},
            "servers":[{"at":1,"set":{"kind":"dead"}},
                       {"at":"127.20.12.3","set":{"identity":"ABC1234","size":{"dimms":4}}}]}"#,
    )
    .unwrap();
    let fleet = Fleet::from_spec(spec).await.unwrap();
    assert_eq!(fleet.server(1).unwrap().spec().kind, Kind::Dead);
    assert!(Client::connect(fleet.addresses()[1]).await.is_err());
    let third = fleet.server(2).unwrap();
    assert_eq!((third.service_tag().as_str(), third.expected().dimms.len()), ("ABC1234", 4));
    assert_eq!(third.expected().drives.len(), 10);
    let mut client = Client::basic(third.address(), "root", "secret").await.unwrap();
    client.get(SYSTEM).await;
    let journal = fleet.journal();
    assert_eq!(
        (journal.len(), journal[0].path.as_str(), journal[0].user.as_deref()),
        (1, SYSTEM, Some("root"))
    );

    let public = Fleet::builder().network("192.0.2.0", 1).start().await.unwrap_err();
    assert!(matches!(public, Error::NotLoopback { .. }), "{public}");
    let spec = FleetSpec { journal: JournalMode::Off, ..FleetSpec::default() };
    assert!(matches!(Fleet::from_spec(spec).await.unwrap_err(), Error::NoAddresses));
    let odd = Fleet::builder().network("127.20.12.9", 1).server(5, |s| s).start().await.unwrap_err();
    assert!(odd.to_string().contains("Index(5)"), "{odd}");
}

#[tokio::test]
async fn tags_and_conditions_are_those_of_the_generation() {
    const INVENTORY: &str = "/redfish/v1/UpdateService/FirmwareInventory";
    for (nth, generation) in Generation::ALL.into_iter().enumerate() {
        let fleet = one(&format!("127.20.{}.0", 40 + nth)).generation(generation).start().await.unwrap();
        let server = fleet.server(0).unwrap();
        let mut client = Client::basic(server.address(), "root", "secret").await.unwrap();
        let old = matches!(generation, Generation::Idrac7 | Generation::Idrac8);
        let home = if old { format!("{MANAGER}/Accounts") } else { "/redfish/v1/AccountService".into() };
        for (path, is_tagged, hears) in [
            (home.as_str(), true, true),
            (INVENTORY, generation != Generation::Idrac7, generation != Generation::Idrac7),
            ("/redfish/v1/UpdateService", generation == Generation::Idrac10, false),
            (SYSTEM, false, false),
            (MANAGER, false, false),
        ] {
            let read = client.get(path).await;
            assert_eq!(
                (read.status.as_u16(), read.header("etag").is_some()),
                (200, is_tagged),
                "{generation:?} {path}"
            );
            let Some(tag) = read.header("etag") else { continue };
            client.headers.push(("if-none-match".into(), tag.clone()));
            let again = client.get(path).await;
            assert_eq!(again.status, if hears { 304 } else { 200 }, "{generation:?} {path}");
            assert_eq!((again.body.is_empty(), again.header("etag")), (hears, Some(tag)));
            client.headers.pop();
        }
        assert_eq!(server.totals().not_modified, if generation == Generation::Idrac7 { 1 } else { 2 });
    }
}
