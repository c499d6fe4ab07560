//! Drives.

use super::{Link, Location, Number, Status};

resource! {
    /// One drive (DMTF `Drive`).
    Drive {
        /// Maker.
        manufacturer: String = "Manufacturer",
        /// Model.
        model: String = "Model",
        /// Serial number.
        serial_number: String = "SerialNumber",
        /// Part number.
        part_number: String = "PartNumber",
        /// Firmware.
        revision: String = "Revision",
        /// `HDD`, `SSD`, …
        media_type: String = "MediaType",
        /// `SAS`, `SATA`, `PCIe`, `NVMe`.
        protocol: String = "Protocol",
        /// Size in bytes.
        capacity_bytes: u64 = "CapacityBytes",
        /// Highest link speed in Gbit/s.
        capable_speed_gbps: Number = "CapableSpeedGbs",
        /// Link speed in Gbit/s.
        negotiated_speed_gbps: Number = "NegotiatedSpeedGbs",
        /// Revolutions a minute.
        rotation_speed_rpm: u64 = "RotationSpeedRPM",
        /// Life left in percent.
        life_left_percent: Number = "PredictedMediaLifeLeftPercent",
        /// Whether the drive says it will fail.
        failure_predicted: bool = "FailurePredicted",
        /// `None`, `Global`, `Dedicated`, …
        hotspare_type: String = "HotspareType",
        /// Encryption.
        encryption_status: String = "EncryptionStatus",
        /// Durable names, the WWN among them.
        identifiers: Vec<Identifier> = "Identifiers",
        /// Where it sits.
        physical_location: Location = "PhysicalLocation",
        /// State and health.
        status: Status = "Status",
        /// Volumes, chassis.
        links: DriveLinks = "Links",
        /// Dell's part.
        oem: DriveOem = "Oem",
    }
}

part! {
    /// A durable name.
    Identifier {
        /// The name.
        durable_name: String = "DurableName",
        /// `NAA`, `UUID`, `EUI`, …
        format: String = "DurableNameFormat",
    }
}

part! {
    /// `Links`.
    DriveLinks {
        /// The volumes on it.
        volumes: Vec<Link> = "Volumes",
        /// The enclosure it is in.
        chassis: Link = "Chassis",
    }
}

part! {
    /// `Oem`.
    DriveOem {
        /// Dell's part.
        dell: DriveOemDell = "Dell",
    }
}

part! {
    /// `Oem.Dell` (Dell `DellDrive`).
    DriveOemDell {
        /// Dell's view of a disk behind a controller.
        physical_disk: DellPhysicalDisk = "DellPhysicalDisk",
        /// Dell's view of an NVMe disk.
        pcie_ssd: DellPcieSsd = "DellPCIeSSD",
    }
}

resource! {
    /// Dell `DellPhysicalDisk`.
    DellPhysicalDisk {
        /// Slot, a number on some firmware and text on other.
        slot: u64 = "Slot",
        /// `Ready`, `Online`, `Failed`, …
        raid_status: String = "RaidStatus",
        /// What of it no volume takes, in bytes.
        free_bytes: u64 = "FreeSizeInBytes",
        /// World-wide name.
        wwn: String = "WWN",
        /// SAS address.
        sas_address: String = "SASAddress",
        /// `SmartAlertAbsent` or `SmartAlertPresent`.
        predictive_failure: String = "PredictiveFailureState",
        /// Spare blocks left in percent.
        available_spare_percent: u64 = "AvailableSparePercent",
        /// Dell's part identification.
        ppid: String = "PPID",
        /// Whether Dell certified it: `Yes`, `No`.
        certified: String = "Certified",
        /// `2.5Inch`, …
        form_factor: String = "DriveFormFactor",
        /// `NVMe 1.3`, …
        device_protocol: String = "DeviceProtocol",
        /// What of it volumes take, in bytes.
        used_bytes: u64 = "UsedSizeInBytes",
        /// Whether an erasure of the server reaches it, and how.
        system_erase: String = "SystemEraseCapability",
        /// Whether it can erase itself by its key: `Capable`, …
        cryptographic_erase: String = "CryptographicEraseCapable",
        /// Work that goes on in it.
        operation_name: String = "OperationName",
    }
}

resource! {
    /// Dell `DellPCIeSSD`.
    DellPcieSsd {
        /// Slot.
        slot: u64 = "Slot",
        /// `Ready`, `Online`, `Failed`, …
        state: String = "DriveState",
        /// `NVMe 1.3`, …
        device_protocol: String = "DeviceProtocol",
        /// `2.5Inch`, …
        form_factor: String = "DriveFormFactor",
        /// Spare blocks left in percent.
        available_spare_percent: u64 = "AvailableSparePercent",
        /// Width of its link: `x4`.
        link_width: String = "PCIeNegotiatedLinkWidth",
        /// And the widest it can have.
        capable_link_width: String = "PCIeCapableLinkWidth",
        /// Whether an erasure of the server reaches it, and how.
        system_erase: String = "SystemEraseCapability",
        /// World-wide name.
        wwn: String = "WWN",
    }
}

impl Drive {
    /// The enclosure part of the FQDD: `Enclosure.Internal.0-1` of `Disk.Bay.6:Enclosure.Internal.0-1:RAID.SL.3-1`.
    #[must_use]
    pub fn enclosure(&self) -> Option<&str> {
        self.id.as_deref()?.split(':').find(|part| part.starts_with("Enclosure."))
    }

    /// The slot: Dell's, else the DMTF location, else the number in the FQDD.
    #[must_use]
    pub fn slot(&self) -> Option<u64> {
        let dell = self.oem.as_ref().and_then(|oem| oem.dell.as_ref());
        dell.and_then(|dell| dell.physical_disk.as_ref()?.slot.or(dell.pcie_ssd.as_ref()?.slot))
            .or_else(|| self.physical_location.as_ref()?.part_location.as_ref()?.ordinal)
            .or_else(|| {
                let disk = self.id.as_deref()?.split(':').next()?;
                disk.strip_prefix("Disk.")?.rsplit('.').next()?.split('-').next()?.parse().ok()
            })
    }

    /// World-wide name from wherever this firmware keeps it.
    #[must_use]
    pub fn wwn(&self) -> Option<&str> {
        let dell = self.oem.as_ref().and_then(|oem| oem.dell.as_ref());
        let disk = dell.and_then(|dell| dell.physical_disk.as_ref()?.wwn.as_deref());
        let ssd = dell.and_then(|dell| dell.pcie_ssd.as_ref()?.wwn.as_deref());
        let durable = self.identifiers.iter().flatten().find_map(|id| id.durable_name.as_deref());
        [disk, ssd, durable].into_iter().flatten().find(|name| !name.is_empty())
    }

    /// Whether the drive announces its end: it says so itself, or less than a tenth of its life is left.
    #[must_use]
    pub fn is_failure_predicted(&self) -> bool {
        self.failure_predicted == Some(true) || self.life_left_percent.is_some_and(|left| left.0 < 10.0)
    }
}
