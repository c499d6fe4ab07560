//! Arguments that several operations have in common.

use std::time::Duration;

use dell_redfish::Secret;
use dell_redfish::flow::wait::WaitOptions;
use dell_redfish::ops::share::{Share, ShareType};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

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
pub(super) struct Hidden(pub(super) Secret);

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
}

impl ShareArgument {
    pub(super) fn share(self) -> Share {
        let mut share = Share::new(self.kind, self.address, self.name);
        if let Some(port) = self.port {
            share = share.with_port(port);
        }
        if let Some(user) = self.username {
            let password = self.password.map_or_else(|| Secret::new(""), |Hidden(password)| password);
            share = share.with_credentials(user, password);
        }
        if let Some(workgroup) = self.workgroup {
            share = share.with_workgroup(workgroup);
        }
        if self.ignore_certificate {
            share = share.ignoring_certificate();
        }
        share
    }
}
