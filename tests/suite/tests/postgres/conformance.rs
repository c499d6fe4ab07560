//! The suite that holds every store to the trait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use dsm_core::Result;
use dsm_core::store::conformance::{Factory, Subject, check};
use dsm_core::store::{ManualClock, PostgresOptions, PostgresStore, StorageClock, Store};
use dsm_suite::postgres::Postgres;
use jiff::Timestamp;

/// Where the clocks of the stores stand at first.
pub(crate) const START: Timestamp = Timestamp::constant(1_780_000_000, 0);

/// A schema of one database for each case.
pub(crate) struct Schemas {
    address: String,
    made: AtomicU32,
}

impl Schemas {
    pub(crate) fn of(address: String) -> Self {
        Self { address, made: AtomicU32::new(0) }
    }
}

async fn open(address: &str, schema: &str, clock: &ManualClock) -> Result<Arc<dyn Store>> {
    let mut options = PostgresOptions::default();
    options.schema = schema.to_owned();
    options.connections = 4;
    options.clock = StorageClock::Manual(clock.clone());
    Ok(Arc::new(PostgresStore::connect(address, options).await?))
}

#[async_trait]
impl Factory for Schemas {
    async fn fresh(&self) -> Result<Subject> {
        let (address, schema) =
            (self.address.clone(), format!("case {}", self.made.fetch_add(1, Ordering::Relaxed)));
        let clock = ManualClock::at(START);
        let store = open(&address, &schema, &clock).await?;
        let again = clock.clone();
        let reopen = Box::new(move || {
            let (address, schema, clock) = (address.clone(), schema.clone(), again.clone());
            Box::pin(async move { open(&address, &schema, &clock).await }) as _
        });
        Ok(Subject { store, clock: Some(clock), reopen: Some(reopen) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.database().unwrap();
    let report = check(&Schemas::of(address)).await;
    assert!(report.is_ok(), "{report}");
    assert!(report.skipped.is_empty(), "{report}");
}
