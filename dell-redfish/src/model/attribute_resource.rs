//! A resource whose attributes are explained by a registry: BIOS, a network function's, the iDRAC's own.

use std::collections::BTreeMap;

use super::common::SettingsAnnotation;
use super::lenient::Scalar;

resource! {
    /// DMTF `Bios`, Dell `DellAttributes`, and the Settings resources of both.
    AttributeResource {
        /// Registry that explains the attributes.
        attribute_registry: String = "AttributeRegistry",
        /// Values by name, with the types the iDRAC gave them.
        attributes: BTreeMap<String, Scalar> = "Attributes",
        /// Where values for later are written, and when they may be applied.
        settings: SettingsAnnotation = "@Redfish.Settings",
        /// Whether the next start of the host brings the defaults.
        reset_to_defaults_pending: bool = "ResetBiosToDefaultsPending",
    }
}

resource! {
    /// An entry of the registries (DMTF `MessageRegistryFile`): where a registry is, language by language.
    RegistryFile {
        /// The registry's name.
        registry: String = "Registry",
        /// Its languages.
        location: Vec<RegistryLocation> = "Location",
    }
}

part! {
    /// Where a registry is in one language.
    RegistryLocation {
        /// E.g. `en`, also spelled `En`.
        language: String = "Language",
        /// Path on the iDRAC.
        uri: String = "Uri",
    }
}
