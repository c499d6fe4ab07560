//! Finds a session whose login was answered to nobody: the program died, or the connection broke, in between.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::observer::ExchangeKind;
use crate::policy::{parse_http_date, parse_redfish_time};
use crate::registry::OrphanedSession;
use crate::request::{Request, Response};
use crate::session::{Desk, note};
use crate::wire::Call;

/// How far the clocks may seem apart: an iDRAC's times have whole seconds, and its `Date` is as old as the reply.
const SLACK: Duration = Duration::from_secs(3);

#[derive(Deserialize)]
struct Collection {
    #[serde(rename = "Members", default)]
    members: Vec<Link>,
}

#[derive(Deserialize)]
struct Link {
    #[serde(rename = "@odata.id")]
    odata_id: String,
}

/// `Session.v1_*`: what tells whose it is.
#[derive(Deserialize)]
struct Seen {
    #[serde(rename = "UserName")]
    user: Option<String>,
    #[serde(rename = "ClientOriginIPAddress")]
    origin: Option<String>,
    #[serde(rename = "CreatedTime")]
    created: Option<String>,
}

/// Deletes the sessions that these tickets may have left: same user, our own address where the iDRAC gives one,
/// created inside the ticket's window. Nothing else is ever touched. Every ticket is closed in the end.
pub(crate) async fn reap_unlocated(
    desk: &Desk,
    orphans: &[OrphanedSession],
    places: &[&str],
    keep: &[String],
    headers: &HeaderMap,
) -> Result<usize> {
    let (sessions, reply) = list(desk, places, headers).await?;
    let here = desk.wire.clock.wall();
    let there = reply.header("date").and_then(parse_http_date).unwrap_or(here);
    let collection: Collection = read(desk, sessions, &reply)?;
    let mut gone = 0;
    for link in collection.members {
        let Some(path) =
            desk.wire.target.own_path(&link.odata_id).filter(|path| path.starts_with("/redfish/"))
        else {
            continue;
        };
        if keep.iter().any(|used| used.trim_end_matches('/') == path.trim_end_matches('/')) {
            continue;
        }
        let reply = match fetch(desk, &path, headers).await {
            Ok(reply) => reply,
            // It ended by itself in the meantime.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let seen: Seen = read(desk, &path, &reply)?;
        let windows =
            orphans.iter().map(|orphan| (orphan, window(orphan, here, there, desk.wire.timeouts.attempt)));
        if is_ours(&seen, windows, desk.local_address()) {
            desk.delete(&path, headers).await?;
            gone += 1;
        }
    }
    for orphan in orphans {
        note(desk.registry.closed(&orphan.ticket).await);
    }
    Ok(gone)
}

/// When the iDRAC, by its own clock, may have made the session.
fn window(
    orphan: &OrphanedSession,
    here: SystemTime,
    there: SystemTime,
    attempt: Duration,
) -> (SystemTime, SystemTime) {
    let age = here.duration_since(orphan.opening_at).unwrap_or_default();
    let opening = there.checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
    (opening.checked_sub(SLACK).unwrap_or(SystemTime::UNIX_EPOCH), opening + attempt + SLACK)
}

fn is_ours<'a>(
    seen: &Seen,
    mut windows: impl Iterator<Item = (&'a OrphanedSession, (SystemTime, SystemTime))>,
    local: Option<IpAddr>,
) -> bool {
    let Some(created) = seen.created.as_deref().and_then(parse_redfish_time) else { return false };
    if let Some(origin) = seen.origin.as_deref().filter(|origin| !origin.is_empty()) {
        let same = origin.parse::<IpAddr>().ok().map(|origin| origin.to_canonical());
        if same.is_none() || same != local.map(|local| local.to_canonical()) {
            return false;
        }
    }
    windows.any(|(orphan, (from, to))| {
        seen.user.as_deref() == Some(orphan.user.as_str()) && (from..=to).contains(&created)
    })
}

/// The list of sessions: iDRAC7/8 have it elsewhere than later ones.
async fn list<'a>(desk: &Desk, places: &[&'a str], headers: &HeaderMap) -> Result<(&'a str, Response)> {
    let mut missing = None;
    for place in places {
        match fetch(desk, place, headers).await {
            Ok(reply) => return Ok((place, reply)),
            Err(error) if error.kind() == ErrorKind::NotFound => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(missing.unwrap_or_else(|| Error::new(ErrorKind::NotFound, "there is no list of sessions")))
}

async fn fetch(desk: &Desk, path: &str, headers: &HeaderMap) -> Result<Response> {
    let request = Request::get(path);
    let call = Call {
        operation: "FindOwnSessions",
        kind: ExchangeKind::Api,
        attempt: 1,
        headers,
        request: &request,
        path,
    };
    desk.wire.exchange(call).await
}

fn read<T: serde::de::DeserializeOwned>(desk: &Desk, path: &str, reply: &Response) -> Result<T> {
    serde_json::from_slice(&reply.body).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the session resource cannot be read")
            .with_host(desk.wire.target.label())
            .with_path(path)
            .with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::SessionTicket;

    #[test]
    fn only_a_session_that_fits_in_every_way_is_ours() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let orphan = OrphanedSession {
            ticket: SessionTicket::new("1"),
            user: "root".into(),
            location: None,
            opening_at: at(1_000_000),
        };
        // The iDRAC's clock is 500 s behind ours.
        let window = window(&orphan, at(1_000_100), at(999_600), Duration::from_secs(60));
        assert_eq!(window, (at(999_497), at(999_563)));
        let ours = |user: &str, origin: Option<&str>, created: Option<&str>| {
            let seen = Seen {
                user: Some(user.into()),
                origin: origin.map(Into::into),
                created: created.map(Into::into),
            };
            is_ours(&seen, [(&orphan, window)].into_iter(), Some([10, 0, 0, 5].into()))
        };
        let inside = Some("1970-01-12T13:38:30Z");
        assert!(ours("root", Some("10.0.0.5"), inside));
        assert!(ours("root", Some("::ffff:10.0.0.5"), inside));
        assert!(ours("root", None, inside));
        assert!(!ours("admin", None, inside));
        assert!(!ours("root", Some("10.0.0.6"), inside));
        assert!(!ours("root", Some("garbage"), inside));
        assert!(!ours("root", None, None));
        assert!(!ours("root", None, Some("1970-01-12T13:30:00Z")));
        assert!(!ours("root", None, Some("1970-01-12T13:38:30")), "a time without an offset proves nothing");
    }
}
