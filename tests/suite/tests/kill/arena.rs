//! One store, one fleet, and processes that die.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use dsm_core::store::{JobQuery, StepState};
use dsm_core::{JobId, JobStatus};
use dsm_suite::change::{change, changed_once, fleet};
use dsm_suite::inventory::{PASSWORD, USER};
use dsm_suite::stand::Stand;
use idrac_sim::Fleet;
use tempfile::TempDir;
use tokio::process::{Child, Command};

const SERVERS: usize = 8;
/// Processes at a time on one store.
const PROCESSES: usize = 2;
/// Jobs are added as long as fewer than this are open.
const LOW_WATER: usize = 8;
const WAVE: usize = 16;
/// Longest time between two kills.
const LONGEST_MS: u64 = 500;
/// What is left when the killing is over has to end by itself within this.
const PATIENCE: Duration = Duration::from_secs(240);

/// Random numbers of a seed.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(3_037_000_493))
    }

    fn below(&mut self, end: u64) -> u64 {
        // A linear congruence is random enough for moments; its upper bits are.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Where the store is.
struct Place {
    address: String,
    /// The key to a service.
    role: String,
    #[cfg(feature = "postgrest")]
    service: Option<dsm_suite::postgrest::Postgrest>,
}

impl Place {
    fn at(address: String) -> Self {
        Self {
            address,
            role: String::new(),
            #[cfg(feature = "postgrest")]
            service: None,
        }
    }

    /// `None` where there is no such database here.
    async fn open(backend: &str, folder: &Path) -> Option<Self> {
        match backend {
            #[cfg(feature = "postgres")]
            "postgres" => Some(Self::at(dsm_suite::postgres::Postgres::shared()?.database().unwrap())),
            #[cfg(feature = "postgrest")]
            "postgrest" => {
                use dsm_core::store::{PostgresOptions, PostgresStore};
                let database = dsm_suite::postgres::Postgres::shared()?.database().unwrap();
                // Makes our tables and functions.
                drop(PostgresStore::connect(&database, PostgresOptions::default()).await.unwrap());
                let options = dsm_suite::postgrest::PostgrestOptions::default();
                let service = dsm_suite::postgrest::Postgrest::start(&database, options).await.unwrap();
                let (address, role) = (service.url(), service.key().to_owned());
                Some(Self { address, role, service: Some(service) })
            }
            _ => Some(Self::at(folder.join("dsm.db").to_str().unwrap().to_owned())),
        }
    }

    /// Forgets what it was asked: a long run asks for a lot.
    fn forget(&self) {
        #[cfg(feature = "postgrest")]
        if let Some(service) = &self.service {
            drop(service.take_journal());
        }
    }
}

pub(crate) struct Arena {
    folder: TempDir,
    store: Place,
    stand: Stand,
    fleet: Fleet,
    children: [Option<Child>; PROCESSES],
    jobs: BTreeMap<JobId, IpAddr>,
}

impl Arena {
    /// `None` where there is no such database here.
    pub(crate) async fn open(backend: &str, network: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let fleet = fleet(network, SERVERS).await.unwrap();
        let store = Place::open(backend, folder.path()).await?;
        let stand = Stand::at(&store.address, &store.role, fleet.port()).await.unwrap();
        stand.add_set("right", USER, PASSWORD, 1).await.unwrap();
        Some(Self {
            folder,
            store,
            stand,
            fleet,
            children: [const { None }; PROCESSES],
            jobs: BTreeMap::new(),
        })
    }

    fn start(&mut self, at: usize) {
        let child = Command::new(env!("CARGO_BIN_EXE_change-servers"))
            .args([&format!("executor {at}"), &self.store.address, &self.fleet.port().to_string()])
            .arg(self.folder.path())
            .env("SERVICE_ROLE_KEY", &self.store.role)
            .env_remove("IDRAC_USER")
            .env_remove("IDRAC_PASSWORD")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.children[at] = Some(child);
    }

    pub(crate) async fn kill_at_random(&mut self, kills: u64, mut chance: Chance) {
        for _ in 0..kills {
            self.store.forget();
            self.add_jobs(&mut chance).await;
            for at in 0..PROCESSES {
                let has_ended = match &mut self.children[at] {
                    Some(child) => match child.try_wait().unwrap() {
                        Some(status) => {
                            assert!(status.success(), "a process that was not killed failed: {status}");
                            true
                        }
                        None => false,
                    },
                    None => true,
                };
                if has_ended {
                    self.start(at);
                }
            }
            tokio::time::sleep(Duration::from_millis(chance.below(LONGEST_MS))).await;
            let mut victim = self.children[chance.below(PROCESSES as u64) as usize].take().unwrap();
            victim.kill().await.unwrap();
        }
    }

    async fn add_jobs(&mut self, chance: &mut Chance) {
        if self.open_jobs().await >= LOW_WATER {
            return;
        }
        for _ in 0..WAVE {
            let address = self.fleet.addresses()[chance.below(SERVERS as u64) as usize].ip();
            let mut job = change(address);
            job.lane = Some(format!("server:{address}"));
            let added = self.stand.store.enqueue(vec![job]).await.unwrap();
            self.jobs.insert(added[0].id(), address);
        }
    }

    async fn open_jobs(&self) -> usize {
        let rows = self.stand.store.jobs(JobQuery::default()).await.unwrap();
        rows.iter().filter(|row| !row.status.is_terminal()).count()
    }

    /// Lets everything end, looks it over, and says how many jobs there were.
    pub(crate) async fn end(mut self) -> usize {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while self.open_jobs().await > 0 {
            for at in 0..PROCESSES {
                let is_gone = match &mut self.children[at] {
                    Some(child) => child.try_wait().unwrap().is_some(),
                    None => true,
                };
                if is_gone {
                    self.start(at);
                }
            }
            assert!(tokio::time::Instant::now() < deadline, "{}", self.stuck().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        for child in self.children.iter_mut().filter_map(Option::as_mut) {
            assert!(child.wait().await.unwrap().success());
        }
        // What was left on iDRACs by those who died last is found by the next who starts; where nothing proves a death, by
        // the next after their leases.
        loop {
            self.start(0);
            assert!(self.children[0].take().unwrap().wait().await.unwrap().success());
            let is_left = !self.stand.store.sessions().await.unwrap().is_empty();
            if !is_left || tokio::time::Instant::now() >= deadline {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.look_over().await;
        self.jobs.len()
    }

    async fn stuck(&self) -> String {
        let rows = self.stand.store.jobs(JobQuery::default()).await.unwrap();
        let open: Vec<_> = rows.iter().filter(|row| !row.status.is_terminal()).collect();
        let locks = self.stand.store.lock_holders(None).await.unwrap();
        format!("these jobs do not end: {open:#?}\n{locks:#?}")
    }

    async fn look_over(&self) {
        let rows = self.stand.store.jobs(JobQuery::default()).await.unwrap();
        let there: BTreeSet<JobId> = rows.iter().map(|row| row.id).collect();
        assert_eq!(there, self.jobs.keys().copied().collect(), "jobs were lost, or came from nowhere");
        let mut fences = BTreeSet::new();
        for row in &rows {
            assert_eq!(row.status, JobStatus::Completed, "{row:#?}");
            let attempts = self.stand.store.attempts(row.id).await.unwrap();
            let ends = attempts.iter().filter(|one| one.outcome.as_deref() == Some("completed")).count();
            assert_eq!(ends, 1, "{attempts:#?}");
            assert!(attempts.windows(2).all(|pair| pair[0].fence < pair[1].fence), "{attempts:#?}");
            assert!(attempts.iter().all(|one| fences.insert(one.fence)), "a fence was given twice");
            let steps = self.stand.store.steps(row.id).await.unwrap();
            assert!(steps.len() == 2 && steps.iter().all(|step| step.state == StepState::Done), "{steps:#?}");
        }
        assert_eq!(self.stand.store.lock_holders(None).await.unwrap(), [], "locks of jobs that ended");
        changed_once(&self.fleet, &self.jobs).await.unwrap();
        let noted = self.stand.store.sessions().await.unwrap();
        assert!(noted.is_empty(), "noted sessions remain: {noted:#?}");
        assert_eq!(self.fleet.open_sessions(), 0, "sessions remain on iDRACs");
    }
}
