//! Attribute names and values, as they are on the wire, with a `Debug` that keeps secrets.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Scalar;
use crate::redact::{REDACTED, is_secret_name};

/// Values by attribute name. Serialises as the JSON object a Settings resource takes.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeValues(BTreeMap<String, Scalar>);

impl AttributeValues {
    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Scalar> {
        self.0.get(name)
    }

    /// Whether the attribute is named.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Sets one value, and gives back what was there.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Scalar>) -> Option<Scalar> {
        self.0.insert(name.into(), value.into())
    }

    /// Takes one out.
    pub fn remove(&mut self, name: &str) -> Option<Scalar> {
        self.0.remove(name)
    }

    /// By name, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Scalar)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These, and over them `others`.
    #[must_use]
    pub fn overlaid(&self, others: &Self) -> Self {
        let mut all = self.clone();
        all.0.extend(others.0.iter().map(|(name, value)| (name.clone(), value.clone())));
        all
    }
}

impl From<BTreeMap<String, Scalar>> for AttributeValues {
    fn from(values: BTreeMap<String, Scalar>) -> Self {
        Self(values)
    }
}

impl<N: Into<String>, V: Into<Scalar>> FromIterator<(N, V)> for AttributeValues {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(values: I) -> Self {
        Self(values.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl IntoIterator for AttributeValues {
    type Item = (String, Scalar);
    type IntoIter = std::collections::btree_map::IntoIter<String, Scalar>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Debug for AttributeValues {
    /// Without the values of attributes whose names say that they are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.iter().map(|(name, value)| (name, shown(is_secret_name(name), value)));
        f.debug_map().entries(shown).finish()
    }
}

/// A value as it may be shown: a secret is not.
pub(super) fn shown(is_secret: bool, value: &Scalar) -> Scalar {
    match value {
        Scalar::Null => Scalar::Null,
        _ if is_secret => Scalar::Text(REDACTED.to_owned()),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_keeps_secrets() {
        let values: AttributeValues =
            [("SetupPassword", "hunter22"), ("BootMode", "Uefi")].into_iter().collect();
        let text = format!("{values:?}");
        assert!(!text.contains("hunter22") && text.contains("Uefi"), "{text}");
        assert_eq!(
            serde_json::to_string(&values).unwrap(),
            r#"{"BootMode":"Uefi","SetupPassword":"hunter22"}"#
        );
    }

    #[test]
    fn values_keep_their_types() {
        let values: AttributeValues =
            serde_json::from_str(r#"{"a":1,"b":"1","c":null,"d":true,"e":1.5}"#).unwrap();
        assert_eq!(values.get("a"), Some(&Scalar::from(1)));
        assert_eq!(values.get("b"), Some(&Scalar::from("1")));
        assert_eq!(values.get("c"), Some(&Scalar::Null));
        assert!(serde_json::from_str::<AttributeValues>(r#"{"a":[]}"#).is_err());
    }
}
