//! Settings of the iDRAC, of the system board and of the Lifecycle Controller.

use std::collections::BTreeMap;

use super::{Scalar, SettingsAnnotation};

resource! {
    /// `Managers/…/Oem/Dell/DellAttributes/…`, on older firmware `Managers/…/Attributes` (Dell `DellAttributes`).
    DellAttributes {
        /// Registry that explains the attributes.
        attribute_registry: String = "AttributeRegistry",
        /// The settings by name (`IPv4.1.Address`), with the types the iDRAC gave them.
        attributes: BTreeMap<String, Scalar> = "Attributes",
        /// Where settings for later go, and when they may apply.
        settings: SettingsAnnotation = "@Redfish.Settings",
    }
}
