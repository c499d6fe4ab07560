//! What is measured: rows of the table, the fleet of each, and who does the work.

mod files;
mod known;

use std::net::Ipv4Addr;
use std::time::Duration;

use idrac_sim::{
    FleetSpec, Generation, InventorySize, JournalMode, Kind, Selector, ServerOverride, ServerSpec,
};
use serde_json::json;

use crate::task::{PASSWORD, Task, USER};

/// Who does the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Runner {
    /// This program, `work NAME`.
    Here(&'static str),
    /// The same in a network namespace of its own, with a dummy interface that swallows every packet.
    Alone(&'static str),
    /// The program of that name beside this one.
    Beside(&'static str),
    /// A script in `benches/peers`, with the interpreter of the peers' virtual environment.
    Peer(&'static str),
    /// The same with the interpreter that has the wheel (`DSM_PYTHON`).
    Wheel(&'static str),
}

/// One client in a row.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) runner: Runner,
    pub(crate) task: Task,
    /// Rounds at most: what takes a minute is measured once.
    pub(crate) rounds: usize,
    /// Its servers beyond these are left alone, and the report says so.
    pub(crate) servers: Option<usize>,
}

/// What has to hold of two cases, of a case alone, or of nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bar {
    /// Seconds of the case at that place.
    Wall(f64, usize),
    /// Wall of one case in multiples of another's (by their places in the row).
    WallRatio(f64, usize, usize),
    /// The same with CPU.
    CpuRatio(f64, usize, usize),
    /// At least that share of another case's speed at the same work.
    Speed(f64, usize, usize),
    /// MB of the case at that place.
    Rss(f64, usize),
    /// MB of one case beyond another's.
    RssOver(f64, usize, usize),
    /// No more requests than the case at that place, per server.
    Requests(usize),
}

/// One row of the table. The first case is ours, and the bars are about it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) fleet: Option<FleetSpec>,
    pub(crate) cases: Vec<Case>,
    pub(crate) bars: Vec<Bar>,
    /// What a reader must know.
    pub(crate) note: &'static str,
}

/// Where the fleets are.
pub(crate) const NETWORK: Ipv4Addr = Ipv4Addr::new(127, 40, 0, 0);

/// Width of the bare loop that the bars speak of.
const NARROW: usize = 512;
/// Ours: `ScanOptions::default()`.
const WIDE: usize = 2048;
/// iDRACs at work at a time, ours and the bare loop's: `ScanOptions::default()`.
const AT_WORK: usize = 256;

/// The fleet of a row: so many addresses, every n-th of them alive, the rest silent.
pub(crate) fn fleet(count: usize, every: usize, latency: Duration, journal: JournalMode) -> FleetSpec {
    let alive = ServerSpec { session_limit: 64, ..ServerSpec::default() }
        .credentials(USER, PASSWORD)
        .size(InventorySize::benchmark())
        .latency(latency);
    let silent = (0..count)
        .filter(|index| index % every != 0)
        .map(|index| ServerOverride { at: Selector::Index(index), set: json!({"kind": Kind::Silent}) });
    FleetSpec {
        network: Some(NETWORK.into()),
        count,
        generations: vec![Generation::Idrac9V7],
        defaults: alive,
        servers: silent.collect(),
        journal,
        ..FleetSpec::default()
    }
}

fn task(count: usize, every: usize) -> Task {
    Task {
        network: Some(NETWORK),
        count,
        alive: count.div_ceil(every),
        user: USER.to_owned(),
        password: PASSWORD.to_owned(),
        ..Task::default()
    }
}

/// The bare scan of a fleet whose addresses are all alive.
pub(crate) fn whole(count: usize, port: u16) -> Task {
    Task { width: NARROW, port, ..task(count, 1) }
}

fn case(name: impl Into<String>, runner: Runner, task: Task) -> Case {
    Case { name: name.into(), runner, task, rounds: usize::MAX, servers: None }
}

impl Case {
    fn at_most(self, rounds: usize) -> Self {
        Self { rounds, ..self }
    }

    fn of(mut self, servers: usize) -> Self {
        self.task.count = servers;
        self.task.alive = servers;
        Self { servers: Some(servers), ..self }
    }
}

/// Full inventories.
fn inventory(id: &'static str, title: &'static str, latency: Duration, paths: &[String]) -> Row {
    let slow = latency > Duration::ZERO;
    let with = |per_idrac, idracs| Task { per_idrac, idracs, paths: paths.to_vec(), ..task(200, 1) };
    let here = |name: String, work, task| case(name, Runner::Here(work), task);
    // As the numbers of the bar were measured: 32 servers at once where answers come at once, else all.
    let at_once = if slow { AT_WORK } else { 32 };
    let mut cases = vec![
        here("dsm, 2 requests at a time".to_owned(), "ours-inventory", with(2, at_once)),
        here("bare reqwest loop, 2 at a time".to_owned(), "bare-inventory", with(2, at_once)),
        here("dsm, 1 at a time".to_owned(), "ours-inventory", with(1, at_once)),
        here("bare reqwest loop, 1 at a time".to_owned(), "bare-inventory", with(1, at_once)),
    ];
    if slow {
        cases.push(here("dsm, 4 at a time".to_owned(), "ours-inventory", with(4, at_once)));
        cases.push(here("bare reqwest loop, 4 at a time".to_owned(), "bare-inventory", with(4, at_once)));
    } else {
        let all = "all 200 servers at once";
        cases.push(here(format!("dsm, 2 at a time, {all}"), "ours-inventory", with(2, AT_WORK)));
        cases.push(here(
            format!("bare reqwest loop, 2 at a time, {all}"),
            "bare-inventory",
            with(2, AT_WORK),
        ));
    }
    cases.push(case("nv-redfish, 1 at a time", Runner::Beside("dsm-bench-nv"), with(1, at_once)));
    let python = |name: &str, script, servers_at_once| {
        case(name, Runner::Peer(script), with(1, servers_at_once)).at_most(1)
    };
    if slow {
        cases.push(python("Python redfish, 64 threads", "redfish_inventory.py", 64).of(64));
    } else {
        cases.push(python("Python redfish, 10 threads", "redfish_inventory.py", 10));
        cases.push(python("Python sushy, 1 thread", "sushy_inventory.py", 1).of(20));
    }
    let bars = if slow {
        vec![
            Bar::WallRatio(1.3, 0, 1),
            Bar::WallRatio(1.3, 2, 3),
            Bar::WallRatio(1.3, 4, 5),
            Bar::Rss(300.0, 0),
        ]
    } else {
        vec![
            Bar::WallRatio(1.3, 0, 1),
            Bar::CpuRatio(1.3, 0, 1),
            Bar::WallRatio(1.3, 2, 3),
            Bar::CpuRatio(1.3, 2, 3),
            Bar::Requests(1),
            Bar::Rss(80.0, 0),
        ]
    };
    let note = "dsm: `Fleet::client` of an engine on an SQLite file (certificates trusted on first use and stored, \
                sessions noted in the store, activity log on), session login, `flow::inventory`, logout. Bare loop: \
                one reqwest client, no verification, session login, the very paths that dsm asked for, no waiting \
                for links, bodies decoded into `serde_json::Value`, logout; so its requests are dsm's by construction: 16 and \
                the session's two on this tree. Where answers come at once, 32 servers are \
                at work at a time unless said; at 200 ms all of them.";
    Row { id, title, fleet: Some(fleet(200, 1, latency, JournalMode::Counts)), cases, bars, note }
}

/// Scans without inventory.
fn scan(id: &'static str, title: &'static str, count: usize, every: usize, bars: Vec<Bar>) -> Row {
    let base = task(count, every);
    let cases = vec![
        case("dsm, its defaults", Runner::Here("ours-scan"), base.clone()),
        case("bare loop, 512 at a time", Runner::Here("bare-scan"), Task { width: NARROW, ..base.clone() }),
        case("bare loop, 2,048 at a time", Runner::Here("bare-scan"), Task { width: WIDE, ..base.clone() }),
        case("dsm, 512 at a time", Runner::Here("ours-scan"), Task { width: NARROW, ..base.clone() }),
        case(
            "dsm, no cap on new connections a second",
            Runner::Here("ours-scan"),
            Task { rate: 1_000_000, burst: 1_000_000, ..base },
        ),
    ];
    let note = "`discovery_scan` with `fetch_options.inventory: false`, from `enqueue` to the end of the job, on an \
                engine with an SQLite file and the activity log on. Bare loop: TCP connect (1 s), GET of the service \
                root, Basic GET of the system; nothing is kept.";
    Row {
        id,
        title,
        fleet: Some(fleet(count, every, Duration::ZERO, JournalMode::Counts)),
        cases,
        bars,
        note,
    }
}

/// All rows, in the order of the table. `paths` are those of one inventory.
pub(crate) fn rows(paths: &[String]) -> Vec<Row> {
    let zero = Duration::ZERO;
    vec![
        inventory("inventory", "full inventory of 200 iDRAC9 that answer at once", zero, paths),
        inventory("inventory-200ms", "the same at 200 ms an answer", Duration::from_millis(200), paths),
        scan(
            "scan-254",
            "scan of 254 addresses, one in ten alive, the rest silent",
            254,
            10,
            vec![Bar::Wall(1.15, 0)],
        ),
        scan(
            "scan-2048",
            "scan of 2,048 addresses, one in ten alive, the rest silent",
            2048,
            10,
            vec![Bar::WallRatio(1.3, 0, 2), Bar::WallRatio(1.3, 3, 1)],
        ),
        scan(
            "scan-alive",
            "scan of 2,048 addresses, all alive",
            2048,
            1,
            vec![Bar::WallRatio(1.5, 0, 1), Bar::WallRatio(1.5, 0, 2), Bar::Rss(120.0, 0)],
        ),
        scan_with_inventory(paths),
        known::health(),
        known::refresh(paths),
        dead_network(),
        activity(),
        files::upload(),
        files::catalog(),
        python(),
    ]
}

fn scan_with_inventory(paths: &[String]) -> Row {
    let base = Task { inventory: true, idracs: AT_WORK, ..task(200, 1) };
    let bare = Task { width: NARROW, per_idrac: 2, paths: paths.to_vec(), ..base.clone() };
    Row {
        id: "scan-inventory",
        title: "scan with inventory of 200 iDRAC9, all alive",
        fleet: Some(fleet(200, 1, Duration::ZERO, JournalMode::Counts)),
        cases: vec![
            case("dsm, its defaults", Runner::Here("ours-scan"), base),
            case("bare scan, then bare inventory, 2 at a time", Runner::Here("bare-scan"), bare),
        ],
        bars: vec![Bar::WallRatio(1.3, 0, 1), Bar::CpuRatio(1.3, 0, 1)],
        note: "Every inventory is written to SQLite with the iDRAC's own documents; the bare loop keeps nothing. The \
               CPU bar is this benchmark's own.",
    }
}

fn dead_network() -> Row {
    let dead = Task {
        network: Some(Ipv4Addr::new(10, 99, 0, 1)),
        count: 65_534 - 1,
        alive: 0,
        port: 443,
        user: USER.to_owned(),
        password: PASSWORD.to_owned(),
        ..Task::default()
    };
    Row {
        id: "scan-dead-16",
        title: "scan of a dead /16 (connections that time out at 1 s)",
        fleet: None,
        cases: vec![case("dsm, its defaults", Runner::Alone("ours-scan"), dead).at_most(2)],
        bars: vec![Bar::Wall(90.0, 0), Bar::Rss(100.0, 0)],
        note: "10.99.0.0/16 on a dummy interface (or a bridge without ports) without ARP in a network namespace of the \
               benchmark's own: packets vanish. 65,533 addresses; the interface itself has 10.99.0.1.",
    }
}

fn activity() -> Row {
    let on = task(2048, 1);
    let off = Task { no_activity: true, ..on.clone() };
    Row {
        id: "activity",
        title: "activity log (scan of 2,048 addresses, all alive)",
        fleet: Some(fleet(2048, 1, Duration::ZERO, JournalMode::Counts)),
        cases: vec![
            case("dsm, log on", Runner::Here("ours-scan"), on),
            case("dsm, rows dropped at the store", Runner::Here("ours-scan"), off),
        ],
        bars: vec![Bar::WallRatio(1.03, 0, 1), Bar::CpuRatio(1.03, 0, 1)],
        note: "The second store forgets `record_activity` and `attribute_activity` and is otherwise the same; pairs, \
               interleaved.",
    }
}

fn python() -> Row {
    let base = Task { inventory: true, ..task(200, 1) };
    Row {
        id: "python",
        title: "Python front (scan with inventory of 200 iDRAC9)",
        fleet: Some(fleet(200, 1, Duration::ZERO, JournalMode::Counts)),
        cases: vec![
            case("dsm from Python", Runner::Wheel("dsm_scan.py"), base.clone()),
            case("dsm from Rust", Runner::Here("ours-scan"), base),
        ],
        bars: vec![Bar::WallRatio(1.05, 0, 1)],
        note: "The wheel's engine, the same job; wall from `enqueue` to the job's end.",
    }
}
