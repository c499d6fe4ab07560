//! Executors coming and going. Over HTTP nothing proves that a process is dead: leases run out by themselves.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::change::{Act, Cells, Change, cells};
use super::super::jobs::NAMED;
use super::super::query::Query;
use super::super::{Rest, Service, records};
use super::now;
use super::slice::{Wanted, decide};
use crate::id::JobId;
use crate::store::{Executor, Registered};

/// After this long without a beat one that never claimed is not counted as alive any more.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

pub(in super::super) async fn register(service: &Service, executor: &Executor) -> Rest<Registered> {
    let at = now(&service.http, service.manual()).await?;
    let others = Query::of("dsm_executor")
        .select("incarnation,beat_at,alive_until")
        .with("incarnation", format!("neq.{}", executor.incarnation));
    let others = service.http.rows(&others, &[("incarnation", false)], None).await?;
    // One that is only slow loses its sessions on iDRACs by that, which is a login more, and nothing else.
    let is_alive = |row: &&Value| match records::optional::<Timestamp>(row, "alive_until") {
        Some(until) => at < until,
        None => records::optional::<Timestamp>(row, "beat_at")
            .is_some_and(|beat| at.duration_since(beat) <= FORGOTTEN),
    };
    let alive: Vec<Uuid> =
        others.iter().filter(is_alive).filter_map(|row| records::optional(row, "incarnation")).collect();
    let row = json!({
        "incarnation": executor.incarnation, "id": crate::store::text::text(&executor.id), "server_epoch": null,
        "registered_at": at, "beat_at": at,
    });
    let query = Query::of("dsm_executor").with("on_conflict", "incarnation");
    service.http.post(&query, &[row], "resolution=merge-duplicates,return=minimal").await?;
    Ok(Registered { released: Vec::new(), alive })
}

pub(in super::super) async fn unregister(service: &Service, executor: &Executor) -> Rest<()> {
    let by = executor.incarnation;
    let held = Query::of("dsm_lease").select("job_id").eq("incarnation", by).with("until", "not.is.null");
    let held = service.http.rows(&held, &[("job_id", false)], None).await?;
    let held: Vec<JobId> = held.iter().filter_map(|row| records::optional(row, "job_id")).collect();
    for some in held.chunks(NAMED) {
        let wanted = Wanted::ends(some.to_vec());
        let left = decide(service, &wanted, |slice| {
            slice.jobs.meet_foreign(some, slice.now);
            slice.jobs.unregister(by, slice.now);
            Ok(((), Vec::new()))
        });
        left.await?;
    }
    let wanted = Wanted { incarnations: vec![by], ..Wanted::default() };
    let gone = decide(service, &wanted, |slice| {
        slice.jobs.unregister(by, slice.now);
        let row = Change::new("dsm_executor", Act::Delete, cells([("incarnation", json!(by))]), Cells::new());
        Ok(((), vec![row]))
    });
    gone.await
}
