//! Generations of iDRAC, how to tell them apart, and the named quirks of each.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ServiceRoot;

/// An iDRAC generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Generation {
    /// 12th generation servers.
    #[serde(rename = "iDRAC7")]
    Idrac7,
    /// 13th generation servers.
    #[serde(rename = "iDRAC8")]
    Idrac8,
    /// 14th to 16th generation servers.
    #[serde(rename = "iDRAC9")]
    Idrac9,
    /// 17th generation servers.
    #[serde(rename = "iDRAC10")]
    Idrac10,
}

impl Generation {
    /// From `Manager.Model`: the number before the first `G` (`15G Monolithic`, `17G DCS`). Never from the firmware's
    /// version, which starts again at 1.x on iDRAC10.
    #[must_use]
    pub fn from_manager_model(model: &str) -> Option<Self> {
        let text = model.trim_start();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || text.as_bytes().get(digits).is_none_or(|byte| !byte.eq_ignore_ascii_case(&b'G')) {
            return None;
        }
        match text[..digits].parse::<u16>().ok()? {
            12 => Some(Self::Idrac7),
            13 => Some(Self::Idrac8),
            14..=16 => Some(Self::Idrac9),
            17.. => Some(Self::Idrac10),
            _ => None,
        }
    }

    /// `iDRAC9`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idrac7 => "iDRAC7",
            Self::Idrac8 => "iDRAC8",
            Self::Idrac9 => "iDRAC9",
            Self::Idrac10 => "iDRAC10",
        }
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the service root announces `$expand` in the form used here; nothing where it announces nothing.
#[must_use]
pub fn announces_expand(root: &ServiceRoot) -> Option<bool> {
    let expand = root.protocol_features.as_ref()?.expand.as_ref()?;
    Some(expand.all == Some(true) && expand.max_levels != Some(0))
}

/// A known deviation, and what is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirk {
    /// Stable name.
    pub name: &'static str,
    /// First generation it concerns.
    pub since: Generation,
    /// Last generation it concerns.
    pub until: Generation,
    /// Where it is known from.
    pub evidence: &'static str,
    /// What this library does.
    pub effect: &'static str,
}

/// `$expand` is announced by some and fails, or answers two documents in one body.
pub const NO_EXPAND: Quirk = Quirk {
    name: "no_expand",
    since: Generation::Idrac7,
    until: Generation::Idrac8,
    evidence: "licence errors and two JSON documents in one body on 2.x, public issue trackers",
    effect: "collections are walked link by link without asking for $expand first",
};

/// Sessions are created at `/redfish/v1/Sessions`.
pub const SESSIONS_AT_ROOT: Quirk = Quirk {
    name: "sessions_at_root",
    since: Generation::Idrac7,
    until: Generation::Idrac8,
    evidence: "POST to SessionService/Sessions answers 405; the service root's Links.Sessions names the right place",
    effect: "the sessions path is taken from Links.Sessions, and from this place where it is unknown",
};

/// Power and cooling come in one resource each.
pub const POWER_AND_THERMAL_INLINE: Quirk = Quirk {
    name: "power_and_thermal_inline",
    since: Generation::Idrac7,
    until: Generation::Idrac9,
    evidence: "Power and Thermal are there up to 7.x, though marked deprecated from 6.00; iDRAC10 has subsystems only",
    effect: "two requests instead of three collections wherever Chassis links to them",
};

/// Firmware inventory can lack a release date.
pub const RELEASE_DATE_WITHOUT_DATE: Quirk = Quirk {
    name: "release_date_without_date",
    since: Generation::Idrac7,
    until: Generation::Idrac10,
    evidence: "ReleaseDate 00:00:00Z in SoftwareInventory",
    effect: "kept as text; SoftwareInventory::released gives nothing for it",
};

/// `Links.*` of a NIC's chip name its ports and functions directly.
pub const ADAPTER_LINKS: Quirk = Quirk {
    name: "adapter_links",
    since: Generation::Idrac9,
    until: Generation::Idrac10,
    evidence: "NetworkAdapter.Controllers[].Links on 6.x and 7.x",
    effect: "$expand=~ on a card brings card, ports and functions in one request; where it does not, their collections are read and this is remembered",
};

/// A profile to import must be one line.
pub const COMPACT_PROFILES: Quirk = Quirk {
    name: "compact_profiles",
    since: Generation::Idrac7,
    until: Generation::Idrac8,
    evidence: "ImportBuffer with white space between elements ends in SYS047 on 2.x; Dell's own scripts take it out",
    effect: "comments and white space between the elements of an XML profile are left out of ImportBuffer; elsewhere it goes as it came",
};

/// Every quirk.
pub const QUIRKS: &[Quirk] = &[
    NO_EXPAND,
    SESSIONS_AT_ROOT,
    POWER_AND_THERMAL_INLINE,
    RELEASE_DATE_WITHOUT_DATE,
    ADAPTER_LINKS,
    COMPACT_PROFILES,
];

impl Quirk {
    /// Whether it concerns this generation; an unknown generation has no quirks.
    #[must_use]
    pub fn concerns(&self, generation: Option<Generation>) -> bool {
        generation.is_some_and(|generation| (self.since..=self.until).contains(&generation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leading_number_tells_the_generation() {
        for (model, generation) in [
            ("12G Monolithic", Some(Generation::Idrac7)),
            ("13G DCS", Some(Generation::Idrac8)),
            ("14G Monolithic", Some(Generation::Idrac9)),
            ("16g Modular", Some(Generation::Idrac9)),
            ("17G Monolithic", Some(Generation::Idrac10)),
            ("18G", Some(Generation::Idrac10)),
            ("11G", None),
            ("iDRAC9", None),
            ("G15", None),
            ("", None),
        ] {
            assert_eq!(Generation::from_manager_model(model), generation, "{model}");
        }
    }

    #[test]
    fn quirks_have_different_names() {
        for (nth, quirk) in QUIRKS.iter().enumerate() {
            assert!(quirk.since <= quirk.until);
            assert!(QUIRKS[..nth].iter().all(|other| other.name != quirk.name));
        }
        assert!(NO_EXPAND.concerns(Some(Generation::Idrac8)) && !NO_EXPAND.concerns(None));
    }
}
