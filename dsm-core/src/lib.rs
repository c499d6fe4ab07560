//! Jobs in, verdicts out: the engine of `dsm`.
//!
//! - [`job`]: what a job is, the states it can be in, the verdict of a handler
//! - [`store`]: where jobs, servers, credentials and inventory live, behind one object-safe trait
//! - [`credential`]: who may log in where, and how passwords rest
//! - [`network`]: which addresses may be talked to
//! - [`address`], [`targets`]: ranges of addresses, and the addresses of a scan
//! - [`activity`]: the record of every exchange
//! - [`schedule`]: jobs that come again, and the hours in which jobs may begin
//! - [`engine`]: claims jobs, runs handlers, writes the one terminal state
//! - [`handlers`]: one file a job type

pub mod activity;
pub mod address;
mod clock;
pub mod credential;
mod ctx;
pub mod engine;
pub mod error;
mod handler;
pub mod handlers;
pub mod id;
pub mod job;
mod meter;
pub mod network;
mod retry;
pub mod schedule;
mod step;
pub mod store;
pub mod targets;

pub use clock::{SystemUptime, Uptime};
pub use ctx::Ctx;
pub use engine::{Engine, EngineBuilder, Event, EventKind, Events};
pub use handler::{DynHandler, Handler, Lane, Registry, Verdict};
pub use job::{JobRow, JobStatus, NewJob};
pub use retry::Backoff;
pub use step::{OpenStep, Step};

pub use error::{Error, ErrorKind, Result};
pub use id::{CredentialSetId, JobId, ServerId, TaskId};
