//! The handlers: one file or folder a job type, by the peer they talk to.

pub mod idrac;
