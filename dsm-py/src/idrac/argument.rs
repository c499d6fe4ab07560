//! Arguments that several operations have in common.

use std::time::Duration;

use dell_redfish::Secret;
use dell_redfish::flow::wait::WaitOptions;
use dell_redfish::ops::ExportPlace;
use dell_redfish::ops::share::{Share, ShareProxy, ShareType};
use dsm_core::{Error, ErrorKind};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::failure::Failure;

/// Arguments that do not go together.
pub(super) fn invalid(why: impl Into<String>) -> Failure {
    Failure::Core(Error::new(ErrorKind::InvalidInput, why))
}

/// Sets an option where its span was given.
pub(super) fn set(option: &mut Duration, given: Option<Seconds>) {
    if let Some(Seconds(given)) = given {
        *option = given;
    }
}

/// A user and a password, where either was given; a user may have no password.
pub(super) fn login(
    username: Option<String>,
    password: Option<Hidden>,
) -> Result<Option<(String, Secret)>, Failure> {
    match (username, password) {
        (Some(user), password) => {
            Ok(Some((user, password.map_or_else(|| Secret::new(""), |Hidden(password)| password))))
        }
        (None, Some(_)) => Err(invalid("a password needs its `username`")),
        (None, None) => Ok(None),
    }
}

/// Where an export goes: to a file on a share, or to the iDRAC itself.
pub(super) fn place(share: Option<ShareArgument>, file: Option<String>) -> Result<ExportPlace, Failure> {
    match (share, file) {
        (Some(share), Some(file)) => Ok(ExportPlace::on(share.share()?, file)),
        (None, None) => Ok(ExportPlace::Local),
        _ => Err(invalid("give `share` and `file` together")),
    }
}

/// A span of time, in seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seconds(pub(super) Duration);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Duration::try_from_secs_f64(seconds).map(Self).map_err(D::Error::custom)
    }
}

/// A text that is secret: not even an error about its type repeats it.
#[derive(Debug, Clone)]
pub(crate) struct Hidden(pub(crate) Secret);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(Secret::new(text))),
            _ => Err(D::Error::custom("a secret is no text")),
        }
    }
}

/// `dsm.idrac.Wait`: how a job is waited for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wait {
    interval: Option<Seconds>,
    timeout: Option<Seconds>,
    stall_limit: Option<Seconds>,
    restart_limit: Option<Seconds>,
    grace: Option<Seconds>,
}

impl Wait {
    /// Lays what was given over the defaults of the library.
    pub(super) fn over(&self, mut options: WaitOptions) -> WaitOptions {
        let given = [
            (&mut options.interval, self.interval),
            (&mut options.deadline, self.timeout),
            (&mut options.stall_limit, self.stall_limit),
            (&mut options.restart_limit, self.restart_limit),
            (&mut options.grace, self.grace),
        ];
        for (option, given) in given {
            if let Some(Seconds(given)) = given {
                *option = given;
            }
        }
        options
    }
}

/// `dsm.idrac.Proxy`: what stands between the iDRAC and a share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProxyArgument {
    server: String,
    port: u16,
    #[serde(default)]
    socks: bool,
    username: Option<String>,
    password: Option<Hidden>,
}

/// `dsm.idrac.Share`: a place that the iDRAC reaches by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShareArgument {
    kind: ShareType,
    address: String,
    #[serde(default)]
    name: String,
    port: Option<u16>,
    username: Option<String>,
    password: Option<Hidden>,
    workgroup: Option<String>,
    #[serde(default)]
    ignore_certificate: bool,
    proxy: Option<ProxyArgument>,
}

impl ShareArgument {
    pub(super) fn share(self) -> Result<Share, Failure> {
        let mut share = Share::new(self.kind, self.address, self.name);
        if let Some(port) = self.port {
            share = share.with_port(port);
        }
        if let Some((user, password)) = login(self.username, self.password)? {
            share = share.with_credentials(user, password);
        }
        if let Some(workgroup) = self.workgroup {
            share = share.with_workgroup(workgroup);
        }
        if let Some(ProxyArgument { server, port, socks, username, password }) = self.proxy {
            let credentials = login(username, password)?;
            share = share.with_proxy(ShareProxy { socks, server, port, credentials });
        }
        if self.ignore_certificate {
            share = share.ignoring_certificate();
        }
        Ok(share)
    }
}
