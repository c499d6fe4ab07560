//! Flows that follow links, over an iDRAC that answers with the fuzzer's bytes.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use dell_redfish::clock::{Clock, SystemClock};
use dell_redfish::flow::boot::fetch_boot;
use dell_redfish::flow::firmware::list_firmware;
use dell_redfish::flow::health::{HealthDepth, fetch_health};
use dell_redfish::flow::inventory::{InventoryOptions, inventory as take};
use dell_redfish::flow::jobs::list_jobs;
use dell_redfish::flow::log::{LogKind, LogOptions, LogReader};
use dell_redfish::request::{HeaderMap, Request, Response};
use dell_redfish::{Error, ErrorKind, HostFacts, Redfish, Result};

/// Requests after which a flow counts as endless: many times what the largest server needs.
const ENDLESS: usize = 20_000;

/// Answers each request with the next piece of the input, cut at NUL bytes; the last piece again and again.
#[derive(Debug)]
pub(crate) struct Hostile {
    pieces: Mutex<VecDeque<Bytes>>,
    asked: AtomicUsize,
}

impl Hostile {
    pub(crate) fn new(data: &[u8]) -> Self {
        let pieces = data.split(|byte| *byte == 0).map(Bytes::copy_from_slice).collect();
        Self { pieces: Mutex::new(pieces), asked: AtomicUsize::new(0) }
    }
}

#[async_trait]
impl Redfish for Hostile {
    fn host(&self) -> &str {
        "192.0.2.1"
    }

    async fn send(&self, _operation: &'static str, _request: Request) -> Result<Response> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        assert!(asked < ENDLESS, "the flow does not end");
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let body = match pieces.len() {
            0 => Bytes::new(),
            1 => pieces.front().cloned().unwrap_or_default(),
            _ => pieces.pop_front().unwrap_or_default(),
        };
        match body.first() {
            Some(b'!') => Err(Error::new(ErrorKind::NotFound, "fuzzed").with_http_status(404)),
            _ => Ok(Response { status: 200, headers: HeaderMap::new(), body }),
        }
    }

    fn facts(&self) -> HostFacts {
        HostFacts::default()
    }

    fn learn(&self, change: &mut (dyn FnMut(&mut HostFacts) + Send)) {
        change(&mut HostFacts::default());
    }

    fn concurrency(&self) -> usize {
        2
    }

    fn clock(&self) -> &dyn Clock {
        &SystemClock
    }
}

/// Runs a flow to its end on a runtime of its own.
pub(crate) fn finish<F: Future>(flow: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    match runtime {
        Ok(runtime) => runtime.block_on(flow),
        Err(error) => panic!("no runtime: {error}"),
    }
}

/// The full inventory.
pub(crate) fn inventory(data: &[u8]) {
    let hostile = Hostile::new(data);
    if let Ok(found) = finish(take(&hostile, InventoryOptions::default())) {
        let _ = (found.summary(), found.failures.len());
    }
}

/// A log, page by page, a page at a time.
pub(crate) fn logs(data: &[u8]) {
    let hostile = Hostile::new(data);
    finish(async {
        let mut reader = LogReader::new(&hostile, LogKind::Lifecycle, LogOptions::default());
        while let Ok(Some(page)) = reader.next_page().await {
            let _ = page.len();
        }
        let cursor = reader.cursor();
        let again = LogOptions { cursor: Some(cursor), ..LogOptions::default() };
        let _ = LogReader::new(&hostile, LogKind::Lifecycle, again).next_page().await;
    });
}

/// The job queue.
pub(crate) fn jobs(data: &[u8]) {
    let _ = finish(list_jobs(&Hostile::new(data)));
}

/// How the server is.
pub(crate) fn health(data: &[u8]) {
    let _ = finish(fetch_health(&Hostile::new(data), HealthDepth::Full));
}

/// The firmware inventory.
pub(crate) fn firmware(data: &[u8]) {
    let _ = finish(list_firmware(&Hostile::new(data)));
}

/// Boot order, options and overrides.
pub(crate) fn boot(data: &[u8]) {
    let _ = finish(fetch_boot(&Hostile::new(data)));
}
