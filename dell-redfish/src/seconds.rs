//! Spans of time in records: seconds, as a number.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// One span.
pub(crate) fn one<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.as_secs_f64())
}

/// One that may be absent.
#[allow(clippy::ref_option, reason = "serde calls it with the field")]
pub(crate) fn maybe<S: Serializer>(span: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    span.map(|span| span.as_secs_f64()).serialize(serializer)
}
