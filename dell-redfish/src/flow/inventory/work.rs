//! What is to be read: kinds of resources, in what order, and how `$expand` can shorten it.

use super::section::Section;
use crate::endpoint::Expand;

/// A kind of resource in the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    System,
    Chassis,
    Manager,
    Bios,
    Processor,
    Memory,
    Storage,
    StorageController,
    SimpleStorage,
    Drive,
    Volume,
    Adapter,
    Port,
    Function,
    EthernetInterface,
    Power,
    Thermal,
    PowerSubsystem,
    ThermalSubsystem,
    PowerSupply,
    Fan,
    Sensor,
    Firmware,
    PcieDevice,
    Assembly,
    PcieSlots,
    SwitchConnection,
}

/// One resource, or a collection of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    One,
    List,
}

/// A request to be made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Work {
    pub(super) kind: Kind,
    pub(super) shape: Shape,
    /// Without the query that `expand` puts on.
    pub(super) path: String,
    pub(super) expand: Expand,
    /// Whether the path is only where such a resource usually is, and not from a link.
    pub(super) guess: bool,
    /// Not to be expanded: it failed so for once.
    pub(super) plain: bool,
    /// How many pages of this collection came before.
    pub(super) page: u16,
}

impl Work {
    pub(super) fn one(kind: Kind, path: impl Into<String>) -> Self {
        Self {
            kind,
            shape: Shape::One,
            path: path.into(),
            expand: Expand::None,
            guess: false,
            plain: false,
            page: 0,
        }
    }

    pub(super) fn list(kind: Kind, path: impl Into<String>) -> Self {
        Self { shape: Shape::List, ..Self::one(kind, path) }
    }

    pub(super) fn guessed(mut self) -> Self {
        self.guess = true;
        self
    }

    /// Smaller goes first: what other requests hang on, then what takes an iDRAC longest, then the rest.
    pub(super) fn rank(&self) -> u8 {
        match (self.kind, self.shape) {
            (Kind::System, _) => 0,
            (Kind::Chassis, _) => 1,
            (Kind::Storage | Kind::Adapter | Kind::SimpleStorage, Shape::List) => 2,
            (Kind::Storage | Kind::Adapter | Kind::PowerSubsystem | Kind::ThermalSubsystem, Shape::One) => 3,
            (Kind::Manager, _) => 4,
            (Kind::Firmware, Shape::List) => 5,
            (_, Shape::List) => 6,
            (_, Shape::One) => 7,
        }
    }

    /// The ways to shorten this request with `$expand`, best first.
    pub(super) fn expansions(&self) -> &'static [Expand] {
        match (self.kind, self.shape) {
            // What hangs below it comes along; what it merely relates to does not. No iDRAC expands the system itself.
            (Kind::Chassis, Shape::One) => &[Expand::Subordinate],
            (Kind::Storage, Shape::One) => &[Expand::Subordinate, Expand::All],
            // A card's ports and functions are named in the Links of its chips.
            (Kind::Adapter, Shape::One) => &[Expand::Related],
            // Each of their members is read expanded: reading them here would be reading twice.
            (Kind::System | Kind::Chassis | Kind::Storage, Shape::List) => &[],
            // Dell's own collections hold their members whole.
            (Kind::SwitchConnection, Shape::List) => &[],
            (_, Shape::List) => &[Expand::All],
            (_, Shape::One) => &[],
        }
    }
}

impl Kind {
    /// The section it is read for.
    pub(super) fn section(self) -> Section {
        match self {
            Self::System => Section::System,
            Self::Chassis => Section::Chassis,
            Self::Manager => Section::Manager,
            Self::Bios => Section::Bios,
            Self::Processor => Section::Processors,
            Self::Memory => Section::Memory,
            Self::Storage | Self::StorageController | Self::SimpleStorage => Section::Storage,
            Self::Drive => Section::Drives,
            Self::Volume => Section::Volumes,
            Self::Adapter => Section::Adapters,
            Self::Port => Section::Ports,
            Self::Function => Section::Functions,
            Self::EthernetInterface => Section::EthernetInterfaces,
            Self::Power | Self::PowerSubsystem | Self::PowerSupply => Section::Power,
            Self::Thermal | Self::ThermalSubsystem | Self::Fan => Section::Fans,
            Self::Sensor => Section::Temperatures,
            Self::Firmware => Section::Firmware,
            Self::PcieDevice => Section::PcieDevices,
            Self::Assembly => Section::Assembly,
            Self::PcieSlots => Section::PcieSlots,
            Self::SwitchConnection => Section::SwitchConnections,
        }
    }

    /// The operation's name in logs and errors.
    pub(super) fn operation(self, shape: Shape) -> &'static str {
        match (self, shape) {
            (Self::System, _) => "GetComputerSystem",
            (Self::Chassis, _) => "GetChassis",
            (Self::Manager, _) => "GetManager",
            (Self::Bios, _) => "GetBios",
            (Self::Processor, Shape::List) => "ListProcessors",
            (Self::Processor, Shape::One) => "GetProcessor",
            (Self::Memory, Shape::List) => "ListMemory",
            (Self::Memory, Shape::One) => "GetMemory",
            (Self::Storage, Shape::List) => "ListStorage",
            (Self::Storage, Shape::One) => "GetStorage",
            (Self::StorageController, Shape::List) => "ListStorageControllers",
            (Self::StorageController, Shape::One) => "GetStorageController",
            (Self::SimpleStorage, Shape::List) => "ListSimpleStorage",
            (Self::SimpleStorage, Shape::One) => "GetSimpleStorage",
            (Self::Drive, Shape::List) => "ListDrives",
            (Self::Drive, Shape::One) => "GetDrive",
            (Self::Volume, Shape::List) => "ListVolumes",
            (Self::Volume, Shape::One) => "GetVolume",
            (Self::Adapter, Shape::List) => "ListNetworkAdapters",
            (Self::Adapter, Shape::One) => "GetNetworkAdapter",
            (Self::Port, Shape::List) => "ListPorts",
            (Self::Port, Shape::One) => "GetPort",
            (Self::Function, Shape::List) => "ListNetworkDeviceFunctions",
            (Self::Function, Shape::One) => "GetNetworkDeviceFunction",
            (Self::EthernetInterface, Shape::List) => "ListEthernetInterfaces",
            (Self::EthernetInterface, Shape::One) => "GetEthernetInterface",
            (Self::Power, _) => "GetPower",
            (Self::Thermal, _) => "GetThermal",
            (Self::PowerSubsystem, _) => "GetPowerSubsystem",
            (Self::ThermalSubsystem, _) => "GetThermalSubsystem",
            (Self::PowerSupply, Shape::List) => "ListPowerSupplies",
            (Self::PowerSupply, Shape::One) => "GetPowerSupply",
            (Self::Fan, Shape::List) => "ListFans",
            (Self::Fan, Shape::One) => "GetFan",
            (Self::Sensor, Shape::List) => "ListSensors",
            (Self::Sensor, Shape::One) => "GetSensor",
            (Self::Firmware, Shape::List) => "ListFirmware",
            (Self::Firmware, Shape::One) => "GetFirmware",
            (Self::PcieDevice, Shape::List) => "ListPcieDevices",
            (Self::PcieDevice, Shape::One) => "GetPcieDevice",
            (Self::Assembly, _) => "GetAssembly",
            (Self::PcieSlots, _) => "GetPcieSlots",
            (Self::SwitchConnection, Shape::List) => "ListSwitchConnections",
            (Self::SwitchConnection, Shape::One) => "GetSwitchConnection",
        }
    }
}
