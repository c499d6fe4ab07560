//! What an import of a profile may destroy or cut off.

use serde::Serialize;

use super::profile::Profile;
use super::target::ScpTarget;

/// A setting whose import destroys data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hazard {
    /// FQDD of its component.
    pub component: String,
    /// The attribute's name.
    pub attribute: String,
    /// Its value.
    pub value: String,
}

/// Attributes that destroy data, and the values with which they do not.
const DESTROYERS: &[(&str, &[&str])] = &[
    ("RAIDresetConfig", &["False"]),
    ("RAIDforeignConfig", &["Ignore", "Import"]),
    ("RAIDaction", &["Update"]),
    ("RAIDinitOperation", &["None"]),
    ("SecureErase", &["False", "None"]),
    ("CryptographicErase", &["False", "None"]),
];

/// Orders among the settings, besides those that destroy: used up when they are carried out.
const USED_UP: &[&str] = &["ServerBoot.1#BootOnce", "ServerBoot.1#FirstBootDevice"];

/// Whether an attribute is an order rather than a state: it does not read back as it was written.
#[must_use]
pub fn is_order(name: &str) -> bool {
    let destroys = DESTROYERS.iter().any(|(destroyer, _)| name.eq_ignore_ascii_case(destroyer));
    destroys || USED_UP.iter().any(|order| name.eq_ignore_ascii_case(order))
}

impl Profile {
    /// Settings that destroy data when they are imported: volumes made anew or deleted, drives erased.
    #[must_use]
    pub fn hazards(&self) -> Vec<Hazard> {
        let destroys = |name: &str, value: &str| {
            DESTROYERS.iter().any(|(destroyer, harmless)| {
                name.eq_ignore_ascii_case(destroyer)
                    && !value.trim().is_empty()
                    && !harmless.iter().any(|word| value.trim().eq_ignore_ascii_case(word))
            })
        };
        self.attributes()
            .filter(|(_, each)| each.is_set_on_import() && destroys(each.name(), each.value()))
            .map(|(component, each)| Hazard {
                component: component.to_owned(),
                attribute: each.name().to_owned(),
                value: each.value().to_owned(),
            })
            .collect()
    }

    /// Whether an import writes the iDRAC's own network settings, after which it may be found elsewhere or not at all.
    #[must_use]
    pub fn moves_idrac(&self) -> bool {
        const GROUPS: &[&str] = &["IPv4.", "IPv4Static.", "IPv6.", "IPv6Static.", "NIC.", "NICStatic."];
        self.attributes().any(|(fqdd, each)| {
            let writes = |group: &str| each.name().starts_with(group);
            ScpTarget::Idrac.covers(fqdd) && each.is_set_on_import() && GROUPS.iter().copied().any(writes)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::scp::{Attribute, Component, Profile, ProfileFormat};

    fn profile(fqdd: &str, attribute: Attribute) -> Profile {
        let component = Component::new(fqdd).with_attribute(attribute);
        Profile::from_components(vec![component], ProfileFormat::Json).unwrap()
    }

    #[test]
    fn what_destroys_data_is_named() {
        for (name, value, hazard) in [
            ("RAIDresetConfig", "True", true),
            ("RAIDresetConfig", "False", false),
            ("RAIDaction", "Delete", true),
            ("RAIDaction", "Update", false),
            ("RAIDinitOperation", "Fast", true),
            ("RAIDinitOperation", "None", false),
            ("BootMode", "Uefi", false),
        ] {
            let found = profile("RAID.SL.3-1", Attribute::new(name, value)).hazards();
            assert_eq!(!found.is_empty(), hazard, "{name} {value}");
        }
        let comment = Attribute::new("RAIDaction", "Delete").with_set_on_import(false);
        assert!(profile("RAID.SL.3-1", comment).hazards().is_empty());
    }

    #[test]
    fn a_new_address_of_the_idrac_is_seen() {
        let address = || Attribute::new("IPv4Static.1#Address", "192.0.2.1");
        assert!(profile("iDRAC.Embedded.1", address()).moves_idrac());
        assert!(!profile("NIC.Slot.1-1-1", address()).moves_idrac());
        assert!(!profile("iDRAC.Embedded.1", address().with_set_on_import(false)).moves_idrac());
    }
}
