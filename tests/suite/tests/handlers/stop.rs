//! A job that somebody cancels in the middle of what it does.

use std::time::Duration;

use dsm_core::{JobRow, JobStatus, NewJob};
use dsm_suite::ward::Ward;
use idrac_sim::{Effect, FaultRule};

/// Far longer than it takes to cancel a job, and shorter than what is done after that may take.
const LONG_MS: u64 = 8_000;

/// The first reading of this path takes long: whoever waits for it is there when the job is cancelled.
pub(crate) fn hold(path: &str) -> FaultRule {
    FaultRule::new(Effect::Delay { ms: LONG_MS }).path(path).method("GET").count(1)
}

/// Runs a job until something is seen, cancels it there, and waits for its end.
pub(crate) async fn when(ward: &Ward, job: NewJob, is_seen: impl Fn(&Ward, &JobRow) -> bool) -> JobRow {
    let engine = ward.stand.engine().await.unwrap();
    let id = engine.enqueue(job).await.unwrap();
    loop {
        let row = engine.job(id).await.unwrap();
        if is_seen(ward, &row) {
            break;
        }
        assert!(!row.status.is_terminal(), "it ended before: {:#?}", row.details);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    engine.cancel(id, "enough of it").await.unwrap();
    let row = engine.wait(id).await.unwrap();
    engine.shutdown().await.unwrap();
    assert_eq!(row.status, JobStatus::Cancelled, "{:#?}", row.details);
    let tasks = ward.stand.store.tasks(id).await.unwrap();
    assert!(tasks.iter().all(|task| task.status.is_terminal()), "{tasks:?}");
    row
}

/// Whether the iDRAC at a place has answered a request that begins so (`GET /redfish/v1/Systems`).
pub(crate) fn asked(ward: &Ward, place: usize, begin: &str) -> bool {
    let address = ward.ip(place);
    let journal = ward.fleet.journal();
    journal
        .iter()
        .any(|one| one.address.ip() == address && format!("{} {}", one.method, one.path).starts_with(begin))
}
