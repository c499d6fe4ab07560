//! Firmware.

use super::Status;

resource! {
    /// One entry of the firmware inventory (DMTF `SoftwareInventory`).
    SoftwareInventory {
        /// Version.
        version: String = "Version",
        /// Whether it can be updated.
        updateable: bool = "Updateable",
        /// Release date; may be `00:00:00Z` without a date.
        release_date: String = "ReleaseDate",
        /// Dell's component id.
        software_id: String = "SoftwareId",
        /// Maker, where given.
        manufacturer: String = "Manufacturer",
        /// State and health.
        status: Status = "Status",
        /// Dell's part.
        oem: SoftwareOem = "Oem",
    }
}

part! {
    /// `Oem`.
    SoftwareOem {
        /// Dell's part.
        dell: SoftwareOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell`.
    SoftwareOemDell {
        /// What the catalogue is matched with.
        inventory: DellSoftwareInventory = "DellSoftwareInventory",
    }
}

resource! {
    /// Dell `DellSoftwareInventory`.
    DellSoftwareInventory {
        /// `BIOS`, `FRMW`, `APAC`, …
        component_type: String = "ComponentType",
        /// Component id of the catalogue.
        component_id: String = "ComponentID",
        /// PCI device, hexadecimal without 0x, as the three below.
        device_id: String = "DeviceID",
        /// PCI vendor.
        vendor_id: String = "VendorID",
        /// PCI subsystem vendor.
        sub_vendor_id: String = "SubVendorID",
        /// PCI subsystem device.
        sub_device_id: String = "SubDeviceID",
        /// When it was installed.
        installation_date: String = "InstallationDate",
        /// `Installed`, `AvailableForInstallation`, …
        status: String = "Status",
        /// Whether it can be updated through the iDRAC while the host runs (newer iDRAC9 and iDRAC10).
        sideband_update_capable: bool = "SidebandUpdateCapable",
    }
}

/// What an entry stands for; Dell writes it before the first hyphen of the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FirmwareState {
    /// `Installed-…`: in the device.
    Installed,
    /// `Current-…`: the same entry, as the running image.
    Current,
    /// `Previous-…`: what a rollback would install.
    Previous,
    /// `Available-…`: kept on the iDRAC for installation.
    Available,
}

impl SoftwareInventory {
    /// Whether it is installed, or only kept.
    #[must_use]
    pub fn state(&self) -> Option<FirmwareState> {
        match self.id.as_deref()?.split_once('-')?.0 {
            "Installed" => Some(FirmwareState::Installed),
            "Current" => Some(FirmwareState::Current),
            "Previous" => Some(FirmwareState::Previous),
            "Available" => Some(FirmwareState::Available),
            _ => None,
        }
    }

    /// The device: `BIOS.Setup.1-1` of `Installed-159-1.13.2__BIOS.Setup.1-1`.
    #[must_use]
    pub fn fqdd(&self) -> Option<&str> {
        Some(self.id.as_deref()?.split_once("__")?.1)
    }

    /// The release date, if it is one: firmware writes `00:00:00Z` where it has none.
    #[must_use]
    pub fn released(&self) -> Option<&str> {
        self.release_date.as_deref().filter(|date| date.len() >= 10 && !date.starts_with("0000"))
    }
}
