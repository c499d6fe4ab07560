//! Every job type on simulated iDRACs of every generation: what it does, what it refuses, and what a second run, a cancel and
//! a crash leave behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod bios;
mod boot;
mod console;
mod crash;
mod credentials;
mod event_logs;
mod firmware;
mod golden;
mod health;
mod media;
mod power;
mod scp;
mod stop;

use dsm_core::JobStatus;
use dsm_suite::stand::Ran;

fn assert_done(ran: &Ran) {
    assert_eq!(ran.row.status, JobStatus::Completed, "{:#?}", ran.row.details);
    assert!(!ran.row.details.contains_key("partial"), "{:#?}", ran.row.details);
}

fn assert_failed(ran: &Ran, word: &str) {
    assert_eq!(ran.row.status, JobStatus::Failed, "{:#?}", ran.row.details);
    let error = ran.row.details.get("error").and_then(|error| error.as_str()).unwrap_or_default();
    assert!(error.contains(word), "{error}");
}
