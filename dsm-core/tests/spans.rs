//! An attempt and each of its steps are spans, and what happens in them happens inside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dsm_core::credential::{Cipher, KEY_LENGTH};
use dsm_core::store::MemoryStore;
use dsm_core::{Ctx, Engine, Handler, JobRow, NewJob, Result, Step, Verdict};
use serde_json::Map;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use zeroize::Zeroizing;

/// Names of spans by their number, and what was entered, left and dropped.
#[derive(Clone, Default)]
struct Book {
    names: Arc<Mutex<Vec<&'static str>>>,
    open: Arc<AtomicU64>,
    entered: Arc<Mutex<Vec<&'static str>>>,
}

impl Book {
    fn name(&self, id: &Id) -> &'static str {
        let at = usize::try_from(id.into_u64()).unwrap() - 1;
        self.names.lock().unwrap()[at]
    }
}

impl Subscriber for Book {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target().starts_with("dsm_core")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut names = self.names.lock().unwrap();
        names.push(span.metadata().name());
        self.open.fetch_add(1, Ordering::SeqCst);
        Id::from_u64(names.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, span: &Id) {
        self.entered.lock().unwrap().push(self.name(span));
    }

    fn exit(&self, _: &Id) {}

    fn clone_span(&self, span: &Id) -> Id {
        self.open.fetch_add(1, Ordering::SeqCst);
        span.clone()
    }

    fn try_close(&self, _: Id) -> bool {
        self.open.fetch_sub(1, Ordering::SeqCst);
        true
    }
}

struct Twice;

#[async_trait]
impl Handler for Twice {
    const JOB_TYPE: &'static str = "twice";
    type Args = ();

    fn decode(&self, _job: &JobRow) -> Result<()> {
        Ok(())
    }

    async fn run(&self, ctx: &Ctx, (): ()) -> Result<Verdict> {
        for name in ["first", "second"] {
            if let Step::New(step) = ctx.step::<u32>(name)? {
                step.begin(&"nothing to look for").await?;
                step.done(7).await?;
            }
        }
        Ok(Verdict::Done(Map::new()))
    }
}

#[tokio::test]
async fn an_attempt_and_its_steps_are_spans() {
    let book = Book::default();
    tracing::subscriber::set_global_default(book.clone()).unwrap();
    let cipher = Arc::new(Cipher::from_key(Zeroizing::new([7; KEY_LENGTH])));
    let engine =
        Engine::builder(Arc::new(MemoryStore::new()), cipher).with_handler(Twice).start().await.unwrap();
    let job = engine.enqueue(NewJob::new("twice")).await.unwrap();
    engine.wait(job).await.unwrap();
    engine.shutdown().await.unwrap();
    assert_eq!(*book.names.lock().unwrap(), ["attempt", "step", "step"]);
    let entered = book.entered.lock().unwrap();
    assert_eq!((entered[0], entered[1]), ("attempt", "step"));
    assert_eq!(book.open.load(Ordering::SeqCst), 0, "every span came to its end");
}
