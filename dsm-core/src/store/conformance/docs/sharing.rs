//! Several stores over the same documents, as in several processes.

use std::sync::Arc;

use futures_util::future::join_all;

use super::corner::Corner;
use super::{Stage, open};
use crate::id::JobId;
use crate::job::JobStatus;
use crate::store::conformance::bench::{
    Stop, Verdict, claim, completed, executor, holds, same, scan, settlement,
};
use crate::store::{JobQuery, Settled};

/// Works until nothing is left, and says what it ended.
async fn work(docs: Arc<Corner>, number: u64, slots: usize) -> Verdict<Vec<JobId>> {
    let store = open(docs).await?;
    let me = executor(&format!("executor-{number}"));
    store.register(&me).await?;
    let mut ended = Vec::new();
    loop {
        let won = store.claim(claim(&me, slots)).await?.jobs;
        if won.is_empty() {
            return Ok(ended);
        }
        for job in won {
            let settled = store.settle(vec![settlement(job.lease.key, completed())]).await?;
            same!(settled, [Settled::Applied], "a settlement");
            ended.push(job.job.id);
        }
    }
}

pub(super) async fn stores_share_the_work(stage: Stage) -> Verdict {
    let store = open(stage.docs.clone()).await?;
    let added = store.enqueue(vec![scan(); 30]).await?;
    let workers = (0..3).map(|number| {
        let slots = 1 + (stage.seed >> (8 * number)) as usize % 4;
        tokio::spawn(work(stage.docs.clone(), number, slots))
    });
    let mut ended = Vec::new();
    for worker in join_all(workers).await {
        ended.extend(worker.map_err(|error| Stop::Fail(format!("a worker ended early: {error}")))??);
    }
    ended.sort_unstable();
    let mut wanted: Vec<JobId> = added.iter().map(|added| added.id()).collect();
    wanted.sort_unstable();
    same!(ended, wanted, "what was done");
    for id in wanted {
        same!(store.attempts(id).await?.len(), 1, "attempts of a job");
    }
    let done = JobQuery { status: Some(JobStatus::Completed), ..JobQuery::default() };
    same!(store.jobs(done).await?.len(), 30, "what the first store knows of it");
    Ok(())
}

pub(super) async fn a_store_sees_what_another_wrote(stage: Stage) -> Verdict {
    let (one, other) = (open(stage.docs.clone()).await?, open(stage.docs.clone()).await?);
    for (writer, reader) in [(&one, &other), (&other, &one)].into_iter().cycle().take(8) {
        let id = writer.enqueue(vec![scan()]).await?[0].id();
        let query = JobQuery { ids: vec![id], ..JobQuery::default() };
        same!(reader.jobs(query).await?.len(), 1, "a job that another store enqueued");
    }
    Ok(())
}

pub(super) async fn who_lags_behind_catches_up(stage: Stage) -> Verdict {
    let (fast, slow) = (open(stage.docs.clone()).await?, open(stage.docs.clone()).await?);
    slow.enqueue(vec![scan()]).await?;
    for _ in 0..30 {
        fast.enqueue(vec![scan(); 2]).await?;
    }
    let me = executor("slow");
    same!(slow.claim(claim(&me, 100)).await?.jobs.len(), 61, "what the slow one wins");
    holds!(fast.claim(claim(&executor("fast"), 100)).await?.jobs.is_empty(), "a job was handed out twice");
    let late = open(stage.docs.clone()).await?;
    same!(late.jobs(JobQuery::default()).await?.len(), 61, "what a new one knows");
    Ok(())
}
