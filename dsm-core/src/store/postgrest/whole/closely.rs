//! The rest of a claim where lanes or limits have a say: job by job, each with its lane and its shares, or put aside until
//! it is its turn there, or until there is room.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::query::Query;
use super::super::{Rest, Service, records};
use super::slice::{Wanted, decide, share};
use crate::id::JobId;
use crate::store::limits::{Class, Usage, Used};
use crate::store::{Claim, ClaimedJob};

/// Jobs looked at in one claim at most: others write there, too.
const MOST_LOOKED_AT: usize = 2_000;

/// A job that is due.
#[derive(Debug, Deserialize)]
struct Candidate {
    id: JobId,
    job_type: String,
    address: Option<String>,
}

impl Candidate {
    /// The limits it counts under.
    fn limits(&self, claim: &Claim) -> impl Iterator<Item = String> + use<> {
        let address: Option<IpAddr> = self.address.as_deref().and_then(|text| text.parse().ok());
        claim.limits.wishes(&self.job_type, address).into_iter().map(|wish| wish.key)
    }
}

/// What the service says is due.
#[derive(Debug, Default, Deserialize)]
struct Due {
    /// Without those that a limit held back before.
    found: usize,
    jobs: Vec<Candidate>,
}

pub(super) async fn claim(
    service: &Service,
    claim: &Claim,
    ticket: Uuid,
    room: usize,
) -> Rest<Vec<ClaimedJob>> {
    // More than are free, for some will be found waiting for their lane.
    let window = room.max(64);
    let (mut won, mut seen) = (Vec::new(), 0);
    expire_locks(service).await?;
    while won.len() < room && seen < MOST_LOOKED_AT {
        let (classes, rooms) = heads(service, claim).await?;
        let asked = json!({"p_now": service.manual(), "p_types": claim.job_types, "p_limit": window,
                           "p_gated": claim.gated, "p_classes": classes, "p_rooms": rooms});
        let due: Due =
            serde_json::from_value(service.http.call("dsm_due", &asked).await?).unwrap_or_default();
        if due.jobs.is_empty() {
            break;
        }
        match take(service, claim, ticket, &due.jobs, room - won.len()).await {
            Ok(jobs) => won.extend(jobs),
            Err(fault) if won.is_empty() || fault.is_lost() => return Err(fault),
            Err(_) => break,
        }
        seen += due.found;
        if due.found < window {
            break;
        }
    }
    Ok(won)
}

/// Lets candidates in, in their order.
async fn take(
    service: &Service,
    claim: &Claim,
    ticket: Uuid,
    due: &[Candidate],
    room: usize,
) -> Rest<Vec<ClaimedJob>> {
    let fences = service.http.call("dsm_fences", &json!({"p_count": room.min(due.len())})).await?;
    let fences: Vec<i64> = serde_json::from_value(fences).unwrap_or_default();
    let limits: BTreeSet<String> = due.iter().flat_map(|job| job.limits(claim)).collect();
    let wanted = Wanted {
        jobs: due.iter().map(|job| job.id).collect(),
        keys: limits.into_iter().collect(),
        with_parents: true,
        ticket: Some(ticket),
        ..Wanted::default()
    };
    let claim = Claim { slots: fences.len(), ..claim.clone() };
    decide(service, &wanted, |slice| {
        let mut jobs = slice.jobs.claim(&claim, slice.now).jobs;
        slice.jobs.park_paused();
        slice.jobs.exchange(&mut jobs, &fences);
        Ok((jobs, Vec::new()))
    })
    .await
}

/// The classes of jobs that a limit held back and that has room now, and for how many.
async fn heads(service: &Service, claim: &Claim) -> Rest<(Vec<String>, Vec<usize>)> {
    let said = service.http.call("dsm_waiting", &json!({})).await?;
    let classes: Vec<String> = records::optional(&said, "classes").unwrap_or_default();
    let classes = classes.iter().map(|text| Class::parse(text));
    let classes: Vec<Class> = classes.filter(|class| claim.job_types.contains(&class.job_type)).collect();
    let locks: Vec<Value> = records::optional(&said, "locks").unwrap_or_default();
    let mut usage = Usage::default();
    for key in classes.iter().flat_map(|class| &class.keys) {
        let its = locks.iter().filter(|row| records::text(row, "key") == key);
        let its = its.map(|row| (share(row, "most"), records::optional(row, "held") == Some(true)));
        usage.note(key, Used::count(its));
    }
    let rooms = classes.iter().map(|class| usage.room_of(class, &claim.limits, claim.slots));
    let open = classes.iter().zip(rooms).filter(|(_, room)| *room > 0);
    Ok(open.map(|(class, room)| (class.to_string(), room)).unzip())
}

/// Lets go of the locks of calls whose time is over.
pub(super) async fn expire_locks(service: &Service) -> Rest<()> {
    let now = service.manual().map_or_else(|| "now".to_owned(), |now| now.to_string());
    let over = Query::of("dsm_lock").select("seq,key").with("until", format!("lte.{now}"));
    let rows = service.http.rows(&over, &[("seq", false)], None).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let keys = rows.iter().map(|row| records::text(row, "key").to_owned()).collect();
    let wanted = Wanted { keys, ..Wanted::default() };
    decide(service, &wanted, |slice| {
        slice.jobs.expire(slice.now);
        Ok(((), Vec::new()))
    })
    .await
}
