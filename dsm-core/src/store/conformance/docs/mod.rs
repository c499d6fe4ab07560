//! The suite for backends of a few primitives: the primitives themselves, several stores over them at once, and then all
//! that holds for any store.

mod corner;
mod primitives;
mod sharing;

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use uuid::Uuid;

use self::corner::{Corner, clear};
use super::bench::{Stop, Verdict};
use super::{Factory, Report, Subject, check};
use crate::error::Result;
use crate::store::{DocStore, LogOptions, LogStore, ManualClock, Store};

/// What a case is tried on: documents of its own, and the dice.
struct Stage {
    docs: Arc<Corner>,
    seed: u64,
}

struct Case {
    name: &'static str,
    run: fn(Stage) -> BoxFuture<'static, Verdict>,
}

macro_rules! cases {
    ($($group:ident: $($name:ident)*;)*) => {
        &[$($(Case {
            name: concat!(stringify!($group), "::", stringify!($name)),
            run: |stage| Box::pin($group::$name(stage)),
        }),*),*]
    };
}

const PRIMITIVES: &[Case] = cases! {
    primitives:
        what_is_written_is_read
        absent_means_absent
        a_write_wants_its_revision
        a_removal_wants_its_revision
        a_scan_goes_in_order
        a_scan_is_cut_into_pages
        one_of_many_wins
        time_does_not_run_back;
};

const SHARING: &[Case] = cases! {
    sharing:
        stores_share_the_work
        a_store_sees_what_another_wrote
        who_lags_behind_catches_up;
};

/// Examines a backend, and a store over it.
///
/// Works in documents whose keys begin with `check-`, and removes them again; others are not touched. The time of the cases
/// about time is moved by the suite, whatever the backend's clock says. The same seed throws the same dice.
pub async fn check_docs(docs: Arc<dyn DocStore>, seed: u64) -> Report {
    let corners = Corners { prefix: format!("check-{}/", Uuid::new_v4().simple()), docs };
    let mut report = Report { backend: corners.docs.facts().backend.to_owned(), ..Report::default() };
    run(PRIMITIVES, &corners, seed, &mut report).await;
    if report.is_ok() {
        run(SHARING, &corners, seed, &mut report).await;
        let stores = check(&corners).await;
        report.passed.extend(stores.passed);
        report.failed.extend(stores.failed);
        report.skipped.extend(stores.skipped);
    } else {
        report.skipped.push(("the cases of stores", "the primitives have to hold first".to_owned()));
    }
    if let Err(error) = clear(&*corners.docs, &corners.prefix).await {
        report.failed.push(("what was written is removed again", error.chain()));
    }
    report
}

async fn run(cases: &[Case], corners: &Corners, seed: u64, report: &mut Report) {
    for case in cases {
        match (case.run)(Stage { docs: corners.next(None), seed }).await {
            Ok(()) => report.passed.push(case.name),
            Err(Stop::Fail(why)) => report.failed.push((case.name, why)),
            Err(Stop::Skip(why)) => report.skipped.push((case.name, why.to_owned())),
        }
    }
}

/// Everything happens early: a tail is full after a few batches, and a log long.
pub(super) fn small() -> LogOptions {
    LogOptions { tail_bytes: 1000, snapshot_bytes: 6000 }
}

struct Corners {
    docs: Arc<dyn DocStore>,
    prefix: String,
}

impl Corners {
    fn next(&self, clock: Option<ManualClock>) -> Arc<Corner> {
        let prefix = format!("{}{}/", self.prefix, Uuid::now_v7().simple());
        Arc::new(Corner::new(self.docs.clone(), prefix, clock))
    }
}

#[async_trait]
impl Factory for Corners {
    async fn fresh(&self) -> Result<Subject> {
        let clock = ManualClock::at(Timestamp::constant(1_780_000_000, 0));
        let docs = self.next(Some(clock.clone()));
        let store = open(docs.clone()).await?;
        let reopen = Box::new(move || Box::pin(open(docs.clone())) as BoxFuture<'static, _>);
        Ok(Subject { store, clock: Some(clock), reopen: Some(reopen) })
    }
}

async fn open(docs: Arc<Corner>) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(LogStore::open_with(docs, small()).await?))
}
