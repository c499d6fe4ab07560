//! What can go wrong before a fleet answers its first request.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Why a fleet did not start. Nothing is left running when one of these is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The builder was given neither a network nor addresses.
    #[error("the fleet has no address: give a network with a count, or a list of addresses")]
    NoAddresses,
    /// A simulator reachable from elsewhere must be asked for by name.
    #[error(
        "{address} is not a loopback address: the simulator binds only loopback unless allow_non_loopback is set"
    )]
    NotLoopback {
        /// The address that was refused.
        address: IpAddr,
    },
    /// The same address twice would be two servers with one identity.
    #[error("{address} is in the fleet twice")]
    Duplicate {
        /// The address that appears twice.
        address: IpAddr,
    },
    /// The process may not open as many descriptors as the fleet needs.
    #[error(
        "the fleet needs {needed} file descriptors and the limit is {limit} (hard limit {hard}): raise it (ulimit -n {needed}) or start fewer servers"
    )]
    Descriptors {
        /// Listeners, held connections and a margin for clients.
        needed: u64,
        /// The soft limit after the attempt to raise it.
        limit: u64,
        /// The hard limit, which only an administrator raises.
        hard: u64,
    },
    /// An address could not be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address and port.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A field of a fleet description cannot be used.
    #[error("{field}: {reason}")]
    Spec {
        /// The field, as written in the description.
        field: String,
        /// Why, and what would do.
        reason: String,
    },
    /// A mockup folder cannot be served.
    #[error("mockup {path}: {reason}")]
    Mockup {
        /// The folder that was named.
        path: PathBuf,
        /// What was missing in it.
        reason: String,
    },
    /// The key or certificate could not be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(String),
    /// A file of the fleet's description could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn spec(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Spec { field: field.into(), reason: reason.into() }
    }
}
