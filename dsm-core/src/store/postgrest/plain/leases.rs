//! Who lives and under which times it claimed: rows of `executor_heartbeats`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::super::jobs::NAMED;
use super::super::query::Query;
use super::super::{Rest, Service, records};
use crate::clock::instant;
use crate::engine::GUARDED_CLAIM;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::{Beat, BeatReply, Executor, LeaseKey, Registered};

/// What our rows begin with.
const PREFIX: &str = "dsm-";
/// A time under which a claim may have won rows that nobody told of is kept for so long.
const DOUBT: Duration = Duration::from_secs(300);
/// How old a reading of the service's clock may be.
const FRESH: Duration = Duration::from_secs(30);
/// How long leases last where nobody has said so yet.
const FIRST_TTL: Duration = Duration::from_secs(60);

/// What this process holds, and what it knows of the service's clock.
#[derive(Debug, Default)]
pub(in super::super) struct Leases {
    held: Mutex<HashMap<Uuid, Mine>>,
    last: AtomicI64,
    clock: Mutex<Option<(Instant, Timestamp)>>,
}

/// Of one executor.
#[derive(Debug)]
struct Mine {
    name: String,
    ttl: Duration,
    /// By fence: the jobs that are held under it.
    fences: BTreeMap<i64, Fence>,
}

#[derive(Debug)]
struct Fence {
    jobs: BTreeSet<JobId>,
    /// When an answer was lost that might have named more of them.
    doubt: Option<Instant>,
}

/// The fence as the time it is.
pub(super) fn time(fence: i64) -> Timestamp {
    Timestamp::from_microsecond(fence).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The fence a row stands under.
pub(super) fn fence_of(row: &Value) -> Option<i64> {
    records::optional::<Timestamp>(row, "started_at").map(Timestamp::as_microsecond)
}

impl Leases {
    fn held(&self) -> MutexGuard<'_, HashMap<Uuid, Mine>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_time(&self, at: Timestamp) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some((instant(), at));
    }

    fn known_time(&self) -> Option<Timestamp> {
        let (read, at) = (*self.clock.lock().unwrap_or_else(PoisonError::into_inner))?;
        let since = read.elapsed();
        if since > FRESH { None } else { at.checked_add(since).ok() }
    }

    /// The service's clock, as far as it was read.
    pub(in super::super) async fn now(&self, service: &Service) -> Rest<Timestamp> {
        if let Some(now) = self.known_time() {
            return Ok(now);
        }
        let reply = service.http.get(&Query::of("jobs").select("id").with("limit", "0"), "").await?;
        Ok(reply.at.unwrap_or_else(crate::clock::now))
    }

    /// A time for a claim: the service's, and later than any that this process took before. Its last digits are the
    /// executor's, so that two that claim in the same millisecond take different ones.
    fn take_fence(&self, now: Timestamp, after: i64, incarnation: Uuid) -> i64 {
        let digits = i64::try_from(incarnation.as_u128() % 1000).unwrap_or_default();
        let wanted = (now.as_microsecond() / 1000 * 1000 + digits).max(after + 1);
        let before = self.last.fetch_max(wanted, Ordering::SeqCst);
        if before < wanted {
            return wanted;
        }
        self.last.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Takes a fence later than `after`, and says so before it is used.
    pub(super) async fn open(
        &self,
        service: &Service,
        executor: &Executor,
        ttl: Duration,
        after: i64,
    ) -> Rest<i64> {
        let now = match self.known_time() {
            Some(now) => now,
            None => self.beat(service, executor, Some(ttl)).await?,
        };
        let fence = self.take_fence(now, after, executor.incarnation);
        self.with(executor, |mine| {
            mine.ttl = ttl;
            mine.fences.insert(fence, Fence { jobs: BTreeSet::new(), doubt: Some(instant()) });
        });
        self.beat(service, executor, None).await?;
        Ok(fence)
    }

    /// What was won under a fence; nothing else can have been.
    pub(super) fn won(&self, executor: &Executor, fence: i64, jobs: impl IntoIterator<Item = JobId>) {
        self.with(executor, |mine| {
            let jobs: BTreeSet<JobId> = jobs.into_iter().collect();
            if jobs.is_empty() {
                mine.fences.remove(&fence);
            } else {
                mine.fences.insert(fence, Fence { jobs, doubt: None });
            }
        });
    }

    /// Whether it is held here.
    pub(super) fn is_held(&self, job: JobId) -> bool {
        self.held().values().any(|mine| mine.fences.values().any(|fence| fence.jobs.contains(&job)))
    }

    /// These are held no more.
    pub(super) fn let_go(&self, keys: impl IntoIterator<Item = LeaseKey>) {
        let mut held = self.held();
        for key in keys {
            for mine in held.values_mut() {
                if let Some(fence) = mine.fences.get_mut(&key.fence) {
                    fence.jobs.remove(&key.job_id);
                    if fence.jobs.is_empty() && fence.doubt.is_none() {
                        mine.fences.remove(&key.fence);
                    }
                }
            }
        }
    }

    fn with<T>(&self, executor: &Executor, change: impl FnOnce(&mut Mine) -> T) -> T {
        let mut held = self.held();
        let mine = held.entry(executor.incarnation).or_insert_with(|| Mine {
            name: executor.id.clone(),
            ttl: FIRST_TTL,
            fences: BTreeMap::new(),
        });
        change(mine)
    }

    /// Writes the row of an executor; the service's time.
    async fn beat(&self, service: &Service, executor: &Executor, ttl: Option<Duration>) -> Rest<Timestamp> {
        let (name, words) = self.with(executor, |mine| {
            mine.ttl = ttl.unwrap_or(mine.ttl);
            let mut words = vec!["dsm".to_owned(), GUARDED_CLAIM.to_owned()];
            words.push(format!("ttl:{}", mine.ttl.as_millis()));
            words.extend(mine.fences.keys().map(|fence| format!("lease:{}", time(*fence))));
            (mine.name.clone(), words)
        });
        let row = json!({
            "executor_id": row_id(executor.incarnation),
            "hostname": name,
            "version": env!("CARGO_PKG_VERSION"),
            "last_seen_at": "now",
            "capabilities": words,
        });
        let query =
            Query::of("executor_heartbeats").with("on_conflict", "executor_id").select("last_seen_at");
        let prefer = "resolution=merge-duplicates,return=representation";
        let rows = service.http.post(&query, &[row], prefer).await?;
        let at = rows.first().and_then(|row| records::optional(row, "last_seen_at"));
        let at = at.unwrap_or_else(crate::clock::now);
        self.note_time(at);
        Ok(at)
    }
}

fn row_id(incarnation: Uuid) -> String {
    format!("{PREFIX}{incarnation}")
}

/// What another row of ours says.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) row: String,
    pub(super) name: String,
    pub(super) incarnation: Option<Uuid>,
    pub(super) seen_at: String,
    pub(super) is_alive: bool,
    pub(super) fences: Vec<i64>,
}

/// All rows of ours.
pub(super) async fn known(service: &Service, now: Timestamp) -> Rest<Vec<Known>> {
    let query = Query::of("executor_heartbeats")
        .select("executor_id,hostname,last_seen_at,capabilities")
        .with("executor_id", format!("like.{PREFIX}*"));
    let rows = service.http.rows(&query, &[("executor_id", false)], None).await?;
    // Somebody may call his executor so that it looks like one of them.
    Ok(rows.iter().map(|row| read(row, now)).filter(|known| known.incarnation.is_some()).collect())
}

fn read(row: &Value, now: Timestamp) -> Known {
    let words: Vec<String> = records::optional(row, "capabilities").unwrap_or_default();
    let after = |word: &str| words.iter().filter_map(|one| one.strip_prefix(word)).collect::<Vec<_>>();
    let ttl = after("ttl:").first().and_then(|ttl| ttl.parse().ok()).map_or(FIRST_TTL, Duration::from_millis);
    let times = after("lease:").into_iter().filter_map(|time| time.parse::<Timestamp>().ok());
    let fences = times.map(Timestamp::as_microsecond).collect();
    let seen: Option<Timestamp> = records::optional(row, "last_seen_at");
    let until = seen.and_then(|seen| seen.checked_add(ttl).ok());
    let id = records::text(row, "executor_id");
    Known {
        row: id.to_owned(),
        name: records::text(row, "hostname").to_owned(),
        incarnation: id.strip_prefix(PREFIX).and_then(|id| id.parse().ok()),
        seen_at: records::text(row, "last_seen_at").to_owned(),
        is_alive: until.is_some_and(|until| until > now),
        fences,
    }
}

pub(in super::super) async fn register(service: &Service, executor: &Executor) -> Rest<Registered> {
    let now = service.leases.beat(service, executor, None).await?;
    let others = known(service, now).await?.into_iter().filter(|other| other.is_alive);
    let alive = others.filter_map(|other| other.incarnation).filter(|other| *other != executor.incarnation);
    Ok(Registered { released: Vec::new(), alive: alive.collect() })
}

pub(in super::super) async fn unregister(service: &Service, executor: &Executor) -> Rest<()> {
    let fences: Vec<i64> = service.leases.with(executor, |mine| mine.fences.keys().copied().collect());
    for some in fences.chunks(NAMED) {
        give_back(service, some, &HashSet::new()).await?;
    }
    let row = Query::of("executor_heartbeats").select("executor_id");
    service.http.delete(&row.eq("executor_id", row_id(executor.incarnation))).await?;
    service.leases.held().remove(&executor.incarnation);
    Ok(())
}

/// Rows under these fences are pending again, but for those named.
async fn give_back(service: &Service, fences: &[i64], but: &HashSet<JobId>) -> Rest<()> {
    let running = Query::of("jobs")
        .select("id,started_at")
        .eq("status", "running")
        .any_of("started_at", fences.iter().map(|fence| time(*fence)));
    for row in service.http.rows(&running, &[("id", false)], None).await? {
        let (Some(job), Some(fence)) = (records::optional::<JobId>(&row, "id"), fence_of(&row)) else {
            continue;
        };
        if but.contains(&job) {
            continue;
        }
        let query = super::held(job, fence).select("id");
        if !service.http.patch(&query, &json!({"status": JobStatus::Pending})).await?.is_empty() {
            super::end::reopen_tasks(service, &[job]).await?;
        }
    }
    Ok(())
}

/// One request extends all; another one looks at what is believed to be held.
pub(in super::super) async fn renew(service: &Service, beat: &Beat) -> Rest<BeatReply> {
    settle_doubts(service, beat).await?;
    service.leases.beat(service, &beat.executor, Some(beat.ttl)).await?;
    let mut reply = BeatReply::default();
    let mut rows: HashMap<JobId, Value> = HashMap::new();
    for some in beat.leases.chunks(NAMED) {
        let query = Query::of("jobs")
            .select("id,status,started_at,details->graceful_cancel")
            .any_of("id", some.iter().map(|key| key.job_id));
        for row in service.http.rows(&query, &[("id", false)], None).await? {
            if let Some(id) = records::optional(&row, "id") {
                rows.insert(id, row);
            }
        }
    }
    for key in &beat.leases {
        let row = rows.get(&key.job_id).filter(|row| fence_of(row) == Some(key.fence));
        match row.map(records::status) {
            Some(JobStatus::Running) => {
                if row.is_some_and(super::cancel::is_wanted) {
                    reply.cancel.push(key.job_id);
                }
            }
            Some(JobStatus::Cancelled) => reply.cancel.push(key.job_id),
            _ => {
                reply.lost.push(key.job_id);
                service.leases.let_go([*key]);
            }
        }
    }
    Ok(reply)
}

/// What a claim may have won whose answer never came goes back.
async fn settle_doubts(service: &Service, beat: &Beat) -> Rest<()> {
    let doubts: Vec<(i64, bool, HashSet<JobId>)> = service.leases.with(&beat.executor, |mine| {
        let doubtful = mine.fences.iter().filter_map(|(fence, known)| {
            let age = known.doubt?.elapsed();
            // A claim under way is none.
            (age > service.options.request_timeout * 3)
                .then(|| (*fence, age > DOUBT, known.jobs.iter().copied().collect()))
        });
        doubtful.collect()
    });
    for (fence, is_over, jobs) in doubts {
        give_back(service, &[fence], &jobs).await?;
        if is_over {
            service.leases.won(&beat.executor, fence, jobs);
        }
    }
    Ok(())
}
