//! Identifiers that cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// An id made of what a thing is (a UUID of version 8): the same parts give the same one, so that whoever writes the thing again
/// writes the same row.
pub(crate) fn made_of(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length, so that parts cannot run into each other.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new one, ordered by time of making.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A job (`jobs.id`).
    JobId
);
id!(
    /// A task of a job (`job_tasks.id`).
    TaskId
);
id!(
    /// A server (`servers.id`).
    ServerId
);
id!(
    /// A credential set (`credential_sets.id`).
    CredentialSetId
);
id!(
    /// A person (`profiles.id`).
    ProfileId
);

impl JobId {
    /// No job: what an event is about that concerns more than one.
    pub const NIL: Self = Self(Uuid::nil());
}
