//! Speaks Redfish to one Dell iDRAC, generations 7 to 10.
//!
//! An operation is a plain value ([`Operation`]): it says its request and how to read the reply.
//! One pipeline, `Client::run`, carries it out — deadline, retry, breaker, per-iDRAC limit, attempt
//! time-out, session — and shows every exchange once to the [`Observer`]. Several operations to one
//! end are a flow (module `flow`), of which `flow::inventory` is the largest.
//!
//! This crate knows no jobs, no database and no Python.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod accepted;
mod actions;
pub mod address;
pub mod attribute;
mod auth;
pub mod body;
pub mod breaker;
mod builder;
mod capability;
pub mod catalog;
pub mod certificate;
pub mod client;
pub mod clock;
mod conditional;
pub mod credentials;
mod dial;
mod effect;
pub mod endpoint;
pub mod error;
pub mod facts;
pub mod flow;
mod grant;
mod handover;
mod http;
pub mod id;
mod identity;
#[cfg(feature = "legacy-tls")]
mod legacy;
pub mod limit;
pub mod meaning;
pub mod message;
pub mod model;
pub mod observer;
pub mod operation;
pub mod ops;
mod orphan;
mod outgoing;
mod patience;
mod permit;
#[cfg(test)]
mod pipeline_tests;
mod plan;
pub mod policy;
pub mod quirk;
pub mod reaper;
pub mod redact;
pub mod registry;
pub mod request;
pub mod safeguard;
pub mod scp;
mod seconds;
mod secret;
mod session;
mod tag;
pub mod tls;
pub mod transport;
pub mod upload;
mod verdict;
mod wire;

pub use accepted::Accepted;
pub use actions::{Action, Actions};
pub use address::Target;
pub use body::{Body, BodySource, ReplyStream};
pub use breaker::BreakerPolicy;
pub use certificate::{CertificateMemory, CertificateVerdict, Fingerprint, InMemoryCertificates};
pub use client::{Client, ClientBuilder};
pub use conditional::{Conditional, EntityTag, run_if_changed};
pub use credentials::{AuthMode, Credentials};
pub use effect::Effect;
pub use error::{Error, ErrorKind, Permanence, Result};
pub use facts::HostFacts;
pub use handover::{SessionHandle, SessionRole};
pub use id::{DellJobId, Fqdd, ODataId};
pub use meaning::MessageClass;
pub use message::{ExtendedInfo, MessageId};
pub use observer::{Exchange, Observer};
pub use operation::{Operation, Redfish, run};
pub use permit::Permit;
pub use plan::{Plan, Restart, Step};
pub use policy::{RetryPolicy, Timeouts};
pub use quirk::Generation;
pub use reaper::SessionReaper;
pub use registry::{InMemorySessions, OrphanedSession, SessionRegistry, SessionTicket};
pub use request::{Method, Request, Response};
pub use safeguard::{Safeguard, Safeguards};
pub use secret::Secret;
pub use tag::run_tagged;
pub use tls::TlsPolicy;
pub use transport::{Opened, Transport, WireRequest};
