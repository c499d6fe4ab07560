//! One server: its fixed facts, its state, and the handle through which tests see it.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use crate::auth;
use crate::certificate::{Issued, Mint};
use crate::clock::Clock;
use crate::error::Error;
use crate::expand::Expand;
use crate::expected::Expected;
use crate::fault::{FaultRule, FaultSet};
use crate::identity::{Identity, mix64};
use crate::journal::{Counters, Journal, Totals};
use crate::rules::job::{JobSpec, NewJob, Trigger};
use crate::rules::{self, World, power};
use crate::spec::{ExpandSupport, Generation, HostRules, ServerSpec, millis};
use crate::state::{Phase, State};
use crate::sync::lock;
use crate::template::View;
use crate::tree::Tree;
use crate::tree::profile::Profile;

/// What the listener of a server must do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Control {
    /// Grows each time the open connections must break.
    pub(crate) epoch: u64,
    /// Nobody listens until then, on the simulated clock.
    pub(crate) down_until: Duration,
}

/// A server of the fleet.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) spec: Arc<ServerSpec>,
    pub(crate) profile: Profile,
    pub(crate) identity: Identity,
    pub(crate) tree: Tree,
    pub(crate) clock: Clock,
    pub(crate) counters: Counters,
    pub(crate) journal: Arc<Journal>,
    pub(crate) faults: FaultSet,
    pub(crate) gate: Option<Semaphore>,
    pub(crate) control: watch::Sender<Control>,
    mint: Arc<Mint>,
    edition: AtomicU64,
    certificate: Mutex<Option<Issued>>,
    state: Mutex<State>,
}

/// What a server shares with the rest of its fleet.
pub(crate) struct Shared {
    pub(crate) clock: Clock,
    pub(crate) journal: Arc<Journal>,
    pub(crate) mint: Arc<Mint>,
}

impl Server {
    pub(crate) fn new(
        address: SocketAddr,
        spec: Arc<ServerSpec>,
        profile: Profile,
        identity: Identity,
        tree: Tree,
        shared: &Shared,
    ) -> Self {
        let faults = FaultSet::new(&spec.faults, identity.seed());
        let mut state = State::new();
        // A host that misbehaves is not the one of the prebuilt texts.
        state.version = u64::from(spec.host != HostRules::default());
        state.queue.not_prepared = spec.jobs.not_prepared;
        let gate = (spec.requests_at_once > 0).then(|| Semaphore::new(spec.requests_at_once));
        Self {
            address,
            profile,
            tree,
            clock: shared.clock.clone(),
            counters: Counters::default(),
            journal: Arc::clone(&shared.journal),
            faults,
            gate,
            control: watch::Sender::new(Control::default()),
            mint: Arc::clone(&shared.mint),
            edition: AtomicU64::new(0),
            certificate: Mutex::new(None),
            state: Mutex::new(state),
            identity,
            spec,
        }
    }

    /// The state, with the time that passed let pass.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.state);
        rules::settle(&mut state, self.world(), self.clock.now());
        state
    }

    pub(crate) fn world(&self) -> World<'_> {
        World { spec: &self.spec, profile: &self.profile, identity: &self.identity }
    }

    pub(crate) fn view(&self) -> View<'_> {
        let state = self.state();
        View {
            identity: &self.identity,
            address: self.address.ip(),
            clock: &self.clock,
            power_on: power::is_on(state.phase),
            // A host that shuts down still runs its system.
            running: matches!(state.phase, Phase::Running | Phase::ShuttingDown { .. }),
            power_touched: state.power_touched,
            last_reset: state.last_reset,
        }
    }

    /// A resource of the tree with what has changed since.
    pub(crate) fn render(&self, path: &str, view: &View<'_>) -> Option<Vec<u8>> {
        let rendered = self.tree.render(path, view)?;
        Some(if self.is_untouched() { rendered } else { rules::overlay(self, path, rendered) })
    }

    /// The same with its links expanded, and how many were.
    pub(crate) fn render_expanded(
        &self,
        path: &str,
        mode: Expand,
        view: &View<'_>,
    ) -> Option<(Vec<u8>, usize)> {
        let (rendered, members) = self.tree.render_expanded(path, mode, view)?;
        Some((if self.is_untouched() { rendered } else { rules::overlay_all(self, rendered) }, members))
    }

    /// Whether nothing has changed yet: the prebuilt texts are the truth then.
    fn is_untouched(&self) -> bool {
        self.state().version == 0
    }

    pub(crate) fn expand_support(&self) -> ExpandSupport {
        self.spec.expand.unwrap_or(self.profile.expand)
    }

    pub(crate) fn certificate(&self) -> Result<Issued, Error> {
        let mut certificate = lock(&self.certificate);
        if let Some(issued) = &*certificate {
            return Ok(issued.clone());
        }
        let edition = self.edition.load(Ordering::Relaxed);
        let issued = self.mint.issue(&self.identity, self.address.ip(), edition)?;
        *certificate = Some(issued.clone());
        Ok(issued)
    }

    /// Whether the last change was so lately that this one fails. Notes it in any case.
    pub(crate) fn is_disturbed(&self) -> bool {
        if self.spec.quiet_ms == 0 {
            return false;
        }
        let now = self.clock.now();
        let last = self.state().last_change.replace(now);
        last.is_some_and(|last| now < last + Duration::from_millis(self.spec.quiet_ms))
    }

    /// A token no other session of the process has.
    pub(crate) fn new_token(&self) -> String {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let a = mix64(self.identity.seed() ^ mix64(n));
        format!("{a:016x}{:016x}", mix64(a ^ n))
    }

    /// Shows another certificate from the next connection on.
    pub(crate) fn renew(&self) {
        self.edition.fetch_add(1, Ordering::Relaxed);
        *lock(&self.certificate) = None;
    }

    pub(crate) fn restart(&self, away: Duration) {
        let renews = {
            let mut state = self.state();
            state.sessions.clear();
            state.firmware.idrac_restarted();
            std::mem::take(&mut state.certificate.waits_for_restart)
        };
        if renews {
            self.renew();
        }
        let until = self.clock.now() + away;
        self.control.send_modify(|c| {
            c.epoch += 1;
            c.down_until = until;
        });
    }

    pub(crate) fn add_job(&self, spec: JobSpec) -> String {
        let job = NewJob { ends: spec.ends, ..NewJob::new(&spec.kind, spec.name, spec.runs_for) };
        rules::job::add(&mut self.state(), self.world(), self.clock.now(), job)
    }
}

/// A server as a test sees it: what it counted, what state it is in, and levers to pull.
#[derive(Clone)]
pub struct ServerHandle(pub(crate) Arc<Server>);

impl ServerHandle {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Its generation.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.0.profile.generation
    }

    /// How it was described.
    #[must_use]
    pub fn spec(&self) -> &ServerSpec {
        &self.0.spec
    }

    /// Its service tag.
    #[must_use]
    pub fn service_tag(&self) -> String {
        match &self.0.tree {
            Tree::Mockup(mockup) if !self.0.spec.mockup_own_identity => {
                mockup.service_tag().unwrap_or_default().to_owned()
            }
            _ => self.0.identity.tag().to_owned(),
        }
    }

    /// Everything it has counted.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.0.counters.totals()
    }

    /// Requests answered or dropped.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.totals().requests
    }

    /// TLS handshakes completed.
    #[must_use]
    pub fn handshakes(&self) -> u64 {
        self.totals().handshakes
    }

    /// TCP connections accepted.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.totals().connections
    }

    /// Requests whose credentials were refused.
    #[must_use]
    pub fn failed_logins(&self) -> u64 {
        self.totals().failed_logins
    }

    /// Sessions open now.
    #[must_use]
    pub fn open_sessions(&self) -> usize {
        let mut state = self.0.state();
        auth::expire(&mut state, &self.0.spec, self.0.clock.now());
        state.sessions.len()
    }

    /// Opens a session as if another client had, and returns its id; none when all are in use.
    #[must_use]
    pub fn occupy_session(&self, user: &str, client: IpAddr) -> Option<String> {
        let token = self.0.new_token();
        let now = self.0.clock.now();
        let mut state = self.0.state();
        auth::open_session(&mut state, &self.0.spec, user, client, now, token).map(|s| s.id)
    }

    /// Ends all sessions without telling anyone, as an iDRAC under pressure does.
    pub fn forget_sessions(&self) {
        self.0.state().sessions.clear();
    }

    /// Whether any client address is shut out.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        let now = self.0.clock.now();
        self.0.state().failures.values().any(|f| f.shut_until.is_some_and(|until| now < until))
    }

    /// `On` or `Off`.
    #[must_use]
    pub fn power_state(&self) -> &'static str {
        if power::is_on(self.0.state().phase) { "On" } else { "Off" }
    }

    /// Whether the host has come through its power-on test.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.0.state().phase == Phase::Running
    }

    /// Hexadecimal SHA-256 of the certificate it shows.
    ///
    /// # Errors
    /// When the certificate cannot be made.
    pub fn certificate_sha256(&self) -> Result<String, Error> {
        Ok(self.0.certificate()?.sha256)
    }

    /// Shows another certificate from the next connection on, and returns its fingerprint.
    ///
    /// # Errors
    /// When the certificate cannot be made.
    pub fn renew_certificate(&self) -> Result<String, Error> {
        self.0.renew();
        self.certificate_sha256()
    }

    /// Replaces its faults; counting begins anew.
    pub fn set_faults(&self, rules: impl IntoIterator<Item = FaultRule>) {
        self.0.faults.replace(rules.into_iter().collect());
    }

    /// Restarts the iDRAC: sessions end, connections break, nobody listens for the configured time.
    pub fn restart_idrac(&self) {
        self.0.restart(Duration::from_millis(self.0.spec.idrac_restart_ms));
    }

    /// Takes the iDRAC away for a time of the simulated clock.
    pub fn restart_idrac_for(&self, away: Duration) {
        self.0.restart(Duration::from_millis(millis(away)));
    }

    /// Breaks all open connections; sessions stay.
    pub fn drop_connections(&self) {
        self.0.control.send_modify(|c| c.epoch += 1);
    }

    /// A power supply loses its input: an entry in both logs, and an event.
    pub fn lose_power_supply(&self, slot: u8) {
        let now = self.0.clock.now();
        rules::log::note_sensor(
            &mut self.0.state(),
            rules::log::Line::new(now, "PSU0003", [slot.to_string()]),
        );
    }

    /// The Lifecycle log loses all its entries, and its numbers begin again.
    pub fn wipe_lifecycle_log(&self) {
        rules::log::wipe(&mut self.0.state());
    }

    /// How many listen to the stream of events.
    #[must_use]
    pub fn event_listeners(&self) -> usize {
        self.0.state().event.listeners()
    }

    /// Ends every stream of events, as a restart of the service does.
    pub fn end_event_streams(&self) {
        self.0.state().event.hang_up();
    }

    /// Puts a job into the queue and returns its id.
    #[must_use]
    pub fn add_job(&self, job: JobSpec) -> String {
        self.0.add_job(job)
    }

    /// Puts a job into the queue that waits for the next restart of the host, and returns its id.
    #[must_use]
    pub fn add_job_at_restart(&self, job: JobSpec) -> String {
        let id = self.0.add_job(job);
        let mut state = self.0.state();
        for job in state.jobs.iter_mut().filter(|job| job.id == id) {
            job.trigger = Trigger::Restart;
            job.started = None;
        }
        id
    }

    /// Lets a job show these states while it runs, each from a percentage on.
    pub fn set_job_stages(&self, id: &str, stages: &[(u64, &str)]) {
        let mut state = self.0.state();
        for job in state.jobs.iter_mut().filter(|job| job.id == id) {
            job.stages = stages.iter().map(|(from, state)| (*from, (*state).to_owned())).collect();
        }
    }

    /// Takes all jobs out of the queue without a trace, as an erase of the Lifecycle Controller does.
    pub fn forget_jobs(&self) {
        self.0.state().jobs.clear();
    }

    /// What was erased of it, by the names it was asked for.
    #[must_use]
    pub fn erased(&self) -> Vec<String> {
        self.0.state().erase.erased.clone()
    }

    /// What is true of this server.
    #[must_use]
    pub fn expected(&self) -> Expected {
        Expected::of(self)
    }
}

impl std::fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerHandle").field("address", &self.0.address).finish_non_exhaustive()
    }
}
