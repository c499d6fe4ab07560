//! Who may log in where: the resolver trait, the five-level chain behind it, and how passwords rest.

mod ahead;
mod chain;
mod cipher;
#[cfg(feature = "conformance")]
pub mod conformance;
pub(crate) mod details;
mod env;
mod guard;
mod key_file;
mod key_source;
mod keys;
mod old_format;
mod reseal;
mod scan;
mod sealed;
mod sealing_key;
mod secret;
mod tables;

use std::fmt;
use std::net::IpAddr;

use async_trait::async_trait;

pub use ahead::Ahead;
pub use chain::{Chain, Explanation, Step};
pub use cipher::Cipher;
pub use details::{REMOVED, SEALED};
pub use env::EnvCredentials;
pub use guard::{GuardLimits, SuspendedCredential};
pub use key_file::key_path_beside;
pub use key_source::{KeyCallback, KeyFile, KeySource, KeyVariable};
pub use keys::{KEY_LENGTH, Key, Keys};
pub use old_format::OldKey;
pub use reseal::{ResealOptions, Resealed, reseal};
pub use scan::{Attempt, Candidate, ScanCredentials, Tries};
pub use sealed::{Place, SealedText};
pub use secret::Secret;
pub use tables::CredentialTables;

use crate::error::Result;
use crate::id::{CredentialSetId, ServerId};
use crate::store::ServerRow;

/// What the credentials are for. A credential of one type is offered to no device of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To log in to an iDRAC.
    Idrac,
    /// To log in to an ESXi host.
    Esxi,
    /// To log in to a vCenter.
    Vcenter,
}

impl Purpose {
    /// The `credential_type` that serves it.
    #[must_use]
    pub const fn credential_type(self) -> &'static str {
        match self {
            Self::Idrac => "idrac",
            Self::Esxi => "esxi",
            Self::Vcenter => "vcenter",
        }
    }
}

/// Which level of the order an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Before all others: the resolver that the program brought.
    Program,
    /// 1: the set an operator chose for the server.
    ExplicitSet,
    /// 2: user name and password on the server's own row.
    Server,
    /// 2: the set that worked at discovery.
    DiscoveredBy,
    /// 3: a set whose range has the address.
    IpRange,
    /// Beside 3: a set that the job itself names (a scan's `credential_set_ids`).
    JobSet,
    /// Beside 3: a user name and password in the job's own details (a test's).
    JobDetails,
    /// 4: a default set.
    DefaultSet,
    /// 5: the environment.
    Environment,
}

impl Level {
    /// The `source` word, the existing executor's where it has the level.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Program => "resolver",
            Self::ExplicitSet => "credential_set_id",
            Self::Server => "server_specific",
            Self::DiscoveredBy => "discovered_by_credential_set_id",
            Self::IpRange => "ip_range",
            Self::JobSet => "job_credential_set_ids",
            Self::JobDetails => "job_details",
            Self::DefaultSet => "default_set",
            Self::Environment => "defaults",
        }
    }

    /// Its place in the order, 1 to 5; 0 is before it.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Program => 0,
            Self::ExplicitSet => 1,
            Self::Server | Self::DiscoveredBy => 2,
            Self::IpRange | Self::JobSet | Self::JobDetails => 3,
            Self::DefaultSet => 4,
            Self::Environment => 5,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is known of the device that credentials are wanted for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Its row.
    pub server_id: Option<ServerId>,
    /// Its address: what ranges are matched against.
    pub address: Option<IpAddr>,
    /// Its service tag.
    pub service_tag: Option<String>,
    /// The set an operator chose for it.
    pub credential_set_id: Option<CredentialSetId>,
    /// User name on its own row.
    pub username: Option<String>,
    /// The password to it, sealed.
    pub password_encrypted: Option<String>,
    /// The set that worked at discovery.
    pub discovered_by: Option<CredentialSetId>,
}

impl Target {
    /// A device known by nothing but its address.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self { address: Some(address), ..Self::default() }
    }
}

impl From<&ServerRow> for Target {
    fn from(row: &ServerRow) -> Self {
        Self {
            server_id: Some(row.id),
            address: row.fields.ip_address,
            service_tag: row.fields.service_tag.clone(),
            credential_set_id: row.fields.credential_set_id,
            username: row.fields.idrac_username.clone(),
            password_encrypted: row.fields.idrac_password_encrypted.clone(),
            discovered_by: row.fields.discovered_by_credential_set_id,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address, self.server_id) {
            (Some(address), _) => address.fmt(f),
            (None, Some(id)) => write!(f, "server {id}"),
            (None, None) => f.write_str("an unknown device"),
        }
    }
}

/// Credentials, and where they came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// User name.
    pub username: String,
    /// Password.
    pub secret: Secret,
    /// The level that had them.
    pub source: Level,
    /// The set they are, if they are one.
    pub set_id: Option<CredentialSetId>,
}

/// What a device made of the credentials. Only an answer of its own counts: a broken connection is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It let us in.
    Accepted,
    /// It refused user name or password.
    Rejected,
}

/// Finds credentials. [`Chain`] is the one of this crate; an embedding program may bring its own
/// ([`EngineBuilder::with_resolver`](crate::EngineBuilder::with_resolver)).
///
/// Dropping the future gives the search up; nothing is held over.
#[async_trait]
pub trait CredentialResolver: Send + Sync + fmt::Debug {
    /// The credentials for a device.
    ///
    /// # Errors
    /// [`ErrorKind::Credential`](crate::ErrorKind::Credential) when there are none,
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when others may be asked that come after this one,
    /// [`ErrorKind::Cipher`](crate::ErrorKind::Cipher) when the ones found cannot be opened, or a store's error.
    async fn resolve(&self, target: &Target, purpose: Purpose) -> Result<Resolved>;

    /// Tells what came of them, so that credentials a device refuses are not sent to it again and again.
    async fn report(&self, target: &Target, resolved: &Resolved, outcome: Outcome);
}
