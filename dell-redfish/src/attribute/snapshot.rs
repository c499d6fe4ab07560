//! Settings at one time, as a plain value: to be kept, compared, and gone back to.

use serde::{Deserialize, Serialize};

use super::registry::AttributeRegistry;
use super::rule::same;
use super::values::AttributeValues;
use crate::model::Scalar;
use crate::redact::is_secret_name;

/// What the attributes were. Secrets (passwords, their hashes, CHAP secrets) are left out, named but not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeSnapshot {
    /// The registry that explains the values (`AttributeRegistry` of the resource).
    pub registry: Option<String>,
    /// The firmware the values belong to, e.g. the BIOS version of the system.
    pub firmware_version: Option<String>,
    /// The values.
    pub attributes: AttributeValues,
    /// Attributes whose values are secrets.
    #[serde(default)]
    pub omitted: Vec<String>,
}

impl AttributeSnapshot {
    /// Keeps `values` without their secrets. Without a registry names alone say what is secret.
    #[must_use]
    pub fn take(values: &AttributeValues, registry: Option<&AttributeRegistry>) -> Self {
        let is_secret = |name: &str| match registry.and_then(|registry| registry.attribute(name)) {
            Some(attribute) => attribute.is_secret(),
            None => is_secret_name(name),
        };
        let (secret, open): (Vec<_>, Vec<_>) =
            values.clone().into_iter().partition(|(name, _)| is_secret(name));
        Self {
            registry: registry.and_then(|registry| registry.id()).map(str::to_owned),
            firmware_version: None,
            attributes: open.into_iter().collect(),
            omitted: secret.into_iter().map(|(name, _)| name).collect(),
        }
    }

    /// Says which firmware the values belong to.
    #[must_use]
    pub fn with_firmware_version(mut self, version: impl Into<String>) -> Self {
        self.firmware_version = Some(version.into());
        self
    }
}

/// One attribute that differs between two snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeDifference {
    /// Which.
    pub attribute: String,
    /// Its value in the first; nothing where the first does not have it.
    pub before: Option<Scalar>,
    /// Its value in the second; nothing where the second does not have it.
    pub after: Option<Scalar>,
}

/// What differs, by name. A number and the same number as text do not.
#[must_use]
pub fn diff(before: &AttributeValues, after: &AttributeValues) -> Vec<AttributeDifference> {
    let differs = |name: &str| match (before.get(name), after.get(name)) {
        (Some(before), Some(after)) => !same(before, after),
        _ => true,
    };
    let mut names: Vec<_> = before.names().chain(after.names()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter(|name| differs(name))
        .map(|name| AttributeDifference {
            attribute: name.to_owned(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_keeps_no_secret_and_survives_storage() {
        let values: AttributeValues =
            [("BootMode", "Uefi"), ("IscsiDev1Con1ChapSecret", "s3cret-s3cret"), ("Retries", "3")]
                .into_iter()
                .collect();
        let snapshot = AttributeSnapshot::take(&values, None).with_firmware_version("1.13.2");
        assert_eq!(snapshot.omitted, ["IscsiDev1Con1ChapSecret"]);
        let stored = serde_json::to_string(&snapshot).unwrap();
        assert!(!stored.contains("s3cret-s3cret"));
        assert_eq!(serde_json::from_str::<AttributeSnapshot>(&stored).unwrap(), snapshot);
    }

    #[test]
    fn a_difference_is_a_difference_of_values() {
        let one: AttributeValues = serde_json::from_str(r#"{"a":1,"b":"x","c":"y"}"#).unwrap();
        let two: AttributeValues = serde_json::from_str(r#"{"a":"1","b":"z","d":null}"#).unwrap();
        let names: Vec<_> = diff(&one, &two).into_iter().map(|difference| difference.attribute).collect();
        assert_eq!(names, ["b", "c", "d"]);
        assert!(diff(&one, &one).is_empty());
    }
}
