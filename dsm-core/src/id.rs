//! Identifiers that cannot be mixed up.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

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
