//! Time zones by name, from the database that is built in.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A time zone of the IANA database (`Europe/Berlin`).
///
/// Always from the database of this build: every executor of one build reckons alike, also where the system has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time, which has no summer.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// Its rules.
    #[must_use]
    pub fn rules(&self) -> &TimeZone {
        &self.0
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        if name == "UTC" {
            return Ok(Self::UTC);
        }
        static BUNDLED: OnceLock<TimeZoneDatabase> = OnceLock::new();
        let database = BUNDLED.get_or_init(TimeZoneDatabase::bundled);
        database.get(name).map(Self).map_err(|cause| {
            Error::invalid(
                "time_zone",
                format!("`{name}` is no time zone"),
                "name one as `Europe/Berlin` or `UTC`",
            )
            .with_source(cause)
        })
    }
}

impl TryFrom<String> for Zone {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        name.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_as_they_are_named() {
        for name in ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"] {
            let zone: Zone = name.parse().unwrap();
            assert_eq!(String::from(zone.clone()).parse::<Zone>().unwrap(), zone);
            assert_eq!(zone.name(), name);
        }
        let error = "Mars/Olympus".parse::<Zone>().unwrap_err();
        assert!(error.chain().contains("Mars/Olympus"), "{}", error.chain());
    }
}
