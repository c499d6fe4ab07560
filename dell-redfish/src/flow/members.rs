//! All members of a collection, whole: in one request where the iDRAC expands them, one by one where it does not.

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::capability::is_missing;
use crate::error::{Error, ErrorKind, Result};
use crate::facts::HostFacts;
use crate::id::ODataId;
use crate::model::{Member, Page, Resource, Schema};
use crate::operation::{Redfish, run};
use crate::ops::{GetResource, ListMembers};
use crate::quirk::NO_EXPAND;

/// Requests to one iDRAC at a time, however many its client would allow.
const MAX_AT_ONCE: usize = 4;
/// Pages of one collection that are followed.
const MAX_PAGES: usize = 64;
/// Members that are read; a hostile reply may list any number.
const MAX_MEMBERS: usize = 2048;

/// Reads all members. One that is gone by the time it is asked for is left out.
pub(crate) async fn list<T: Schema>(redfish: &dyn Redfish, path: &str) -> Result<Vec<Resource<T>>> {
    let page = first(redfish, &ODataId::parse(path)?).await?;
    read(redfish, page).await
}

/// The same of one of Dell's own collections. Their members stand in them whole; expanding would put in what those link to.
pub(crate) async fn list_embedded<T: Schema>(redfish: &dyn Redfish, path: &str) -> Result<Vec<Resource<T>>> {
    let page = run(redfish, &ListMembers::links(&ODataId::parse(path)?)).await?;
    read(redfish, page).await
}

async fn read<T: Schema>(redfish: &dyn Redfish, first: Page) -> Result<Vec<Resource<T>>> {
    let members = collect(redfish, first).await?;
    let mut all = Vec::with_capacity(members.len().min(64));
    let at_once = redfish.concurrency().clamp(1, MAX_AT_ONCE);
    for chunk in members.chunks(at_once) {
        for read in join_all(chunk.iter().map(|member| fetch(redfish, member))).await {
            all.extend(read?);
        }
    }
    Ok(all)
}

async fn fetch<T: Schema>(redfish: &dyn Redfish, member: &Member) -> Result<Option<Resource<T>>> {
    match member {
        Member::Inline { raw, .. } => Resource::parse(raw.clone()).map(Some),
        Member::Link(link) => match run(redfish, &GetResource::at(ODataId::parse(link)?)).await {
            Ok(resource) => Ok(Some(resource)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        },
    }
}

/// The members of all pages, each once.
async fn collect(redfish: &dyn Redfish, mut page: Page) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    let mut seen = HashSet::new();
    for _ in 0..MAX_PAGES {
        let next = ListMembers::after(&page);
        let before = members.len();
        members.extend(page.members.into_iter().filter(|member| seen.insert(member.id().to_owned())));
        members.truncate(MAX_MEMBERS);
        match next {
            // A page that brings nothing new leads nowhere.
            Some(next) if members.len() > before && members.len() < MAX_MEMBERS => {
                page = run(redfish, &next).await?;
            }
            _ => break,
        }
    }
    Ok(members)
}

async fn first(redfish: &dyn Redfish, path: &ODataId) -> Result<Page> {
    if !expands(&redfish.facts(), path.path()) {
        return run(redfish, &ListMembers::links(path)).await;
    }
    match run(redfish, &ListMembers::expanded(path)).await {
        Err(error) if is_about_expand(&error) => {
            let page = run(redfish, &ListMembers::links(path)).await?;
            redfish.learn(&mut |facts| {
                if facts.expand.is_none() && error.kind() != ErrorKind::Protocol {
                    facts.expand = Some(false);
                } else if !facts.expand_refused.iter().any(|known| known == path.path()) {
                    facts.expand_refused.push(path.path().to_owned());
                }
            });
            Ok(page)
        }
        outcome => outcome,
    }
}

/// Whether `$expand` is worth asking for there.
pub(crate) fn expands(facts: &HostFacts, path: &str) -> bool {
    facts.expand != Some(false)
        && !NO_EXPAND.concerns(facts.generation)
        && !facts.expand_refused.iter().any(|refused| refused == path)
}

/// Whether it is `$expand` that is not liked: a licence, a query error, or two documents in one body.
pub(crate) fn is_about_expand(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unsupported | ErrorKind::License | ErrorKind::BadRequest | ErrorKind::Protocol
    ) && error.http_status().is_some()
        || error.kind() == ErrorKind::Protocol
}
