//! Jobs in, verdicts out: the engine of `dsm`.
//!
//! - [`job`]: what a job is, the states it can be in, the verdict of a handler
//! - [`store`]: where jobs, servers, credentials and inventory live, behind one object-safe trait
//! - `credential`: who may log in where, and how passwords rest
//! - `network`: which addresses may be talked to
//! - `activity`: the record of every exchange
//! - `engine`: claims jobs, runs handlers, writes the one terminal state
//! - `handlers`: one file a job type

pub mod error;
pub mod id;
pub mod job;
pub mod store;

pub use error::{Error, ErrorKind, Result};
pub use id::{CredentialSetId, JobId, ServerId, TaskId};
