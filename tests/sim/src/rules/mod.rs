//! What actions do to the state, and when.

pub(crate) mod job;
pub(crate) mod power;
