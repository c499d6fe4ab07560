//! Names an iDRAC gives to things, checked before they are put into a path or a body.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};

macro_rules! text_id {
    ($name:ident) => {
        impl $name {
            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Path of a resource: absolute, below `/redfish`, without a query, nothing in it that a server could read as another path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ODataId(String);

text_id!(ODataId);

impl ODataId {
    /// Checks a path. A pointer into the resource (`…/Power#/PowerSupplies/0`) is allowed and kept.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`], naming the path.
    pub fn parse(text: &str) -> Result<Self> {
        let path = text.split('#').next().unwrap_or_default();
        if path.contains('?') || !endpoint::is_clean(path) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("{text:?} is no path of a Redfish resource"),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The path without a pointer into the resource: what can be asked for.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.split('#').next().unwrap_or_default()
    }
}

/// Name of a Dell job: `JID_` and digits, or `RID_` and digits for the reboot that belongs to one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct DellJobId(String);

text_id!(DellJobId);

impl DellJobId {
    /// Checks a name.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`], naming it.
    pub fn parse(text: &str) -> Result<Self> {
        let digits = text.strip_prefix("JID_").or_else(|| text.strip_prefix("RID_")).unwrap_or_default();
        if digits.is_empty() || digits.len() > 20 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("{text:?} is no Dell job: expected JID_ or RID_ and digits"),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The first job named in a text: a `Location` header, a reply's body.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.match_indices("ID_").find_map(|(at, _)| {
            let start = at.checked_sub(1)?;
            let rest = text.get(start..)?;
            let end = rest.bytes().skip(4).take_while(u8::is_ascii_digit).count() + 4;
            Self::parse(rest.get(..end)?).ok()
        })
    }

    /// Whether it is a reboot job, which cannot be deleted.
    #[must_use]
    pub fn is_reboot(&self) -> bool {
        self.0.starts_with("RID_")
    }
}

/// Dell's fully qualified device descriptor: `NIC.Integrated.1-1-1`, `Disk.Bay.0:Enclosure.Internal.0-1:RAID.SL.3-1`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Fqdd(String);

text_id!(Fqdd);

impl Fqdd {
    /// Checks a name.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`], naming it.
    pub fn parse(text: &str) -> Result<Self> {
        let fits =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'_' | b'#');
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !begins || text.len() > 256 || !text.bytes().all(fits) || text.contains("..") {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                format!("{text:?} is no device name of Dell's (FQDD)"),
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs() {
        assert!(DellJobId::parse("JID_123456789012").is_ok());
        assert!(DellJobId::parse("RID_1").is_ok_and(|job| job.is_reboot()));
        for bad in ["", "JID_", "JID_CLEARALL", "jid_1", "JID_1/..", "JID_123456789012345678901", "XID_1"] {
            assert!(DellJobId::parse(bad).is_err(), "{bad}");
        }
        let found = |text| DellJobId::find(text).map(|job| job.to_string());
        assert_eq!(found("/redfish/v1/TaskService/Tasks/JID_12?x").as_deref(), Some("JID_12"));
        assert_eq!(found("ID_1 JID_ XID_3 RID_7").as_deref(), Some("RID_7"));
        assert_eq!(found("none"), None);
    }

    #[test]
    fn paths() {
        let power = ODataId::parse("/redfish/v1/Chassis/System.Embedded.1/Power#/PowerSupplies/0").unwrap();
        assert_eq!(power.path(), "/redfish/v1/Chassis/System.Embedded.1/Power");
        for bad in
            ["", "redfish", "https://a/redfish/v1", "/redfish/../x", "/redfish//v1", "/redfish/v1?x=1", "/x"]
        {
            assert!(ODataId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn devices() {
        assert!(Fqdd::parse("Disk.Bay.0:Enclosure.Internal.0-1:RAID.SL.3-1").is_ok());
        for bad in ["", "..", "a/b", ".a", "NIC 1"] {
            assert!(Fqdd::parse(bad).is_err(), "{bad}");
        }
    }
}
