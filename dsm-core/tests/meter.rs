//! What is counted while a job runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]
#![cfg(feature = "metrics")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dsm_core::credential::{Cipher, KEY_LENGTH};
use dsm_core::store::MemoryStore;
use dsm_core::{Ctx, Engine, Handler, JobRow, JobStatus, NewJob, Result, Verdict};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use serde_json::Map;
use zeroize::Zeroizing;

/// Adds up by name and labels.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<BTreeMap<String, f64>>>);

struct Line(Book, String);

impl CounterFn for Line {
    fn increment(&self, value: u64) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += value as f64;
    }
    fn absolute(&self, _value: u64) {}
}

impl HistogramFn for Line {
    fn record(&self, _value: f64) {
        *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += 1.0;
    }
}

impl Book {
    fn line(&self, key: &Key) -> Arc<Line> {
        let labels: Vec<String> =
            key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(Line(self.clone(), format!("{} {}", key.name(), labels.join(",")).trim().to_owned()))
    }
}

impl Recorder for Book {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.line(key))
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.line(key))
    }
}

struct Count;

#[async_trait]
impl Handler for Count {
    const JOB_TYPE: &'static str = "count";
    type Args = ();

    fn decode(&self, _job: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, _ctx: &Ctx, (): ()) -> Result<Verdict> {
        Ok(Verdict::Done(Map::new()))
    }
}

#[tokio::test]
async fn a_job_is_counted_where_it_is_claimed_run_and_ended() {
    let book = Book::default();
    metrics::set_global_recorder(book.clone()).map_err(|_| "another recorder").unwrap();
    let cipher = Arc::new(Cipher::from_key(Zeroizing::new([7; KEY_LENGTH])));
    let engine =
        Engine::builder(Arc::new(MemoryStore::new()), cipher).with_handler(Count).start().await.unwrap();
    for _ in 0..3 {
        let job = engine.enqueue(NewJob::new("count")).await.unwrap();
        assert_eq!(engine.wait(job).await.unwrap().status, JobStatus::Completed);
    }
    engine.shutdown().await.unwrap();
    let seen = book.0.lock().unwrap().clone();
    for line in [
        "dsm_jobs_claimed_total",
        "dsm_attempts_total job_type=count,outcome=completed",
        "dsm_attempt_seconds job_type=count,outcome=completed",
        "dsm_settlements_total answer=applied",
    ] {
        assert_eq!(seen.get(line), Some(&3.0), "{line} in {seen:?}");
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}
