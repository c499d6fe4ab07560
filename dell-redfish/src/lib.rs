//! Speaks Redfish to one Dell iDRAC, generations 7 to 10.
//!
//! An operation is a plain value ([`Operation`]): it says its request and how to read the reply.
//! One pipeline, `Client::run`, carries it out — deadline, retry, breaker, per-iDRAC limit, attempt
//! time-out, session — and shows every exchange once to the [`Observer`]. Several operations to one
//! end are a flow (module `flow`), of which `flow::inventory` is the largest.
//!
//! This crate knows no jobs, no database and no Python.

pub mod clock;
pub mod error;
pub mod facts;
pub mod message;
pub mod observer;
pub mod operation;
pub mod quirk;
pub mod request;
pub mod transport;

pub use error::{Error, ErrorKind, Permanence, Result};
pub use facts::HostFacts;
pub use message::{ExtendedInfo, MessageId};
pub use observer::{Exchange, Observer};
pub use operation::{Operation, Redfish, run};
pub use quirk::Generation;
pub use request::{Method, Request, Response};
