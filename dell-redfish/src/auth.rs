//! Which session, or which Basic header, a request goes out with. At most one session, one login at a time,
//! and no login at all after one was refused: an iDRAC locks accounts and blocks addresses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::HeaderMap;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};
use tracing::Instrument as _;

use crate::clock::Instant;
use crate::credentials::{AuthMode, Credentials};
use crate::error::{Error, ErrorKind, Result};
use crate::facts::SharedFacts;
use crate::grant::{Grant, Trial};
use crate::handover::{SessionHandle, SessionRole};
use crate::identity::Identity;
use crate::registry::OrphanedSession;
use crate::safeguard::Safeguard;
use crate::secret::Secret;
use crate::session::{Desk, LoginFailure, Session};

/// Where iDRAC9 and 10 make sessions, then where iDRAC7 and 8 do.
const SESSIONS: [&str; 2] = ["/redfish/v1/SessionService/Sessions", "/redfish/v1/Sessions"];

/// How long reads use Basic after no session was free.
const FULL_FOR: Duration = Duration::from_secs(30);

/// How often an expected password is tried while the present one still works: an iDRAC locks out after three.
const EXPECTED_TRIES: u32 = 2;

/// Logins that meet a full session table before Basic (or the request's own retries) take over.
const FULL_TRIES: u32 = 2;

/// The login side of one client.
pub(crate) struct Auth {
    desk: Arc<Desk>,
    facts: Arc<SharedFacts>,
    mode: AuthMode,
    /// Whether the password is known to be right.
    proven: Arc<AtomicBool>,
    /// The turn of whoever tries it by Basic.
    trial: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

struct State {
    /// In whose name requests go out.
    user: String,
    /// What to log in with; nothing where only a session was handed over.
    identity: Option<Identity>,
    /// What may have become of the password by work under way, and how often it may be tried.
    expected: Option<(Identity, u32)>,
    /// An expected password turned out to be the one in force.
    replaced: bool,
    session: Option<Arc<Session>>,
    logins: u64,
    /// The credential was refused: nothing is sent with it again.
    refused: Option<ErrorKind>,
    /// This iDRAC has no session service.
    without_sessions: bool,
    full_until: Option<Instant>,
    /// Basic was refused where it stood in for a session.
    basic_off: bool,
    /// A login's reply was lost: there may be a session of ours that we know nothing of.
    lost: bool,
}

impl State {
    fn new(user: &str, identity: Option<Identity>) -> Self {
        Self {
            user: user.to_owned(),
            identity,
            expected: None,
            replaced: false,
            session: None,
            logins: 0,
            refused: None,
            without_sessions: false,
            full_until: None,
            basic_off: false,
            lost: false,
        }
    }

    /// The header that Basic goes out with.
    fn basic(&self) -> Result<Arc<HeaderMap>> {
        self.identity.as_ref().map(|identity| Arc::clone(&identity.basic)).ok_or_else(without_credentials)
    }

    fn adopt(&mut self, identity: Identity) {
        self.identity = Some(identity);
        self.expected = None;
        self.replaced = true;
    }
}

impl Auth {
    pub(crate) fn new(
        desk: Arc<Desk>,
        facts: Arc<SharedFacts>,
        credentials: Credentials,
        mode: AuthMode,
    ) -> Result<Self> {
        let user = credentials.username().to_owned();
        Ok(Self::from_state(desk, facts, mode, State::new(&user, Some(Identity::new(credentials)?))))
    }

    /// Goes on with a session that was handed over.
    pub(crate) fn resume(
        desk: Arc<Desk>,
        facts: Arc<SharedFacts>,
        handle: &SessionHandle,
        credentials: Option<Credentials>,
        mode: AuthMode,
    ) -> Result<Self> {
        let mut state = State::new(handle.user(), credentials.map(Identity::new).transpose()?);
        state.logins = 1;
        state.session = Some(Arc::new(Session::resume(Arc::clone(&desk), handle, state.logins)?));
        Ok(Self::from_state(desk, facts, mode, state))
    }

    fn from_state(desk: Arc<Desk>, facts: Arc<SharedFacts>, mode: AuthMode, state: State) -> Self {
        let (proven, trial) = (Arc::default(), Arc::new(Semaphore::new(1)));
        Self { desk, facts, mode, proven, trial, state: Arc::new(Mutex::new(state)) }
    }

    /// From the next login on, this password is tried before the present one: work under way may replace it.
    pub(crate) async fn expect(&self, user: &str, password: &Secret) -> Result<()> {
        let mut state = self.state.lock().await;
        let is_ours = state.user == user;
        if !is_ours || !self.desk.wire.safeguards.has(Safeguard::EitherPassword) {
            return Ok(());
        }
        let credentials = Credentials::new(user, password.expose());
        state.expected = Some((Identity::new(credentials)?, EXPECTED_TRIES));
        state.replaced = false;
        Ok(())
    }

    /// Whether an expected password turned out to be the one in force.
    pub(crate) async fn has_replaced(&self) -> bool {
        self.state.lock().await.replaced
    }

    pub(crate) async fn username(&self) -> String {
        self.state.lock().await.user.clone()
    }

    /// What the next request goes out with; `stale` is the number of a session that was answered with 401.
    /// `read` says that the request changes nothing, so that Basic may stand in where no session is free.
    pub(crate) async fn grant(self: &Arc<Self>, read: bool, stale: Option<u64>) -> Result<Grant> {
        loop {
            let (fallback, trial) = match self.choose(read, stale).await? {
                Choice::Session(session) => return Ok(Grant::Session(session)),
                Choice::Basic { fallback } => (fallback, self.turn().await),
            };
            let state = self.state.lock().await;
            if let Some(kind) = state.refused {
                return Err(refused_before(kind));
            }
            // Switched off while we waited: look again.
            if !(fallback && state.basic_off) {
                return Ok(Grant::Basic { headers: state.basic()?, fallback, trial });
            }
        }
    }

    /// The turn to try the password by Basic; nothing once it is known to be right. Several requests at once would be
    /// as many wrong logins, and an iDRAC locks out after three.
    async fn turn(&self) -> Option<Arc<Trial>> {
        if self.proven.load(Ordering::Acquire) {
            return None;
        }
        // Fails only when the semaphore is closed, which nobody does.
        let turn = Arc::clone(&self.trial).acquire_owned().await.ok()?;
        let proven = Arc::clone(&self.proven);
        (!proven.load(Ordering::Acquire)).then(|| Arc::new(Trial::new(proven, turn)))
    }

    async fn choose(self: &Arc<Self>, read: bool, stale: Option<u64>) -> Result<Choice> {
        let state = Arc::clone(&self.state).lock_owned().await;
        if let Some(kind) = state.refused {
            return Err(refused_before(kind));
        }
        if self.mode == AuthMode::Basic {
            return Ok(Choice::Basic { fallback: false });
        }
        if let Some(session) = state.session.as_ref().filter(|session| Some(session.number) != stale) {
            session.note().await?;
            return Ok(Choice::Session(Arc::clone(session)));
        }
        let auto = self.mode == AuthMode::Auto && state.identity.is_some();
        if auto && state.without_sessions {
            return Ok(Choice::Basic { fallback: false });
        }
        let stand_in = auto && read && !state.basic_off;
        if stand_in && state.full_until.is_some_and(|until| self.desk.wire.clock.now() < until) {
            return Ok(Choice::Basic { fallback: true });
        }
        // On its own task, so that a caller who gives up does not leave a session behind that nobody knows.
        let login = Arc::clone(self).log_in(state).in_current_span();
        let (outcome, _counted) = self.desk.reaper.spawn(&Handle::current(), login).await.map_err(cut_off)?;
        match outcome {
            Ok(session) => Ok(Choice::Session(session)),
            Err(error) if stand_in && error.kind() == ErrorKind::SessionLimit => {
                Ok(Choice::Basic { fallback: true })
            }
            Err(error) if auto && is_missing(&error) => Ok(Choice::Basic { fallback: false }),
            Err(error) => Err(error),
        }
    }

    /// Basic for one request, whatever the mode is.
    pub(crate) async fn single_basic(&self) -> Result<Grant> {
        let trial = self.turn().await;
        let state = self.state.lock().await;
        match state.refused {
            None => Ok(Grant::Basic { headers: state.basic()?, fallback: false, trial }),
            Some(kind) => Err(refused_before(kind)),
        }
    }

    /// A request was answered with 401. Says whether a new login is worth trying (it is once).
    pub(crate) async fn unauthorised(&self, grant: &Grant, retried: bool, kind: ErrorKind) -> bool {
        match grant {
            Grant::Session(session) if !retried || session.is_proven() => !retried,
            // Basic stood in for a session. It may be switched off here (iDRAC10), which says nothing about the
            // password: the next try waits for a session instead.
            Grant::Basic { fallback: true, .. } => {
                !std::mem::replace(&mut self.state.lock().await.basic_off, true)
            }
            // A password that Basic was refused with, or a fresh session that does not work either.
            Grant::Session(_) | Grant::Basic { .. } => {
                let mut state = self.state.lock().await;
                if matches!(grant, Grant::Basic { .. })
                    && let Some((expected, _)) = state.expected.take()
                {
                    state.adopt(expected);
                    self.proven.store(false, Ordering::Release);
                    return true;
                }
                if self.desk.wire.safeguards.has(Safeguard::StopAfterRefusal) {
                    state.refused = Some(kind);
                }
                false
            }
        }
    }

    /// The session that requests go out with, opened if there is none.
    async fn session(self: &Arc<Self>) -> Result<Arc<Session>> {
        match self.grant(false, None).await? {
            Grant::Session(session) => Ok(session),
            Grant::Basic { .. } => {
                let message =
                    "there is no session to hand over: this client uses Basic, or this iDRAC has no sessions";
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }

    /// Lends the session to another client.
    pub(crate) async fn share(self: &Arc<Self>) -> Result<SessionHandle> {
        SessionHandle::of(&self.session().await?, SessionRole::Borrower)
    }

    /// Gives the session away. On a task of its own: whoever gives this up midway loses the handle, which then ends the session.
    pub(crate) async fn detach(self: &Arc<Self>) -> Result<SessionHandle> {
        let work = Arc::clone(self).give_away().in_current_span();
        let (outcome, _counted) = self.desk.reaper.spawn(&Handle::current(), work).await.map_err(cut_off)?;
        outcome
    }

    async fn give_away(self: Arc<Self>) -> Result<SessionHandle> {
        loop {
            let session = self.session().await?;
            let mut state = self.state.lock().await;
            // Another request may have found it to be over in the meantime, or closed it.
            if state.session.as_ref().is_some_and(|present| Arc::ptr_eq(present, &session)) {
                let handle = SessionHandle::of(&session, SessionRole::Owner)?;
                session.detach().await?;
                state.session = None;
                return Ok(handle);
            }
        }
    }

    /// Ends the session, if there is one. The next request logs in anew.
    pub(crate) async fn close(&self) {
        let mut state = self.state.lock().await;
        if let Some(session) = state.session.take() {
            session.close().await;
        }
    }

    /// Deletes what earlier processes, or broken logins, left on this iDRAC.
    pub(crate) async fn reap_orphans(self: &Arc<Self>) -> Result<usize> {
        let orphans = self.desk.registry.orphans(self.desk.wire.target.label()).await?;
        if orphans.is_empty() {
            return Ok(0);
        }
        let grant = self.grant(true, None).await?;
        self.reap(orphans, &grant).await
    }

    async fn reap(&self, orphans: Vec<OrphanedSession>, grant: &Grant) -> Result<usize> {
        let mut keep = self.desk.registry.live(self.desk.wire.target.label()).await?;
        if let Grant::Session(session) = grant {
            keep.push(session.location().to_owned());
        }
        let known = self.known_place();
        self.desk.reap(orphans, &places(known.as_deref()), &keep, grant.headers()).await
    }

    /// Deletes the session of a login whose reply was lost, now that there is one to look with.
    async fn find_lost(&self, session: &Arc<Session>) {
        let search = async {
            let orphans = self.desk.registry.orphans(self.desk.wire.target.label()).await?;
            self.reap(orphans, &Grant::Session(Arc::clone(session))).await
        };
        if let Err(error) = search.await {
            // They stay in the registry, for `reap_orphans`.
            tracing::debug!(host = self.desk.wire.target.label(), error = %error.chain(), "lost sessions not found");
        }
    }

    async fn log_in(self: Arc<Self>, mut state: OwnedMutexGuard<State>) -> Result<Arc<Session>> {
        if let Some(stale) = state.session.take() {
            // With its own token: if the 401 was about something else the session is still there and goes now; if
            // it is gone, this is one more 401, and whoever has its number by now is not touched.
            stale.close().await;
        }
        let mut full = 0;
        loop {
            let failure = match self.log_in_with_either(&mut state).await {
                Ok(session) => {
                    let session = Arc::new(session);
                    self.proven.store(true, Ordering::Release);
                    state.session = Some(Arc::clone(&session));
                    state.full_until = None;
                    if std::mem::take(&mut state.lost) {
                        self.find_lost(&session).await;
                    }
                    return Ok(session);
                }
                Err(failure) => failure,
            };
            state.lost |= failure.lost;
            let error = failure.error;
            match error.kind() {
                ErrorKind::Authentication | ErrorKind::PasswordChangeRequired
                    if error.http_status().is_some()
                        && self.desk.wire.safeguards.has(Safeguard::StopAfterRefusal) =>
                {
                    state.refused = Some(error.kind());
                }
                ErrorKind::SessionLimit => {
                    full += 1;
                    let freed = match &state.identity {
                        Some(identity) if full == 1 => self.free_a_session(&identity.basic).await,
                        _ => false,
                    };
                    if full < FULL_TRIES {
                        if !freed {
                            let pause = self.desk.retry.pause(full, error.retry_after(), &self.desk.random);
                            self.desk.wire.clock.sleep(pause.min(FULL_FOR)).await;
                        }
                        continue;
                    }
                    state.full_until = Some(self.desk.wire.clock.now() + FULL_FOR);
                }
                _ if is_missing(&error) => state.without_sessions = true,
                _ => {}
            }
            return Err(error);
        }
    }

    /// Logs in with the password that is expected, if any, and else with the present one.
    async fn log_in_with_either(&self, state: &mut State) -> Result<Session, LoginFailure> {
        state.logins += 1;
        if let Some((expected, tries)) = state.expected.clone().filter(|(_, tries)| *tries > 0) {
            match self.log_in_somewhere(&expected.credentials, state.logins).await {
                Ok(session) => {
                    state.adopt(expected);
                    return Ok(session);
                }
                Err(failure) if failure.error.http_status() != Some(401) => return Err(failure),
                Err(_) => state.expected = Some((expected, tries - 1)),
            }
            state.logins += 1;
        }
        match &state.identity {
            Some(identity) => self.log_in_somewhere(&identity.credentials, state.logins).await,
            None => Err(LoginFailure { error: without_credentials(), lost: false }),
        }
    }

    /// Where sessions are known to be made.
    fn known_place(&self) -> Option<String> {
        self.facts.read(|facts| facts.sessions_path.clone()).filter(|path| path.starts_with("/redfish/"))
    }

    /// Logs in where sessions are known to be made, or else at the usual places.
    async fn log_in_somewhere(
        &self,
        credentials: &Credentials,
        number: u64,
    ) -> Result<Session, LoginFailure> {
        let known = self.known_place();
        let mut places = places(known.as_deref());
        if !self.desk.wire.safeguards.has(Safeguard::FindSessionHome) {
            places.truncate(1);
        }
        let mut outcome = self.desk.login(credentials, places[0], number).await;
        for (index, place) in places.iter().enumerate() {
            if index > 0 {
                outcome = self.desk.login(credentials, place, number).await;
            }
            match &outcome {
                Err(failure) if is_missing(&failure.error) => {}
                Err(_) => break,
                Ok(_) => {
                    if known.as_deref() != Some(*place) {
                        self.facts.write(|facts| facts.sessions_path = Some((*place).to_owned()));
                    }
                    break;
                }
            }
        }
        outcome
    }

    /// Makes room among the iDRAC's sessions by deleting our own stale ones, with Basic for want of a session.
    async fn free_a_session(&self, basic: &Arc<HeaderMap>) -> bool {
        if self.mode == AuthMode::Session {
            return false;
        }
        let freed = async {
            let orphans = self.desk.registry.orphans(self.desk.wire.target.label()).await?;
            if orphans.is_empty() {
                return Ok(0);
            }
            // Every other request waits behind the login that this is a part of: no turn is needed.
            let basic = Grant::Basic { headers: Arc::clone(basic), fallback: true, trial: None };
            self.reap(orphans, &basic).await
        };
        freed.await.is_ok_and(|gone: usize| gone > 0)
    }
}

/// What a request is to go out with, before the turn is waited for.
enum Choice {
    Session(Arc<Session>),
    Basic { fallback: bool },
}

/// Where sessions may be made, the known place first.
fn places(known: Option<&str>) -> Vec<&str> {
    known.into_iter().chain(SESSIONS.into_iter().filter(|path| Some(*path) != known)).collect()
}

/// The runtime ended under a login, or under the giving away of a session.
fn cut_off(error: tokio::task::JoinError) -> Error {
    Error::new(ErrorKind::Cancelled, "the login was cut off").unsent().with_source(error)
}

fn without_credentials() -> Error {
    let message = "the session that was handed over is at an end (it expired, or was ended), and there are no credentials to \
                   log in with: give the client some, or hand a new session over";
    Error::new(ErrorKind::Authentication, message).unsent()
}

fn refused_before(kind: ErrorKind) -> Error {
    let message = "not sent: these credentials were refused before, and trying again may lock the account";
    Error::new(kind, message).unsent()
}

/// Whether sessions cannot be made there at all: no such resource, or no POST.
fn is_missing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported)
}
