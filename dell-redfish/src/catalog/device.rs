//! What a package fits: component ids, PCI ids, models.

use std::fmt;

use serde::{Serialize, Serializer};

/// Dell's number of a kind of component, e.g. 159 for the BIOS. Never 0: devices write 0 where they have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ComponentId(pub u32);

impl ComponentId {
    /// Reads a decimal number; nothing for 0 and for what is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok().filter(|id| *id != 0).map(Self)
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Dell's number of a model, e.g. 090E for the PowerEdge R750.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SystemId(pub u32);

impl SystemId {
    /// Reads a catalogue's hexadecimal number. An iDRAC's (`Oem.Dell.DellSystem.SystemID`) is decimal and a number already.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        u32::from_str_radix(text.trim(), 16).ok().map(Self)
    }
}

impl fmt::Display for SystemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl Serialize for SystemId {
    /// As the catalogue writes it.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The four PCI ids of a card. A catalogue may leave the subsystem open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PciId {
    /// Vendor.
    pub vendor: u16,
    /// Device.
    pub device: u16,
    /// Subsystem vendor.
    pub sub_vendor: Option<u16>,
    /// Subsystem device.
    pub sub_device: Option<u16>,
}

impl PciId {
    /// Reads four hexadecimal numbers without 0x; nothing unless vendor and device are there.
    #[must_use]
    pub fn parse(vendor: &str, device: &str, sub_vendor: &str, sub_device: &str) -> Option<Self> {
        let hex = |text: &str| u16::from_str_radix(text.trim(), 16).ok();
        Some(Self {
            vendor: hex(vendor)?,
            device: hex(device)?,
            sub_vendor: hex(sub_vendor),
            sub_device: hex(sub_device),
        })
    }

    /// Whether both can be the same card: what one of them leaves open does not count.
    #[must_use]
    pub fn fits(self, other: Self) -> bool {
        let same = |one: Option<u16>, other: Option<u16>| match (one, other) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        (self.vendor, self.device) == (other.vendor, other.device)
            && same(self.sub_vendor, other.sub_vendor)
            && same(self.sub_device, other.sub_device)
    }
}

impl fmt::Display for PciId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}:{:04X}", self.vendor, self.device)?;
        for sub in [self.sub_vendor, self.sub_device] {
            match sub {
                Some(id) => write!(f, ":{id:04X}")?,
                None => f.write_str(":-")?,
            }
        }
        Ok(())
    }
}

impl Serialize for PciId {
    /// `14E4:165F:1028:08FF`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One thing a package fits (`SupportedDevices/Device`, once for each of its `PCIInfo`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Device {
    /// `componentID`.
    pub component: Option<ComponentId>,
    /// `PCIInfo`.
    pub pci: Option<PciId>,
}
