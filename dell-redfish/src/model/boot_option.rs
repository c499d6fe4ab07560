//! A boot option.

resource! {
    /// `Systems/…/BootOptions/Boot0000` (DMTF `BootOption`), from iDRAC9.
    BootOption {
        /// The name that a boot order uses: `Boot0000`.
        reference: String = "BootOptionReference",
        /// What it is, in words.
        display_name: String = "DisplayName",
        /// Whether it is tried.
        enabled: bool = "BootOptionEnabled",
        /// UEFI device path.
        uefi_device_path: String = "UefiDevicePath",
    }
}
