//! Planted passwords are found nowhere: not in the database and its log, not in spill files, not in anything logged at
//! TRACE, not in events, errors or any `Debug`; raw, base64, percent- or JSON-escaped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use dell_redfish::{Credentials, Redfish as _};
use dsm_core::activity::{BodyPolicy, ReplyBodies};
use dsm_core::credential::{EnvCredentials, Place, Purpose, Secret, Target};
use dsm_core::network::NetworkPolicy;
use dsm_core::store::{ActivityQuery, JobQuery, ServerFields, ServerPatch};
use dsm_core::{
    Ctx, Engine, Error, ErrorKind, EventKind, Handler, JobRow, JobStatus, NewJob, Result, ServerId, Verdict,
};
use dsm_suite::logs::Logs;
use dsm_suite::needles::Needles;
use dsm_suite::stand::{Stand, run, scan, to_the_end};
use idrac_sim::{Effect, FaultRule, Fleet, Generation, InventorySize, Kind};
use serde_json::{Map, Value, json};

/// With everything that some writer escapes, or some cutter might cut at.
const RIGHT: &str = "Right-\"q\\s%41/<&>'ä€-7f3a9c";
const WRONG: &str = "Wrong+\\\"</&> %25=?#ü🔑-b81e02";
const OWN: &str = "Own;\u{7}tab\tnl\nß:@-44d0c7";
/// In a job's details.
const JOB: &str = "Job\"\\~1/%2F'<ö>🗝-c55e19";
const ENVIRONMENT: &str = "Env$(x)`y`{}[]|^~-90aa31";

fn needles() -> Vec<Needles> {
    [
        ("the right one", RIGHT),
        ("the wrong one", WRONG),
        ("a server's own", OWN),
        ("a job's", JOB),
        ("the environment's", ENVIRONMENT),
    ]
    .map(|(name, secret)| Needles::of(name, secret))
    .into()
}

/// Every find in every haystack so far.
#[derive(Default)]
struct Search(Vec<String>);

impl Search {
    fn look(&mut self, place: &str, haystack: &[u8]) {
        self.0.extend(needles().iter().flat_map(|needles| needles.found_in(place, haystack)));
        let token = tokens(haystack).next().map(|token| format!("a session token in {place}: {token}"));
        self.0.extend(token);
    }

    /// All files of the folder but the key's.
    fn look_at_files(&mut self, folder: &Path, when: &str) -> Vec<String> {
        let mut seen = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if !name.ends_with(".key") {
                self.look(&format!("{name} {when}"), &std::fs::read(entry.path()).unwrap_or_default());
                seen.push(name);
            }
        }
        seen
    }
}

/// What has the shape of the simulator's tokens: 32 hexadecimal digits, no more and no fewer.
fn tokens(haystack: &[u8]) -> impl Iterator<Item = String> {
    let is_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    haystack
        .split(move |byte| !is_hex(byte))
        .filter(|run| run.len() == 32)
        .map(|run| String::from_utf8_lossy(run).into_owned())
}

async fn fleet() -> Fleet {
    let size = InventorySize { drives: 2, dimms: 2, adapters: 1, firmware: 4, ..InventorySize::default() };
    Fleet::builder()
        .network("127.60.0.0", 12)
        .generation_mix(Generation::MIX)
        .credentials("root", RIGHT)
        .size(size)
        .server(1, |s| s.credentials("root", "nobody knows"))
        .server(2, |s| s.kind(Kind::NotDell))
        .server(3, |s| s.kind(Kind::NotRedfish))
        .server(4, |s| s.faults([FaultRule::new(Effect::Garbage).path("*/Systems*")]))
        .server(5, |s| s.faults([FaultRule::status(500, "SYS446").path("*/Sessions")]))
        .server(6, |s| s.faults([FaultRule::new(Effect::DropAfter).path("*/Sessions").count(2)]))
        .server(7, |s| s.faults([FaultRule::new(Effect::Html { status: 200 }).path("*/Bios")]))
        .server(8, |s| s.session_limit(0))
        .server(9, |s| s.credentials("own", OWN))
        .start()
        .await
        .unwrap()
}

async fn stand(folder: &Path, fleet: &Fleet) -> Stand {
    let mut stand = Stand::sqlite(&folder.join("dsm.db"), fleet.port()).unwrap();
    stand.add_set("wrong", "root", WRONG, 1).await.unwrap();
    stand.add_set("right", "root", RIGHT, 2).await.unwrap();
    // As much as can be kept, and the file for what overflows.
    stand.activity.bodies = BodyPolicy { requests: true, replies: ReplyBodies::Always };
    stand.activity.capacity = 8;
    stand.activity.spill = Some(folder.join("activity"));
    stand.scan.identify_timeout = Duration::from_secs(5);
    let id = ServerId::new();
    let sealed = stand.cipher.seal(&Secret::new(OWN), Place::Server(id)).unwrap();
    let set = ServerFields {
        ip_address: Some(fleet.addresses()[9].ip()),
        idrac_username: Some("own".to_owned()),
        idrac_password_encrypted: Some(sealed.into_string()),
        ..ServerFields::default()
    };
    stand.store.put_servers(vec![(id, ServerPatch { set, clear: Vec::new() })]).await.unwrap();
    stand
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_planted_secret_is_found_anywhere() {
    let logs = Logs::install().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let fleet = fleet().await;
    let stand = stand(folder.path(), &fleet).await;
    let mut search = Search::default();
    let mut shown = String::new();

    let engine = engine(&stand).await;
    let mut events = engine.events();
    let range = format!("{}-{}", fleet.addresses()[0].ip(), fleet.addresses()[11].ip());
    let job = engine.enqueue(scan(json!({"ip_range": range}), Value::Null)).await.unwrap();
    while let Some(event) = events.next().await {
        let _ = write!(shown, "{event:?} {}", serde_json::to_string(&event).unwrap());
        if matches!(event.kind, EventKind::Inventory { .. }) {
            search.look_at_files(folder.path(), "in the middle");
            break;
        }
    }
    for event in to_the_end(events, job).await {
        let _ = write!(shown, "{event:?} {}", serde_json::to_string(&event).unwrap());
    }
    let row = engine.job(job).await.unwrap();
    let _ = write!(shown, "{row:?} {}", serde_json::to_string(&row).unwrap());
    assert_eq!(row.details["auth_failures"], 1, "{:#?}", row.details);
    assert!(row.details["discovered_count"].as_u64().unwrap() >= 7, "{:#?}", row.details);

    // A second look, at the servers themselves, with a certificate that has changed.
    fleet.server(0).unwrap().renew_certificate().unwrap();
    let servers = stand.servers().await.unwrap();
    let ids: Vec<String> = servers.values().map(|row| row.id.to_string()).collect();
    let ran = run(&engine, scan(json!({"server_ids": ids}), Value::Null)).await.unwrap();
    for event in &ran.events {
        let _ = write!(shown, "{event:?} {}", serde_json::to_string(event).unwrap());
    }
    let _ = write!(shown, "{ran:?}");

    jobs_with_passwords(&engine, &mut search, folder.path(), &mut shown).await;
    debug_of_everything(&stand, &engine, &fleet, &mut shown).await;
    let between = search.look_at_files(folder.path(), "before the end");
    assert!(between.iter().any(|name| name.ends_with("-wal")), "{between:?}");
    engine.shutdown().await.unwrap();
    let activity = stand.store.activity(ActivityQuery::default()).await.unwrap();
    assert!(activity.iter().any(|row| row.operation_type == "session_create" && row.request_body.is_some()));
    let _ = write!(shown, "{activity:?} {}", serde_json::to_string(&activity).unwrap());
    drop((stand, engine));
    search.look_at_files(folder.path(), "at the end");

    search.look("what is shown", shown.as_bytes());
    let logged = logs.text();
    assert!(logged.contains("DEBUG dell_redfish") && logged.contains("INFO dsm_core"), "nothing was logged");
    search.look("the log", logged.as_bytes());
    assert!(search.0.is_empty(), "{:#?}", search.0);
    // The search does find what is there.
    assert!(!needles()[0].found_in("here", format!("x{RIGHT}y").as_bytes()).is_empty());
    assert_eq!(fleet.open_sessions(), 0);
}

/// As [`Stand::engine`] makes it, with a handler that needs passwords from its job.
async fn engine(stand: &Stand) -> Engine {
    Engine::builder(stand.store.clone(), stand.cipher.clone())
        .with_network(NetworkPolicy::default().allow_loopback())
        .with_env_credentials(EnvCredentials::none())
        .with_options(stand.options.clone())
        .with_idrac(stand.idrac.clone())
        .with_scan(stand.scan.clone())
        .with_activity(stand.activity.clone())
        .with_handler(Opens)
        .start()
        .await
        .unwrap()
}

/// Opens what its job brings, and ends as the job says.
struct Opens;

#[async_trait]
impl Handler for Opens {
    const JOB_TYPE: &'static str = "opens";
    type Args = String;

    fn decode(&self, job: &JobRow) -> Result<String> {
        Ok(job.details["end"].as_str().unwrap_or_default().to_owned())
    }

    async fn run(&self, ctx: &Ctx, end: String) -> Result<Verdict> {
        for pointer in ["/password", "/share/share_password"] {
            let opened = ctx.secret(pointer)?;
            if opened.as_ref().map(Secret::expose) != Some(JOB) {
                return Err(Error::new(ErrorKind::Handler, "another password than was enqueued"));
            }
            ctx.log("INFO", format!("opened {opened:?} of {:?}", ctx.job()));
        }
        match end.as_str() {
            "done" => Ok(Verdict::Done(Map::new())),
            "failed" => Ok(Verdict::Failed(Map::new(), format!("{ctx:?}"))),
            "error" => Err(Error::new(ErrorKind::Handler, "as asked")),
            _ => {
                ctx.stop().stopped().await;
                Ok(Verdict::Done(Map::new()))
            }
        }
    }
}

fn opens(end: &str) -> NewJob {
    let details = json!({"username": "root", "password": JOB, "share": {"share_password": JOB, "name": "backups"}, "end": end});
    let details = details.as_object().cloned().unwrap_or_default();
    NewJob { details, ..NewJob::new("opens") }
}

/// Passwords in `details`: sealed while the job waits and runs, gone when it is over, whatever way it ends.
async fn jobs_with_passwords(engine: &Engine, search: &mut Search, folder: &Path, shown: &mut String) {
    let later = NewJob { schedule_at: Some("2100-01-01T00:00:00Z".parse().unwrap()), ..opens("done") };
    let waiting = engine.enqueue(later).await.unwrap();
    let held = engine.enqueue(opens("hold")).await.unwrap();
    while engine.job(held).await.unwrap().status != JobStatus::Running {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for job in [waiting, held] {
        let row = engine.job(job).await.unwrap();
        assert_eq!(
            (&row.details["password"], &row.details["share"]["name"]),
            (&json!("[sealed]"), &json!("backups"))
        );
        let stored =
            engine.store().jobs(JobQuery { ids: vec![job], ..JobQuery::default() }).await.unwrap().remove(0);
        assert!(
            stored.details["share"]["share_password"].as_str().unwrap().starts_with("dsm1:"),
            "{stored:?}"
        );
        let _ = write!(shown, "{row:?} {stored:?} {}", serde_json::to_string(&stored).unwrap());
    }
    search.look_at_files(folder, "while jobs wait and run");
    for job in [waiting, held] {
        engine.cancel(job, "enough").await.unwrap();
    }
    let mut over = vec![waiting, held];
    for end in ["done", "failed", "error"] {
        let ran = run(engine, opens(end)).await.unwrap();
        let _ = write!(shown, "{ran:?}");
        for event in &ran.events {
            let _ = write!(shown, "{}", serde_json::to_string(event).unwrap());
        }
        over.push(ran.row.id);
    }
    for job in over {
        let row = engine.wait(job).await.unwrap();
        let stored =
            engine.store().jobs(JobQuery { ids: vec![job], ..JobQuery::default() }).await.unwrap().remove(0);
        let text = serde_json::to_string(&stored).unwrap();
        assert_eq!(stored.details["password"], "[removed]", "{row:?}");
        assert_eq!(stored.details["share"]["share_password"], "[removed]", "{row:?}");
        assert!(stored.status.is_terminal(), "{text}");
        let _ = write!(shown, "{row:?} {text}");
    }
}

/// Every public type that holds a secret, or holds one that does, and every error about one.
async fn debug_of_everything(stand: &Stand, engine: &dsm_core::Engine, fleet: &Fleet, shown: &mut String) {
    let _ = write!(shown, "{stand:?} {stand:#?} {engine:?} {engine:#?} {:#?}", engine.fleet());
    let secret = Secret::new(RIGHT);
    let credentials = Credentials::new("root", RIGHT);
    let _ = write!(shown, "{secret:?} {credentials:#?}");
    let environment = EnvCredentials::new(Some("root".to_owned()), Some(Secret::new(ENVIRONMENT)));
    let _ = write!(shown, "{environment:?} {environment:#?}");
    let sets = stand.store.credential_sets().await.unwrap();
    let _ = write!(shown, "{sets:?} {}", serde_json::to_string(&sets).unwrap());
    let address = fleet.addresses()[9].ip();
    let row = stand.servers().await.unwrap().remove(&address).unwrap();
    let target = Target::from(&row);
    let resolved = engine.fleet().resolver().resolve(&target, Purpose::Idrac).await.unwrap();
    assert_eq!(resolved.secret.expose(), OWN);
    let _ = write!(shown, "{row:#?} {} {target:#?} {resolved:#?}", serde_json::to_string(&row).unwrap());
    let explained = engine.fleet().chain().explain(&target, Purpose::Idrac).await;
    let _ = write!(shown, "{explained:#?}");

    // A sealed password in the wrong place, and one that is none.
    let sealed = stand.cipher.seal(&secret, Place::ServerTag("ABC1234")).unwrap();
    let wrong_place = stand.cipher.open(sealed.as_str(), Place::ServerTag("XYZ9876")).unwrap_err();
    let plain = stand.cipher.open(RIGHT, Place::ServerTag("ABC1234")).unwrap_err();
    for error in [wrong_place, plain] {
        let _ = write!(shown, "{error} {error:?} {error:#?} {}", error.chain());
    }
    let _ = write!(shown, "{sealed:?}");

    // A client with a live session, and the errors of one that is refused.
    let about = dsm_core::engine::fleet::About::default();
    let client = engine
        .fleet()
        .client(fleet.addresses()[10].ip(), dell_redfish::HostFacts::default(), &about)
        .unwrap();
    for password in [RIGHT, WRONG] {
        let client = client
            .with_credentials(Credentials::new("root", password), dell_redfish::AuthMode::Session)
            .unwrap();
        let outcome = client.run(&dell_redfish::ops::GetComputerSystem).await;
        let _ = write!(shown, "{client:?} {client:#?} {:?}", client.facts());
        if let Err(error) = outcome {
            let _ = write!(shown, "{error} {error:?} {error:#?} {}", error.chain());
            let error = dsm_core::Error::from(error);
            let _ = write!(shown, "{error} {error:?} {}", error.chain());
        }
        client.close().await;
    }
    // Credentials that fit into no header.
    let bad = client.with_credentials(Credentials::new("ro\not", OWN), dell_redfish::AuthMode::Basic);
    let _ = write!(shown, "{bad:?}");
}
