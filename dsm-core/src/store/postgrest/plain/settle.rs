//! Ends of attempts by word of their executor.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Map, Value, json};

use super::super::jobs::NAMED;
use super::super::query::Query;
use super::super::text_map;
use super::super::{Rest, Service, records};
use super::cancel::{WANTED, is_wanted};
use super::end::{Edit, cancel_below, edit, end_tasks, reopen_tasks};
use super::leases::{fence_of, time};
use super::note::{KEY, Note};
use super::tasks;
use crate::credential::details;
use crate::error::Error;
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::rules::CANCELLATION_REASON;
use crate::store::{LeaseKey, Outcome, Settled, Settlement};

/// Rows changed at a time, one by one.
const WIDTH: usize = 8;

pub(in super::super) async fn settle(service: &Service, items: &[Settlement]) -> Rest<Vec<Settled>> {
    if let Some(item) = items.iter().find(|item| matches!(item.outcome, Outcome::Line(_))) {
        return Err(super::lacking(&format!("the lane of job {}", item.lease.job_id)));
    }
    let mut answers: Vec<Option<Settled>> = vec![None; items.len()];
    let mut times: HashMap<JobId, usize> = HashMap::new();
    for item in items {
        *times.entry(item.lease.job_id).or_default() += 1;
    }
    // One after the other of a job that occurs more than once: an answer depends on the one before.
    let (once, again): (Vec<usize>, Vec<usize>) =
        (0..items.len()).partition(|at| times.get(&items[*at].lease.job_id) == Some(&1));
    together(service, items, &once, &mut answers).await?;
    let once: Vec<usize> = once.into_iter().filter(|at| answers[*at].is_none()).collect();
    let ends = stream::iter(once).map(|at| async move { (at, one(service, &items[at]).await) });
    let ends: Vec<(usize, Rest<Settled>)> = ends.buffer_unordered(WIDTH).collect().await;
    for (at, settled) in ends {
        answers[at] = Some(settled?);
    }
    for at in again {
        answers[at] = Some(one(service, &items[at]).await?);
    }
    service.leases.let_go(items.iter().map(|item| item.lease));
    Ok(answers.into_iter().map(|answer| answer.unwrap_or(Settled::LeaseLost)).collect())
}

/// Ends that are alike and have nothing to say, in one request for each fence: the rows that come back are settled.
async fn together(
    service: &Service,
    items: &[Settlement],
    places: &[usize],
    answers: &mut [Option<Settled>],
) -> Rest<()> {
    let mut alike: BTreeMap<(i64, &'static str), Vec<usize>> = BTreeMap::new();
    for &at in places {
        let item = &items[at];
        // What ends otherwise may carry passwords, which go with it.
        if let Outcome::End(status @ JobStatus::Completed, _) = item.outcome
            && item.details.is_empty()
            && item.tasks.is_empty()
        {
            alike.entry((item.lease.fence, status.as_str())).or_default().push(at);
        }
    }
    for ((fence, word), places) in alike {
        for some in places.chunks(NAMED) {
            let jobs: Vec<JobId> = some.iter().map(|at| items[*at].lease.job_id).collect();
            let query = Query::of("jobs")
                .select("id")
                .any_of("id", &jobs)
                .eq("status", "running")
                .eq("started_at", time(fence))
                // Notes of ours go with the end: such a row is settled by itself.
                .with(format!("details->{KEY}").as_str(), "is.null");
            let ended = service.http.patch(&query, &json!({"status": word, "completed_at": "now"})).await?;
            let ended: HashSet<JobId> = ended.iter().filter_map(|row| records::optional(row, "id")).collect();
            let ended_jobs: Vec<JobId> = ended.iter().copied().collect();
            if let Some(to) = JobStatus::ALL.into_iter().find(|status| status.as_str() == word) {
                after_end(service, &ended_jobs, to).await?;
            }
            for at in some.iter().filter(|at| ended.contains(&items[**at].lease.job_id)) {
                answers[*at].get_or_insert(Settled::Applied);
            }
        }
    }
    Ok(())
}

async fn after_end(service: &Service, jobs: &[JobId], to: JobStatus) -> Rest<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    end_tasks(service, jobs, to).await?;
    if to != JobStatus::Completed {
        for job in jobs {
            cancel_below(service, *job, to).await?;
        }
    }
    service.notify(jobs, to).await;
    Ok(())
}

/// One settlement with its own words.
async fn one(service: &Service, item: &Settlement) -> Rest<Settled> {
    let job = item.lease.job_id;
    if !item.tasks.is_empty() {
        // Last words on tasks come before what is left of them ends with the job.
        if is_held(service, item.lease).await? {
            tasks::update(service, job, &item.tasks).await?;
        }
    }
    let said = text_map(&item.details);
    let answer = edit(service, job, |row| judge(row, item, &said)).await?;
    match answer {
        None => Ok(Settled::LeaseLost),
        Some((settled, to)) => {
            if settled == Settled::Applied {
                match to {
                    JobStatus::Pending => reopen_tasks(service, &[job]).await?,
                    ended => after_end(service, &[job], ended).await?,
                }
            }
            Ok(settled)
        }
    }
}

async fn is_held(service: &Service, key: LeaseKey) -> Rest<bool> {
    let rows = service.http.look(&super::held(key.job_id, key.fence).select("id")).await?;
    Ok(!rows.is_empty())
}

/// The answer, and the status from now on.
fn judge(row: &Value, item: &Settlement, said: &Map<String, Value>) -> Edit<(Settled, JobStatus)> {
    let status = records::status(row);
    let is_ours = fence_of(row) == Some(item.lease.fence);
    if !is_ours || status != JobStatus::Running {
        let mut details = records::details(row);
        if is_ours && status.is_terminal() && !details::scrub(&mut details).is_empty() {
            // Ended by another program: what it still carries goes.
            let clean = json!({"details": Value::Object(details)});
            return Edit::Write(clean, (already(row, item, status), status));
        }
        return Edit::Keep((already(row, item, status), status));
    }
    let mut details = records::details(row);
    let had = details.clone();
    let mut note = Note::read(&details);
    details.extend(said.clone());
    let (to, due) = match &item.outcome {
        Outcome::End(to, _) => (*to, None),
        Outcome::Retry(due, error) => {
            note.attempts += 1;
            note.error = Some(error.clone());
            (JobStatus::Pending, Some(*due))
        }
        Outcome::Snooze(due) => (JobStatus::Pending, Some(*due)),
        Outcome::Release | Outcome::Line(_) => (JobStatus::Pending, None),
    };
    note.orphaned = 0;
    note.orphans.clear();
    let is_over = to.is_terminal() || is_wanted_in(row);
    let to = if is_over && !to.is_terminal() { JobStatus::Cancelled } else { to };
    if is_over {
        note = Note { run: note.run, ..Note::default() };
        if to == JobStatus::Cancelled && !details.contains_key(CANCELLATION_REASON) && is_wanted_in(row) {
            details.insert(CANCELLATION_REASON.to_owned(), json!("cancelled by request"));
        }
        details::scrub(&mut details);
    }
    note.write(&mut details);
    let mut change = json!({"status": to});
    if is_over {
        change["completed_at"] = json!("now");
    } else if let Some(due) = due {
        change["schedule_at"] = json!(due);
    }
    if details != had {
        change["details"] = Value::Object(details);
    }
    Edit::Write(change, (Settled::Applied, to))
}

/// The answer where the row is not as the attempt left it.
fn already(row: &Value, item: &Settlement, status: JobStatus) -> Settled {
    let is_ours = fence_of(row) == Some(item.lease.fence);
    match (&item.outcome, status) {
        (Outcome::End(to, _), now) if is_ours && *to == now => Settled::AlreadyApplied,
        // Given back, it was cancelled instead, as had been asked.
        (Outcome::Release | Outcome::Retry(..) | Outcome::Snooze(_), JobStatus::Cancelled)
            if is_ours && is_wanted_in(row) =>
        {
            Settled::AlreadyApplied
        }
        (_, now) if now.is_terminal() => Settled::Terminal(now),
        (Outcome::End(..), _) => Settled::LeaseLost,
        (_, JobStatus::Pending) if is_ours => Settled::AlreadyApplied,
        _ => Settled::LeaseLost,
    }
}

fn is_wanted_in(row: &Value) -> bool {
    row.get("details").filter(|details| details.get(WANTED).is_some()).is_some_and(is_wanted)
}

/// The error of a task that is another job's, before anything is written.
pub(super) fn foreign(known: &HashMap<crate::id::TaskId, crate::job::TaskRow>, job: JobId) -> Option<Error> {
    known.values().find(|task| task.job_id != job).map(|task| crate::store::rules::foreign_task(task.id))
}
