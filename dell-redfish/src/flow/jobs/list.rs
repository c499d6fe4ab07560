//! All jobs of the queue.

use std::collections::HashSet;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::endpoint::{Expand, JobHome};
use crate::error::{Error, ErrorKind, Result};
use crate::flow::wait::{JobStatus, homes, remember};
use crate::id::ODataId;
use crate::model::{DellJob, JobServiceJob, Member, Page, Resource};
use crate::operation::{Redfish, run};
use crate::ops::{GetResource, ListMembers};
use crate::quirk::NO_EXPAND;

/// Pages that are followed. A queue holds 256 jobs at most.
const PAGES: usize = 64;

/// Lists all jobs in the order of the queue: one request where `$expand` works, one more for each job where not.
///
/// # Errors
/// [`ErrorKind::NotFound`] where this iDRAC has no queue at any of its known places; else whatever reading it says. A job that
/// disappears while the queue is read is left out.
pub async fn list_jobs(redfish: &dyn Redfish) -> Result<Vec<JobStatus>> {
    let mut last = None;
    for home in homes(redfish) {
        match list_in(redfish, home).await {
            Ok(jobs) => {
                remember(redfish, home);
                return Ok(jobs);
            }
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {
                last = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    let missing = || Error::new(ErrorKind::NotFound, "this iDRAC has no job queue").with_host(redfish.host());
    Err(last.unwrap_or_else(missing))
}

async fn list_in(redfish: &dyn Redfish, home: JobHome) -> Result<Vec<JobStatus>> {
    let mut page = first(redfish, home).await?;
    let (mut members, mut seen, mut visited) = (Vec::new(), HashSet::new(), Vec::new());
    for _ in 0..PAGES {
        let next = ListMembers::after(&page);
        members.extend(page.members.into_iter().filter(|member| seen.insert(member.id().to_owned())));
        let Some(next) = next.filter(|next| !visited.contains(next)) else { break };
        page = run(redfish, &next).await?;
        visited.push(next);
    }
    let jobs = stream::iter(members.into_iter().map(|member| read(redfish, home, member)));
    let jobs: Vec<Option<JobStatus>> = jobs.buffered(redfish.concurrency().max(1)).try_collect().await?;
    Ok(jobs.into_iter().flatten().collect())
}

/// The first page, with the jobs whole in it where that works here.
async fn first(redfish: &dyn Redfish, home: JobHome) -> Result<Page> {
    let collection = ODataId::parse(home.collection())?;
    let facts = redfish.facts();
    let key = Expand::All.on(home.collection()).into_owned();
    let hopeless = NO_EXPAND.concerns(facts.generation) || facts.expand == Some(false);
    if !hopeless && !facts.expand_refused.contains(&key) {
        match run(redfish, &ListMembers::expanded(&collection)).await {
            Ok(page) => return Ok(page),
            Err(error) if refuses(&error) => redfish.learn(&mut |facts| {
                if !facts.expand_refused.contains(&key) {
                    facts.expand_refused.push(key.clone());
                }
            }),
            Err(error) => return Err(error),
        }
    }
    run(redfish, &ListMembers::links(&collection)).await
}

/// Whether it is `$expand` that is not liked: a licence, a query error, or two documents in one body.
fn refuses(error: &Error) -> bool {
    let status = error.http_status();
    matches!(error.kind(), ErrorKind::License | ErrorKind::BadRequest | ErrorKind::Protocol)
        || (error.kind() == ErrorKind::Unsupported && matches!(status, Some(400 | 403 | 501)))
}

async fn read(redfish: &dyn Redfish, home: JobHome, member: Member) -> Result<Option<JobStatus>> {
    let status = match (home, member) {
        (JobHome::JobService, Member::Inline { raw, .. }) => {
            JobStatus::from(&*Resource::<JobServiceJob>::parse(raw)?)
        }
        (_, Member::Inline { raw, .. }) => JobStatus::from(&*Resource::<DellJob>::parse(raw)?),
        (home, Member::Link(id)) => {
            let path = ODataId::parse(&id)?;
            let read = match home {
                JobHome::JobService => run(redfish, &GetResource::<JobServiceJob>::at(path))
                    .await
                    .map(|job| JobStatus::from(&*job)),
                _ => run(redfish, &GetResource::<DellJob>::at(path)).await.map(|job| JobStatus::from(&*job)),
            };
            match read {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                read => read?,
            }
        }
    };
    Ok(Some(status))
}
