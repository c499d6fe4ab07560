//! One job over many servers: each visited on its own, so many side by side as allowed, one writer to each iDRAC.
//!
//! A server's end is stored with its task and its rows in one transaction, so that an attempt that takes the job up again
//! visits only those that have none. The walk alone writes tasks and details, at most once a second unless a server ended.

mod ended;
pub(crate) mod login;
mod rollout;
mod tally;
mod visit;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

pub(crate) use ended::{Ending, Visited};
pub(crate) use rollout::{Caution, Rollout};
pub(crate) use tally::{Rule, object};
pub(crate) use visit::{Before, Sent, Visit};

use crate::clock;
use crate::ctx::Ctx;
use crate::engine::EventKind;
use crate::engine::cancel::StopReason;
use crate::error::{Error, ErrorKind, Result};
use crate::handler::Verdict;
use crate::id::{JobId, ServerId, TaskId};
use crate::job::{JobStatus, TaskUpdate};
use crate::store::{
    AttemptWrite, ServerFields, ServerPatch, ServerQuery, ServerRow, StepChange, StepWrite, Wish, server_lane,
};
use tally::{Kept, Tally};
use visit::Word;

/// Tasks and details are written at most this often while no server ends.
const WRITE_EVERY: Duration = Duration::from_millis(1000);

/// How long servers may take to be tidied up after a cancel. A handler with something to tidy up says so to the engine
/// ([`Handler::TIDY`](crate::Handler::TIDY)).
pub(crate) const TIDY_WITHIN: Duration = Duration::from_secs(30);

/// What a job does to one server.
#[async_trait]
pub(crate) trait PerServer: Send + Sync + 'static {
    /// Does it. Dropped at its next wait when the job is stopped.
    ///
    /// # Errors
    /// The server failed, for this reason; the others go on.
    async fn visit(&self, visit: &Visit) -> Result<Visited>;

    /// Somebody cancelled the job in the middle of this server: takes back what has not begun (own Dell jobs that wait, say).
    async fn tidy(&self, visit: &Visit) {
        let _ = visit;
    }
}

/// Which lock a visit needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// None: it only reads.
    Nothing,
    /// The server's, in line behind whoever has it.
    InLine,
    /// The server's, at once; who has it is the error.
    AtOnce,
}

/// A walk to be gone; see the module's documentation.
pub(crate) struct Walk<W> {
    /// Over which servers.
    pub(crate) servers: Vec<ServerId>,
    /// In which portions.
    pub(crate) rollout: Rollout,
    /// Under which lock.
    pub(crate) hold: Hold,
    /// When the job counts as completed.
    pub(crate) rule: Rule,
    /// How long one visit may take.
    pub(crate) limit: Duration,
    /// Keys that stand in `details` from the beginning.
    pub(crate) head: Map<String, Value>,
    /// What is done to each.
    pub(crate) work: W,
}

/// A server in line.
struct Item {
    place: usize,
    server: ServerRow,
    /// It is in the table; else it is known by its address only.
    is_known: bool,
    ip: IpAddr,
    task: TaskId,
}

impl Item {
    /// What its result is kept under, and what it is called where it is left out.
    fn key(&self) -> String {
        if self.is_known { self.server.id.to_string() } else { self.ip.to_string() }
    }
}

/// A server being visited.
struct Active {
    place: usize,
    visit: Arc<Visit>,
}

impl<W: PerServer> Walk<W> {
    /// Goes it.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`]: told to stop; what was done so far is in the job's details. The store's.
    pub(crate) async fn run(self, ctx: &Ctx) -> Result<Verdict> {
        self.run_also_at(ctx, &[]).await
    }

    /// Likewise, and after the servers to addresses where no server of the table is. No row is written about them.
    ///
    /// # Errors
    /// As [`Walk::run`].
    pub(crate) async fn run_also_at(self, ctx: &Ctx, addresses: &[IpAddr]) -> Result<Verdict> {
        let Self { servers, rollout, hold, rule, limit, mut head, work } = self;
        head.insert("rollout".to_owned(), Value::Object(rollout.shown()));
        let (words, heard) = mpsc::unbounded_channel();
        let mut state = State {
            ctx,
            work: Arc::new(work),
            rollout,
            hold,
            limit,
            tally: Tally::new(head, servers.len() + addresses.len()),
            queue: VecDeque::new(),
            active: HashMap::new(),
            running: JoinSet::new(),
            width: ctx.fleet().scan_options().idrac_width.max(1),
            begun: 0,
            next_start: clock::instant(),
            words,
            pending: AttemptWrite::default(),
            write_due: clock::instant(),
            is_urgent: true,
            is_untold: false,
        };
        let after = servers.len();
        state.line_up(servers).await?;
        state.line_up_unknown(after, addresses)?;
        state.go(heard).await?;
        Ok(state.tally.verdict(rule))
    }
}

/// Everything a walk has in hand.
struct State<'a, W> {
    ctx: &'a Ctx,
    work: Arc<W>,
    rollout: Rollout,
    hold: Hold,
    limit: Duration,
    tally: Tally,
    queue: VecDeque<Item>,
    active: HashMap<Id, Active>,
    running: JoinSet<Result<Visited>>,
    width: usize,
    /// Visits begun, those of earlier attempts included.
    begun: u64,
    next_start: Instant,
    words: mpsc::UnboundedSender<Word>,
    pending: AttemptWrite,
    write_due: Instant,
    is_urgent: bool,
    /// The details that are stored say less than is known.
    is_untold: bool,
}

impl<W: PerServer> State<'_, W> {
    /// Finds servers, tasks and what earlier attempts did.
    async fn line_up(&mut self, ids: Vec<ServerId>) -> Result<()> {
        let query = ServerQuery { ids: ids.clone(), ..ServerQuery::default() };
        let mut rows: BTreeMap<ServerId, ServerRow> =
            self.ctx.store().servers(query).await?.into_iter().map(|row| (row.id, row)).collect();
        let tasks: BTreeMap<ServerId, TaskId> =
            self.ctx.tasks().iter().filter_map(|task| Some((task.server_id?, task.id))).collect();
        for (place, id) in ids.into_iter().enumerate() {
            if let Some(kept) = self.kept(&id.to_string())? {
                self.begun += 1;
                self.tally.take(place, kept, true);
                continue;
            }
            let task = tasks.get(&id).copied().unwrap_or_default();
            let row = rows.remove(&id);
            let is_known = row.is_some();
            match row.and_then(|row| Some((row.fields.ip_address?, row))) {
                Some((ip, server)) => {
                    self.queue.push_back(Item { place, server, is_known: true, ip, task });
                }
                None => {
                    let why = if is_known { "has no address" } else { "is not in the table" };
                    self.begun += 1;
                    let facts = object([("server_id", json!(id))]);
                    let visited = Visited::failed(format!("server {id} {why}"));
                    let key = id.to_string();
                    self.end(place, is_known.then_some(id), &key, task, facts, visited, None)?;
                }
            }
        }
        Ok(())
    }

    /// The same for addresses without a server.
    fn line_up_unknown(&mut self, after: usize, addresses: &[IpAddr]) -> Result<()> {
        for (nth, ip) in addresses.iter().enumerate() {
            if let Some(kept) = self.kept(&ip.to_string())? {
                self.begun += 1;
                self.tally.take(after + nth, kept, true);
                continue;
            }
            let now = clock::now();
            let fields = ServerFields { ip_address: Some(*ip), ..ServerFields::default() };
            let server = ServerRow { id: ServerId::new(), fields, created_at: now, updated_at: now };
            let task = task_at(self.ctx.job().id, *ip);
            self.queue.push_back(Item { place: after + nth, server, is_known: false, ip: *ip, task });
        }
        Ok(())
    }

    fn kept(&self, key: &str) -> Result<Option<Kept>> {
        match self.ctx.step(&result_step(key))? {
            crate::step::Step::Done(kept) => Ok(Some(kept)),
            _ => Ok(None),
        }
    }

    async fn go(&mut self, mut heard: mpsc::UnboundedReceiver<Word>) -> Result<()> {
        let stop = self.ctx.stop();
        loop {
            self.start();
            self.write(false).await?;
            if self.running.is_empty() && (self.queue.is_empty() || self.tally.is_halted()) {
                break;
            }
            let waits_to_start = !self.queue.is_empty() && self.has_room() && !self.tally.is_halted();
            tokio::select! {
                biased;
                reason = stop.stopped() => return Err(self.stopped(reason).await),
                Some(joined) = self.running.join_next_with_id() => self.joined(joined)?,
                Some(word) = heard.recv() => self.hear(word),
                () = sleep_until(self.next_start), if waits_to_start => {}
                () = sleep_until(self.write_due), if self.has_news() => {}
            }
        }
        self.write(true).await
    }

    fn has_room(&self) -> bool {
        self.active.len() < self.width && self.begun < self.rollout.room(self.tally.ended())
    }

    fn has_news(&self) -> bool {
        self.is_untold || !self.pending.tasks.is_empty()
    }

    /// Begins as many visits as may begin now.
    fn start(&mut self) {
        if !self.tally.is_halted()
            && let Some(why) = self.rollout.halt(self.tally.ended(), self.tally.failures() as u64)
            && !self.queue.is_empty()
        {
            self.halt(why);
        }
        while !self.tally.is_halted() && self.has_room() && clock::instant() >= self.next_start {
            let Some(Item { place, server, is_known, ip, task }) = self.queue.pop_front() else { return };
            self.begun += 1;
            self.next_start = clock::instant() + self.rollout.stagger();
            self.pending.tasks.push(TaskUpdate {
                id: task,
                server_id: is_known.then_some(server.id),
                status: Some(JobStatus::Running),
                log: Some(format!("Connecting to iDRAC at {ip}...")),
                progress: Some(0),
            });
            let visit =
                Arc::new(Visit::new(self.ctx.clone(), (server, is_known), ip, task, self.words.clone()));
            let (work, hold, limit) = (self.work.clone(), self.hold, self.limit);
            let theirs = visit.clone();
            let handle = self.running.spawn(async move { one(&*work, &theirs, hold, limit).await });
            self.active.insert(handle.id(), Active { place, visit });
        }
    }

    /// No other server is begun; those in line are left as they are.
    fn halt(&mut self, why: String) {
        self.ctx.log("WARN", format!("no other server is begun: {why}"));
        let left: Vec<Item> = self.queue.drain(..).collect();
        for item in &left {
            self.pending.tasks.push(TaskUpdate {
                id: item.task,
                server_id: item.is_known.then_some(item.server.id),
                status: Some(JobStatus::Cancelled),
                log: Some(format!("Left untouched: {why}")),
                progress: None,
            });
        }
        self.is_urgent = true;
        self.tally.leave(why, left.iter().map(Item::key).collect());
    }

    fn joined(&mut self, joined: Result<(Id, Result<Visited>), JoinError>) -> Result<()> {
        let (id, result) = match joined {
            Ok((id, result)) => (id, result),
            Err(error) => (
                error.id(),
                Err(Error::new(ErrorKind::Handler, "the visit of a server broke off").with_source(error)),
            ),
        };
        let Some(Active { place, visit }) = self.active.remove(&id) else { return Ok(()) };
        let visited = result.unwrap_or_else(|error| {
            let failed = Visited::failed(error.chain()).with("error_kind", error.kind().as_str());
            match error.subject() {
                Some(subject) => failed.with("error_subject", subject),
                None => failed,
            }
        });
        let facts = object([
            ("server", json!(visit.ip().to_string())),
            ("ip_address", json!(visit.ip().to_string())),
            ("hostname", json!(visit.name())),
            ("server_id", json!(visit.known())),
        ]);
        let key = visit.key();
        self.end(place, visit.known(), &key, visit.task(), facts, visited, visit.take_connection())
    }

    /// Puts a server's end into the next write.
    #[allow(clippy::too_many_arguments, reason = "what an end consists of")]
    fn end(
        &mut self,
        place: usize,
        known: Option<ServerId>,
        key: &str,
        task: TaskId,
        facts: Map<String, Value>,
        visited: Visited,
        connection: Option<ServerPatch>,
    ) -> Result<()> {
        let Visited { ending, line, log, result, mut inventory, rows } = visited;
        let is_good = matches!(ending, Ending::Done | Ending::Skipped);
        let mut entry = facts;
        entry.extend(result);
        entry.insert("success".to_owned(), json!(is_good));
        // A type may mean something of its own by that word.
        entry.entry("status").or_insert_with(|| json!(ending));
        entry.insert(if is_good { "message" } else { "error" }.to_owned(), json!(line));
        let level = if is_good { "INFO" } else { "ERROR" };
        let name = entry.get("ip_address").and_then(Value::as_str).unwrap_or("-").to_owned();
        self.ctx.log(level, format!("{name}: {line}"));
        self.pending.tasks.push(TaskUpdate {
            id: task,
            server_id: known,
            status: Some(if is_good { JobStatus::Completed } else { JobStatus::Failed }),
            log: Some(
                log.unwrap_or_else(|| format!("[{}] [{level}] {line}", clock::now().strftime("%H:%M:%S"))),
            ),
            progress: Some(100),
        });
        if let Some(connection) = connection {
            // What the visit itself read of the server comes after how it got there.
            let own = std::mem::replace(&mut inventory.server, connection);
            inventory.server.clear.extend(own.clear.iter().copied());
            inventory.server.set.apply(&ServerPatch { set: own.set, clear: Vec::new() }, &[])?;
        }
        if let Some(id) = known {
            inventory.server_id = id;
            if inventory.collected_at == jiff::Timestamp::default() {
                inventory.collected_at = clock::now();
            }
            self.pending.inventories.push(inventory);
            self.pending.rows.extend(rows);
        }
        let kept = Kept { ending, result: entry };
        if let Ok(value) = serde_json::to_value(&kept) {
            self.pending.steps.push(StepWrite { name: result_step(key), change: StepChange::Done(value) });
        }
        self.tally.take(place, kept, false);
        (self.is_urgent, self.is_untold) = (true, true);
        Ok(())
    }

    fn hear(&mut self, word: Word) {
        let is_known = self.active.values().any(|active| active.visit.task() == word.task);
        if !is_known {
            return;
        }
        self.pending.tasks.retain(|update| update.id != word.task || update.status.is_some());
        self.pending.tasks.push(TaskUpdate {
            id: word.task,
            server_id: None,
            status: None,
            log: Some(word.line),
            progress: Some(word.percent),
        });
    }

    /// Writes what has gathered, if it is time.
    async fn write(&mut self, is_last: bool) -> Result<()> {
        let is_due = clock::instant() >= self.write_due;
        if !(is_last || self.is_urgent || (is_due && self.has_news())) {
            return Ok(());
        }
        let mut write = std::mem::take(&mut self.pending);
        self.is_urgent = false;
        if is_due || is_last {
            self.tally.set_active(self.active.values().map(|active| active.visit.ip()));
            write.details = self.tally.running();
            self.write_due = clock::instant() + WRITE_EVERY;
            self.is_untold = false;
            let details = Arc::new(write.details.clone());
            self.ctx.emit(|| EventKind::Progress { details });
        }
        self.ctx.write_patiently(write).await.map(drop)
    }

    /// Ends all visits, lets them tidy up where somebody cancelled, and puts on record what was done.
    async fn stopped(&mut self, reason: StopReason) -> Error {
        // Whoever is through is through.
        while let Some(joined) = self.running.try_join_next_with_id() {
            if let Err(error) = self.joined(joined) {
                return error;
            }
        }
        self.running.shutdown().await;
        let active: Vec<Active> = self.active.drain().map(|(_, active)| active).collect();
        if let StopReason::Cancelled(_) | StopReason::TimedOut(_) = reason {
            let mut tidying = JoinSet::new();
            for Active { visit, .. } in active {
                let work = self.work.clone();
                tidying.spawn(async move {
                    work.tidy(&visit).await;
                    visit.close().await;
                });
            }
            let _ = timeout(TIDY_WITHIN, async { while tidying.join_next().await.is_some() {} }).await;
            self.tally.leave(reason.to_string(), self.queue.drain(..).map(|item| item.key()).collect());
            let mut write = std::mem::take(&mut self.pending);
            write.details = self.tally.whole();
            if let Err(error) = self.ctx.write_patiently(write).await {
                return error;
            }
        }
        Error::new(ErrorKind::Cancelled, reason.to_string())
    }
}

/// The name under which a server's end is kept.
fn result_step(key: &str) -> String {
    format!("result {key}")
}

/// The task of an address without a server: the same in every attempt.
fn task_at(job: JobId, ip: IpAddr) -> TaskId {
    let digest = Sha256::digest(format!("{job} {ip}"));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, of)| *byte = of);
    TaskId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// One visit: its locks, its time, its end.
async fn one<W: PerServer>(work: &W, visit: &Visit, hold: Hold, limit: Duration) -> Result<Visited> {
    let wish = || visit.known().map(|id| Wish::alone(server_lane(id))).into_iter().collect();
    let _lock = match hold {
        Hold::Nothing => None,
        Hold::InLine => visit.ctx().lock(wish()).await?,
        Hold::AtOnce => visit.ctx().try_lock(wish()).await?,
    };
    let _share = visit.ctx().enter_subnet(visit.ip()).await?;
    let visited = match timeout(limit, work.visit(visit)).await {
        Ok(visited) => visited,
        Err(_) => Err(Error::new(ErrorKind::Timeout, format!("it took longer than {limit:?}"))),
    };
    visit.close().await;
    visited
}
