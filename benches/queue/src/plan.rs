//! Which shapes are measured, of whom, and what is to be reached.

use crate::task::Task;

/// Who does a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    Ours,
    /// A script of `benches/peers/queue`, run by node.
    Node(&'static str),
    /// One run by Python.
    Python(&'static str),
    /// A queue of the program in `benches/queue/peers`, by name.
    Rust(&'static str),
}

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) runner: Runner,
    pub(crate) task: Task,
    /// At most this many rounds; slow ones have fewer.
    pub(crate) rounds: usize,
}

/// What is to be reached, by place of the case.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bar {
    /// So many a second.
    Rate(f64, usize),
    /// So many times as many a second as the best of the others.
    BestPeer(f64, usize),
    /// At most so much slower (a share) than the other case.
    Slowdown(f64, usize, usize),
    /// 99th percentile in milliseconds.
    P99(f64, usize),
    /// Peak of the process in MB.
    Rss(f64, usize),
    /// Wall time in seconds.
    Wall(f64, usize),
    /// A fact of the case.
    Fact(&'static str, f64, usize),
}

pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) note: &'static str,
    pub(crate) cases: Vec<Case>,
    pub(crate) bars: Vec<Bar>,
}

const STORES: [&str; 3] = ["memory", "sqlite", "postgres"];
/// Jobs at work at a time: as many as the peers fetch ahead.
const SLOTS: usize = 500;

fn case(name: &str, runner: Runner, task: Task) -> Case {
    Case { name: name.to_owned(), runner, task, rounds: usize::MAX }
}

fn ours(task: &Task) -> Vec<Case> {
    STORES
        .iter()
        .map(|store| {
            let task = Task { store: (*store).to_owned(), slots: SLOTS, ..task.clone() };
            case(&format!("dsm, {store}"), Runner::Ours, task)
        })
        .collect()
}

fn peer(name: &str, runner: Runner, task: &Task, most: usize) -> Case {
    let task = Task { store: "postgres".to_owned(), jobs: task.jobs.min(most), ..task.clone() };
    case(name, runner, task)
}

const POSTGRES: usize = 2;
const SQLITE: usize = 1;

fn shape(shape: &str, jobs: usize) -> Task {
    Task { shape: shape.to_owned(), jobs, slots: SLOTS, ..Task::default() }
}

/// `scale`: a share of the full counts, for a look.
pub(crate) fn rows(scale: f64) -> Vec<Row> {
    let many = |full: usize| ((full as f64 * scale) as usize).max(100);
    let mut rows = vec![burn(many(100_000)), steady(), latency(many(1_000))];
    rows.extend([lanes(many(100_000)), busy_lanes(many(100_000), many(1_000_000))]);
    rows.extend([activity(many(100_000), many(200_000)), orphans(), one_job(many(10_000))]);
    rows.push(in_flight(many(10_000)));
    rows
}

fn burn(jobs: usize) -> Row {
    let task = shape("burn", jobs);
    let mut cases = ours(&task);
    cases.extend([
        peer("graphile-worker", Runner::Node("graphile.mjs"), &task, usize::MAX),
        peer("graphile_worker (crate)", Runner::Rust("graphile"), &task, usize::MAX),
        peer("pg-boss", Runner::Node("pgboss.mjs"), &task, 50_000),
        peer("apalis-postgres (crate)", Runner::Rust("apalis"), &task, 20_000),
        peer("procrastinate", Runner::Python("procrastinate_burn.py"), &task, 2_000),
    ]);
    Row {
        id: "b1",
        title: "B1: jobs that do nothing, all there before the start",
        note: "From the engine's start to the stored end of the last job. Ours keeps rows, attempts and fences; the \
               graphile workers delete the row, the others keep it.",
        cases,
        bars: vec![Bar::BestPeer(1.0, POSTGRES), Bar::Rate(60_000.0, SQLITE)],
    }
}

fn steady() -> Row {
    let rate = |store: &str, rate: f64| {
        let task = Task { store: store.to_owned(), rate, seconds: 60, ..shape("steady", 0) };
        Case { rounds: 1, ..case(&format!("dsm, {store}"), Runner::Ours, task) }
    };
    Row {
        id: "b2",
        title: "B2: jobs that come at a rate, for 60 s",
        note: "Enqueued every 20 ms by the same process, at about 80 % of what B1 reached here; latency is from the \
               call that enqueues to the start of the handler.",
        cases: vec![rate("sqlite", 12_000.0), rate("postgres", 8_000.0)],
        bars: Vec::new(),
    }
}

fn latency(jobs: usize) -> Row {
    let of = |store: &str, apart: bool| {
        let task = Task { store: store.to_owned(), apart, ..shape("latency", jobs) };
        let who = if apart { "enqueued by another" } else { "enqueued by the engine" };
        case(&format!("dsm, {store}, {who}"), Runner::Ours, task)
    };
    let task = shape("latency", jobs);
    Row {
        id: "b3",
        title: "B3: one job at a time, from its insertion to the start of its handler",
        note: "\"By another\": through a store of its own, so that nothing but the database's signal wakes the engine.",
        cases: vec![
            of("sqlite", false),
            of("postgres", false),
            of("postgres", true),
            peer("graphile-worker", Runner::Node("graphile.mjs"), &task, usize::MAX),
        ],
        bars: vec![Bar::P99(2.0, 0), Bar::P99(10.0, 1), Bar::P99(10.0, 2)],
    }
}

fn lanes(jobs: usize) -> Row {
    let task = Task { lanes: 10_000, ..shape("burn", jobs) };
    let mut cases = ours(&task);
    cases.extend([
        peer("graphile-worker, a queue a server", Runner::Node("graphile.mjs"), &task, usize::MAX),
        peer("graphile_worker (crate), a queue a server", Runner::Rust("graphile"), &task, usize::MAX),
        peer("procrastinate, a lock a server", Runner::Python("procrastinate_burn.py"), &task, 2_000),
    ]);
    Row {
        id: "b4",
        title: "B4: as B1 over 10,000 servers, one job at a time on each",
        note: "Those who have no such exclusion (pg-boss, apalis) are not in this row.",
        cases,
        bars: vec![Bar::BestPeer(1.5, POSTGRES)],
    }
}

fn busy_lanes(jobs: usize, waiting: usize) -> Row {
    let free = shape("burn", jobs);
    let held = |count: usize| Task { waiting: count, ..free.clone() };
    let of = |store: &str, count: usize| {
        let task = Task { store: store.to_owned(), ..held(count) };
        let name = format!("dsm, {store}, {count} waiting");
        Case { rounds: if count > 200_000 { 1 } else { usize::MAX }, ..case(&name, Runner::Ours, task) }
    };
    let tenth = waiting / 10;
    let graphile = |count: usize| {
        let name = format!("graphile-worker, {count} waiting");
        peer(&name, Runner::Node("graphile.mjs"), &Task { jobs: jobs / 10, ..held(count) }, usize::MAX)
    };
    Row {
        id: "b5",
        title: "B5: free work while others wait in two busy lanes",
        note: "The waiting jobs have been put aside before the clock starts. graphile-worker has a tenth of the free \
               jobs, for it is slow here.",
        cases: vec![
            of("sqlite", 0),
            of("sqlite", tenth),
            of("sqlite", waiting),
            of("postgres", 0),
            of("postgres", tenth),
            of("postgres", waiting),
            graphile(0),
            graphile(tenth),
        ],
        bars: vec![
            Bar::Slowdown(0.1, 1, 0),
            Bar::Slowdown(0.1, 2, 0),
            Bar::Slowdown(0.1, 4, 3),
            Bar::Slowdown(0.1, 5, 3),
        ],
    }
}

fn activity(jobs: usize, rows: usize) -> Row {
    let of = |store: &str, jobs: usize| {
        let task = Task { store: store.to_owned(), rows, jobs, ..shape("rows", jobs) };
        let what = if jobs > 0 { "beside B1" } else { "alone" };
        case(&format!("dsm, {store}, {what}"), Runner::Ours, task)
    };
    Row {
        id: "b6",
        title: "B6: rows of the activity log, alone and beside B1",
        note: "About 0.6 KB a row, a thousand a write, one write at a time. \"Beside\": wall and jobs/s are those of \
               the jobs, rows/s are among the facts.",
        cases: vec![of("sqlite", 0), of("postgres", 0), of("sqlite", jobs), of("postgres", jobs)],
        bars: vec![Bar::Fact("rows_per_s", 50_000.0, 0), Bar::Fact("rows_per_s", 20_000.0, 1)],
    }
}

fn orphans() -> Row {
    let of = |store: &str| {
        let task = Task { store: store.to_owned(), jobs: 12, slots: 12, ..shape("executor", 12) };
        case(&format!("dsm, {store}"), Runner::Ours, task)
    };
    Row {
        id: "b7",
        title: "B7: one of three executors is killed (kill -9)",
        note: "Wall: from the kill until the last of its jobs has been started again by another, at the default lease \
               times. On one host, where its death is proved by a lock; without proof a lease has to run out (20 s).",
        cases: vec![of("sqlite"), of("postgres")],
        bars: vec![Bar::Wall(30.0, 0), Bar::Wall(30.0, 1)],
    }
}

fn one_job(tasks: usize) -> Row {
    Row {
        id: "b8",
        title: "B8: one job of 10,000 tasks is enqueued",
        note: "One transaction.",
        cases: ours(&shape("tasks", tasks)),
        bars: Vec::new(),
    }
}

fn in_flight(jobs: usize) -> Row {
    let task = Task { seconds: 11, ..shape("in-flight", jobs) };
    Row {
        id: "in-flight",
        title: "10,000 jobs at work at once, through two heartbeats",
        note: "Wall has the enqueueing and eleven seconds of waiting in it: memory is what counts here.",
        cases: ours(&task),
        bars: vec![Bar::Rss(200.0, SQLITE), Bar::Rss(200.0, POSTGRES)],
    }
}
