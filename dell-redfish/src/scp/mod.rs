//! Server configuration profiles (SCP): what a server is set to, in one document.
//!
//! A [`Profile`] is read from what its bytes are, XML or JSON, never from a label beside it; the bytes themselves are
//! kept. Everything here is offline: reading, writing, choosing parts, finding secrets, comparing two profiles, and
//! asking whether a profile belongs to a server. Exporting and importing are flows.
//!
//! The format follows Dell's "Server Configuration Profiles: Reference Guide": `SystemConfiguration` holds
//! `Component`s by FQDD, which hold `Attribute`s and, for storage, further components. In XML an attribute in a comment
//! is not applied on import; in JSON `Set On Import` says so.

mod component;
mod diff;
mod encoding;
mod fit;
mod hazard;
mod json;
mod profile;
mod secret;
mod select;
mod target;
#[cfg(test)]
mod tests;
mod xml_read;
mod xml_write;

pub use component::{Attribute, Component};
pub use diff::{AttributeChange, AttributeName, ProfileDiff};
pub use fit::{Agreement, Fit};
pub use hazard::{Hazard, is_order};
pub use profile::{Profile, ProfileFormat};
pub use secret::{NewPassword, SecretAttribute};
pub use target::ScpTarget;

use crate::error::{Error, ErrorKind};

/// The largest profile that is read, in bytes; a fully equipped server's is about two million.
pub const MAX_PROFILE_BYTES: usize = 8 << 20;

/// How deep components may be nested; controller, enclosure and disk are three.
const MAX_DEPTH: usize = 16;

/// How many components and attributes are read in all.
const MAX_ENTRIES: usize = 200_000;

/// A profile that cannot be used. Never carries a piece of it: that could be a password.
fn unusable(why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("this is no usable server configuration profile: {why}"))
}

/// Counts what a profile holds, so that a hostile one ends early.
#[derive(Debug, Default)]
struct Budget {
    entries: usize,
}

impl Budget {
    fn entry(&mut self, depth: usize) -> crate::error::Result<()> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(unusable(format!("it holds more than {MAX_ENTRIES} components and attributes")));
        }
        if depth > MAX_DEPTH {
            return Err(unusable(format!("its components are nested deeper than {MAX_DEPTH}")));
        }
        Ok(())
    }
}
