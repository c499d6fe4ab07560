//! Dell's own boot list, which iDRAC7 and 8 have in place of boot options.

use super::SettingsAnnotation;

resource! {
    /// `Systems/…/BootSources` (Dell `DellBootSources`).
    BootSources {
        /// The lists.
        attributes: BootSourceLists = "Attributes",
        /// Where changes for the next start are put.
        settings: SettingsAnnotation = "@Redfish.Settings",
    }
}

part! {
    /// The boot lists; usually the one of the mode in force.
    BootSourceLists {
        /// In UEFI mode.
        uefi: Vec<BootSource> = "UefiBootSeq",
        /// In legacy mode.
        legacy: Vec<BootSource> = "BootSeq",
    }
}

part! {
    /// One entry of a boot list.
    BootSource {
        /// The name that a boot order uses.
        id: String = "Id",
        /// What it is: a device of Dell's naming.
        name: String = "Name",
        /// Its place, from 0.
        index: u64 = "Index",
        /// Whether it is tried.
        enabled: bool = "Enabled",
    }
}
