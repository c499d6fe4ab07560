//! Who is asking: Basic credentials, session tokens, and shutting out those who guess.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use crate::rules::account::{self, Slot};
use crate::spec::ServerSpec;
use crate::state::{Session, State};

/// An authenticated request's author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) user: String,
    pub(crate) session: Option<String>,
    pub(crate) may_change: bool,
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// No credentials came.
    Missing,
    /// They were wrong, or the session is gone.
    Wrong,
    /// The client's address is shut out.
    ShutOut,
}

/// Finds out who sent the request. Sessions are renewed by use.
pub(crate) fn authenticate(
    state: &mut State,
    spec: &ServerSpec,
    headers: &HeaderMap,
    client: IpAddr,
    now: Duration,
) -> Result<Caller, Denied> {
    if is_shut_out(state, client, now) {
        return Err(Denied::ShutOut);
    }
    expire(state, spec, now);
    if let Some(token) = headers.get("x-auth-token") {
        let found = state.sessions.iter_mut().find(|s| s.token.as_bytes() == token.as_bytes());
        let session = found.ok_or(Denied::Wrong)?;
        session.last_used = now;
        let (user, id) = (session.user.clone(), session.id.clone());
        return Ok(Caller { may_change: may_change(state, spec, &user), user, session: Some(id) });
    }
    let value = headers.get(AUTHORIZATION).ok_or(Denied::Missing)?;
    let (user, password) = value.to_str().ok().and_then(basic).ok_or(Denied::Wrong)?;
    match check(state, spec, &user, &password) {
        Some(account) => {
            Ok(Caller { may_change: account.role != "ReadOnly", user: account.user, session: None })
        }
        None => {
            remember_failure(state, spec, client, now);
            Err(Denied::Wrong)
        }
    }
}

/// User name and password of an Authorization header.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The account with these credentials.
pub(crate) fn check(state: &State, spec: &ServerSpec, user: &str, password: &str) -> Option<Slot> {
    account::find(&state.account, spec, user).filter(|slot| slot.password == password && slot.role != "None")
}

fn may_change(state: &State, spec: &ServerSpec, user: &str) -> bool {
    account::find(&state.account, spec, user).is_some_and(|slot| slot.role != "ReadOnly")
}

/// Forgets sessions that idled too long.
pub(crate) fn expire(state: &mut State, spec: &ServerSpec, now: Duration) {
    let idle = Duration::from_secs(spec.session_timeout_s);
    state.sessions.retain(|s| now.saturating_sub(s.last_used) < idle);
}

/// Opens a session, or says that there are too many.
pub(crate) fn open_session(
    state: &mut State,
    spec: &ServerSpec,
    user: &str,
    client: IpAddr,
    now: Duration,
    token: String,
) -> Option<Session> {
    expire(state, spec, now);
    if state.sessions.len() >= spec.session_limit {
        return None;
    }
    let session = Session {
        id: state.next_session.to_string(),
        token,
        user: user.to_owned(),
        client,
        created: now,
        last_used: now,
    };
    state.next_session += 1;
    state.sessions.push(session.clone());
    Some(session)
}

/// Whether this client address is shut out at the moment.
pub(crate) fn is_shut_out(state: &State, client: IpAddr, now: Duration) -> bool {
    state.failures.get(&client).and_then(|f| f.shut_until).is_some_and(|until| now < until)
}

/// Counts a failed login and shuts the address out when it was one too many.
pub(crate) fn remember_failure(state: &mut State, spec: &ServerSpec, client: IpAddr, now: Duration) {
    let Some(policy) = spec.lockout.filter(|p| p.fail_count > 0) else { return };
    let failures = state.failures.entry(client).or_default();
    let window = Duration::from_secs(policy.fail_window_s);
    failures.at.retain(|at| now.saturating_sub(*at) < window);
    failures.at.push(now);
    if failures.at.len() >= policy.fail_count as usize {
        failures.at.clear();
        failures.shut_until = Some(now + Duration::from_secs(policy.penalty_s));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::spec::LockoutPolicy;
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn headers(user: &str, password: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        let value = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        map.insert(AUTHORIZATION, value.parse().unwrap());
        map
    }

    #[test]
    fn guessing_shuts_the_address_out_for_a_while() {
        let policy = LockoutPolicy { fail_count: 2, penalty_s: 60, ..LockoutPolicy::default() };
        let spec = ServerSpec::default().credentials("root", "secret").lockout(policy);
        let mut state = State::new();
        let mut ask = |password: &str, at: u64| {
            authenticate(&mut state, &spec, &headers("root", password), HERE, Duration::from_secs(at))
        };
        assert!(ask("secret", 0).is_ok());
        assert_eq!(ask("x", 1), Err(Denied::Wrong));
        assert_eq!(ask("y", 2), Err(Denied::Wrong));
        assert_eq!(ask("secret", 3), Err(Denied::ShutOut));
        assert!(ask("secret", 63).is_ok());
    }

    #[test]
    fn sessions_end_when_idle_and_are_limited() {
        let spec = ServerSpec::default().session_limit(2).session_timeout(Duration::from_secs(10));
        let mut state = State::new();
        let mut open = |at: u64| {
            let now = Duration::from_secs(at);
            open_session(&mut state, &spec, "root", HERE, now, format!("t{at}")).map(|s| s.id)
        };
        assert_eq!(open(0).as_deref(), Some("1"));
        assert_eq!(open(1).as_deref(), Some("2"));
        assert_eq!(open(2), None);
        assert_eq!(open(10).as_deref(), Some("3"));
    }
}
