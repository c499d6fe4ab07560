//! The parts of an inventory, to be chosen among.

use std::fmt;

/// A part of the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Section {
    /// The server itself; always read.
    System,
    /// The iDRAC; always read.
    Manager,
    /// The chassis.
    Chassis,
    /// BIOS attributes.
    Bios,
    /// Processors and GPUs.
    Processors,
    /// Memory modules.
    Memory,
    /// Storage subsystems and controllers.
    Storage,
    /// Drives.
    Drives,
    /// Volumes.
    Volumes,
    /// Network cards.
    Adapters,
    /// Their ports.
    Ports,
    /// Their functions.
    Functions,
    /// The host's interfaces: read by itself only where there are no cards to read (iDRAC7/8).
    EthernetInterfaces,
    /// Power supplies and consumption.
    Power,
    /// Fans.
    Fans,
    /// Temperatures.
    Temperatures,
    /// Firmware inventory.
    Firmware,
    /// PCIe devices; not in [`SectionSet::FULL`], because GPUs come with the processors.
    PcieDevices,
    /// Field-replaceable units, from iDRAC9. They come with the chassis where the iDRAC expands it.
    Assembly,
    /// PCIe slots, from 6.x. They come with the chassis where the iDRAC expands it.
    PcieSlots,
    /// What the ports are plugged into, from iDRAC9: one request more.
    SwitchConnections,
}

impl Section {
    /// Every section.
    pub const ALL: &'static [Self] = &[
        Self::System,
        Self::Manager,
        Self::Chassis,
        Self::Bios,
        Self::Processors,
        Self::Memory,
        Self::Storage,
        Self::Drives,
        Self::Volumes,
        Self::Adapters,
        Self::Ports,
        Self::Functions,
        Self::EthernetInterfaces,
        Self::Power,
        Self::Fans,
        Self::Temperatures,
        Self::Firmware,
        Self::PcieDevices,
        Self::Assembly,
        Self::PcieSlots,
        Self::SwitchConnections,
    ];

    /// Stable snake_case name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Manager => "manager",
            Self::Chassis => "chassis",
            Self::Bios => "bios",
            Self::Processors => "processors",
            Self::Memory => "memory",
            Self::Storage => "storage",
            Self::Drives => "drives",
            Self::Volumes => "volumes",
            Self::Adapters => "adapters",
            Self::Ports => "ports",
            Self::Functions => "functions",
            Self::EthernetInterfaces => "ethernet_interfaces",
            Self::Power => "power",
            Self::Fans => "fans",
            Self::Temperatures => "temperatures",
            Self::Firmware => "firmware",
            Self::PcieDevices => "pcie_devices",
            Self::Assembly => "assembly",
            Self::PcieSlots => "pcie_slots",
            Self::SwitchConnections => "switch_connections",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Section {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Which sections to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionSet(u32);

impl SectionSet {
    /// The system and the iDRAC only: two requests.
    pub const IDENTITY: Self = Self(0).with(Section::System).with(Section::Manager);

    /// Everything but what costs requests of its own, or room for what few ask for: EthernetInterfaces, PCIe devices and
    /// slots, field-replaceable units, switch connections.
    pub const FULL: Self = Self::ALL
        .without(Section::EthernetInterfaces)
        .without(Section::PcieDevices)
        .without(Section::Assembly)
        .without(Section::PcieSlots)
        .without(Section::SwitchConnections);

    /// Everything.
    pub const ALL: Self = Self((1 << Section::ALL.len()) - 1);

    /// With one section more.
    #[must_use]
    pub const fn with(self, section: Section) -> Self {
        Self(self.0 | 1 << section as u8)
    }

    /// Without one section; the system and the iDRAC are read all the same.
    #[must_use]
    pub const fn without(self, section: Section) -> Self {
        Self(self.0 & !(1 << section as u8))
    }

    /// Whether a section is among them.
    #[must_use]
    pub const fn has(self, section: Section) -> bool {
        self.0 & 1 << section as u8 != 0
    }

    /// Whether all of several are.
    #[must_use]
    pub fn has_all(self, sections: &[Section]) -> bool {
        sections.iter().all(|section| self.has(*section))
    }

    /// Whether one of several is.
    #[must_use]
    pub fn has_any(self, sections: &[Section]) -> bool {
        sections.iter().any(|section| self.has(*section))
    }
}

impl Default for SectionSet {
    fn default() -> Self {
        Self::FULL
    }
}

impl FromIterator<Section> for SectionSet {
    fn from_iter<I: IntoIterator<Item = Section>>(sections: I) -> Self {
        sections.into_iter().fold(Self::IDENTITY, Self::with)
    }
}
