//! `dsm.EngineOptions` into the options of the library.

use std::path::PathBuf;
use std::time::Duration;

use dell_redfish::TlsPolicy;
use dsm_core::activity::{ActivityOptions, ReplyBodies};
use dsm_core::engine::{EngineBuilder, EngineOptions, IdracOptions, ScanOptions};
use dsm_core::network::NetworkPolicy;
use dsm_core::store::Limits;
use dsm_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Deserialize;

use super::objects::Objects;
use crate::argument::{self, Known};

/// How certificates are judged, as Python writes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tls {
    TrustOnFirstUse,
    SystemRoots,
    Insecure,
    Pin(String),
    CaFile(PathBuf),
}

impl Tls {
    pub(crate) fn policy(self) -> Result<TlsPolicy> {
        Ok(match self {
            Self::TrustOnFirstUse => TlsPolicy::TrustOnFirstUse,
            Self::SystemRoots => TlsPolicy::SystemRoots,
            Self::Insecure => TlsPolicy::InsecureNoVerification,
            Self::Pin(sha256) => {
                TlsPolicy::Pinned(sha256.parse().map_err(|error: dell_redfish::Error| {
                    Error::invalid(
                        "tls",
                        error.message(),
                        "give the SHA-256 of the certificate, 64 hexadecimal digits",
                    )
                })?)
            }
            Self::CaFile(path) => TlsPolicy::CaFile(path),
        })
    }
}

/// What was given; what was not stays at the library's default. Times are seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    port: Option<u16>,
    tls: Option<Tls>,
    allow_loopback: bool,
    allow_networks: Vec<String>,
    executor_id: Option<String>,
    slots: Option<usize>,
    interactive_slots: Option<usize>,
    limits: Option<Known<Limits>>,
    job_types: Option<Vec<String>>,
    drain_time: Option<f64>,
    poll_interval: Option<f64>,
    lease_ttl: Option<f64>,
    heartbeat: Option<f64>,
    max_orphanings: Option<u32>,
    cleanup_interval: Option<f64>,
    accept_unfenced_changes: bool,
    secret_lifetime: Option<f64>,
    idrac_concurrency: Option<usize>,
    connect_timeout: Option<f64>,
    request_timeout: Option<f64>,
    scan: Scan,
    activity: Activity,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Scan {
    connect_width: Option<usize>,
    connect_rate: Option<u32>,
    connect_burst: Option<u32>,
    connect_timeout: Option<f64>,
    idrac_width: Option<usize>,
    identify_timeout: Option<f64>,
    max_addresses: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Activity {
    request_bodies: Option<bool>,
    reply_bodies: Option<Replies>,
    batch: Option<usize>,
    interval: Option<f64>,
    read_interval: Option<f64>,
    patience: Option<f64>,
    capacity: Option<usize>,
    body_bytes: Option<usize>,
    spill: Option<PathBuf>,
    spill_bytes: Option<u64>,
}

/// Which bodies of replies are kept, as Python writes it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Replies {
    Never,
    FailuresAndCommands,
    Always,
}

impl Settings {
    /// `inside` the running loop, or without one.
    pub(super) fn read(
        py: Python<'_>,
        options: Option<&Bound<'_, PyDict>>,
        inside: bool,
    ) -> PyResult<(Self, Objects)> {
        let Some(options) = options else { return Ok(Default::default()) };
        // The caller's own stays as it is.
        let options = options.copy()?;
        let objects = Objects::take(py, &options, inside)?;
        Ok((argument::fields(&options)?, objects))
    }

    pub(crate) fn apply(self, builder: EngineBuilder) -> Result<EngineBuilder> {
        let mut engine = EngineOptions::default();
        set(&mut engine.slots, self.slots);
        set(&mut engine.interactive_slots, self.interactive_slots);
        engine.limits = self.limits.map(|Known(limits)| limits);
        engine.job_types = self.job_types;
        set_time(&mut engine.drain_time, "drain_time", self.drain_time)?;
        set_time(&mut engine.poll_interval, "poll_interval", self.poll_interval)?;
        set_time(&mut engine.lease_ttl, "lease_ttl", self.lease_ttl)?;
        set_time(&mut engine.heartbeat, "heartbeat", self.heartbeat)?;
        set(&mut engine.max_orphanings, self.max_orphanings);
        set_time(&mut engine.cleanup_interval, "cleanup_interval", self.cleanup_interval)?;
        engine.accept_unfenced_changes = self.accept_unfenced_changes;
        set_time(&mut engine.secret_lifetime, "secret_lifetime", self.secret_lifetime)?;
        let mut idrac = IdracOptions::default();
        set(&mut idrac.port, self.port);
        set(&mut idrac.concurrency, self.idrac_concurrency);
        set_time(&mut idrac.connect_timeout, "connect_timeout", self.connect_timeout)?;
        set_time(&mut idrac.request_timeout, "request_timeout", self.request_timeout)?;
        set(&mut idrac.tls, self.tls.map(Tls::policy).transpose()?);
        let network = network(self.allow_loopback, &self.allow_networks)?;
        let mut builder = builder
            .with_options(engine)
            .with_idrac(idrac)
            .with_scan(self.scan.options()?)
            .with_activity(self.activity.options()?)
            .with_network(network);
        if let Some(id) = self.executor_id {
            builder = builder.with_executor_id(id);
        }
        Ok(builder)
    }
}

impl Scan {
    fn options(self) -> Result<ScanOptions> {
        let mut scan = ScanOptions::default();
        set(&mut scan.connect_width, self.connect_width);
        set(&mut scan.connect_rate, self.connect_rate);
        set(&mut scan.connect_burst, self.connect_burst);
        set_time(&mut scan.connect_timeout, "scan.connect_timeout", self.connect_timeout)?;
        set(&mut scan.idrac_width, self.idrac_width);
        set_time(&mut scan.identify_timeout, "scan.identify_timeout", self.identify_timeout)?;
        set(&mut scan.max_addresses, self.max_addresses);
        Ok(scan)
    }
}

impl Activity {
    fn options(self) -> Result<ActivityOptions> {
        let mut activity = ActivityOptions { spill: self.spill, ..ActivityOptions::default() };
        set(&mut activity.bodies.requests, self.request_bodies);
        set(&mut activity.bodies.replies, self.reply_bodies.map(Replies::kept));
        set(&mut activity.batch, self.batch);
        set_time(&mut activity.interval, "activity.interval", self.interval)?;
        set_time(&mut activity.read_interval, "activity.read_interval", self.read_interval)?;
        set_time(&mut activity.patience, "activity.patience", self.patience)?;
        set(&mut activity.capacity, self.capacity);
        set(&mut activity.body_bytes, self.body_bytes);
        set(&mut activity.spill_bytes, self.spill_bytes);
        Ok(activity)
    }
}

impl Replies {
    const fn kept(self) -> ReplyBodies {
        match self {
            Self::Never => ReplyBodies::Never,
            Self::FailuresAndCommands => ReplyBodies::FailuresAndCommands,
            Self::Always => ReplyBodies::Always,
        }
    }
}

/// Private networks, and what was allowed beside them.
pub(crate) fn network(loopback: bool, networks: &[String]) -> Result<NetworkPolicy> {
    let mut policy = NetworkPolicy::default();
    if loopback {
        policy = policy.allow_loopback();
    }
    for text in networks {
        policy = policy.allow(text).map_err(|error| {
            Error::new(error.kind(), format!("{text:?} cannot be allowed"))
                .about("allow_networks")
                .with_source(error)
        })?;
    }
    Ok(policy)
}

fn set<T>(option: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *option = given;
    }
}

pub(crate) fn set_time(option: &mut Duration, name: &str, given: Option<f64>) -> Result<()> {
    if let Some(given) = given {
        *option = seconds(name, given)?;
    }
    Ok(())
}

/// A span of time.
pub(crate) fn seconds(name: &str, seconds: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| Error::invalid(name, error.to_string(), "give seconds, for example 2.5"))
}
