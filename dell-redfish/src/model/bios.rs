//! BIOS settings.

use std::collections::BTreeMap;

use serde::de::MapAccess;

use super::lenient::{Lenient, Scalar};

resource! {
    /// `Systems/…/Bios` (DMTF `Bios`).
    Bios {
        /// Registry that explains the attributes.
        attribute_registry: String = "AttributeRegistry",
        /// The current settings by name, with the types the iDRAC gave them.
        attributes: BTreeMap<String, Scalar> = "Attributes",
    }
}

impl Bios {
    /// A setting as text.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.as_ref()?.get(name)?.as_text()
    }
}

impl Lenient for BTreeMap<String, Scalar> {
    /// A name written twice keeps its first value here; the raw text has both.
    fn object<'de, A: MapAccess<'de>>(mut access: A) -> Result<Option<Self>, A::Error> {
        let mut all = Self::new();
        while let Some((name, Value(value))) = access.next_entry::<String, Value>()? {
            all.entry(name).or_insert(value);
        }
        Ok(Some(all))
    }
}

/// One attribute; what is no scalar counts as null here and stays in the raw text.
struct Value(Scalar);

impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        super::lenient::field(deserializer).map(|value| Self(value.unwrap_or(Scalar::Null)))
    }
}
