//! Fuzz targets: each takes any bytes and must come back, without a panic, in bounded memory and a bounded number of requests.
//!
//! The corpus is in `corpus/<target>/`. `tests/replay.rs` runs it, and mutations of it, on any compiler; `libfuzzer/` lets
//! libFuzzer look for more with a nightly one.

#![allow(clippy::panic, reason = "a target that finds something must stop the fuzzer")]

mod crawl;
mod offline;
mod replies;

/// A name and what it does to the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("errors", replies::errors),
    ("resources", replies::resources),
    ("pages", replies::pages),
    ("actions", replies::actions),
    ("names", replies::names),
    ("redaction", replies::redaction),
    ("inventory", crawl::inventory),
    ("attributes", offline::attributes),
    ("profiles", offline::profiles),
    ("catalogues", offline::catalogues),
    ("versions", offline::versions),
    ("schedules", offline::schedules),
    ("logs", crawl::logs),
    ("jobs", crawl::jobs),
    ("health", crawl::health),
    ("firmware", crawl::firmware),
    ("boot", crawl::boot),
];

/// The target of this name.
#[must_use]
pub fn find(name: &str) -> Option<fn(&[u8])> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}
