//! How fast the SQLite store is here: `cargo run --release -p dsm-core --example store_speed [directory]`.
#![allow(clippy::print_stdout, reason = "a measurement is there to be read")]

use std::error::Error;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dsm_core::ServerId;
use dsm_core::job::{JobStatus, NewJob};
use dsm_core::store::{
    ActivityRow, AttemptWrite, Claim, DocumentRow, DriveRow, Executor, FirmwareRow, HealthRow,
    InventoryWrite, LeaseKey, MemoryRow, NicRow, Outcome, ServerFields, ServerFinding, ServerPatch,
    Settlement, SqliteOptions, SqliteStore, Store,
};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

const SERVERS: u32 = 2048;
const BATCH: u32 = 64;
type Done<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Done {
    let root = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = root.join(format!("dsm-store-speed-{}", Uuid::now_v7()));
    std::fs::create_dir(&directory)?;
    let measured = measure(&directory.join("dsm.db")).await;
    std::fs::remove_dir_all(&directory)?;
    measured
}

async fn measure(path: &Path) -> Done {
    let store = Arc::new(SqliteStore::open(path, SqliteOptions::default())?);
    let executor = Executor { id: "speed".into(), incarnation: Uuid::now_v7() };
    store.register(&executor).await?;
    let lease = claim_one(&store, &executor).await?;

    for round in ["new", "known"] {
        let (start, cpu) = (Instant::now(), cpu_time());
        let mut ids = Vec::new();
        for first in (0..SERVERS).step_by(BATCH as usize) {
            let findings = (first..first + BATCH).map(finding).collect();
            let write = AttemptWrite { lease: Some(lease), findings, ..AttemptWrite::default() };
            ids.extend(store.write(write).await?.servers.into_iter().map(|server| server.server_id));
        }
        let cpu = cpu_since(cpu, 1);
        println!("findings, {round}: {SERVERS} in batches of {BATCH}: {:.1?}, CPU {cpu}", start.elapsed());
        inventories(&store, lease, &ids, round).await?;
    }
    activity(&store, lease).await?;
    claims(&store, &executor, false).await?;
    claims(&store, &executor, true).await?;
    writers(&store).await
}

/// One inventory a write, then eight: the first shows the cost of a commit, the second that of the work.
async fn inventories(store: &SqliteStore, lease: LeaseKey, ids: &[ServerId], round: &str) -> Done {
    for each in [1, 8] {
        let mut writes = Vec::new();
        for ids in ids[..400].chunks(each) {
            let inventories = ids.iter().map(|id| inventory(*id)).collect::<Done<_>>()?;
            writes.push(AttemptWrite { lease: Some(lease), inventories, ..AttemptWrite::default() });
        }
        let (start, cpu) = (Instant::now(), cpu_time());
        for write in writes {
            store.write(write).await?;
        }
        let (wall, cpu) = (start.elapsed() / 400, cpu_since(cpu, 400));
        println!("inventory, {round}, {each} a write: {wall:.2?} each, CPU {cpu}");
    }
    Ok(())
}

async fn activity(store: &SqliteStore, lease: LeaseKey) -> Done {
    for batch in [1_u32, 200, 1000] {
        let total = if batch == 1 { 500 } else { 20_000 };
        let (start, cpu) = (Instant::now(), cpu_time());
        for first in (0..total).step_by(batch as usize) {
            store.record_activity((first..first + batch).map(|_| exchange(lease)).collect()).await?;
        }
        let rate = f64::from(total) / start.elapsed().as_secs_f64();
        println!("activity in batches of {batch}: {rate:.0} rows/s, CPU {} a row", cpu_since(cpu, total));
    }
    Ok(())
}

/// Time to enqueue, claim and settle one job, alone or while activity pours into the same file.
async fn claims(store: &Arc<SqliteStore>, executor: &Executor, busy: bool) -> Done {
    let noise = busy.then(|| {
        let store = Arc::clone(store);
        let lease = LeaseKey { job_id: dsm_core::JobId::new(), fence: 0 };
        tokio::spawn(async move {
            while store.record_activity((0..200).map(|_| exchange(lease)).collect()).await.is_ok() {}
        })
    });
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        let lease = claim_one(store, executor).await?;
        let outcome = Outcome::End(JobStatus::Completed, None);
        let end = Settlement { lease, outcome, details: serde_json::Map::new(), tasks: vec![] };
        store.settle(vec![end]).await?;
        times.push(start.elapsed());
    }
    if let Some(noise) = noise {
        noise.abort();
    }
    times.sort();
    let beside = if busy { "while activity pours in" } else { "alone" };
    println!("enqueue, claim, settle, {beside}: median {:.2?}, p99 {:.2?}", times[100], times[197]);
    Ok(())
}

async fn writers(store: &Arc<SqliteStore>) -> Done {
    let start = Instant::now();
    let writers = (0..64).map(|writer| async move {
        for round in 0..50_u32 {
            let findings = vec![finding(100_000 + writer * 50 + round)];
            store.write(AttemptWrite { findings, ..AttemptWrite::default() }).await?;
        }
        Ok::<_, dsm_core::Error>(())
    });
    try_join_all(writers).await?;
    println!("64 writers, one finding each time: {:.0} writes/s", 3200.0 / start.elapsed().as_secs_f64());
    Ok(())
}

async fn claim_one(store: &SqliteStore, executor: &Executor) -> Done<LeaseKey> {
    store.enqueue(vec![NewJob { job_type: "discovery_scan".into(), ..NewJob::default() }]).await?;
    let job_types = vec!["discovery_scan".into()];
    let claim = Claim {
        executor: executor.clone(),
        job_types,
        gated: Vec::new(),
        slots: 1,
        ttl: Duration::from_secs(600),
        limits: dsm_core::store::Limits::default(),
        others: Vec::new(),
    };
    let claimed = store.claim(claim).await?;
    Ok(claimed.jobs.first().ok_or("no job was claimed")?.lease.key)
}

fn address(number: u32) -> IpAddr {
    Ipv4Addr::from(0x0a00_0000 + number).into()
}

fn finding(number: u32) -> ServerFinding {
    let set = ServerFields {
        service_tag: Some(format!("T{number:06}")),
        manufacturer: Some("Dell Inc.".into()),
        model: Some("PowerEdge R750".into()),
        redfish_version: Some("1.17.0".into()),
        idrac_firmware: Some("7.00.00.172".into()),
        connection_status: Some("online".into()),
        credential_test_status: Some("valid".into()),
        last_seen: Some(Timestamp::now()),
        ..ServerFields::default()
    };
    let patch = ServerPatch { set, clear: vec!["connection_error"] };
    let only_if_empty = vec!["credential_set_id"];
    ServerFinding { ip_address: address(number), server_id: None, patch, only_if_empty }
}

fn inventory(server_id: ServerId) -> Done<InventoryWrite> {
    let some = |text: &str, n: usize| Some(format!("{text} {n}"));
    let drive = |n: usize| DriveRow {
        drive_identifier: format!("sn:S6{n:08}"),
        name: some("Solid State Disk 0:1", n),
        model: some("PM1733", n),
        serial_number: some("S6", n),
        capacity_bytes: Some(3_840_755_982_336),
        capacity_gb: Some(3840.76),
        health: Some("OK".into()),
        status: Some("Enabled".into()),
        slot: some("bay", n),
        ..DriveRow::default()
    };
    let nic = |n: usize| NicRow {
        fqdd: format!("NIC.Integrated.1-{n}-1"),
        mac_address: some("00:00:5e:00:53", n),
        model: some("BCM57414", n),
        current_speed_mbps: Some(25_000),
        health: Some("OK".into()),
        ..NicRow::default()
    };
    let dimm = |n: usize| MemoryRow {
        dimm_identifier: format!("DIMM.Socket.A{n}"),
        manufacturer: some("Hynix", n),
        serial_number: some("8", n),
        capacity_mb: Some(32_768),
        speed_mhz: Some(3200),
        ..MemoryRow::default()
    };
    let firmware = |n: usize| FirmwareRow {
        component_id: format!("Installed-{n}-1.10.2"),
        component_name: some("Component", n),
        version: format!("1.10.{n}"),
        updateable: Some(true),
        status: Some("Installed".into()),
        ..FirmwareRow::default()
    };
    let set = ServerFields { total_drives: Some(12), ..ServerFields::default() };
    Ok(InventoryWrite {
        server_id,
        collected_at: Timestamp::now(),
        server: ServerPatch { set, clear: vec![] },
        drives: (0..12).map(drive).collect(),
        nics: (0..8).map(nic).collect(),
        memory: (0..16).map(dimm).collect(),
        firmware: (0..40).map(firmware).collect(),
        health: Some(HealthRow { overall_health: Some("OK".into()), ..HealthRow::default() }),
        documents: (0..13).map(document).collect::<Done<_>>()?,
    })
}

/// Some 3 KiB compressed.
fn document(section: usize) -> Done<DocumentRow> {
    let resource = |n: usize| {
        let noise: String = (0..4).map(|_| Uuid::new_v4().to_string()).collect();
        json!({"@odata.id": format!("/redfish/v1/Systems/{section}/{n}"), "Serial": noise, "Status": {"Health": "OK"}})
    };
    let resources: serde_json::Map<_, _> =
        (0..12).map(|n| (format!("/redfish/v1/Systems/{section}/{n}"), resource(n))).collect();
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(&serde_json::to_vec(&resources)?)?;
    Ok(DocumentRow {
        section: format!("section {section}"),
        collected_at: Timestamp::now(),
        complete: true,
        body: encoder.finish()?.into(),
    })
}

fn exchange(lease: LeaseKey) -> ActivityRow {
    let endpoint = "/redfish/v1/Systems/System.Embedded.1/Processors?$expand=*($levels=1)";
    ActivityRow {
        id: Uuid::now_v7(),
        timestamp: Timestamp::now(),
        server_id: Some(ServerId::new()),
        job_id: Some(lease.job_id),
        task_id: None,
        command_type: "GET".into(),
        operation_type: "idrac_api".into(),
        endpoint: endpoint.into(),
        full_url: format!("https://10.0.0.1{endpoint}"),
        status_code: Some(200),
        success: true,
        response_time_ms: Some(197),
        error_message: None,
        request_body: None,
        response_body: None,
        source: "job_executor".into(),
        initiated_by: None,
    }
}

/// CPU time of this process since then, for each of so many, where the system tells it.
fn cpu_since(before: Option<Duration>, count: u32) -> String {
    match (before, cpu_time()) {
        (Some(before), Some(after)) => format!("{:.2?}", after.saturating_sub(before) / count),
        _ => "not known".into(),
    }
}

/// CPU time so far, where the system tells it in a file, in ticks of 10 ms.
fn cpu_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}
